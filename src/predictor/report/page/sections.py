"""The sections of the page that tell a comparison, one function each."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import replace

import pandas as pd

from predictor.core.wording import format_number
from predictor.report.compare.comparison import Comparison
from predictor.report.compare.ways import POINTS
from predictor.report.page.exhibits import Exhibit, Section, make_exhibit
from predictor.report.summary import format_frame
from predictor.report.tables_text import TextTable, format_bands

_SHOWN = 20  # leads of each kind in the table of those that are swapped; all are in its CSV
_NO_POINTS = "What a number of points means cannot be told: the leads carry no points."
_NO_RULES = "There is no rule book, so rules cannot be judged one by one."
_NOT_LEARNED = "Points were not learned: that takes a rule book, how often its rules fired, and candidate 'learned_points'."
_BANDS = "The shaded band is the conversion that is wanted of what is handed over; the thin line the 95 % interval."
_SIDE_BY_SIDE = {
    "volume": ("SQLs caught with the same number of leads", "Higher is better. The bar is the 95 % interval.", ""),
    "equal_sqls": ("Leads to work for the same SQLs", "Lower is better: leads beyond that sales need not work.", ""),
    "capacity": (
        "SQLs a week at a weekly capacity", "Each way hands over its best leads until sales has no more time.", "All capacities",
    ),
}  # fmt: skip
_CELLS = (
    "Points and model each hand over as many leads as today's gate does. Where both agree nothing changes; these are the others.",
    "If the model is right, leads that only the model hands over convert better than those of the points alone.",
    "Which leads they are is in no bundle: 'predictor train --page' writes a page that lists them, 'predictor compare --leads' \
one for other leads.",
)
_RULES = "What each rule gives, beside what it is worth in the model when all other rules are alike, on the scale of your points."
_RULES_NOTE = "Far apart: the rule gives too much or too little. On the other side of zero: the wrong sign."
_LEARNED = (
    "Your own rules with whole numbers that were fitted to what became of the leads. No lead can have more than 100; signs \
stay as you set them; few leads leave your proportions. Any CRM can run them."
)
_BOOK = "The rule book holds the gate that goes with these points and above each rule the reason for its number. These numbers \
were learned from every lead; the figures on this page from points learned before the test leads."
_GATE = "The gate of this rule book is {gate}: a lead with so many learned points or more goes to sales. The gate of the learned \
points that were tested stands in 'Each gate as it stands'."
_LEARNED_HEADS = ("Rule", "Learned points", "Points by hand", "Counts at most", "Why")
_SEGMENTS = "Of each segment: what became of its leads, what the model promised, and what share each way hands over. The \
difference is what came less what was promised; of twenty segments one is off by chance alone."
_NO_SEGMENTS = "There is no attribute with two values or more to cut the leads by."
_MONTHS = "Where what came lies beyond what was promised month after month, the market has changed."


def make_comparison_sections(comparison: Comparison, charts: Container[str]) -> list[Section]:
    """The sections that any comparison carries.

    Args:
        comparison: Its tables.
        charts: Names of the tables that have a chart.
    """
    makers = (_tell_points, _tell_volume, _tell_disagreement, _tell_rules, _tell_learned, _tell_segments)
    return [make(comparison, charts) for make in makers]


def _tell_points(comparison: Comparison, charts: Container[str]) -> Section:
    tables, title = comparison.tables, "What your points mean"
    ranked = [text for text in comparison.sentences if " the points rank at AUC " in f" {text[:1].lower()}{text[1:]}"]
    names = ("gates", "rankings", "rankings_ever")
    others = [make_exhibit(name, tables[name].drop(columns="text", errors="ignore")) for name in names if len(tables[name])]
    if not len(tables["bands"]):
        return Section("points", "Points", title, (_NO_POINTS, *ranked), tuple(others))
    held = tables["gates"]["way"] == POINTS
    told = [str(text) for text in tables["gates"]["text"][held]] or [_find_untold(comparison, "gate")]
    bands = make_exhibit(
        "bands", tables["bands"], table=format_bands(tables["bands"]), title="Conversion by points", note=_BANDS,
        drawn="bands" in charts, beside=True,
    )  # fmt: skip
    return Section("points", "Points", title, (*told, *ranked), (bands, *others))


def _tell_volume(comparison: Comparison, charts: Container[str]) -> Section:
    tables, title = comparison.tables, "Points and model side by side"
    beside = [text for text in comparison.sentences if text.startswith(("With the", "For "))]
    told = [text for text in beside if not re.search(r"(from|than|beside) the learned points", text)]
    exhibits = [
        make_exhibit(name, tables[name], title=about, note=note, drawn=name in charts, fold=fold)
        for name, (about, note, fold) in _SIDE_BY_SIDE.items()
        if len(tables[name])
    ]
    gains = make_exhibit("gains", tables["gains"], fold="The table of the picture at the top: gains and lift")
    lacking = [text for text in comparison.untold if "no points: by points they come last" in text]
    texts = (*(told or [_find_untold(comparison, "SQL")]), *lacking)
    return Section("volume", "Side by side", title, texts, (*exhibits, gains))


def _tell_disagreement(comparison: Comparison, charts: Container[str]) -> Section:
    tables, title = comparison.tables, "Where they disagree"
    if not len(tables["cells"]):
        return Section("disagree", "Disagreement", title, (_find_untold(comparison, "gate"),))
    text, note, elsewhere = _CELLS
    about = "Conversion by who hands the lead over"
    cells = make_exhibit("cells", tables["cells"], title=about, note=note, drawn="cells" in charts, beside=True)
    if "swapped" not in tables:
        return Section("disagree", "Disagreement", title, (f"{text} {elsewhere}",), (cells,))
    listed = [_list_swapped(tables["swapped"])] if len(tables["swapped"]) else []
    return Section("disagree", "Disagreement", title, (text,), (cells, *listed))


def _list_swapped(swapped: pd.DataFrame) -> Exhibit:
    shown = format_frame("swapped", swapped.groupby("cell", sort=False).head(_SHOWN))
    caption = f"Leads that only one of the two hands over: the {_SHOWN} strongest of each, all {len(swapped):,} in the CSV"
    return make_exhibit("swapped", swapped, table=replace(shown, caption=caption))


def _tell_rules(comparison: Comparison, charts: Container[str]) -> Section:
    frame, title = comparison.tables["rules"], "Rule by rule"
    if not len(frame):
        return Section("rules", "Rules", title, (_NO_RULES,))
    told = [f"{row['rule']}: {row['told']}." for row in frame.to_dict("records") if row["told"]]
    texts = (_RULES, *([f"To look at ({len(told)} of {len(frame)} rules). {' '.join(told)}"] if told else []))
    drawn, fold = "rules" in charts, "Every rule with its conversions"
    exhibit = make_exhibit("rules", frame, title="Points a time", note=_RULES_NOTE, drawn=drawn, fold=fold)
    return Section("rules", "Rules", title, texts, (exhibit,))


def _tell_learned(comparison: Comparison, _: Container[str]) -> Section:
    frame, title = comparison.tables.get("learned_points"), "Better points for the same rules"
    if frame is None or not len(frame):
        return Section("learned", "Learned points", title, (_NOT_LEARNED,))
    figures = ("points", "hand_points", "times")
    rows = [(row["rule"], *(format_number(row[name]) for name in figures), row["why"]) for row in frame.to_dict("records")]
    exhibit = make_exhibit("learned_points", frame, table=TextTable("Learned points and why", _LEARNED_HEADS, tuple(rows)))
    files = (("learned_points.toml", "Download the rule book (TOML)"),)
    gate = (_GATE.format(gate=format_number(frame["gate"].iloc[0])),) if "gate" in frame else ()
    return Section("learned", "Learned points", title, (_LEARNED, _BOOK, *gate), (exhibit,), files)


def _tell_segments(comparison: Comparison, charts: Container[str]) -> Section:
    tables, title = comparison.tables, "By segment and by month"
    texts, exhibits = [_SEGMENTS if len(tables["segments"]) else _NO_SEGMENTS], []
    if len(tables["months"]):
        months, drawn = tables["months"].drop(columns="column"), "months" in charts
        exhibits.append(make_exhibit("months", months, title="Month by month", note=_MONTHS, drawn=drawn, fold="Every month"))
    else:
        texts.append("By month nothing can be told: the leads carry no dates.")
    if len(tables["segments"]):
        exhibits.append(make_exhibit("segments", tables["segments"]))
    return Section("segments", "Segments", title, tuple(texts), tuple(exhibits))


def _find_untold(comparison: Comparison, word: str) -> str:
    """Why something cannot be told: the sentence that speaks of it, or the first."""
    told = [text for text in comparison.untold if word in text] or list(comparison.untold)
    return told[0] if told else "There is nothing to compare."
