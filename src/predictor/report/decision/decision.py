"""The one decision: what to do with the points and the model, made once and shown in many places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from predictor.core.wording import is_missing
from predictor.report.compare.compared_leads import LEARNED, MODEL, POINTS
from predictor.report.decision.evidence import FEWEST, Evidence, Handed, Kind
from predictor.report.decision.sentences import (
    describe_sureness,
    describe_today,
    describe_trade,
    find_proposal,
    make_title,
)
from predictor.report.decision.steps import list_steps


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What to do, and why.

    Attributes:
        kind: What to do, in a word.
        title: The same in a line.
        trade: What that brings, in weekly figures.
        sure: How sure it is.
        today: What happens today.
        steps: What to do on Monday, in three lines.
        figures: `unit`, `today` and `proposed` (leads, SQLs and conversion; None where unknown), `gate`, `threshold`.
    """

    kind: Kind
    title: str
    trade: str
    sure: str
    today: str
    steps: tuple[str, str, str]
    figures: dict[str, Any]

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that it says, in reading order; no empty sentence."""
        return tuple(text for text in (f"{self.title}.", self.trade, self.sure, self.today) if text)

    def to_json(self) -> dict[str, Any]:
        """The decision as plain values, for `metrics.json`."""
        return asdict(self) | {"steps": list(self.steps)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The decision that `to_json` gave."""
        return cls(**{**content, "steps": tuple(content["steps"])})


def make_decision(evidence: Evidence) -> Decision:
    """What to do with the points and the model, from what is surely better at the volume that sales works.

    The learned points go before the model where the model is not surely better: any CRM can run them. The points stay
    where nothing is surely better; their gate changes where it surely misses the firm's policy and another gate keeps it.

    Args:
        evidence: What the decision rests on.

    >>> from predictor.report.decision.evidence import ModelFacts, LeadCounts, Volume
    >>> tested = LeadCounts(leads=40, sqls=7, unit="a week", load=Handed(leads=4, sqls=0.7))
    >>> volume = Volume(source="half", ways={MODEL: Handed(leads=2, sqls=0.5)})
    >>> decision = make_decision(Evidence(tested=tested, model=ModelFacts(signal=True), volume=volume))
    >>> print(decision.kind, "|", decision.title)
    not_enough_leads | Not enough leads to decide: 7 SQLs among 40 test leads
    """
    kind = choose_kind(evidence)
    return Decision(
        kind=kind,
        title=make_title(kind, evidence),
        trade=describe_trade(kind, evidence),
        sure=describe_sureness(kind, evidence),
        today=describe_today(evidence),
        steps=list_steps(kind, evidence),
        figures=_list_figures(kind, evidence),
    )


def choose_kind(evidence: Evidence) -> Kind:
    """What to do, in a word."""
    tested, model, volume = evidence.tested, evidence.model, evidence.volume
    if tested.rarer < FEWEST:
        return "not_enough_leads"
    if not model.signal:
        return "no_signal"
    if POINTS not in volume.ways:
        return "use_model"
    learned, by_model = volume.is_better(LEARNED, POINTS), volume.is_better(MODEL, POINTS) and model.may_serve
    if learned and not (by_model and volume.is_better(MODEL, LEARNED)):
        return "use_learned_points"
    if by_model:
        return "use_model"
    return "keep_points" if evidence.advised is None else "change_gate"


def _list_figures(kind: Kind, evidence: Evidence) -> dict[str, Any]:
    today = None if evidence.today is None else evidence.today.handed
    way = {"use_model": MODEL, "use_learned_points": LEARNED}.get(kind)
    proposed = today if way is None else find_proposal(way, evidence)
    gate = None if evidence.today is None else evidence.today.gate
    if kind == "change_gate" and evidence.advised is not None:
        proposed, gate = evidence.advised.handed, evidence.advised.gate
    return {
        "unit": evidence.tested.unit,
        "today": _to_figures(today),
        "proposed": _to_figures(proposed),
        "gate": evidence.learned_gate if kind == "use_learned_points" else None if kind == "use_model" else gate,
        "threshold": evidence.model.threshold if kind == "use_model" and evidence.model.reaches else None,
    }


def _to_figures(handed: Handed | None) -> dict[str, float | None]:
    figures = {} if handed is None else {"leads": handed.leads, "sqls": handed.sqls, "conversion": handed.conversion}
    return {name: None if is_missing(figures.get(name)) else figures[name] for name in ("leads", "sqls", "conversion")}
