"""The same lead twice, once among those that teach and once among those that test, under two ids: the test is too easy."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictor.audit.view import Codes, Column, View
from predictor.core.errors import Finding, count
from predictor.core.wording import format_percent

CODE = "AUDIT013"
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
_TELLS_APART = 0.5  # chance that two leads have the same value, above which a column tells no leads apart
_FEWEST = 5  # leads more than chance explains
_FEWEST_COLUMNS = 3
_MAY_DIFFER = 1  # column in which a copy may differ; with more, colleagues would pass for one person
_SHARED = 5  # leads with one address, from which it is nobody's own
_DO = "Merge them in the CRM, or remove the copies: a model that has seen a lead knows what came of it."


def check_duplicates(view: View) -> Iterator[Finding]:
    """Warnings about leads of the test block that are among those that teach too."""
    if view.fit is None or view.test is None or view.keys is None or not len(view.fit) or not len(view.test):
        return
    for column in view.persons:
        again = _count_addresses(column, view.fit, view.test, view.keys)
        if again:
            what = f"{count(again, 'lead')} of the test block ({format_percent(again / len(view.test))}) have the address in "
            yield Finding(CODE, "warning", f"{what}'{column.name}' of an older lead with another id.", _DO, column.name)
            return
    again = _count_alike(view.columns, view.fit, view.test, view.keys, view.z)
    if again >= _FEWEST:
        what = f"About {count(again, 'lead')} of the test block ({format_percent(again / len(view.test))}) repeat an older lead "
        yield Finding(
            CODE, "warning", f"{what}under another id: alike in all columns but one at most, which chance does not explain.", _DO
        )


def _count_addresses(column: Column, fit: Codes, test: Codes, keys: Codes) -> int:
    """Test leads with the e-mail address of a lead of the fit block that has another id; addresses of many leads aside."""
    counts = np.bincount(column.codes[column.filled], minlength=len(column.values))
    own = [bool(_ADDRESS.fullmatch(str(value))) for value in column.values] & (counts <= _SHARED)
    held = {"fit": fit[_picks(own, column.codes[fit])], "test": test[_picks(own, column.codes[test])]}
    pairs = pd.DataFrame({"code": column.codes[held["test"]], "key": keys[held["test"]]}).merge(
        pd.DataFrame({"code": column.codes[held["fit"]], "key": keys[held["fit"]]}), on="code", suffixes=("", "_older")
    )
    return int(pairs.loc[pairs["key"] != pairs["key_older"], "key"].nunique())


def _picks(own: NDArray[np.bool_], codes: Codes) -> NDArray[np.bool_]:
    return np.append(own, False)[codes]  # the place of a missing value


def _count_alike(columns: tuple[Column, ...], fit: Codes, test: Codes, keys: Codes, z: float) -> int:
    """Test leads alike with an older one in every column but one, less those that are so by chance.

    People of one firm share its size and its country, so that likeness is no product of shares. But of two leads that are
    alike in all columns but one, some differ in that one, unless they are one lead: chance explains no more than the least that
    any column leaves. What may differ between copies is the column without which most more are alike.
    """
    told = [column for column in columns if _meet_by_chance(column) <= _TELLS_APART]
    found = 0
    for _ in range(_MAY_DIFFER + 1):
        if len(told) < _FEWEST_COLUMNS:
            break
        tells = np.sum([_tell_bits(column) for column in told], axis=0)
        rich = np.flatnonzero(tells >= math.log2(len(fit)) + math.log2(len(test)))
        more, excess = _compare(told, np.intersect1d(fit, rich), np.intersect1d(test, rich), keys, z)
        found = max(found, excess)
        told.pop(more)
    return found


def _compare(told: list[Column], older: Codes, newer: Codes, keys: Codes, z: float) -> tuple[int, int]:
    """The column without which most more leads are alike, and how many leads are alike in all columns beyond chance."""
    hashes = [_hash(column, seed) for seed, column in enumerate(told)]
    whole: NDArray[np.uint64] = np.sum(hashes, axis=0, dtype=np.uint64)
    alike = _count_pairs(whole, older, newer, keys)
    without = [_count_pairs(whole - part, older, newer, keys) for part in hashes]
    chance = max(_expect(column, others - alike, z) for column, others in zip(told, without, strict=True))
    return int(np.argmax(without)), max(0, math.floor(alike - chance))


def _tell_bits(column: Column) -> NDArray[np.float64]:
    """How much each lead's value tells of which lead it is; a blank tells nothing."""
    counts = np.bincount(column.codes[column.filled], minlength=len(column.values))
    bits = np.log2(max(int(column.filled.sum()), 1) / np.maximum(counts, 1))
    return np.append(bits, 0.0)[column.codes]


def _hash(column: Column, seed: int) -> NDArray[np.uint64]:
    drawn = np.random.default_rng(seed).integers(0, 2**64, len(column.values) + 1, dtype=np.uint64)
    return drawn[column.codes]


def _count_pairs(told: NDArray[np.uint64], older: Codes, newer: Codes, keys: Codes) -> int:
    """Test leads alike with an older lead of another id, each counted once."""
    seen: Any = pd.DataFrame({"hash": told[older], "key": keys[older]}).groupby("hash")["key"].agg(["min", "max"])
    found = pd.DataFrame({"hash": told[newer], "key": keys[newer]}).join(seen, on="hash", how="inner")
    return int(((found["min"] != found["key"]) | (found["max"] != found["key"])).sum())


def _expect(column: Column, differ: int, z: float) -> float:
    """How many leads would be alike in a column too by chance, at most, given how many alike in all others differ in this one."""
    chance = _meet_by_chance(column)
    mean = differ * chance / (1 - chance)
    return mean + z * math.sqrt(mean) + z * z / 2  # a bound of a Poisson number


def _meet_by_chance(column: Column) -> float:
    """The chance that two leads have the same value, or both none."""
    counts = np.bincount(column.codes + 1, minlength=len(column.values) + 1)
    return float(((counts / counts.sum()) ** 2).sum())
