"""The same lead twice under two ids, once for training and once for the test, which makes the test too easy."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictor.audit.view import AuditSplit, Column, View
from predictor.core.errors import Finding, count
from predictor.core.wording import format_percent

CODE = "AUDIT013"
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
_COMMON = 0.5  # chance that two leads have the same value, above which a column does not identify leads
_FEWEST = 5  # leads more than chance explains
_FEWEST_COLUMNS = 3
_MAY_DIFFER = 1  # columns in which a copy may differ; with more, colleagues would count as one person
_SHARED = 5  # leads with one address, above which it is nobody's own
_DO = "Merge them in the CRM, or remove the copies: a model that was trained on a lead knows its outcome."


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
    copies = _count_alike(view.columns, split, view.z)
    if copies >= _FEWEST:
        what = f"About {_describe_leads(copies, split)} repeat an older lead under another id"
        why = "they are alike in all columns except at most one, which chance does not explain"
        yield Finding(CODE, "warning", f"{what}: {why}.", do=_DO)


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


def _count_alike(columns: tuple[Column, ...], split: AuditSplit, z: float) -> int:
    """Test leads alike with an older one in every column except one, less those that are alike by chance.

    People of one firm share its size and its country, so the chance of likeness is no product of shares. But among pairs of
    leads alike in all columns except one, some differ in that one, unless they are one lead: chance explains no more than the
    least that any column leaves. The column that may differ between copies is the one without which most more are alike.
    """
    chosen = [column for column in columns if _compute_chance(column) <= _COMMON]
    most = 0
    for _ in range(_MAY_DIFFER + 1):
        if len(chosen) < _FEWEST_COLUMNS:
            break
        bits = np.sum([_compute_bits(column) for column in chosen], axis=0)
        identified = np.flatnonzero(bits >= math.log2(len(split.fit)) + math.log2(len(split.test)))
        fit, test = np.intersect1d(split.fit, identified), np.intersect1d(split.test, identified)
        differs, excess = _compare(chosen, replace(split, fit=fit, test=test), z)
        most = max(most, excess)
        chosen.pop(differs)
    return most


def _compare(columns: list[Column], split: AuditSplit, z: float) -> tuple[int, int]:
    """The column without which most more leads are alike, and how many leads are alike in all columns beyond chance."""
    hashes = [_hash(column, seed) for seed, column in enumerate(columns)]
    whole: NDArray[np.uint64] = np.sum(hashes, axis=0, dtype=np.uint64)
    alike = _count_pairs(whole, split)
    without = [_count_pairs(whole - part, split) for part in hashes]
    chance = max(_bound_chance(column, others - alike, z) for column, others in zip(columns, without, strict=True))
    return int(np.argmax(without)), max(0, math.floor(alike - chance))


def _compute_bits(column: Column) -> NDArray[np.float64]:
    """The information in each lead's value, in bits; a blank has none."""
    bits = np.log2(max(int(column.filled.sum()), 1) / np.maximum(column.value_counts, 1))
    return np.append(bits, 0.0)[column.codes]


def _hash(column: Column, seed: int) -> NDArray[np.uint64]:
    drawn = np.random.default_rng(seed).integers(0, 2**64, len(column.values) + 1, dtype=np.uint64)
    return drawn[column.codes]


def _count_pairs(hashes: NDArray[np.uint64], split: AuditSplit) -> int:
    """Test leads alike with an older lead of another id, each counted once."""
    table = pd.DataFrame({"hash": hashes, "key": split.keys})
    older: Any = table.iloc[split.fit].groupby("hash")["key"].agg(["min", "max"])
    pairs = table.iloc[split.test].join(older, on="hash", how="inner")
    return int(((pairs["min"] != pairs["key"]) | (pairs["max"] != pairs["key"])).sum())


def _bound_chance(column: Column, differ: int, z: float) -> float:
    """How many leads are alike in a column by chance, at most, where `differ` leads alike in all others differ in it."""
    chance = _compute_chance(column)
    mean = differ * chance / (1 - chance)
    return mean + z * math.sqrt(mean) + z * z / 2  # a bound of a Poisson number


def _compute_chance(column: Column) -> float:
    """The chance that two leads have the same value, or both none."""
    counts = np.bincount(column.codes + 1, minlength=len(column.values) + 1)
    return float(((counts / counts.sum()) ** 2).sum())
