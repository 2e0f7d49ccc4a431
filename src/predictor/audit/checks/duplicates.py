"""The same lead twice under two ids, once for training and once for the test, which makes the test too easy."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictor.audit.view import AuditSplit, Codes, Column, Floats, View, make_number_column
from predictor.core.errors import Finding, count, list_names
from predictor.core.wording import format_percent

CODE = "AUDIT013"
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
_SHARED = 5  # leads with one address, above which it is nobody's own
_COMMON = 0.5  # chance that two leads have the same value, above which a column does not tell chance from copies
_FEWEST = 3  # leads more than chance explains
_FALSE_ALARM = 0.01  # chance that chance explains more than it is said to
_FEWEST_COLUMNS = 3
_MAY_DIFFER = 3  # columns in which a copy may differ; with more, colleagues would count as one person
_AGREE = 0.4  # share of the leads alike in all other columns that must agree in such a column
_OWN_VALUE = 0.02  # chance that two leads have the same number or date, below which no copy need agree in it: one of its entry
_MOST_LIKE = 3  # older leads that may be like one lead in all columns but one, above which chance makes such leads
_MANY_COPIES = 0.01  # share of the leads that are copies, from which they count too much
_DO_COUNTED = "Merge them in the CRM, or remove the copies: what a lead teaches counts as often as it is there."
_DO = "Merge them in the CRM, or remove the copies: a model that was trained on a lead knows its outcome."

Hashes = NDArray[np.uint64]


def check_duplicates(view: View) -> Iterator[Finding]:
    """A warning about test leads that are among the training leads too."""
    split = view.split
    if split is None or not len(split.fit) or not len(split.test):
        return
    for column in view.persons:
        copies = _count_addresses(column, split)
        if copies:
            what = f"{_describe_leads(copies, split)} have the address in '{column.name}' of an older lead with another id."
            yield Finding(CODE, "warning", what, do=_DO, column=column.name)
            return
    alike = _find_alike(view.columns, split)
    if alike is not None and alike.copies >= _FEWEST:
        but = f" (without {list_names(alike.differ)})" if alike.differ else ""
        what = (
            f"At least {_describe_leads(alike.copies, split)} repeat an older lead under another id: {alike.leads:,} are equal "
            f"to one in all {alike.columns} columns compared{but}; with the values of any one column shuffled, at most "
            f"{alike.by_chance:,} would be."
        )
        yield Finding(CODE, "warning", what, do=_DO)
    elif (same := _find_copies(view, split)) is not None:
        share = format_percent(same.leads / len(split.keys))
        what = (
            f"{count(same.leads, 'lead')} ({share}) are equal to another lead in all {same.columns} columns compared, "
            f"outcome included, under another id; with any one column shuffled, at most {same.by_chance:,} would be."
        )
        yield Finding(CODE, "warning", what, do=_DO_COUNTED)


def _find_copies(view: View, split: AuditSplit) -> _Alike | None:
    """The leads anywhere in the table that are equal to one under another id in all columns, moment and outcome included."""
    facts = {"order": view.order, "outcome": view.outcome}
    columns = [column for column in view.columns if column.is_feature]
    columns += [make_number_column(name, numbers) for name, numbers in facts.items() if numbers is not None]
    columns = [column for column in columns if column.value_counts.max(initial=0) > 1]
    if len(columns) < _FEWEST_COLUMNS:
        return None
    everyone = np.arange(len(split.keys), dtype=np.intp)
    parts = {column.name: _draw_hashes(column.codes, seed) for seed, column in enumerate(columns, 1)}
    leads = _Leads(fit=everyone, test=everyone, keys=_draw_hashes(split.keys, 0))
    found, _, _ = _compare(columns, parts, leads)
    return found if found.copies >= max(2 * _FEWEST, _MANY_COPIES * len(everyone)) else None


def _describe_leads(leads: int, split: AuditSplit) -> str:
    return f"{count(leads, 'lead')} of the test block ({format_percent(leads / len(split.test))})"


def _count_addresses(column: Column, split: AuditSplit) -> int:
    """Test leads with the e-mail address of a training lead that has another id; addresses of many leads do not count."""
    own = [bool(_ADDRESS.fullmatch(str(value))) for value in column.values] & (column.value_counts <= _SHARED)
    is_own = np.append(own, False)[column.codes]  # the last place is that of a missing value
    older, newer = (leads[is_own[leads]] for leads in (split.fit, split.test))
    pairs = pd.DataFrame({"code": column.codes[newer], "key": split.keys[newer]}).merge(
        pd.DataFrame({"code": column.codes[older], "key": split.keys[older]}), on="code", suffixes=("", "_older")
    )
    return int(pairs.loc[pairs["key"] != pairs["key_older"], "key"].nunique())


class _Alike(NamedTuple):
    """Test leads that are equal to an older lead with another id.

    Attributes:
        leads: How many.
        by_chance: How many of them chance explains, at most.
        columns: How many columns are compared.
        differ: The columns that are not.
    """

    leads: int
    by_chance: int
    columns: int
    differ: tuple[str, ...] = ()

    @property
    def copies(self) -> int:
        """How many chance does not explain, at least."""
        return self.leads - self.by_chance


def _find_alike(columns: tuple[Column, ...], split: AuditSplit) -> _Alike | None:
    """The comparison in which most leads are copies: of all columns, or without up to three in which copies differ.

    Values that no two leads share compare nothing. Each column left out is that without which most more leads are alike.
    """
    compared = [column for column in columns if np.isin(column.codes[split.test], column.codes[split.fit]).any()]
    parts = {column.name: _draw_hashes(column.codes, seed) for seed, column in enumerate(columns, 1)}
    leads = _choose_leads(compared, parts, split)
    best: _Alike | None = None
    differ: list[str] = []
    while len(compared) >= _FEWEST_COLUMNS and len(differ) <= _MAY_DIFFER and len(leads.test):
        found, without, may_differ = _compare(compared, parts, leads)
        found = found._replace(differ=tuple(differ))
        best = found if best is None or found.copies > best.copies else best
        if not may_differ:
            break
        differ.append(compared.pop(without).name)
    return best


class _Leads(NamedTuple):
    """The leads that are compared: positions, and what stands for the ids of all leads."""

    fit: Codes
    test: Codes
    keys: Hashes

    def count_like(self, hashes: Hashes) -> Codes:
        """For each test lead, how many training leads with another id have the same hash."""
        own = hashes + self.keys
        return _count_in(hashes[self.fit], hashes[self.test]) - _count_in(own[self.fit], own[self.test])


def _count_in(older: Hashes, newer: Hashes) -> Codes:
    older = np.sort(older)
    return np.searchsorted(older, newer, side="right") - np.searchsorted(older, newer, side="left")


def _choose_leads(columns: list[Column], parts: Mapping[str, Hashes], split: AuditSplit) -> _Leads:
    """The leads that may be alike: of more groups of columns than columns may differ, a copy has one in common with its lead."""
    groups = [columns[start :: _MAY_DIFFER + 2] for start in range(_MAY_DIFFER + 2)]
    fit, test = np.zeros(len(split.fit), dtype=bool), np.zeros(len(split.test), dtype=bool)
    for group in groups:
        whole = _add_hashes(group, parts, len(split.keys))
        older, newer = whole[split.fit], whole[split.test]
        fit |= np.isin(older, newer)
        test |= np.isin(newer, older)
    return _Leads(fit=split.fit[fit], test=split.test[test], keys=_draw_hashes(split.keys, 0))


def _compare(columns: list[Column], parts: Mapping[str, Hashes], leads: _Leads) -> tuple[_Alike, int, bool]:
    """Leads alike in all columns, the place of the column without which most more are, and whether copies may differ in it.

    People of one firm share its size and its country, so the chance that two leads are alike is no product of shares. But among
    pairs alike in all columns except one, some differ in that one, unless they are one lead. Where that column's values are
    shuffled, as many of these pairs become alike as the value is frequent. Chance explains no more than the most that any column
    gives. A lead that is like many others in all columns but one, as one of whom next to nothing is known, shows nothing.
    """
    whole = _add_hashes(columns, parts, len(leads.keys))
    same = leads.count_like(whole)
    others = [leads.count_like(whole - parts[column.name]) for column in columns]
    chances = [_compute_chances(column) for column in columns]
    telling = [place for place, chance in enumerate(chances) if (chance**2).sum() <= _COMMON]
    rare = np.max([same, *(others[place] for place in telling)], axis=0) <= _MOST_LIKE
    alike = rare & (same > 0)
    number = int(alike.sum())
    by_chance = dict.fromkeys(telling, 0)
    for place in telling if number else ():
        chance = np.minimum(chances[place][columns[place].codes[leads.test]], _COMMON)
        differ = np.where(rare, others[place] - same, 0)
        odds = float(np.average(chance / (1 - chance), weights=differ if differ.any() else alike))
        by_chance[place] = _bound_chance(int(differ.sum()), odds, most=number)
    near = [int((rare & (like > 0)).sum()) for like in others]
    without = int(np.argmax(near))
    most = max(by_chance.values()) if len(telling) >= _FEWEST_COLUMNS else number
    is_own = columns[without].numbers is not None and float((chances[without] ** 2).sum()) <= _OWN_VALUE
    may_differ = is_own or number >= _AGREE * near[without]
    return _Alike(leads=number, by_chance=most, columns=len(columns)), without, may_differ


def _bound_chance(differ: int, odds: float, *, most: int) -> int:
    """How many pairs that are alike in all columns but one are alike in that one too by chance, at most, where `differ` are not.

    That is the bound of a negative binomial number: what comes before one more pair than those that differ.

    >>> [_bound_chance(differ, 0.25, most=100) for differ in (0, 4, 40)]
    [2, 5, 20]
    """
    pairs, chance, reached = differ + 1, odds / (1 + odds), 0.0
    for number in range(most):
        ways = math.lgamma(number + pairs) - math.lgamma(number + 1) - math.lgamma(pairs)
        reached += math.exp(ways + number * math.log(chance) + pairs * math.log1p(-chance))
        if reached >= 1 - _FALSE_ALARM:
            return number
    return most


def _add_hashes(columns: list[Column], parts: Mapping[str, Hashes], leads: int) -> Hashes:
    """What stands for the values of some columns together."""
    whole: Hashes = np.sum(
        [np.zeros(leads, dtype=np.uint64), *(parts[column.name] for column in columns)], axis=0, dtype=np.uint64
    )
    return whole


def _draw_hashes(codes: Codes, seed: int) -> Hashes:
    """A number for each lead that stands for its value; sums of these stand for several values together."""
    drawn = np.random.default_rng(seed).integers(0, 2**64, int(codes.max(initial=-1)) + 2, dtype=np.uint64)
    return drawn[codes]  # the last is that of a missing value


def _compute_chances(column: Column) -> Floats:
    """The share of the leads that have each value; the last is that of no value."""
    counts = np.bincount(column.codes + 1, minlength=len(column.values) + 1)
    return np.roll(counts / counts.sum(), -1)
