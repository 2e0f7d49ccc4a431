"""The page for people: what the model promises, what came of it in the forward test, and what the points would have done."""

from __future__ import annotations

from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from predictor.model.gate import Gate
from predictor.report.compare import (
    EqualVolume,
    ReportData,
    compute_equal_volume,
    compute_point_bands,
    compute_threshold_rows,
    compute_verdict_table,
)
from predictor.report.plots import plot_curve, plot_reliability, plot_thresholds, to_svg
from predictor.report.texts import (
    IMPORTANCE,
    TextTable,
    tell_advice,
    tell_bands,
    tell_candidates,
    tell_fit,
    tell_gate,
    tell_gate_verdict,
    tell_importance,
    tell_outcome,
    tell_promise,
    tell_reliability,
    tell_standing,
    tell_thresholds,
    tell_volume,
)
from predictor.report.trust import ABOUT_GROUPS, NO_GROUPS, tell_calibration, tell_fairness
from predictor.report.words import UNTOLD, say_days, say_percent, say_share, say_threshold

_FEWEST_ROWS = 3  # of a table of thresholds that is worth drawing
_SEVERITIES = ("error", "warning", "tip")


@dataclass(frozen=True)
class Panel:
    """One of the three answers on the first screen.

    Attributes:
        title: The question.
        big: The answer.
        lines: Label and figure.
        text: What it means; empty for nothing.
    """

    title: str
    big: str
    lines: tuple[tuple[str, str], ...]
    text: str


@dataclass(frozen=True)
class Picture:
    """A plot: its SVG, and what stands below it."""

    svg: Markup
    caption: str


def render_page(data: ReportData) -> str:
    """The report as one HTML page that needs no network; the same data give the same bytes.

    What cannot be told, for want of points, a gate, dates or SQLs, is said to be so, and the rest is shown.

    Args:
        data: What the report tells.
    """
    volume = None if data.routed is None else compute_equal_volume(data.verdict, data.routed)
    environment = Environment(
        loader=PackageLoader("predictor.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["joined"] = _join_units
    return environment.get_template("page.html").render(
        name=data.name,
        outcome=tell_outcome(data.metrics),
        fit=tell_fit(data.metrics),
        verdict=data.verdict.text,
        standing=tell_standing(data),
        doubt=data.verdict.doubt,
        calibration=data.verdict.calibration.text,
        groups=NO_GROUPS if data.fairness is None else ABOUT_GROUPS,
        panels=[_make_advice(data), _make_gate(data.verdict.gate, volume), _make_rehearsal(data)],
        advice=data.advice.text,
        gate=data.verdict.gate.text if data.verdict.gate is not None else _tell_no_gate(data),
        volume=volume.text if volume is not None else _tell_no_volume(data),
        tables=_make_tables(data, volume),
        pictures=_draw_pictures(data),
        findings=sorted(data.findings, key=lambda finding: _SEVERITIES.index(finding.severity)),
        importance=IMPORTANCE,
        horizon=say_days(data.metrics.get("horizon_days")),
    )


def _make_advice(data: ReportData) -> Panel:
    lines = tuple(tell_advice(data.advice))
    return Panel("Recommended threshold", say_threshold(data.advice.threshold), lines, tell_promise(data.advice))


def _make_gate(gate: Gate | None, volume: EqualVolume | None) -> Panel:
    title = "Today's points gate, on the test leads"
    if gate is None:
        return Panel(title, tell_gate_verdict(None), (), "No points, or no gate, are named.")
    return Panel(title, tell_gate_verdict(gate), tuple(tell_gate(gate)), volume.text if volume is not None else "")


def _make_rehearsal(data: ReportData) -> Panel:
    threshold, realised = data.verdict.threshold, data.verdict.realised
    lines = (("Threshold chosen on earlier leads", say_threshold(threshold.threshold)), *tell_gate(realised))
    promised = say_share(threshold.conversion, threshold.conversion_low, threshold.conversion_high)
    title, text = "The same policy in the forward test", f"Earlier leads promised a conversion of {promised}."
    return Panel(title, tell_gate_verdict(realised), lines, text)


def _tell_no_gate(data: ReportData) -> str:
    if data.points is None:
        return f"What today's points gate does {UNTOLD}: the leads carry no points. Name a rule book, or the CRM's score."
    return f"What today's points gate does {UNTOLD}: no gate is named. Set points.gate to the points that sales gets leads from."


def _tell_no_volume(data: ReportData) -> str:
    if data.verdict.gate is None:
        return ""
    return f"What the learned score does with as many leads {UNTOLD}: which leads the gate handed over was not kept."


def _make_tables(data: ReportData, volume: EqualVolume | None) -> dict[str, TextTable | None]:
    verdict = data.verdict
    return {
        "candidates": tell_candidates(compute_verdict_table(verdict)),
        "bands": None if data.points is None else tell_bands(compute_point_bands(data.points, verdict.outcome)),
        "volume": tell_volume(volume, verdict.chosen) if volume is not None and volume.told is not None else None,
        "importance": tell_importance(data.metrics),
        "reliability": tell_reliability(verdict.reliability),
        "calibration": tell_calibration(verdict.calibration),
        "fairness": None if data.fairness is None else tell_fairness(data.fairness),
        "thresholds": tell_thresholds(compute_threshold_rows(data.thresholds, data.advice)),
    }


def _draw_pictures(data: ReportData) -> dict[str, Picture | None]:
    pictures: dict[str, Picture | None] = {"thresholds": None, "curve": None}
    caption = "On the dashed line what was promised happened. Each point is a group of test leads with its 95 % interval."
    svg = to_svg(plot_reliability(data.verdict.reliability), "reliability", "Predicted beside observed conversion")
    pictures["reliability"] = Picture(Markup(svg), caption)  # noqa: S704  drawn from numbers alone
    if len(data.thresholds) >= _FEWEST_ROWS:
        svg = to_svg(plot_thresholds(data.thresholds, data.advice), "thresholds", "What each threshold hands over")
        caption = "A higher threshold hands over fewer leads, which convert better. Drawn as far as 30 leads are handed over."
        pictures["thresholds"] = Picture(Markup(svg), caption)  # noqa: S704
    if data.curve is not None and len(data.curve):
        svg = to_svg(
            plot_curve(data.curve, data.metrics.get("horizon_days")), "curve", "Share of leads that are SQLs by each day"
        )
        last = data.curve.iloc[-1]
        caption = f"By day {last['days']:.0f}, as far as enough leads were watched, {say_percent(last['converted'])} were SQLs."
        pictures["curve"] = Picture(Markup(svg), caption)  # noqa: S704
    return pictures


def _join_units(text: str) -> str:
    """The text with a per cent sign that stays on the line of its number."""
    return text.replace(" %", "\u00a0%")
