"""What the page shows: a table in words with its CSV, and its chart where there is one; sections of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from predictor.core.errors import Finding
from predictor.report.page.sliders import describe_steps, format_unit
from predictor.report.summary import format_frame
from predictor.report.tables_text import TextTable

_WORDY = frozenset(
    {
        "Verdict",
        "It is",
        "Beside",
        "Goes with",
        "Why",
        "Group",
        "What it says",
        "Beside it",
        "Handed over by",
        "Model beside points",
    }
)


@dataclass(frozen=True)
class Exhibit:
    """A table with its CSV, and maybe a chart.

    Attributes:
        key: Name of the table and of its chart.
        table: What is printed.
        csv: The same for a spreadsheet, figures with six digits.
        frame: What the CSV was written from.
        title: Over the chart.
        note: Below that.
        drawn: Whether there is a chart.
        beside: Whether chart and table stand side by side.
        fold: What opens the table; empty: it is open.
    """

    key: str
    table: TextTable
    csv: str
    frame: pd.DataFrame
    title: str = ""
    note: str = ""
    drawn: bool = False
    beside: bool = False
    fold: str = ""

    @property
    def folded(self) -> bool:
        """Whether the table opens on demand."""
        return bool(self.fold)

    @property
    def words(self) -> frozenset[int]:
        """Positions of the columns that hold words rather than figures."""
        return frozenset(place for place, head in enumerate(self.table.columns) if head in _WORDY)


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        key: Its address.
        nav: What the list of sections calls it.
        title: Its heading.
        texts: Paragraphs.
        exhibits: Tables and charts.
        files: Name of a file to save -> what the button says.
        findings: What was noticed.
    """

    key: str
    nav: str
    title: str
    texts: tuple[str, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    findings: tuple[Finding, ...] = ()


def make_exhibit(key: str, frame: pd.DataFrame, *, table: TextTable | None = None, **changes: object) -> Exhibit:
    r"""A table of the page.

    Args:
        key: Its name.
        frame: The figures.
        table: The same in words; None: as the summary tells it.
        changes: As of `Exhibit`.

    >>> held = make_exhibit("bands", pd.DataFrame({"band": ["under 10"], "leads": [3], "conversion": [1 / 3]}))
    >>> held.table.rows, held.csv
    ((('under 10', '3', '33 %'),), 'band,leads,conversion\nunder 10,3,0.333333\n')
    """
    told = format_frame(key, frame, stacked=True) if table is None else table
    exhibit = Exhibit(key, told, write_csv(frame), frame)
    return replace(exhibit, **changes)  # type: ignore[arg-type]


def write_csv(frame: pd.DataFrame) -> str:
    r"""A table as CSV; a text that a spreadsheet would take for a formula gets an apostrophe before it.

    >>> write_csv(pd.DataFrame({"rule": ["=1+1", "-x"], "points": [-1.5, 2.0]}))
    "rule,points\n'=1+1,-1.5\n'-x,2\n"
    """
    return guard_formulas(frame).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def guard_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with an apostrophe before each text that a spreadsheet would take for a formula.

    >>> guard_formulas(pd.DataFrame({"rule": ["=1+1", "Demo"]}))["rule"].tolist()
    ["'=1+1", 'Demo']
    """
    safe = frame.copy()
    for name in safe:
        if not pd.api.types.is_numeric_dtype(safe[name]):
            safe[name] = [
                f"'{text}" if isinstance(text, str) and text[:1] in "=+-@\t\r" and text else text for text in safe[name]
            ]
    return safe


def find_numbers(frame: pd.DataFrame) -> list[str]:
    """The columns that hold numbers."""
    return [str(name) for name in frame if pd.api.types.is_numeric_dtype(frame[name])]


def format_step_table(steps: pd.DataFrame) -> TextTable:
    """Every threshold with what it hands over, in words: columns that cannot be told are left out."""
    texts, unit = describe_steps(steps), format_unit(steps)
    heads = {
        "threshold": "Threshold", "load": f"Leads {unit}", "share": "Share of all leads", "sqls": f"SQLs {unit}",
        "conversion": "Conversion", "caught": "Share of all SQLs", "verdict": "Verdict", "points_sqls": "SQLs by points",
        "points_difference": "Model beside points", "learned_sqls": "SQLs by learned points",
    }  # fmt: skip
    told = {head: texts[name] for name, head in heads.items() if set(texts[name]) != {"\u2013"}}
    return TextTable("What each threshold hands over", tuple(told), tuple(zip(*told.values(), strict=True)))
