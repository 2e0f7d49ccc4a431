"""The sections of the page for any comparison, one function each."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from predictor.core.errors import count
from predictor.core.wording import DASH, format_number, format_percent, format_percent_range, format_range
from predictor.report.compare.compared_leads import POINTS
from predictor.report.compare.comparison import Comparison
from predictor.report.compare.disagreement import MOST_SWAPPED, ONLY_MODEL, ONLY_POINTS
from predictor.report.compare.rules import FEW_ADVICE, KEEP, advise_rules
from predictor.report.page.page_table import PageTable, Section, make_page_table
from predictor.report.table_cells import list_rows
from predictor.report.tables_text import TextTable, format_bands

_SHOWN = 10  # swapped leads of each kind in the table; its CSV holds all
_OF_A_SWAP = frozenset({
    "cell", "lead_id", "mql_at", "points", "probability", "sql", "rules", "for", "against", "record",
})  # fmt: skip
_REASON_HEADS = {"rules": "Rules that fired", "for": "For", "against": "Against"}
_REASONS = "What speaks for and against a lead is in percentage points of its probability."
_TIED = (
    "{leads} more have the same probability as leads on the other side of the model's boundary: chance decides, so they are not \
listed."
)
_NO_POINTS = "Conversion by points is unknown: the leads have no points."
_NO_RULES = "There is no rule book, so rules cannot be judged one by one."
_NOT_LEARNED = "Points were not learned: this needs a rule book, events for its rules, and the candidate 'learned_points'."
_BANDS = "The shaded band is the wanted conversion; the thin line is the 95 % interval."
_SIDE_BY_SIDE = {
    "volume": ("SQLs caught with the same number of leads", "Higher is better. The bar is the 95 % interval.", ""),
    "equal_sqls": ("Leads to work for the same number of SQLs", "Lower is better: less work for sales.", ""),
    "capacity": (
        "SQLs a week at each weekly capacity", "Each way hands over its best leads until sales is at capacity.", "All capacities",
    ),
}  # fmt: skip
_CELLS = (
    "Points and model each hand over as many leads as today's gate. The leads on which they disagree would be swapped.",
    "If the model is right, leads that only the model hands over convert better than leads that only the points hand over.",
    "The bundle does not list these leads. 'predictor train --page' writes a page that does, and 'predictor compare --leads' \
writes one for other leads.",
)
_RULES = "The points of each rule and its worth in the model while all other rules stay equal, on the scale of your points."
_SUGGESTED = "Suggested are the learned points below: take all of them, with their gate. The worth in the model, which the chart \
shows, may differ: the model also looks at what no rule asks for."
_RULES_NOTE = "Far apart: the rule gives too many or too few points. On different sides of zero: the wrong sign."
_LEARNED = (
    "Your own rules with whole numbers fitted to the outcomes of the leads. They are on the scale of yours: no lead can have \
more points than today. Signs stay as you set them. With few leads your own proportions stay. Any CRM can run them."
)
_BOOK = "The rule book holds the gate for these points and, above each rule, the reason for its number. These points were \
learned from every lead. The figures on this page are for points learned before the test leads."
_GATE = "The gate of this rule book is {gate}: a lead with {gate} learned points or more goes to sales. The gate of the tested \
learned points is in 'Each gate today'."
_RULE_HEADS = ("Rule", "Leads", "Points today", "Suggested", "Conversion with it", "Without it", "What to do")
_LEARNED_HEADS = ("Rule", "Learned points", "Hand-set points", "Counts at most")
_SIDES = "The same probability in two parts: fit is what the lead is (its attributes), engagement what it did (its events). A is \
the best third of the training leads by fit, 1 the best quarter by engagement. Each cell: which share of its test leads became \
SQLs, the 95 % interval, and how many leads it rests on. A scored lead has both grades."
_SEGMENTS = "For each segment: observed conversion, the conversion that the model promised, and the share that each way hands \
over. The difference is observed minus promised; about one segment in twenty differs by chance alone."
_NO_SEGMENTS = "No column with two or more values is there to split the leads by."
_MONTHS = "If observed and promised conversion differ month after month, the market has changed."


def make_comparison_sections(comparison: Comparison, charts: Container[str]) -> list[Section]:
    """The sections of any comparison.

    Args:
        comparison: Its tables.
        charts: Names of the tables that have a chart.
    """
    choices = (_show_volume, _show_disagreement) if len(comparison.tables["volume"]) else ()  # none without a signal
    makers = (_show_points, *choices, _show_sides, _show_rules, _show_learned, _show_segments)
    return [make(comparison, charts) for make in makers]


def _show_points(comparison: Comparison, charts: Container[str]) -> Section:
    tables, section = comparison.tables, Section(key="points", nav="Points", title="What your points mean")
    ranks = tuple(text for text in comparison.sentences if "the points rank at AUC" in text or text.startswith("The points rank"))
    others = [
        make_page_table(name, tables[name].drop(columns="text", errors="ignore"))
        for name in ("gates", "rankings", "rankings_ever")
        if len(tables[name])
    ]
    if not len(tables["bands"]):
        return replace(section, texts=(_NO_POINTS,))
    gate = tables["gates"].loc[tables["gates"]["way"] == POINTS, "text"].tolist() or [_find_limitation(comparison, "gate")]
    bands = make_page_table(
        "bands", tables["bands"], text=format_bands(tables["bands"]), title="Conversion by points", note=_BANDS,
        has_chart="bands" in charts, side_by_side=True,
    )  # fmt: skip
    return replace(section, texts=(*gate, *ranks), tables=(bands, *others))


def _show_volume(comparison: Comparison, charts: Container[str]) -> Section:
    tables = comparison.tables
    pairs = [text for text in comparison.sentences if text.startswith(("With the", "For "))]
    texts = [text for text in pairs if not re.search(r"(and|than|with) the learned points", text)]
    missing = [text for text in comparison.limitations if "no points: by points they come last" in text]
    shown = [
        make_page_table(name, tables[name], title=about, note=note, has_chart=name in charts, fold=fold)
        for name, (about, note, fold) in _SIDE_BY_SIDE.items()
        if len(tables[name])
    ]
    gains = make_page_table("gains", tables["gains"], fold="The table of the chart at the top: gains and lift")
    if not len(tables["bands"]):  # alone, the model is compared with nobody
        shown = [table for table in shown if table.key == "capacity"]
        return Section(key="volume", nav="Gains", title="What the model finds", tables=(*shown, gains))
    return Section(
        key="volume", nav="Side by side", title="Points and model side by side",
        texts=(*(texts or [_find_limitation(comparison, "SQL")]), *missing), tables=(*shown, gains),
    )  # fmt: skip


def _show_disagreement(comparison: Comparison, charts: Container[str]) -> Section:
    tables, section = comparison.tables, Section(key="disagree", nav="Disagreement", title="Where they disagree")
    if not len(tables["cells"]):
        return replace(section, texts=(_find_limitation(comparison, "gate"),))
    text, note, elsewhere = _CELLS
    title = "Conversion by who hands the lead over"
    cells = make_page_table("cells", tables["cells"], title=title, note=note, has_chart="cells" in charts, side_by_side=True)
    if "swapped" not in tables:
        return replace(section, texts=(f"{text} {elsewhere}",), tables=(cells,))
    listed = [_list_swapped(tables["swapped"])] if len(tables["swapped"]) else []
    reasons = (_REASONS,) if "for" in tables["swapped"] else ()
    return replace(section, texts=(text, *reasons, *_count_tied(tables)), tables=(cells, *listed))


def _count_tied(tables: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    """How many swapped leads are not listed because they are tied."""
    swapped, cells = tables["swapped"], tables["cells"].set_index("cell")["leads"]
    listed = swapped["cell"].value_counts()
    tied = sum(int(cells[cell]) - int(listed.get(cell, 0)) for cell in (ONLY_POINTS, ONLY_MODEL) if cells[cell] <= MOST_SWAPPED)
    return (_TIED.format(leads=count(tied, "lead")),) if tied else ()


def _list_swapped(swapped: pd.DataFrame) -> PageTable:
    shown = swapped.groupby("cell", sort=False).head(_SHOWN)
    named = [str(name) for name in swapped if name not in _OF_A_SWAP]
    heads = ("Lead", "Handed over by", *(["Points"] if swapped["points"].notna().any() else []), "Probability")
    reasons = [name for name in _REASON_HEADS if name in swapped]
    rows = tuple(_format_swap(row, named, reasons, with_points="Points" in heads) for row in list_rows(shown))
    text = TextTable(
        f"Leads that only points or only the model hands over: the {_SHOWN} strongest of each, all {len(swapped):,} in the CSV",
        (*heads, *(_REASON_HEADS[name] for name in reasons), "Became SQL"),
        rows,
    )
    links = tuple(shown["record"]) if "record" in swapped else ()
    return make_page_table("swapped", swapped, text=text, links=links)


def _format_swap(row: Mapping[str, Any], named: Sequence[str], reasons: Sequence[str], *, with_points: bool) -> tuple[str, ...]:
    """A lead as a row: its key with its day and the firm's columns below, and each reason on a line."""
    facts = [text for text in (row["mql_at"], *(row[name] for name in named)) if text]
    points = [format_number(row["points"])] if with_points else []
    lines = [row[name].replace("; ", "\n") or DASH for name in reasons]
    sql = "yes" if row["sql"] else "no"
    return ("\n".join([row["lead_id"], *facts]), row["cell"], *points, format_percent(row["probability"]), *lines, sql)


def _show_sides(comparison: Comparison, _: Container[str]) -> Section:
    frame = comparison.tables.get("fit_engagement", pd.DataFrame())
    section = Section(key="sides", nav="Fit", title="Fit and engagement")
    if not len(frame):
        return section
    table = make_page_table("fit_engagement", frame, text=_format_matrix(frame), shades=_shade_matrix(frame))
    return replace(section, texts=(_SIDES,), tables=(table,))


def _format_matrix(frame: pd.DataFrame) -> TextTable:
    """A row for each fit, a column for each engagement."""
    cells = {(row["fit"], row["engagement"]): _format_cell(row) for row in list_rows(frame)}
    fits, columns = frame["fit"].unique().tolist(), frame["engagement"].unique().tolist()
    rows = tuple((f"Fit {fit}", *(cells[fit, engagement] for engagement in columns)) for fit in fits)
    return TextTable("Conversion by fit and engagement", ("Fit", *(f"Engagement {number}" for number in columns)), rows)


def _format_cell(row: Mapping[str, Any]) -> str:
    return f"{_stack_share(row, 'conversion')}\n{count(row['leads'], 'lead')}" if row["leads"] else "no lead"


def _shade_matrix(frame: pd.DataFrame) -> dict[tuple[int, int], int]:
    """Row and column of each cell of the matrix -> how dark it is, 0 to 4, by its conversion beside the highest."""
    share = frame["conversion"].fillna(0.0).to_numpy().reshape(frame["fit"].nunique(), -1)
    levels = np.ceil(4 * share / share.max()).astype(int) if share.max() > 0 else np.zeros(share.shape, dtype=int)
    return {(row, column + 1): int(level) for (row, column), level in np.ndenumerate(levels)}


def _show_rules(comparison: Comparison, charts: Container[str]) -> Section:
    frame, section = comparison.tables["rules"], Section(key="rules", nav="Rules", title="Rule by rule")
    if not len(frame):
        return replace(section, texts=(_NO_RULES,))
    learned = comparison.tables.get("learned_points")
    advice = advise_rules(frame, learned)
    change = int((~advice["advice"].isin([KEEP, FEW_ADVICE])).sum())
    whose = _SUGGESTED if learned is not None and len(learned) else "Points are on the scale of yours today."
    texts = (_RULES, f"{change} of {count(len(frame), 'rule')} to change. {whose}")
    text = _format_rule_advice(advice)
    table = make_page_table("rules", frame, text=text, title="Points per event", note=_RULES_NOTE, has_chart="rules" in charts)
    return replace(section, texts=texts, tables=(table,))


def _format_rule_advice(advice: pd.DataFrame) -> TextTable:
    """What to do with each rule, as text."""
    rows = []
    for row in list_rows(advice):
        suggested = format_number(row["suggested"], 0)
        ends = format_range(row["suggested_low"], row["suggested_high"], 0)
        shares = [_stack_share(row, f"conversion_{side}") for side in ("with", "without")]
        figures = format_number(row["fired"]), format_number(row["points"]), suggested if ends == DASH else f"{suggested}\n{ends}"
        rows.append((row["rule"], *figures, *shares, row["advice"]))
    return TextTable("Each rule, the largest gap first", _RULE_HEADS, tuple(rows))


def _stack_share(row: Mapping[str, Any], name: str) -> str:
    share, ends = format_percent(row[name]), format_percent_range(row[f"{name}_low"], row[f"{name}_high"])
    return share if ends == DASH else f"{share}\n{ends}"


def _show_learned(comparison: Comparison, _: Container[str]) -> Section:
    frame = comparison.tables.get("learned_points")
    section = Section(key="learned", nav="Learned points", title="Better points for the same rules")
    if frame is None or not len(frame):
        return replace(section, texts=(_NOT_LEARNED,))
    figures = ("points", "hand_points", "times")
    rows = tuple((row["rule"], *(format_number(row[name]) for name in figures)) for row in list_rows(frame))
    text = TextTable("Learned points", _LEARNED_HEADS, rows)
    table = make_page_table("learned_points", frame, text=text, fold="Every learned number")
    gate = (_GATE.format(gate=format_number(frame["gate"].iloc[0])),) if "gate" in frame else ()
    files = (("learned_points.toml", "Download the rule book (TOML)"),)
    return replace(section, texts=(_LEARNED, _BOOK, *gate), tables=(table,), files=files)


def _show_segments(comparison: Comparison, charts: Container[str]) -> Section:
    tables = comparison.tables
    texts, shown = [_SEGMENTS if len(tables["segments"]) else _NO_SEGMENTS], []
    if len(tables["months"]):
        months, drawn = tables["months"].drop(columns="column"), "months" in charts
        shown.append(make_page_table("months", months, title="Month by month", note=_MONTHS, has_chart=drawn, fold="Every month"))
    else:
        texts.append("The leads have no dates, so nothing can be shown by month.")
    if len(tables["segments"]):
        shown.append(make_page_table("segments", tables["segments"]))
    return Section(key="segments", nav="Segments", title="By segment and by month", texts=tuple(texts), tables=tuple(shown))


def _find_limitation(comparison: Comparison, word: str) -> str:
    """The first limitation with that word, or else the first of all."""
    texts = [text for text in comparison.limitations if word in text] or list(comparison.limitations)
    return texts[0] if texts else "There is nothing to compare."
