"""The model card: what the model is, what it was tested on and what it cannot say, as Markdown for the bundle."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

from predictor.core.errors import Finding
from predictor.core.wording import UNKNOWN_FIGURE, format_percent, format_threshold
from predictor.report.calibration_text import ABOUT_GROUPS, NO_GROUPS, format_calibration, format_fairness
from predictor.report.compare.candidates import ReportData, compute_threshold_rows, compute_verdict_table
from predictor.report.compare.equal_volume import compute_equal_volume
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
from predictor.report.training_text import describe_learning, format_choice

_TESTED = (
    "The figures under 'Forward test' come from the newest leads, which no candidate had seen; the model in the bundle was then "
    "learned again from every lead with a known outcome, and has no test of its own."
)
_CHOSEN = (
    "The candidate and the threshold of the forward test were chosen on earlier leads. Should the firm, its market or its forms "
    "change, old leads say little of new ones: watch what comes of the scores."
)
_SELECTED = (
    "Only leads that became MQLs are in the data. Of people whom nobody made an MQL the model knows nothing, and what sales did "
    "with a lead may itself have followed the points."
)
_NO_CAUSE = (
    "A probability says what happened to leads like this one. It does not say that a visit or a title causes sales to accept, "
    "nor that bringing one about would raise the chance."
)
_USE = "It ranks leads for sales to work. It is not made to decide about a person's rights, price or credit."
_LIMITS = (_TESTED, _CHOSEN, _SELECTED, _NO_CAUSE, _USE)


def write_card(data: ReportData, *, facts: Mapping[str, Any]) -> str:
    """The model card as Markdown.

    Args:
        data: What the report tells.
        facts: `versions` (package -> version), `data` (table -> fingerprint, or one fingerprint), `git_commit`; what is missing
            is said to be so, and anything else is not printed.
    """
    parts = [
        f"# Model card: {escape_markdown(data.name)}",
        f"{escape_markdown(describe_outcome(data.metrics))} {escape_markdown(describe_fit(data.metrics))}",
        "## Forward test",
        f"{escape_markdown(data.verdict.text)} {escape_markdown(describe_standing(data))}",
        to_markdown(format_candidates(compute_verdict_table(data.verdict))),
        "Below a figure: its 95 % interval, by bootstrap over leads. Log loss and Brier score: lower is better.",
        *_write_choice(data.metrics),
        *_write_threshold(data),
        *_write_gate(data),
        *_write_calibration(data),
        *_write_groups(data),
        *_write_importance(data),
        "## Findings",
        _bullets(_say_finding(finding) for finding in data.findings) if data.findings else "Nothing was noticed.",
        "## Limits",
        _bullets(_LIMITS),
        "## Versions and data",
        _bullets(_say_facts(facts)),
    ]
    return "\n\n".join(parts) + "\n"


def escape_markdown(text: str) -> str:
    r"""Text that stays text in Markdown: no markup, no HTML, on one line.

    >>> print(escape_markdown("a | <b> *c*"))
    a \| &lt;b&gt; \*c\*
    """
    plain = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"([\\`*_\[\]|#~])", r"\\\1", plain)


def to_markdown(table: TextTable) -> str:
    """A table as Markdown, its caption before it and the marked rows bold.

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


def _write_choice(metrics: Mapping[str, Any]) -> list[str]:
    table, learning = format_choice(metrics), describe_learning(metrics)
    told = ["## How it was chosen", *([] if table is None else [to_markdown(table)]), escape_markdown(learning)]
    return [part for part in told if part] if table is not None or learning else []


def _write_threshold(data: ReportData) -> list[str]:
    advice, realised = data.advice, data.verdict.realised
    has_folds = f"Chosen on earlier leads for the forward test: {format_threshold(data.verdict.threshold.threshold)}, promised "
    has_folds += f"conversion {format_percent(data.verdict.threshold.conversion)}. Of the test leads that it handed over:"
    said = escape_markdown(f"{advice.text} {describe_promise(advice)}")
    return [
        "## Threshold",
        f"Recommended: **{format_threshold(advice.threshold)}**. {said}",
        _bullets(f"{label}: {figure}" for label, figure in describe_advice(advice)),
        to_markdown(format_thresholds(compute_threshold_rows(data.thresholds, advice))),
        has_folds,
        _bullets(f"{label}: {figure}" for label, figure in describe_gate(realised)),
    ]


def _write_gate(data: ReportData) -> list[str]:
    gate = data.verdict.gate
    if gate is None:
        return ["## Points gate", f"What today's points gate does {UNKNOWN_FIGURE}: no points, or no gate, are named."]
    text = escape_markdown(gate.text)
    if data.routed is not None:
        text += " " + escape_markdown(compute_equal_volume(data.verdict, data.routed).text)
    return ["## Points gate", f"On the test leads: {text}"]


def _write_calibration(data: ReportData) -> list[str]:
    verdict = data.verdict
    said = (
        verdict.calibration.text
        if verdict.calibration_warning is None
        else f"{verdict.calibration_warning.what} {verdict.calibration_warning.do}"
    )
    tables = format_calibration(verdict.calibration), format_reliability(verdict.reliability)
    return ["## Calibration", escape_markdown(said), *map(to_markdown, tables)]


def _write_groups(data: ReportData) -> list[str]:
    if data.fairness is None:
        return ["## Groups of people", NO_GROUPS]
    return ["## Groups of people", ABOUT_GROUPS, to_markdown(format_fairness(data.fairness))]


def _write_importance(data: ReportData) -> list[str]:
    table = format_importance(data.metrics)
    return [] if table is None else ["## What it looks at", to_markdown(table), escape_markdown(IMPORTANCE)]


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _say_finding(finding: Finding) -> str:
    return f"{escape_markdown(finding.code)} ({finding.severity}): {escape_markdown(f'{finding.what} {finding.do}'.strip())}"


def _say_facts(facts: Mapping[str, Any]) -> list[str]:
    versions, prints = facts.get("versions") or {}, facts.get("data")
    named = prints if isinstance(prints, Mapping) else {"data": prints}
    lines = [f"{escape_markdown(name)} {escape_markdown(str(version))}" for name, version in versions.items()]
    lines += [f"Fingerprint (sha256) of {escape_markdown(name)}: {_say_print(value)}" for name, value in named.items()]
    return [*lines, f"Commit: {_say_print(facts.get('git_commit'))}"]


def _say_print(value: object) -> str:
    return f"`{re.sub(r'[^0-9A-Za-z+:.-]', '', str(value))}`" if value else "none"


def _cell(text: str) -> str:
    return "<br>".join(escape_markdown(line) for line in text.split("\n"))


def _line(cells: Iterable[str], *, escaped: bool = False) -> str:
    return "| " + " | ".join(cell if escaped else escape_markdown(cell) for cell in cells) + " |"
