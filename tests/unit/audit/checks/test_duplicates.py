"""Copies of older leads among the newest: seen with all columns counted, and not where chance or a firm makes leads alike."""

import re

import numpy as np
import pandas as pd
import pytest

from predictor.audit.checks.duplicates import check_duplicates
from predictor.audit.view import AuditSplit, View, read_columns

N, OLDER = 4000, 3000
COPIES = 134


def draw_plain(seed):
    """Leads of columns with few values each, as many exports have: none alone says who a lead is."""
    draw = np.random.default_rng(seed)
    sizes = [2, 3, 5, 8, 12, 2, 4, 6, 9, 3, 2, 5]
    frame = {f"c{place}": draw.choice([f"v{value}" for value in range(size)], N) for place, size in enumerate(sizes)}
    flags = {f"flag {place}": np.where(draw.random(N) < 0.98, "no", "yes") for place in range(6)}
    return pd.DataFrame(frame | flags | {"views": draw.poisson(6, N)}), draw


def copy(frame, draw, copies=COPIES):
    """The frame with some older leads again among the newest."""
    copied = frame.copy()
    copied.iloc[draw.choice(np.arange(OLDER, N), copies, replace=False)] = frame.iloc[draw.choice(OLDER, copies, replace=False)]
    return copied


def find(frame, keys=None):
    split = AuditSplit(np.arange(OLDER), np.arange(OLDER, N), np.arange(N) if keys is None else keys)
    return [finding.what for finding in check_duplicates(View(read_columns(frame), np.zeros(N), split=split))]


def read_copies(what):
    """The copies, the leads that are alike, and those by chance, as printed."""
    return [int(number) for number in re.search(r"At least ([\d,]+) .*: ([\d,]+) are .* at most ([\d,]+) would", what).groups()]


@pytest.mark.parametrize("seed", range(5))
def test_next_to_no_copy_passes_and_the_numbers_printed_agree(seed):
    frame, draw = draw_plain(seed)
    assert find(frame) == []
    (what,) = find(copy(frame, draw))
    copies, alike, by_chance = read_copies(what)
    assert copies == alike - by_chance
    assert alike >= 0.95 * COPIES
    assert copies >= 0.88 * COPIES


@pytest.mark.parametrize("differs", [1, 2])
def test_copies_that_were_edited_afterwards(differs):
    """A third of the copies have another number of views, and where two columns differ another third has another c4."""
    frame, draw = draw_plain(7)
    copied = copy(frame, draw)
    changed = copied.index >= OLDER
    copied.loc[changed & (copied.index % 3 == 0), "views"] += 1
    if differs == 2:
        copied.loc[changed & (copied.index % 3 == 1), "c4"] = "v11"
    (what,) = find(copied)
    assert "'views'" in what
    assert read_copies(what)[0] >= 0.85 * COPIES


def test_dates_of_their_own_do_not_hide_copies():
    frame, draw = draw_plain(8)
    copied = copy(frame, draw).assign(entered=pd.date_range("2025-01-01", periods=N, freq="2h").floor("D"))
    (what,) = find(copied)
    assert read_copies(what)[0] >= 0.85 * COPIES


def test_a_dozen_copies_are_seen_and_two_are_not():
    frame, draw = draw_plain(9)
    assert len(find(copy(frame, draw, 14))) == 1
    assert find(copy(frame, draw, 2)) == []


def test_idle_rows_are_alike_by_chance():
    """Sessions of which nearly all columns are 0, as most rows of web statistics."""
    draw = np.random.default_rng(1)
    idle = draw.random(N) < 0.6
    busy = {f"n{place}": np.where(idle, 0, draw.poisson(30, N)) for place in range(8)}
    few = {f"c{place}": draw.choice(list("abcdefgh")[:size], N) for place, size in enumerate((3, 8, 2, 5))}
    assert find(pd.DataFrame(busy | few)) == []


def test_firms_with_many_fields_and_people_with_few():
    draw = np.random.default_rng(2)
    firm = draw.integers(0, 600, N)
    shared = {f"f{place}": draw.lognormal(5, 1, 600).round(2)[firm] for place in range(6)}
    people = {"job": draw.choice(list("abcdefghij"), N), "source": draw.choice(list("abcdef"), N)}
    assert find(pd.DataFrame(shared | people)) == []


def test_another_episode_of_a_lead_is_no_copy():
    frame, draw = draw_plain(3)
    keys = np.arange(N)
    newer, older = draw.choice(np.arange(OLDER, N), 300, replace=False), draw.choice(OLDER, 300, replace=False)
    frame.iloc[newer] = frame.iloc[older]
    assert len(find(frame)) == 1
    keys[newer] = keys[older]
    assert find(frame, keys) == []


def find_within(frame, outcome, order=None):
    """The findings where copies stand beside their leads, so that none crosses the split."""
    split = AuditSplit(np.arange(OLDER), np.arange(OLDER, len(frame)), np.arange(len(frame)))
    return [finding.what for finding in check_duplicates(View(read_columns(frame), outcome, order=order, split=split))]


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("copies", [80, 400, 1500])
def test_copies_that_do_not_cross_the_split_are_found(copies, dated):
    frame, draw = draw_plain(11)
    frame = frame.iloc[np.sort(np.r_[np.arange(N - copies), draw.choice(OLDER - copies, copies, replace=False)])][:N]
    outcome = (np.arange(N) % 3 == 0)[frame.index].astype(float)
    order = frame.index.to_numpy(dtype=float) if dated else None
    (what,) = find_within(frame.reset_index(drop=True), outcome, order)
    assert "under another id" in what


@pytest.mark.parametrize("seed", range(3))
def test_leads_of_few_values_are_no_copies_within_the_table(seed):
    frame, draw = draw_plain(seed)
    outcome = (draw.random(N) < 0.3).astype(float)
    assert find_within(frame, outcome, np.arange(N, dtype=float)) == []
    assert find_within(frame.iloc[:, :5], outcome) == []
