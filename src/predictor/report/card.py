"""The model card: what the model is, how it was tested and what its limits are, as Markdown for the bundle."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

from predictor.core.errors import Finding
from predictor.core.wording import format_percent, format_threshold
from predictor.report.calibration_text import ABOUT_GROUPS, NO_GROUPS, format_calibration, format_fairness
from predictor.report.compare.candidates import compute_threshold_rows, compute_verdict_table
from predictor.report.compare.compared_leads import POINTS
from predictor.report.report_data import ReportData
from predictor.report.tables_text import (
    IMPORTANCE,
    TextTable,
    describe_advice,
    describe_fit,
    describe_gate,
    describe_outcome,
    describe_promise,
    describe_standing,
    format_candidates,
    format_importance,
    format_reliability,
    format_thresholds,
)
from predictor.report.training_text import describe_training, format_choice

_TESTED = (
    "The figures under '{heading}' come from {leads}, which no candidate had seen. The model in the bundle was then trained "
    "again on every lead with a known outcome, and has no test of its own."
)
_CHOSEN = (
    "The candidate and the threshold of the {test} were chosen on {others}. If the firm, its market or its forms change, old "
    "leads say little about new ones: monitor the scores."
)
_NO_TIME = "Nothing says which lead came first, so whether old leads resemble new ones was not tested: figures may be too good."
_SELECTED = (
    "Only leads that became MQLs are in the data, so the model knows nothing about other people. What sales did with a lead "
    "may have followed the points."
)
_NO_CAUSE = (
    "A probability says what happened to leads like this one. It does not say that a visit or a title causes sales to accept, "
    "or that more visits would raise the chance."
)
_USE = "Use it to rank leads for sales. Do not use it to decide about a person's rights, price or credit."


def write_card(data: ReportData, *, facts: Mapping[str, Any]) -> str:
    """The model card as Markdown.

    Args:
        data: The training.
        facts: `versions` (package -> version), `data` (table -> fingerprint, or one fingerprint), `git_commit`; missing facts
            are printed as none, and anything else is not printed.
    """
    parts = [
        f"# Model card: {escape_markdown(data.name)}",
        f"{escape_markdown(describe_outcome(data.metrics))} {escape_markdown(describe_fit(data.metrics))}",
        *_write_decision(data),
        f"## {data.verdict.words.name.capitalize()}",
        f"{escape_markdown(data.verdict.text)} {escape_markdown(describe_standing(data))}",
        to_markdown(format_candidates(compute_verdict_table(data.verdict))),
        "Below each figure is its 95 % interval, by bootstrap over leads. Log loss and Brier score: lower is better.",
        *_write_choice(data.metrics),
        *_write_threshold(data),
        *_write_gate(data),
        *_write_calibration(data),
        *_write_groups(data),
        *_write_importance(data),
        "## Findings",
        _bullets(_format_finding(finding) for finding in data.findings) if data.findings else "No findings.",
        "## Limits",
        _bullets(_list_limits(data)),
        "## Versions and data",
        _bullets(_format_facts(facts)),
    ]
    return "\n\n".join(parts) + "\n"


def escape_markdown(text: str) -> str:
    r"""Text that stays text in Markdown: no markup, no HTML, on one line.

    >>> print(escape_markdown("a | <b> *c*"))
    a \| &lt;b&gt; \*c\*
    """
    plain = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"([\\`*_\[\]|#~])", r"\\\1", plain)


def escape_step(text: str) -> str:
    r"""A step of a decision in Markdown: what stands between backticks is code, and the rest text.

    >>> print(escape_step("Set [x]: `predictor threshold --set`."))
    Set \[x\]: `predictor threshold --set`.
    """
    return re.sub(r"\\`([^`]*)\\`", lambda found: "`" + re.sub(r"\\(.)", r"\1", found[1]) + "`", escape_markdown(text))


def to_markdown(table: TextTable) -> str:
    """A table as Markdown, with its caption before it and the marked rows in bold.

    >>> print(to_markdown(TextTable("Fruit", ("Name", "Number"), (("apple", "1"), ("pear", "2")), frozenset({1}))))
    Fruit:
    <BLANKLINE>
    | Name | Number |
    |---|---|
    | apple | 1 |
    | **pear** | 2 |
    """
    lines = [_line(table.columns), "|" + "---|" * len(table.columns)]
    for position, row in enumerate(table.rows):
        first, *others = (_cell(text) for text in row)
        lines.append(_line([f"**{first}**" if position in table.marked else first, *others], escaped=True))
    return f"{escape_markdown(table.caption)}:\n\n" + "\n".join(lines)


def _list_limits(data: ReportData) -> list[str]:
    words = data.verdict.words
    leads = words.leads.format("leads")
    tested = _TESTED.format(heading=words.name.capitalize(), leads=leads)
    no_time = [_NO_TIME] if data.verdict.held_out else []
    return [tested, *no_time, _CHOSEN.format(test=words.name, others=words.others), _SELECTED, _NO_CAUSE, _USE]


def _write_choice(metrics: Mapping[str, Any]) -> list[str]:
    table, text = format_choice(metrics), describe_training(metrics)
    parts = [*([] if table is None else [to_markdown(table)]), *([escape_markdown(text)] if text else [])]
    return ["## How it was chosen", *parts] if parts else []


def _write_threshold(data: ReportData) -> list[str]:
    advice, tested, words = data.advice, data.verdict.recommended, data.verdict.words
    if advice.threshold is None or tested.threshold is None or data.verdict.realised is None:
        return ["## Threshold", escape_markdown(advice.text)]
    chosen = (
        f"The threshold of the {words.name}, chosen on {words.others}: {format_threshold(tested.threshold)}, expected conversion "
    )
    chosen += f"{format_percent(tested.conversion)}. The test leads that it handed over:"
    return [
        "## Threshold",
        f"Recommended: **{format_threshold(advice.threshold)}**. {escape_markdown(f'{advice.text} {describe_promise(advice)}')}",
        _bullets(f"{label}: {figure}" for label, figure in describe_advice(advice)),
        to_markdown(format_thresholds(compute_threshold_rows(data.thresholds, advice))),
        chosen,
        _bullets(f"{label}: {figure}" for label, figure in describe_gate(data.verdict.realised)),
    ]


def _write_gate(data: ReportData) -> list[str]:
    if data.verdict.gate is None:
        return ["## Points gate", "What today's points gate does is unknown: no points or no gate are named."]
    gates = data.comparison.tables["gates"]
    return ["## Points gate", escape_markdown(" ".join(gates.loc[gates["way"] == POINTS, "text"]))]


def _write_decision(data: ReportData) -> list[str]:
    decision = data.decision
    return ["## Decision", escape_markdown(" ".join(decision.sentences)), _bullets(map(escape_step, decision.steps))]


def _write_calibration(data: ReportData) -> list[str]:
    calibration, warning = data.verdict.calibration, data.verdict.calibration_warning
    text = calibration.text if warning is None else f"{warning.what} {warning.do}"
    tables = format_calibration(calibration), format_reliability(data.verdict.reliability)
    return ["## Calibration", escape_markdown(text), *map(to_markdown, tables)]


def _write_groups(data: ReportData) -> list[str]:
    if data.fairness is None:
        return ["## Groups of people", NO_GROUPS]
    return ["## Groups of people", ABOUT_GROUPS, to_markdown(format_fairness(data.fairness))]


def _write_importance(data: ReportData) -> list[str]:
    table = format_importance(data.metrics)
    return [] if table is None else ["## What it uses most", to_markdown(table), escape_markdown(IMPORTANCE)]


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _format_finding(finding: Finding) -> str:
    return f"{escape_markdown(finding.code)} ({finding.severity}): {escape_markdown(f'{finding.what} {finding.do}'.strip())}"


def _format_facts(facts: Mapping[str, Any]) -> list[str]:
    versions, data = facts.get("versions") or {}, facts.get("data")
    fingerprints = data if isinstance(data, Mapping) else {"data": data}
    lines = [f"{escape_markdown(name)} {escape_markdown(str(version))}" for name, version in versions.items()]
    lines += [f"Fingerprint (sha256) of {escape_markdown(name)}: {_format_hash(value)}" for name, value in fingerprints.items()]
    return [*lines, f"Commit: {_format_hash(facts.get('git_commit'))}"]


def _format_hash(value: object) -> str:
    return f"`{re.sub(r'[^0-9A-Za-z+:.-]', '', str(value))}`" if value else "none"


def _cell(text: str) -> str:
    return "<br>".join(escape_markdown(line) for line in text.split("\n"))


def _line(cells: Iterable[str], *, escaped: bool = False) -> str:
    return "| " + " | ".join(cell if escaped else escape_markdown(cell) for cell in cells) + " |"
