"""The contents of each column of an export, from its cells."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from predictor.core.cell_formats import Format
from predictor.core.row_faults import number_row
from predictor.core.settings import Settings
from predictor.core.wording import format_percent
from predictor.data.column_format import DetectedFormat, is_dated
from predictor.data.denied_columns import deny_column
from predictor.data.detect_formats import detect_formats, to_plain_column
from predictor.data.lead_keys import as_texts
from predictor.data.missing import read_missing
from predictor.data.parse import Kind, parse_outcome, parse_times
from predictor.data.roles import read_kind
from predictor.data.table_keys import mark_rounded
from predictor.data.unread_dates import describe_unread
from predictor.data.values import factorize_column, list_cells

_MOST = 0.5  # share of values from which a column is one of e-mail addresses
_CLEAR = 0.999  # rank correlation with the rows from which a column grows or falls with them
_LONG = 40  # characters from which texts are prose
_LONG_NUMBER = 1e15  # a spreadsheet keeps the digits of smaller numbers
_INSPECTED = 1000  # different texts from which the shape of a column is found
_ANY_ZONE = pd.Timedelta(hours=14)  # midnight of any zone is that near to midnight UTC
_OLD = pd.Timestamp("1990-01-01", tz="UTC")  # older dates are meant: the first day of 1970 is then no empty cell
_FEW = 20  # cells below which nothing is said about their order or how many differ
_NEARLY_ALL = 0.95  # share of different cells from which nearly every row has its own
_CODE = re.compile(r"(?!https?:|/|www)(?=.*\d)(?=.*[a-z])[a-z0-9_:|#{}/-]+", re.IGNORECASE)  # letters and digits, as in a UUID
_MOST_OUTCOMES = 30  # different texts of a column that is read as an outcome: a pipeline has that many stages at most


@dataclass(frozen=True)
class YesNo:
    """The cells of a column read as an outcome.

    Attributes:
        yes: The share of yes among cells that are yes or no; None where it is no such column.
        texts: The texts that mean yes and those that mean no, as spelled.
        others: Texts that are neither yes nor no, where there are few values.
        answers_share: The share of rows that say yes or no.
        single: The only text of a column that is blank elsewhere, where that is no 'no'; empty for any other column.
    """

    yes: float | None = None
    texts: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    others: tuple[str, ...] = ()
    answers_share: float = 0.0
    single: str = ""

    @property
    def answers(self) -> str:
        """Which of yes and no occur; empty for neither."""
        if self.yes is None or math.isnan(self.yes):
            return ""
        return "yes and no" if 0 < self.yes < 1 else "yes" if self.yes else "no"


@dataclass(frozen=True)
class TextShape:
    """What the cells of a column look like.

    Attributes:
        emails: Whether most values are e-mail addresses.
        prose: Whether its texts are several words and long.
        words: Whether most texts are words without a digit, as names are.
        codes: Whether the texts are letters and digits without blanks, as keys are.
        rounded: How many cells are long numbers whose last digits a spreadsheet rounded away.
    """

    emails: bool = False
    prose: bool = False
    words: bool = False
    codes: bool = False
    rounded: int = 0


@dataclass(frozen=True)
class ColumnProfile:
    """One column of an export.

    Attributes:
        name: As in the export.
        kind: The kind of its cells, in their plain format.
        rows: The number of rows.
        filled: The rows with a value.
        distinct: The number of different values.
        trend: Rank correlation of its numbers or dates with the order of the rows; 0 where it is not clear.
        whole: Whether it holds whole numbers.
        outcome: Its cells read as an outcome.
        shape: What its cells look like.
        format: Its format and how that was detected; None: the plain one.
        undated: For a column named as a date that is none: how many cells hold no date that can be read.
        denied: Why it is no feature by its name; empty where it may be one.
        looks: What most of these cells look like.
        positive: Whether it holds numbers above 0 only.
        first_blank: The first row without a value, from 1; 0 for none.
        starts: How many dates are 1970-01-01, the day 0 of computers, where no other date is as old.
    """

    name: str
    kind: Kind
    rows: int
    filled: int
    distinct: int
    trend: float = 0.0
    whole: bool = False
    outcome: YesNo = YesNo()
    shape: TextShape = TextShape()
    format: DetectedFormat | None = None
    undated: int = 0
    denied: str = ""
    looks: str = ""
    starts: int = 0
    first_blank: int = 0
    positive: bool = False

    @property
    def mostly_dates(self) -> bool:
        """Whether it has the name of a date, and all cells except a few are dates."""
        return 0 < self.undated <= self.filled / 2

    @property
    def unique(self) -> bool:
        """Whether every row has a different value."""
        return self.filled == self.rows == self.distinct > 1

    @property
    def nearly_unique(self) -> bool:
        """Whether nearly every filled row has a different value."""
        return self.filled >= _FEW and self.distinct >= _NEARLY_ALL * self.filled

    def describe(self) -> str:
        """Its contents in a few words.

        >>> ColumnProfile("Industry", "category", rows=200, filled=150, distinct=7).describe()
        '7 values, 75 % filled'
        """
        if not self.filled:
            return "empty"
        values = "1 value only" if self.distinct == 1 else f"{self.distinct:,} values"
        share = self.filled / self.rows
        filled = "all filled" if share == 1 else f"{format_percent(share) if share >= 0.01 else f'{self.filled:,}'} filled"
        return f"{values}, {filled}"


def profile_columns(frame: pd.DataFrame, settings: Settings, *, times: Sequence[str] = ()) -> list[ColumnProfile]:
    """The columns of an export.

    Args:
        frame: The export, with values that mean 'not known' missing.
        settings: Sections data, label and forms are used.
        times: Columns that must hold dates.
    """
    order = None if settings.data.date_order == "auto" else settings.data.date_order
    set_formats: Mapping[str, Format] = {name: form for name, form in settings.forms.items() if name in frame}
    others = [str(name) for name in frame if name not in times]
    forms, detected = detect_formats(frame, set_formats=set_formats, times=list(times), others=others, order=order)
    columns = [_profile_column(frame[name], str(name), forms.get(str(name)), detected.get(str(name)), settings) for name in frame]
    return [_add_undated(column, frame[column.name], settings, dated=column.name in times) for column in columns]


def _add_undated(column: ColumnProfile, cells: pd.Series, settings: Settings, *, dated: bool) -> ColumnProfile:
    """The column with the number of cells that are no dates, where its name says that they are."""
    if column.kind == "date" or not column.filled or not (dated or (is_dated(column.name) and column.kind == "category")):
        return column
    form = None if column.format is None else column.format.format
    plain = cells if form is None else to_plain_column(cells, form, read_missing(settings.data.missing_values))
    bad = parse_times(plain, settings.data.timezone)[1]
    looks = describe_unread(plain[bad]).looks if bad.any() else ""
    undated = replace(column, undated=int(bad.sum()), looks=looks)
    if dated and not undated.undated:
        return replace(column, kind="date", whole=False)  # as 20260331, which is a number under other names
    return undated if dated or undated.mostly_dates else column


def _profile_column(
    cells: pd.Series, name: str, form: Format | None, detected: DetectedFormat | None, settings: Settings
) -> ColumnProfile:
    plain = cells if form is None else to_plain_column(cells, form, read_missing(settings.data.missing_values))
    kind, typed = read_kind(plain, form, settings.data.timezone)
    values = typed.dropna().unique()
    filled, distinct = int(typed.notna().sum()), len(values)
    texts = list_cells(values) if kind == "category" else []
    outcome = _read_outcome(cells, settings, distinct)
    single = _read_single_text(cells, settings) if distinct == 1 and kind != "date" else ""
    return ColumnProfile(
        name=name, kind=kind, rows=len(cells), filled=filled, distinct=distinct,
        trend=_compute_trend(typed) if kind in ("number", "date") else 0.0,
        whole=kind == "number" and bool((typed.dropna() % 1 == 0).all()),
        outcome=replace(outcome, single=single),
        shape=_read_shape(list(map(str, texts)), rounded=_count_rounded(cells, typed) if kind == "number" else 0),
        format=detected,
        denied=deny_column(name, cells) or "",
        starts=_count_epoch_dates(typed) if kind == "date" else 0,
        positive=kind == "number" and filled > 0 and bool(typed.min() > 0),
        first_blank=0 if filled == len(cells) else number_row(cells.index, int(typed.isna().to_numpy().argmax())),
    )  # fmt: skip


def _count_epoch_dates(dates: pd.Series) -> int:
    is_start = (dates - pd.Timestamp(0, tz="UTC")).abs() <= _ANY_ZONE
    return 0 if (dates[~is_start] < _OLD).any() else int(is_start.sum())


def _compute_trend(typed: pd.Series) -> float:
    known = typed.dropna()
    if len(known) < _FEW or known.nunique() < 0.5 * len(known):
        return 0.0
    rho = float(np.corrcoef(known.rank().to_numpy(), np.arange(len(known)))[0, 1])
    return rho if abs(rho) >= _CLEAR else 0.0


def _read_shape(texts: list[str], *, rounded: int = 0) -> TextShape:
    """The shape of different texts.

    >>> _read_shape(["00Q5e00001ABCDE", "8f14e45f-ceea-467f"]).codes, _read_shape(["Ada Lovelace", "Alan Turing"]).words
    (True, True)
    """
    if not texts:
        return TextShape(rounded=rounded)
    emails, shown = sum("@" in text and "." in text for text in texts), texts[:_INSPECTED]
    return TextShape(
        emails=emails >= _MOST * len(texts),
        prose=sum(map(len, shown)) > _LONG * len(shown) and sum(" " in text.strip() for text in shown) > _MOST * len(shown),
        words=sum(not any(letter.isdigit() for letter in text) for text in shown) > _MOST * len(shown),
        codes=all(_CODE.fullmatch(text) for text in shown),
        rounded=rounded,
    )


def _count_rounded(cells: pd.Series, numbers: pd.Series) -> int:
    return int(mark_rounded(as_texts(cells)).sum()) if numbers.abs().max() >= _LONG_NUMBER else 0


def _read_outcome(cells: pd.Series, settings: Settings, distinct: int) -> YesNo:
    """The cells read as an outcome; nothing known of it where there are too many values."""
    if not 2 <= distinct <= _MOST_OUTCOMES:
        return YesNo()
    counts = cells.value_counts()
    values = pd.Series(counts.index, dtype=cells.dtype)
    outcome, bad = parse_outcome(values, settings.label.outcome_yes, settings.label.outcome_no)
    yes, no, others = (tuple(sorted(set(values[mask].astype("str")))) for mask in (outcome == 1, outcome == 0, bad))
    accepted, refused = (int(counts[(outcome == value).to_numpy()].sum()) for value in (1, 0))
    answers = accepted + refused
    share = (accepted / answers if answers else math.nan) if (yes and no) or others else None
    return YesNo(share, (yes, no), others, answers_share=answers / len(cells))


def _read_single_text(cells: pd.Series, settings: Settings) -> str:
    text = str(cells.dropna().iloc[0]).strip()
    says_no = text.casefold() in {word.casefold() for word in settings.label.outcome_no}
    return "" if says_no or cells.notna().all() else text


def count_placeholders(raw: pd.DataFrame, words: Sequence[str]) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Texts that mean 'not known', as spelled -> the number of their cells, and their columns that have other values too.

    >>> count_placeholders(pd.DataFrame({"city": ["Select", "Rome", "Select"], "n": [1, 2, 3]}), ["select", "tbd"])
    {'Select': (2, ('city',))}
    """
    known = {word.strip().casefold() for word in words} - {""}
    cells, names = Counter[str](), dict[str, list[str]]()
    for name in raw:
        if not (pd.api.types.is_object_dtype(raw[name].dtype) or isinstance(raw[name].dtype, pd.StringDtype)):
            continue
        codes, values = factorize_column(raw[name])
        counts = np.bincount(codes[codes >= 0], minlength=len(values)).tolist()
        texts = [value.strip() if isinstance(value, str) else "" for value in values]
        places = [place for place, text in enumerate(texts) if text.casefold() in known]
        if len(places) + texts.count("") == len(texts):  # it has no other value
            continue
        for place in places:
            cells[texts[place]] += counts[place]
            names.setdefault(texts[place], []).append(str(name))
    return {text: (frequency, tuple(dict.fromkeys(names[text]))) for text, frequency in cells.most_common()}
