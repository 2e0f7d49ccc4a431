"""What the page shows beside the slider of the gate and the fields of money: every figure of the gate as text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from predictor.core.settings_sections import ThresholdSettings
from predictor.core.wording import DASH, format_number, format_percent, format_percent_range, format_weekly, is_missing
from predictor.report.compare.money import BEST_GATE, BY_LEARNED, BY_MODEL, TODAY, compute_values, list_choices
from predictor.report.compare.point_gates import choose_point_gate
from predictor.report.compare.threshold_steps import compute_period, format_unit
from predictor.report.decision.figures import format_rule
from predictor.report.page.page_table import join_units
from predictor.report.table_cells import list_rows
from predictor.report.tables_text import TextTable

_NAMES = {TODAY: "Today's gate", BEST_GATE: "Best gate", BY_LEARNED: "Learned points", BY_MODEL: "Model"}
_PREFIXES = {TODAY: "today", BEST_GATE: "gate", BY_LEARNED: "learned", BY_MODEL: "model"}
_WHY = {
    "band": "Keeps the wanted conversion", "precision": "Keeps the wanted conversion", "capacity": "What sales can work",
    "value": "Most value",
}  # fmt: skip
_MONEY = ("leads", "sqls", "value", "more")


@dataclass(frozen=True, kw_only=True)
class Money:
    """Where the fields of money start.

    Attributes:
        amount: What an accepted lead brings; 0 where unknown.
        cost: What working a lead costs; 0 where unknown.
        source: Where the amount comes from, in a sentence; empty where it is unknown.
        currency: Of all amounts, as "EUR"; empty where it is unknown.
    """

    amount: float = 0.0
    cost: float = 0.0
    source: str = ""
    currency: str = ""


def start_money(settings: ThresholdSettings, accepted_value: float | None, currency: str = "") -> Money:
    """Where the fields of money start: the settings or, without them, the amounts of the opportunities.

    >>> from predictor.core.settings import make_settings
    >>> start_money(make_settings({}).threshold, 1234.5, "EUR").source
    'The opportunities of the accepted leads bring 1,200 EUR a lead on average.'
    """
    if settings.amount or not accepted_value:
        return Money(amount=settings.amount, cost=settings.cost, currency=currency)
    amount = float(f"{accepted_value:.2g}")
    return Money(
        amount=amount,
        cost=settings.cost,
        source=f"The opportunities of the accepted leads bring {f'{amount:,.0f} {currency}'.strip()} a lead on average.",
        currency=currency,
    )


def describe_gates(gates: pd.DataFrame, period: float) -> dict[str, list[str]]:
    """Each figure beside the slider of the gate as text, a list with one text for each gate.

    >>> gates = pd.DataFrame({"gate": [60.0, 99], "leads": [50.0, 0], "sqls": [10.0, 0], "share_routed": [0.5, 0],
    ...     "conversion": [0.2, float("nan")], "conversion_low": [0.11, float("nan")], "conversion_high": [0.33, float("nan")],
    ...     "sqls_caught": [0.8, 0], "verdict": ["in band", "no leads"]})
    >>> texts = describe_gates(gates, 10.0)
    >>> texts["rule"], texts["load"], texts["verdict"], texts["rate"][0], texts["interval"][0]
    (['Score >= 60', 'Score >= 99'], ['5.0', '0.0'], ['In band', 'No lead'], '20 %', '11 to 33 %')
    """
    rows = [_describe_gate(row, period) for row in list_rows(gates)]
    return {name: [row[name] for row in rows] for name in rows[0]}


def make_gate_choice(
    tables: Mapping[str, pd.DataFrame], settings: ThresholdSettings, *, advised: bool = False
) -> dict[str, Any] | None:
    """What the slider of the gate needs: texts and verdict by row, where it starts, and rows to mark; None without points.

    Args:
        tables: Of a comparison.
        settings: The policy that another gate is marked for.
        advised: Whether the decision recommends that gate.
    """
    gates = tables.get("point_gates", pd.DataFrame())
    if not len(gates):
        return None
    period, unit = compute_period(tables["steps"]), format_unit(tables["steps"])
    today = int(gates["today"].to_numpy(dtype=bool).argmax()) if gates["today"].any() else None
    other = choose_point_gate(gates, settings)
    name = "Recommended gate" if advised else _name_policy(gates, settings)
    marks = {"Today's gate": today, name: None if other == today else other}
    start = next((row for row in (today, other) if row is not None), 0)
    texts = describe_gates(gates, period)
    return {
        "texts": texts, "verdict": [text.lower() for text in texts["verdict"]], "start": start, "last": len(gates) - 1,
        "unit": unit, "buttons": [(f"{name}: {texts['gate'][row]}", row) for name, row in marks.items() if row is not None],
        "table": _format_gate_table(texts, unit, {row: name for name, row in marks.items() if row is not None}),
    }  # fmt: skip


def make_money_choice(tables: Mapping[str, pd.DataFrame], money: Money) -> dict[str, Any]:
    """What the fields of money need: the choices of each way as numbers, and the figures before any script runs.

    Where working a lead costs nothing, every lead would pay, so that figures need a limit: it starts at what today's gate hands
    over.

    Args:
        tables: Of a comparison.
        money: Where the fields start.
    """
    choices, unit = list_choices(tables), format_unit(tables["steps"])
    limit = None if money.cost or not money.amount or TODAY not in choices else _round_up(float(choices[TODAY]["leads"].iloc[0]))
    table = compute_values(choices, amount=money.amount, cost=money.cost, capacity=limit or np.inf)
    values = {row["way"]: row for row in list_rows(table)}
    known = bool(money.amount and (money.cost or limit))
    texts = {_PREFIXES[way]: _describe_value(values.get(way), known=known) for way in choices}
    return {
        "ways": [(_PREFIXES[way], _NAMES[way]) for way in choices], "texts": texts, "unit": unit, "money": money, "limit": limit,
        "choices": {_PREFIXES[way]: {name: table[name].tolist() for name in ("leads", "sqls")} for way, table in choices.items()},
        "shown": {_PREFIXES[way]: _describe_choices(way, table) for way, table in choices.items()},
    }  # fmt: skip


def collect_choices(gate: Mapping[str, Any] | None, money: Mapping[str, Any]) -> dict[str, Any]:
    """What the page's script needs of the slider of the gate and of the fields of money."""
    slider = None
    if gate is not None:
        texts = {name: [join_units(text) for text in texts] for name, texts in gate["texts"].items()}
        slider = {"texts": texts, "verdict": gate["verdict"], "start": gate["start"]}
    return {"gate": slider, "money": {"choices": money["choices"], "shown": money["shown"]}}


def _name_policy(gates: pd.DataFrame, settings: ThresholdSettings) -> str:
    """Why the gate of the policy is marked. Where all leads together reach the band, no gate can keep it."""
    if settings.policy == "band" and gates["conversion"].iloc[0] >= settings.band[0]:
        return "Below it too few leads become SQLs"
    return _WHY[settings.policy]


def _describe_choices(way: str, table: pd.DataFrame) -> dict[str, list[str]]:
    """The choices of a way as text, by row."""
    counts = {name: [format_weekly(figure) for figure in table[name]] for name in ("leads", "sqls")}
    return {"at": [join_units(_format_at(way, at)) for at in table["at"]], **counts}


def _describe_gate(row: Mapping[str, Any], period: float) -> dict[str, str]:
    return {
        "gate": f"{row['gate']:g}",
        "rule": format_rule(float(row["gate"])),
        "load": format_weekly(row["leads"] / period),
        "share": format_percent(row["share_routed"]),
        "sqls": format_weekly(row["sqls"] / period),
        "rate": format_percent(row["conversion"]),
        "interval": format_percent_range(row["conversion_low"], row["conversion_high"]),
        "caught": format_percent(row["sqls_caught"]),
        "verdict": str(row["verdict"]).capitalize() if row["leads"] else "No lead",
    }


def _format_gate_table(texts: Mapping[str, list[str]], unit: str, marks: Mapping[int, str]) -> TextTable:
    heads = ("Gate", f"Leads {unit}", f"SQLs {unit}", "Conversion", "Share of all SQLs", "Verdict")
    rows = []
    for place in range(len(texts["gate"])):
        gate, load, sqls, rate, spread, caught, verdict = (
            texts[name][place] for name in ("gate", "load", "sqls", "rate", "interval", "caught", "verdict")
        )
        name = f"{gate}\n{marks[place].lower()}" if place in marks else gate
        rows.append((name, load, sqls, f"{rate}\n{spread}", caught, verdict))
    return TextTable("What each gate hands over", heads, tuple(rows), marked=frozenset(marks))


def _format_at(way: str, at: float) -> str:
    """The limit of a choice: a gate as the CRM reads it, a probability in percent; empty for learned points."""
    if is_missing(at):
        return ""
    return format_percent(at) if way == BY_MODEL else format_rule(at)


def _round_up(leads: float) -> float:
    """A number of leads as a limit that these leads keep.

    >>> _round_up(27.51), _round_up(210.0)
    (27.6, 210.0)
    """
    return math.ceil(round(10 * leads, 6)) / 10


def _describe_value(row: Mapping[str, Any] | None, *, known: bool) -> dict[str, str]:
    if row is None or not known:
        return dict.fromkeys(("at", *_MONEY), DASH)
    return {
        "at": _format_at(row["way"], row["at"]),
        "leads": format_weekly(row["leads"]), "sqls": format_weekly(row["sqls"]),
        "value": format_number(row["value"]), "more": format_number(row["more"], sign=True),
    }  # fmt: skip
