"""What the command line prints: tables on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from predictor.core.errors import Finding, count
from predictor.core.wording import (
    DASH,
    METRICS,
    format_number,
    format_percent,
    format_percent_range,
    format_threshold,
    format_weekly,
)

if TYPE_CHECKING:
    import pandas as pd

    from predictor.core.settings_sections import ThresholdSettings
    from predictor.model.threshold.recommend import Recommendation
    from predictor.model.verdict import Verdict
    from predictor.training.tracking.record import Tracked

_UNWATCHED_WIDTH = 110  # columns of a log or a pipe, whose own width is unknown
_BAR = 30  # columns of a progress bar
_WHOLE = 10  # leads a week from which on decimals do not matter
_WIDE = 100  # columns from which every metric fits


def _make_console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=_UNWATCHED_WIDTH)


__all__ = [
    "err",
    "escape",
    "out",
    "show_decision",
    "show_every_finding",
    "show_findings",
    "show_places",
    "show_progress",
    "show_rows",
    "show_table",
    "show_threshold",
    "show_thresholds",
    "show_values",
    "show_verdict",
]

out, err = _make_console(stderr=False), _make_console(stderr=True)

_SEVERITY_STYLE = {"error": "bold red", "warning": "yellow", "tip": "dim"}


class Steps:
    """Shows the current step, and the progress of a long one."""

    def __init__(self, show: Callable[[str], None], *, bars: bool) -> None:
        self._show, self._bars, self._step = show, bars, ""

    def __call__(self, step: str) -> None:
        """Show that a step begins."""
        self._step = escape(step)
        self._show(self._step)

    def advance(self, share: float) -> None:
        """Show the share of the step that is done, 0 to 1; only where the last line can be overwritten."""
        if self._bars:
            full = round(share * _BAR)
            self._show(f"{self._step} [cyan]{'━' * full}[/][dim]{'━' * (_BAR - full)}[/] {format_percent(share)}")


@contextmanager
def show_progress() -> Iterator[Steps]:
    """A spinner with the step on a terminal, a line for each step elsewhere; on standard error, apart from results."""
    if not err.is_terminal:
        yield Steps(lambda text: err.print(f"{text} ..."), bars=False)
        return
    with err.status("Starting") as status:
        yield Steps(lambda text: status.update(f"{text} ..."), bars=True)


def show_findings(findings: Iterable[Finding], *, with_tips: bool = False) -> None:
    """Print the findings, a line each, worst first; tips are only counted, unless they are to be shown too."""
    shown = _sort(findings)
    for finding in shown:
        if with_tips or finding.severity != "tip":
            err.print(f"[{_SEVERITY_STYLE[finding.severity]}]{finding.severity}[/] {escape(str(finding))}")
    tips = sum(finding.severity == "tip" for finding in shown)
    if tips and not with_tips:
        err.print(f"[dim]{count(tips, 'tip')} more: `predictor check` shows them.[/]")


def show_every_finding(findings: Iterable[Finding], *, refused: int) -> None:
    """Print the findings in full, worst first and accepted ones last, with their counts; what they advise alike stands once.

    Args:
        findings: In any order.
        refused: How many of them stop a training.
    """
    shown = _sort(findings)
    table = Table(box=None, show_header=False, padding=(0, 1, 1, 0))
    for name in ("severity", "code"):
        table.add_column(name, no_wrap=True)
    table.add_column("what", overflow="fold")
    groups = dict[tuple[str, str, str, str], list[str]]()
    for finding in shown:
        label = "accepted" if finding.accepted is not None else finding.severity
        groups.setdefault((_SEVERITY_STYLE[finding.severity], label, finding.code, finding.do), []).append(finding.what)
    for (style, severity, code, do), texts in groups.items():
        table.add_row(
            f"[{style}]{severity}[/]", code, "\n".join([*map(escape, texts), *([f"[dim]{escape(do)}[/]"] if do else [])])
        )
    if shown:
        out.print(table)
    accepted = sum(finding.accepted is not None for finding in shown)
    totals = {name: sum(finding.severity == name and finding.accepted is None for finding in shown) for name in _SEVERITY_STYLE}
    counts = [count(number, name) for name, number in totals.items() if number] + ([f"{accepted:,} accepted"] if accepted else [])
    settled = ", since the columns of these errors are left out" if totals["error"] else ""
    effect = f"{count(refused, 'error')} would stop a training" if refused else f"nothing stops a training{settled}"
    out.print(f"{', '.join(counts) or 'No findings'}; {effect}.")


def _sort(findings: Iterable[Finding]) -> list[Finding]:
    """Worst first; within a severity accepted ones last, then by code."""
    order = list(_SEVERITY_STYLE)
    return sorted(findings, key=lambda finding: (order.index(finding.severity), finding.accepted is not None, finding.code))


def show_verdict(verdict: Verdict) -> None:
    """Print the verdict of the forward test: a row for each candidate, each figure with its interval."""
    from predictor.model.metrics.own_metrics import choose_digits, list_own_metrics

    table = Table(title=verdict.title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("candidate", no_wrap=True)
    metrics = METRICS if out.width >= _WIDE else dict(list(METRICS.items())[:4])
    for metric in metrics.values():
        table.add_column(metric.short, justify="right", no_wrap=True)
    own = list_own_metrics(next(iter(verdict.test.values())))
    for heading in own.values():
        table.add_column(heading.lower(), justify="right", no_wrap=True)
    for name in verdict.test:
        figures, intervals = verdict.test[name], verdict.intervals[name]
        cells = {key: _format_figure(figures[key], intervals.get(key), metric.digits) for key, metric in metrics.items()}
        mark = "[bold green]" if name == verdict.chosen else ""
        if mark and "ece" in cells:
            cells["ece"] += f"\n[dim]chance {format_number(verdict.calibration.noise.mean, 3)}[/]"
        cells |= {key: format_number(figures[key], choose_digits(figures[key])) for key in own}
        table.add_row(f"{mark}{name}{' *' if mark else ''}", *cells.values())
    out.print(table)
    out.print(f"* chosen on {verdict.words.others}. {escape(verdict.text)}")
    if verdict.calibration_warning is None:
        out.print(escape(verdict.calibration.text))
    else:
        out.print(f"[yellow]{escape(str(verdict.calibration_warning))}[/]")


def _format_figure(figure: float | None, interval: tuple[float, float] | None, digits: int) -> str:
    value = format_number(figure, digits)
    if figure is None or interval is None:
        return value
    low, high = (format_number(end, digits) for end in interval)
    return f"{value}\n[dim]{low}{DASH}{high}[/]"


def name_advice(advice: Recommendation, settings: ThresholdSettings) -> str:
    """What a threshold is: recommended, or the nearest to a conversion that none reaches."""
    from predictor.model.threshold.recommend import reaches_policy

    return "recommended" if reaches_policy(advice.conversion, settings) else "nearest"


def show_threshold(advice: Recommendation, settings: ThresholdSettings, verdict: Verdict | None = None) -> None:
    """Print the recommended threshold, its result on the test leads, and that of today's points gate."""
    if advice.threshold is None:
        out.print(escape(advice.text))
    else:
        at = f"{name_advice(advice, settings).capitalize()} threshold {format_threshold(advice.threshold)}"
        out.print(f"[bold]{at}[/] ({advice.policy}), where the model decides: {escape(advice.text)}")
    if verdict is None:
        return
    words = verdict.words
    if verdict.realised is not None:
        out.print(f"On the {words.name}, with a threshold chosen on {words.others}: {escape(verdict.realised.text)}")
    if verdict.gate is not None:
        out.print(f"The points gate on the same leads: {escape(verdict.gate.text)}")


def show_decision(decision: Mapping[str, Any]) -> None:
    """Print what to do with points and model, from what `Decision.to_json` gives."""
    out.print(f"\n[bold]{escape(decision['title'])}[/]")
    for sentence in (decision["trade"], decision["sure"]):
        if sentence:
            out.print(escape(sentence))
    out.print("On Monday:")
    for place, step in enumerate(decision["steps"], 1):
        out.print(f"  {place}. {escape(step.replace('`', ''))}")


def show_thresholds(columns: Mapping[str, list[Any]], chosen: float, *, rows: int = 12, name: str = "recommended") -> None:
    """Print the table of thresholds around the one of that name, which has a star; columns without a figure are left out."""
    places = _pick_rows(columns["threshold"], chosen, rows)
    ends = zip(columns["conversion_low"], columns["conversion_high"], strict=True)
    texts = {
        "threshold": [f"{format_threshold(at)}{' *' if at == chosen else ''}" for at in columns["threshold"]],
        "leads a week": [format_number(leads, 0 if (leads or 0) >= _WHOLE else 1) for leads in columns["leads_per_week"]],
        "of leads": [format_percent(share) for share in columns["share_routed"]],
        "conversion": [format_percent(share) for share in columns["conversion"]],
        "95 %": [format_percent_range(low, high) for low, high in ends],
        "of SQLs": [format_percent(share) for share in columns["sqls_caught"]],
        "value": [format_number(value) for value in columns["value"]],
    }
    shown = {label: cells for label, cells in texts.items() if set(cells) != {DASH}}
    table = Table(title="Thresholds", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, collapse_padding=True)
    for label in shown:
        table.add_column(label, justify="right")
    for place in places:
        style = "bold green" if columns["threshold"][place] == chosen else ""
        table.add_row(*(cells[place] for cells in shown.values()), style=style)
    out.print(table)
    out.print(f"* {name}")


def show_values(values: pd.DataFrame, unit: str) -> None:
    """Print what each way brings in money on the test leads, from `compute_values`; figures are in this unit."""
    table = Table(title=f"Value on the test leads, {unit}", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("way")
    for label in ("from", "leads", "SQLs", "value", "more than today"):
        table.add_column(label, justify="right")
    for row in values.to_dict("records"):
        at = format_number(row["at"], 4 if row["way"] == "model" else 0)
        figures = format_weekly(row["leads"]), format_weekly(row["sqls"]), format_number(row["value"])
        table.add_row(row["way"], at, *figures, format_number(row["more"], sign=True))
    out.print(table)


def _pick_rows(thresholds: list[float], chosen: float, rows: int) -> list[int]:
    """Rows spread evenly over the table, with the chosen one."""
    at = min(range(len(thresholds)), key=lambda row: abs(thresholds[row] - chosen))
    step = max(1, len(thresholds) // rows)
    return sorted({*range(at % step, len(thresholds), step), at})


def show_places(folder: Path, tracked: Tracked | None, *, page: Path | None = None) -> None:
    """Print where the bundle, the report, the page that lists leads and the MLflow run are."""
    out.print(f"Bundle:     {escape(str(folder))}")
    out.print(f"Report:     {escape(str(folder / 'report.html'))}")
    if page is not None:
        out.print(f"With ids:   {escape(str(page))}")
    if tracked is not None:
        out.print(f"MLflow run: {tracked.run_id} in {escape(tracked.uri)}")


def show_table(title: str, frame: pd.DataFrame) -> None:
    """Print a frame as a table; missing figures are a dash."""
    if frame.empty:
        out.print(f"[bold]{title}[/]: nothing to show yet.")
        return
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in frame.columns:
        table.add_column(str(name).replace("_", " "), justify="left" if frame[name].dtype.kind in "OMU" else "right")
    for row in frame.itertuples(index=False):
        table.add_row(*(_format_cell(value) for value in row))
    out.print(table)


def show_rows(title: str, names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of texts as a table whose last column takes the remaining width."""
    table = Table(title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for at, name in enumerate(names):
        table.add_column(name, no_wrap=at == 0, ratio=1 if at == len(names) - 1 else None)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    out.print(table)


def _format_cell(value: object) -> str:
    if isinstance(value, float):
        return format_number(value, 3)
    return value.date().isoformat() if isinstance(value, datetime) else escape(str(value))
