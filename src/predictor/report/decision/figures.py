"""Figures of a decision in words: leads, SQLs, gates, and what changes."""

from __future__ import annotations

from predictor.core.wording import format_number, format_percent
from predictor.report.decision.evidence import Gain, Handed, PointsGate
from predictor.report.table_cells import SAME

_WHOLE = 10  # leads from which on decimals do not matter


def format_rule(gate: float | None) -> str:
    """The line that a CRM needs.

    >>> format_rule(80.0), format_rule(12.5)
    ('Score >= 80', 'Score >= 12.5')
    """
    return "Score >= the gate of today" if gate is None else f"Score >= {gate:g}"


def are_same(gain: Gain | None) -> bool:
    """Whether two ways find the same SQLs, whichever leads are drawn."""
    if gain is None or gain.judgement != SAME:
        return False
    return format_sqls(gain.low) == format_sqls(gain.high) == format_sqls(0.0)


def describe_change(unit: str, new: Handed, old: Handed) -> str:
    """What is handed over instead of today, in one sentence.

    >>> describe_change("a week", Handed(leads=174, sqls=37.2), Handed(leads=210, sqls=44.9))
    '174 leads a week instead of 210: 37.2 SQLs instead of 44.9, conversion 21 % as today.'
    """
    same = format_leads(new.leads) == format_leads(old.leads)
    before = ", as today" if same else f" instead of {format_leads(old.leads)}"
    return f"{describe_load(new.leads, unit)}{before}: {describe_result(new, old, 'as today')}."


def describe_result(new: Handed, old: Handed, same: str) -> str:
    """SQLs and conversion beside those before; `same` is said of a figure that does not change."""
    sqls = _describe_before(format_sqls(new.sqls), format_sqls(old.sqls), same, unit=" SQLs")
    return f"{sqls}, conversion {_describe_before(format_percent(new.conversion), format_percent(old.conversion), same)}"


def _describe_before(new: str, old: str, same: str, *, unit: str = "") -> str:
    return f"{new}{unit} {same if new == old else f'instead of {old}'}"


def describe_load(leads: float, unit: str) -> str:
    """A number of leads with its unit.

    >>> describe_load(26.81, "a week"), describe_load(2.04, "of every 100 leads")
    ('27 leads a week', '2.0 of every 100 leads')
    """
    return f"{format_leads(leads)} leads a week" if unit == "a week" else f"{format_leads(leads)} {unit}"


def format_leads(leads: float) -> str:
    """A number of leads, with a decimal where there are few."""
    return format_number(leads, 0 if leads >= _WHOLE else 1)


def format_sqls(figure: float, *, sign: bool = False) -> str:
    """SQLs in a unit, with two decimals where one would hide them.

    >>> format_sqls(8.62), format_sqls(0.043), format_sqls(-0.2, sign=True)
    ('8.6', '0.04', '-0.20')
    """
    return format_number(figure, 2 if 0 < abs(figure) < 0.5 else 1, sign=sign)


def format_gate(gate: PointsGate | None) -> str:
    """A gate of the points as a number."""
    return "the one of today" if gate is None or gate.gate is None else f"{gate.gate:g}"
