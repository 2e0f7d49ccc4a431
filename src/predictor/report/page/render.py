"""The page that marketing operations decide with: one HTML file with its tables, its charts and the script that draws them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from predictor.core.errors import count
from predictor.core.settings import make_settings
from predictor.core.settings_sections import ThresholdSettings
from predictor.core.wording import format_band, format_days
from predictor.report.compare.compared_leads import LEARNED, POINTS
from predictor.report.compare.comparison import Comparison
from predictor.report.compare.threshold_steps import PREFIXES, compute_load, format_unit
from predictor.report.decision.decision import Decision, make_decision
from predictor.report.decision.evidence import ModelFacts
from predictor.report.decision.read_evidence import SERVES, read_evidence
from predictor.report.page.charts import format_tips, list_charts
from predictor.report.page.decide import Money, collect_choices, make_gate_choice, make_money_choice, start_money
from predictor.report.page.page_files import dump_json, make_policy, open_templates, read_asset
from predictor.report.page.page_table import PageTable, Section, format_step_table, join_units, make_page_table
from predictor.report.page.sections import make_comparison_sections
from predictor.report.page.sections_training import (
    make_findings_section,
    make_test_section,
    make_time_section,
    make_trust_section,
)
from predictor.report.page.sliders import describe_final, make_slider, name_threshold
from predictor.report.report_data import ReportData
from predictor.report.table_cells import list_rows
from predictor.report.tables_text import describe_fit, describe_outcome

_FINAL = "After this test the model that serves was trained again, with the test leads too."

_NO_SLIDER: dict[str, Any] = {"start": 0, "texts": {}, "load": [], "here": [], "verdict": []}


@dataclass(frozen=True, kw_only=True)
class PageData:
    """What a page shows.

    Attributes:
        comparison: Points, learned points and model on the same leads.
        threshold: The threshold of the figures on the first screen, where the sliders start; None: none is recommended.
        title: Title in the browser.
        over: Above the verdict: which leads these are.
        about: Below the verdict: what is predicted, and by what.
        warnings: What readers must know before they trust the page.
        horizon_days: Days within which acceptance counts; None where outcomes have no dates.
        book: The learned points as a rule book; empty for none.
        policy: The firm's policy for the threshold.
        model: What is known of the model beside the tables.
        money: Where the fields of money start.
        training: The training behind the page; None for other leads.
    """

    comparison: Comparison
    threshold: float | None
    title: str
    over: str
    about: str
    warnings: tuple[str, ...] = ()
    horizon_days: float | None = None
    book: str = ""
    policy: ThresholdSettings = field(default_factory=lambda: make_settings({}).threshold)
    model: ModelFacts = SERVES
    money: Money = field(default_factory=Money)
    training: ReportData | None = None

    @property
    def final_threshold(self) -> float | None:
        """The threshold of the final model, where the figures are those of the tested model; None where there is only one."""
        return None if self.training is None else self.training.advice.threshold

    @property
    def band(self) -> tuple[float, float]:
        """The wanted conversion of the leads handed over."""
        return self.policy.band

    @property
    def decision(self) -> Decision:
        """What to do with points and model."""
        if self.training is not None:
            return self.training.decision
        evidence = read_evidence(self.comparison, threshold=self.threshold, settings=self.policy, model=self.model)
        return make_decision(evidence)


def render_page(data: ReportData, *, named: bool = False) -> str:
    """The report of a training as one HTML page that needs no network; the same data give the same bytes.

    Without points, a gate, dates or SQLs the page says what is missing and shows the rest.

    Args:
        data: The training.
        named: Whether to list the leads that points and model would swap; otherwise the page lists no lead.
    """
    warning = data.verdict.calibration_warning
    leads = len(data.verdict.outcome)
    which = "held out at random from the training" if data.verdict.held_out else "all newer than the training leads"
    return render_comparison(
        PageData(
            comparison=data.comparison if named else data.comparison.without_lead_ids(),
            threshold=data.verdict.recommended.threshold,
            title=f"Points and model: {data.name}",
            over=f"{data.comparison.describe_leads(count(leads, 'lead'))}, {which}",
            about=f"{describe_outcome(data.metrics)} Candidate '{data.name}'. {_FINAL} {describe_fit(data.metrics)}",
            warnings=() if warning is None else (f"{data.verdict.calibration.short} {warning.do}",),
            horizon_days=data.metrics.get("horizon_days"),
            book=data.learned_book,
            policy=data.policy,
            money=start_money(data.policy, data.accepted_value, data.currency),
            training=data,
        )
    )


def render_comparison(page: PageData) -> str:
    """The page of any comparison.

    Args:
        page: What it shows; where its comparison lists swapped leads, so does the page.
    """
    charts = list_charts(page.comparison.tables, band=page.band)
    sections, limitations = _leave_out_empty(_list_sections(page, charts))
    tables = [table for section in sections for table in section.tables]
    slider, choose = _NO_SLIDER, None
    if page.threshold is not None:
        steps, slider = _make_step_table(page.comparison, charts), _make_slider(page, page.threshold)
        tables, choose = [*tables, steps], _describe_choice(page, slider, steps)
    decision, money = page.decision, make_money_choice(page.comparison.tables, page.money)
    gate = make_gate_choice(page.comparison.tables, page.policy, advised=decision.kind == "change_gate")
    if gate is not None:
        gate["page_table"] = make_page_table(
            "point_gates", page.comparison.tables["point_gates"], text=gate["table"], fold="Every gate"
        )
        tables = [*tables, gate["page_table"]]
    library, script = read_asset("vega.js"), read_asset("page.js")
    safe = {"policy": make_policy(library, script), "style": read_asset("page.css"), "library": library, "script": script}
    safe["content"] = dump_json(_collect_content(page, slider, tables, charts) | collect_choices(gate, money))
    return open_templates().get_template("page.html").render(
        title=page.title, over=page.over, about=page.about, decision=decision, warnings=page.warnings,
        limitations=tuple(dict.fromkeys((*page.comparison.limitations, *limitations))), sections=sections,
        picture=_describe_gains(page.comparison) if "gains" in charts else "", choose=choose,
        gate=gate, money=money, band=format_band(page.band),
        horizon=format_days(page.horizon_days), lists_leads="swapped" in page.comparison.tables,
        test=None if page.training is None else page.training.verdict.words,
        **{name: Markup(text) for name, text in safe.items()},  # noqa: S704  files of this room, and what `dump_json` made safe
    )  # fmt: skip


def _list_sections(page: PageData, charts: Mapping[str, Any]) -> list[Section]:
    sections = [*make_comparison_sections(page.comparison, charts), make_trust_section(page.comparison, charts, page.training)]
    sections.append(make_time_section(page.comparison, charts))
    return (
        sections if page.training is None else [*sections, make_test_section(page.training), make_findings_section(page.training)]
    )


def _leave_out_empty(sections: list[Section]) -> tuple[list[Section], list[str]]:
    """The sections that show something, and what the others say: why they show nothing."""
    shown = [section for section in sections if section.tables or section.files or section.findings]
    return shown, [text for section in sections if section not in shown and section.key != "findings" for text in section.texts]


def _make_step_table(comparison: Comparison, charts: Mapping[str, Any]) -> PageTable:
    frame = comparison.tables["steps"]
    note = "The shaded band is the wanted conversion; the dashed line is the threshold chosen above."
    if "steps" not in charts:
        note = "There is nothing to draw: too many leads have the same probability, so there are too few thresholds."
    title = "What each threshold hands over"
    return make_page_table(
        "steps", frame, text=format_step_table(frame), title=title, note=note, has_chart="steps" in charts, fold="Every threshold"
    )


def _describe_gains(comparison: Comparison) -> str:
    compared = POINTS in set(comparison.tables["gains"]["way"])
    gate = " The diamond is today's gate." if _list_gate(comparison) else ""
    text = "Each way hands over its best leads first: the steeper the line, the better." if compared else "The best leads first."
    return f"{text}{gate} The circle is the threshold chosen below. Shaded: 95 % intervals."


def _list_gate(comparison: Comparison) -> list[dict[str, Any]]:
    """Today's gate as a point of the chart; none where there is no gate, or no SQL."""
    gates = comparison.tables["gates"]
    return [
        {"share": float(row["share_routed"]), "caught": float(row["sqls_caught"]), "label": "today's gate"}
        for row in list_rows(gates[(gates["way"] == POINTS) & gates["sqls_caught"].notna()])
    ]


def _describe_choice(page: PageData, slider: Mapping[str, Any], table: PageTable) -> dict[str, Any]:
    """What the section of the sliders shows before any script runs."""
    steps, gates, start = page.comparison.tables["steps"], page.comparison.tables["gates"], slider["start"]
    name, unit = name_threshold(page.final_threshold), format_unit(steps)
    final = "" if page.final_threshold is None else f" {describe_final(page.final_threshold)}"
    buttons = [(name.capitalize(), start)]
    if len(gate := gates.loc[gates["way"] == POINTS, "leads"]) and gate.iloc[0] > 0:
        buttons.append(("As many as today's gate", int(abs(steps["leads"] - gate.iloc[0]).argmin())))
    ways = [way for way in (POINTS, LEARNED) if steps[f"{PREFIXES[way]}_sqls"].notna().any()]
    return {
        "texts": {name: texts[start] for name, texts in slider["texts"].items()}, "verdict": slider["verdict"][start],
        "start": f"The sliders start at the {name}.{final}", "place": start, "last": len(steps) - 1, "most": slider["most"],
        "step": slider["step"], "load": float(compute_load(steps)[start]), "unit": unit, "capacity": f"Leads sales works {unit}",
        "buttons": buttons, "leads": f"{int(steps['leads'].iloc[0]):,}", "band": format_band(page.band),
        "swaps": bool(steps["in_leads"].notna().any()), "table": table, "rivals": [(way, PREFIXES[way]) for way in ways],
    }  # fmt: skip


def _make_slider(page: PageData, threshold: float) -> dict[str, Any]:
    slider = make_slider(page.comparison.tables["steps"], threshold)
    return slider | {"texts": {name: [join_units(text) for text in texts] for name, texts in slider["texts"].items()}}


def _collect_content(
    page: PageData, slider: Mapping[str, Any], tables: list[PageTable], charts: Mapping[str, Any]
) -> dict[str, Any]:
    """What the page's script works with."""
    return {
        "slider": slider,
        "unit": format_unit(page.comparison.tables["steps"]),
        "tables": {table.key: _collect_table(table, charts.get(table.key)) for table in tables},
        "files": {"learned_points.toml": page.book} if page.book else {},
        "places": {
            "gate": _list_gate(page.comparison),
            "horizon": [] if page.horizon_days is None else [{"days": page.horizon_days}],
        },
        "charts": charts,
    }


def _collect_table(table: PageTable, chart: Mapping[str, Any] | None) -> dict[str, Any]:
    """A table as its CSV, the names of its numbers, and what the tooltips of its chart add to its rows."""
    tips = {} if chart is None else format_tips(chart, table.frame)
    numbers = list(table.frame.select_dtypes("number"))
    return {"csv": table.csv, "numbers": numbers, "tips": {name: [*map(join_units, texts)] for name, texts in tips.items()}}
