"""The page that marketing operations decide from: one HTML file with its tables, its charts and the script that draws them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from predictor.core.wording import format_band, format_days
from predictor.report.compare.candidates import ReportData
from predictor.report.compare.comparison import Comparison
from predictor.report.compare.threshold_steps import PREFIXES, measure_load
from predictor.report.compare.ways import LEARNED, POINTS
from predictor.report.page.charts import list_charts
from predictor.report.page.exhibits import Exhibit, Section, find_numbers, format_step_table, make_exhibit
from predictor.report.page.headline import describe_final, make_headline, name_threshold
from predictor.report.page.sections import make_comparison_sections
from predictor.report.page.sections_training import (
    make_findings_section,
    make_tested_section,
    make_time_section,
    make_trust_section,
)
from predictor.report.page.sliders import format_unit, make_slider
from predictor.report.tables_text import describe_fit, describe_outcome, describe_promise

_BAND = (0.2, 0.3)
_FINAL = "The model that serves was learned again after this test, from the test leads too."
_LABELS = ("Today", "Points or model", "What to do")


@dataclass(frozen=True)
class PageData:
    """What a page tells.

    Attributes:
        comparison: Points, learned points and model on the same leads.
        threshold: Of which the first screen tells the figures; the sliders start there.
        title: What the browser calls the page.
        over: Above the verdict: whose leads these are.
        about: Below it: what is predicted, by what.
        doubts: What readers must know of before they believe it.
        horizon_days: Days within which acceptance counts; None where outcomes carry no dates.
        book: The learned points as a rule book; empty for none.
        serves: The final model's threshold, where the figures are those of the model that was tested; None where they are one.
        promise: What the recommendation says of itself.
        band: Conversion that is wanted of what is handed over.
        data: Of a training: all that stands behind it.
    """

    comparison: Comparison
    threshold: float
    title: str
    over: str
    about: str
    doubts: tuple[str, ...] = ()
    horizon_days: float | None = None
    book: str = ""
    serves: float | None = None
    promise: str = ""
    band: tuple[float, float] = _BAND
    data: ReportData | None = None


def render_page(data: ReportData, *, named: bool = False) -> str:
    """The report of a training as one HTML page that needs no network; the same data give the same bytes.

    What cannot be told, for want of points, a gate, dates or SQLs, is said to be so, and the rest is shown.

    Args:
        data: What the report tells.
        named: Whether it lists the leads that points and model would swap; otherwise it names no lead.
    """
    calibration_warning = data.verdict.calibration_warning
    leads = len(data.verdict.outcome)
    return render_comparison(
        PageData(
            comparison=data.comparison if named else data.comparison.nameless,
            threshold=data.verdict.threshold.threshold,
            serves=data.advice.threshold,
            title=f"Learned score and points: {data.name}",
            over=f"Points, learned points and model on the same {leads:,} leads, newer than any that taught what is tested here",
            about=f"{describe_outcome(data.metrics)} Candidate '{data.name}'. {_FINAL} {describe_fit(data.metrics)}",
            doubts=() if calibration_warning is None else (f"{calibration_warning.what} {calibration_warning.do}",),
            horizon_days=data.metrics.get("horizon_days"),
            book=data.learned_book,
            promise="" if data.advice.holds else describe_promise(data.advice),
            band=data.band,
            data=data,
        )
    )


def render_comparison(told: PageData) -> str:
    """The page of any comparison.

    Args:
        told: What it tells; where its comparison lists swapped leads, so does the page.
    """
    charts = list_charts(told.comparison.tables, band=told.band)
    sections = _list_sections(told, charts)
    steps = _show_steps(told.comparison, charts)
    exhibits = [exhibit for section in sections for exhibit in section.exhibits] + [steps]
    library, script = _read("vega.js"), _read("page.js")
    headline = make_headline(told.comparison, told.threshold, serves=told.serves, promise=told.promise)
    brought = {"policy": make_policy(library, script), "style": _read("page.css"), "library": library, "script": script}
    brought["held"] = _dump(_hold(told, exhibits, charts))
    return _open_templates().get_template("page.html").render(
        title=told.title, over=told.over, about=told.about, headline=headline, doubts=told.doubts,
        steps=zip(_LABELS, headline.sentences, strict=True), untold=told.comparison.untold, sections=sections,
        picture=_describe_picture(told.comparison) if "gains" in charts else "", choose=_describe_choice(told, steps),
        horizon=format_days(told.horizon_days), nameless="swapped" not in told.comparison.tables,
        **{name: Markup(text) for name, text in brought.items()},  # noqa: S704  files of this room, and what `_dump` made safe
    )  # fmt: skip


def make_policy(*scripts: str) -> str:
    """The policy under which a browser runs these scripts and nothing else, and loads nothing.

    >>> make_policy("1")
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='"
    """
    sums = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    run = " ".join(f"'sha256-{one}'" for one in sums)
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src {run}"


def _list_sections(told: PageData, charts: Mapping[str, Any]) -> list[Section]:
    sections = [*make_comparison_sections(told.comparison, charts), make_trust_section(told.comparison, charts, told.data)]
    sections.append(make_time_section(told.comparison, charts))
    return sections if told.data is None else [*sections, make_tested_section(told.data), make_findings_section(told.data)]


def _show_steps(comparison: Comparison, charts: Mapping[str, Any]) -> Exhibit:
    frame = comparison.tables["steps"]
    note = "The shaded band is the conversion that is wanted; the dashed line is the threshold chosen above."
    drawn = "steps" in charts
    if not drawn:
        note = "Too many leads share a probability for a threshold to choose between them, so there is nothing to draw."
    return make_exhibit(
        "steps",
        frame,
        table=format_step_table(frame),
        title="What each threshold hands over",
        note=note,
        drawn=drawn,
        fold="Every threshold",
    )


def _describe_picture(comparison: Comparison) -> str:
    held = POINTS in set(comparison.tables["gains"]["way"])
    gate = " The diamond is today's gate." if _find_gate(comparison) else ""
    text = "Each line hands over its best leads first: the steeper, the better the choice." if held else "The best leads first."
    return f"{text}{gate} The circle is the threshold chosen below; shaded: 95 % intervals."


def _find_gate(comparison: Comparison) -> list[dict[str, Any]]:
    """Today's gate as a place in the picture; none where there is no gate, or no SQL."""
    gates = comparison.tables["gates"]
    held = gates[(gates["way"] == POINTS) & gates["sqls_caught"].notna()]
    return [
        {"share": float(row["share_routed"]), "caught": float(row["sqls_caught"]), "label": "today's gate"}
        for row in held.to_dict("records")
    ]


def _describe_choice(told: PageData, exhibit: Exhibit) -> dict[str, Any]:
    """What the section of the sliders shows before any script runs."""
    steps = told.comparison.tables["steps"]
    slider, load = _make_slider(told), measure_load(steps)
    start = slider["start"]
    gates = told.comparison.tables["gates"]
    name = name_threshold(told.serves)
    places = [(name.capitalize(), start)]
    if len(held := gates[gates["way"] == POINTS]) and held["leads"].iloc[0] > 0:
        places.append(("As many as today's gate", int(abs(steps["leads"] - held["leads"].iloc[0]).argmin())))
    unit = format_unit(steps)
    ways = [way for way in (POINTS, LEARNED) if steps[f"{PREFIXES[way]}_sqls"].notna().any()]
    return {
        "texts": {name: texts[start] for name, texts in slider["texts"].items()}, "verdict": slider["verdict"][start],
        "start": f"They start at the {name}.{'' if told.serves is None else ' ' + describe_final(told.serves)}", "place": start,
        "last": len(steps) - 1, "most": slider["most"], "step": slider["step"], "load": float(load[start]), "unit": unit,
        "capacity": f"Leads sales works {unit}", "places": places, "leads": f"{int(steps['leads'].iloc[0]):,}",
        "band": format_band(told.band), "swaps": bool(steps["in_leads"].notna().any()), "exhibit": exhibit,
        "rivals": [(way, PREFIXES[way]) for way in ways],
    }  # fmt: skip


def _make_slider(told: PageData) -> dict[str, Any]:
    slider = make_slider(told.comparison.tables["steps"], told.threshold)
    joined = {name: [_join_units(text) for text in texts] for name, texts in slider["texts"].items()}
    return slider | {"texts": joined}


def _hold(told: PageData, exhibits: list[Exhibit], charts: dict[str, Any]) -> dict[str, Any]:
    """What the page's script works with."""
    horizon = [] if told.horizon_days is None else [{"days": told.horizon_days}]
    return {
        "slider": _make_slider(told),
        "unit": format_unit(told.comparison.tables["steps"]),
        "tables": {exhibit.key: {"csv": exhibit.csv, "numbers": find_numbers(exhibit.frame)} for exhibit in exhibits},
        "files": {"learned_points.toml": told.book} if told.book else {},
        "places": {"gate": _find_gate(told.comparison), "horizon": horizon},
        "charts": charts,
    }


def _dump(content: Mapping[str, Any]) -> str:
    r"""JSON that can stand inside a script, whatever its texts hold; what is not a number is null.

    >>> print(_dump({"a": "</script><!--"}))
    {"a":"\u003c/script\u003e\u003c!--"}
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return (
        text.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


@lru_cache(maxsize=1)
def _open_templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("predictor.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["joined"] = _join_units
    return environment


@lru_cache(maxsize=4)
def _read(name: str) -> str:
    return (files("predictor.report.page") / "assets" / name).read_text(encoding="utf-8")


def _join_units(text: str) -> str:
    """The text with a per cent sign that stays on the line of its number."""
    return text.replace(" %", "\u00a0%")
