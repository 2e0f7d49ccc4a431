"""What the page is built from: tables with their CSV and chart, and sections of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from predictor.core.errors import Finding
from predictor.core.wording import DASH
from predictor.data.read.write_csv import guard_formulas
from predictor.report.compare.threshold_steps import format_unit
from predictor.report.page.sliders import describe_steps
from predictor.report.summary import format_frame
from predictor.report.tables_text import TextTable

_EVIDENCE = frozenset({"points", "volume", "disagree", "sides", "rules", "learned"})
_LONG, _SHOWN = 40, 12  # rows from which a table is shown in part, and how many rows then
_TEXT_HEADS = frozenset(
    {
        "Verdict",
        "Result",
        "Compared with",
        "Most like",
        "Why",
        "Group",
        "Meaning",
        "Handed over by",
        "Rules that fired",
        "For",
        "Against",
        "Model minus points",
        "What to do",
    }
)


@dataclass(frozen=True, kw_only=True)
class PageTable:
    """A table of the page with its CSV, and maybe a chart.

    Attributes:
        key: Name of the table and of its chart.
        text: The table as printed.
        frame: The table as the CSV holds it.
        title: Above the chart.
        note: Below the title.
        has_chart: Whether there is a chart.
        side_by_side: Whether chart and table stand side by side.
        fold: Label that opens the table; empty: the table is open.
        shown: Positions of the rows that the page shows; empty: all. The CSV holds all.
        links: Address of each row, for its first cell; empty: none.
        shades: Row and column -> how dark the cell is, 0 to 4.
    """

    key: str
    text: TextTable
    frame: pd.DataFrame
    title: str = ""
    note: str = ""
    has_chart: bool = False
    side_by_side: bool = False
    fold: str = ""
    shown: tuple[int, ...] = ()
    links: tuple[str, ...] = ()
    shades: Mapping[tuple[int, int], int] = field(default_factory=dict)

    @property
    def rows(self) -> list[tuple[int, tuple[str, ...]]]:
        """The rows that the page shows, each with its position among all."""
        rows = list(enumerate(self.text.rows))
        return [row for row in rows if row[0] in set(self.shown)] if self.shown else rows

    @property
    def caption(self) -> str:
        """Caption, with how many rows are shown where these are not all."""
        some = f" ({len(self.rows)} of {len(self.text.rows)} rows, all in the CSV)" if self.shown else ""
        return f"{self.text.caption}{some}"

    @property
    def csv(self) -> str:
        """The table for a spreadsheet, figures with six digits."""
        return write_csv(self.frame)

    @property
    def text_columns(self) -> frozenset[int]:
        """Positions of the columns that hold text rather than figures."""
        return frozenset(place for place, head in enumerate(self.text.columns) if head in _TEXT_HEADS)


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section of the page.

    Attributes:
        key: Its anchor.
        nav: Its name in the list of sections.
        title: Its heading.
        texts: Paragraphs.
        tables: Tables and charts.
        files: Name of a file to save -> label of the button.
        findings: Findings of the training.
    """

    key: str
    nav: str
    title: str
    texts: tuple[str, ...] = ()
    tables: tuple[PageTable, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def part(self) -> str:
        """The part of the page that it stands in."""
        return "Evidence" if self.key in _EVIDENCE else "Appendix"


def make_page_table(key: str, frame: pd.DataFrame, *, text: TextTable | None = None, **changes: object) -> PageTable:
    r"""A table of the page.

    Args:
        key: Its name.
        frame: The figures.
        text: The table as printed; None: as in the summary.
        changes: Other fields of `PageTable`.

    >>> table = make_page_table("bands", pd.DataFrame({"band": ["under 10"], "leads": [3], "conversion": [1 / 3]}))
    >>> table.text.rows, table.csv
    ((('under 10', '3', '33 %'),), 'band,leads,conversion\nunder 10,3,0.333333\n')
    """
    text = format_frame(key, frame, stacked=True) if text is None else text
    table = PageTable(key=key, text=text, frame=frame, shown=_choose_rows(key, frame, text))
    return replace(table, **changes)  # type: ignore[arg-type]


def _choose_rows(key: str, frame: pd.DataFrame, text: TextTable) -> tuple[int, ...]:
    """Positions of the rows of a long table to show: a dozen, evenly spaced, and those to stress; empty: all of them."""
    if len(text.rows) <= _LONG or key == "swapped":
        return ()
    if key == "gains":
        fifths = 5 * frame["share"].to_numpy(dtype=float)
        return tuple(np.flatnonzero(np.isclose(fifths, fifths.round())).tolist())
    even = np.linspace(0, len(text.rows) - 1, _SHOWN).round().astype(int).tolist()
    return tuple(sorted({*even, *text.marked}))


def join_units(text: str) -> str:
    """The text with each percent sign kept on the line of its number."""
    return text.replace(" %", "\u00a0%")


def write_csv(frame: pd.DataFrame) -> str:
    r"""A table as CSV; a text that a spreadsheet would take for a formula gets an apostrophe before it.

    >>> write_csv(pd.DataFrame({"rule": ["=1+1", "-x"], "points": [-1.5, 2.0]}))
    "rule,points\n'=1+1,-1.5\n'-x,2\n"
    """
    return guard_formulas(frame).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def format_step_table(steps: pd.DataFrame) -> TextTable:
    """Every threshold with what it hands over, as text; empty columns are left out."""
    texts, unit = describe_steps(steps), format_unit(steps)
    for name in ("conversion", "points_difference"):
        texts[name] = [re.sub(r"^(.+?) \((.+)\)$", r"\1\n\2", cell) for cell in texts[name]]
    heads = {
        "threshold": "Threshold", "load": f"Leads {unit}", "share": "Share of all leads", "sqls": f"SQLs {unit}",
        "conversion": "Conversion", "caught": "Share of all SQLs", "verdict": "Verdict", "points_sqls": "SQLs by points",
        "points_difference": "Model minus points",
    }  # fmt: skip
    columns = {head: texts[name] for name, head in heads.items() if set(texts[name]) != {DASH}}
    return TextTable("What each threshold hands over", tuple(columns), tuple(zip(*columns.values(), strict=True)))
