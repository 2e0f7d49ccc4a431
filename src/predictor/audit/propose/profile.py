"""What each column of an export holds, told from its cells."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from predictor.core.settings import Settings
from predictor.core.settings_sections import Format
from predictor.data.detect_formats import DetectedFormat, detect_formats, is_dated, to_plain_column
from predictor.data.parse import infer_kind, parse_outcome, parse_times
from predictor.data.values import factorize_column

Kind = Literal["number", "category", "date"]
_MOST = 0.5  # share of cells from which a column is said to hold e-mail addresses
_CLEAR = 0.999  # rank correlation with the rows from which a column is said to grow or fall with them
_LONG = 40  # characters from which texts are prose


@dataclass(frozen=True)
class Column:
    """One column of an export.

    Attributes:
        name: As the export has it.
        kind: Of its cells, in plain spelling.
        rows: How many it has, and `filled` of them are known.
        distinct: How many values differ.
        trend: Rank correlation of its numbers or dates with the order of the rows; 0 where it is no clear one.
        whole: Whether it holds whole numbers.
        yes: The share of yes, where its cells are yes and no; None elsewhere.
        neither: Texts that are neither yes nor no, where few values differ.
        alone: The text of a column that holds one only, which is no 'no', and is blank elsewhere; empty for any other column.
        emails: Whether most cells are e-mail addresses.
        prose: Whether its texts are long.
        form: How it is spelled, with what that was told by; None: the plain way.
        undated: Of a column that is called a date and is none: how many of its cells hold no date that can be read.
    """

    name: str
    kind: Kind
    rows: int
    filled: int
    distinct: int
    trend: float = 0.0
    whole: bool = False
    yes: float | None = None
    neither: tuple[str, ...] = ()
    alone: str = ""
    emails: bool = False
    prose: bool = False
    form: DetectedFormat | None = None
    undated: int = 0

    @property
    def says(self) -> str:
        """Which of yes and no its cells say; empty for neither."""
        if self.yes is None or math.isnan(self.yes):
            return ""
        return "yes and no" if 0 < self.yes < 1 else "yes" if self.yes else "no"

    @property
    def mostly_dates(self) -> bool:
        """Whether it is called a date and is none, for a few cells only."""
        return 0 < self.undated <= self.filled / 2

    @property
    def unique(self) -> bool:
        """Whether every row has another value."""
        return self.filled == self.rows == self.distinct > 1

    @property
    def key(self) -> bool:
        """Whether nearly every row that is filled has another value."""
        return self.filled >= 20 and self.distinct >= 0.95 * self.filled

    def say(self) -> str:
        """What it holds, in a few words.

        >>> Column("Industry", "category", 200, 150, 7).say(), Column("x", "category", 5, 0, 0).say()
        ('7 values, 75 % filled', 'empty')
        """
        if not self.filled:
            return "empty"
        told = "1 value only" if self.distinct == 1 else f"{self.distinct:,} values"
        share = self.filled / self.rows
        percent = f"{100 * share:.0f}" if 0.01 <= share < 0.995 else ">99"
        filled = "all filled" if share == 1 else f"{percent} % filled" if share >= 0.01 else f"{self.filled:,} filled"
        return f"{told}, {filled}"


def profile_columns(frame: pd.DataFrame, settings: Settings, *, times: Sequence[str] = ()) -> list[Column]:
    """The columns of an export.

    Args:
        frame: The export, what means 'not known' missing.
        settings: Sections data, label and forms are used.
        times: Columns that must hold dates.
    """
    order = None if settings.data.date_order == "auto" else settings.data.date_order
    set_formats: Mapping[str, Format] = {name: form for name, form in settings.forms.items() if name in frame}
    others = [str(name) for name in frame if name not in times]
    forms, found = detect_formats(frame, set_formats=set_formats, times=list(times), others=others, order=order)
    columns = [_profile(frame[name], str(name), forms.get(str(name)), found.get(str(name)), settings) for name in frame]
    return [_count_undated(column, frame[column.name], settings, dated=column.name in times) for column in columns]


def _count_undated(column: Column, cells: pd.Series, settings: Settings, *, dated: bool) -> Column:
    """The column with how many of its cells are no dates, where its name says that they are; no figures by another name."""
    if column.kind == "date" or not column.filled or not (dated or (is_dated(column.name) and column.kind == "category")):
        return column
    form = None if column.form is None else column.form.format
    plain = cells if form is None else to_plain_column(cells, form)
    undated = replace(column, undated=int(parse_times(plain, settings.data.timezone)[1].sum()))
    if dated and not undated.undated:
        return replace(column, kind="date", whole=False)  # as 20260331, which is a number anywhere else
    return undated if dated or undated.mostly_dates else column


def _profile(cells: pd.Series, name: str, form: Format | None, found: DetectedFormat | None, settings: Settings) -> Column:
    plain = cells if form is None else to_plain_column(cells, form)
    kind, typed = infer_kind(plain, settings.data.timezone)
    filled, distinct = int(typed.notna().sum()), int(typed.nunique())
    texts = typed.dropna().unique() if kind == "category" else np.array([], dtype=object)
    yes, neither = _tell_outcome(cells, settings, distinct)
    mails = sum("@" in str(text) and "." in str(text) for text in texts)
    return Column(
        name, kind, len(cells), filled, distinct,
        trend=_find_trend(typed) if kind != "category" else 0.0,
        whole=kind == "number" and bool((typed.dropna() % 1 == 0).all()),
        yes=yes, neither=neither,
        alone=_find_alone(cells, settings) if distinct == 1 and kind != "date" else "",
        emails=bool(len(texts)) and mails >= _MOST * len(texts),
        prose=bool(len(texts)) and float(np.mean([len(str(text)) for text in texts[:1000]])) > _LONG,
        form=found,
    )  # fmt: skip


def _find_trend(typed: pd.Series) -> float:
    held = typed.dropna()
    if len(held) < 20 or held.nunique() < 0.5 * len(held):
        return 0.0
    rho = float(np.corrcoef(held.rank().to_numpy(), np.arange(len(held)))[0, 1])
    return rho if abs(rho) >= _CLEAR else 0.0


def _tell_outcome(cells: pd.Series, settings: Settings, distinct: int) -> tuple[float | None, tuple[str, ...]]:
    """The share of yes, and what is neither yes nor no; None where it is no such column."""
    if not 2 <= distinct <= 12:
        return None, ()
    told, bad = parse_outcome(cells, settings.label.outcome_yes, settings.label.outcome_no)
    neither = tuple(sorted({str(text) for text in cells[bad].unique()}))
    return (None if told.nunique() < 2 and not neither else float(told.mean())), neither


def _find_alone(cells: pd.Series, settings: Settings) -> str:
    text = str(cells.dropna().iloc[0]).strip()
    says_no = text.casefold() in {word.casefold() for word in settings.label.outcome_no}
    return "" if says_no or cells.notna().all() else text


def find_placeholders(raw: pd.DataFrame, words: Sequence[str]) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Texts that mean 'not known', as they are spelled -> in how many cells they stand, and in which columns beside other values.

    >>> find_placeholders(pd.DataFrame({"city": ["Select", "Rome", "Select"], "n": [1, 2, 3]}), ["select", "tbd"])
    {'Select': (2, ('city',))}
    """
    asked = {word.strip().casefold() for word in words} - {""}
    cells, names = Counter[str](), dict[str, list[str]]()
    for name in raw:
        if not (pd.api.types.is_object_dtype(raw[name].dtype) or isinstance(raw[name].dtype, pd.StringDtype)):
            continue
        codes, values = factorize_column(raw[name])
        counts = np.bincount(codes[codes >= 0], minlength=len(values)).tolist()
        texts = [value.strip() if isinstance(value, str) else "" for value in values]
        if {text.casefold() for text in texts} <= asked | {""}:
            continue
        for text, held in zip(texts, counts, strict=True):
            if text.casefold() in asked:
                cells[text] += held
                names.setdefault(text, []).append(str(name))
    return {text: (held, tuple(dict.fromkeys(names[text]))) for text, held in cells.most_common()}
