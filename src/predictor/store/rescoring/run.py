"""A run that scores all open leads again, in batches; one that was interrupted goes on where it stopped."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from predictor.core.durable_files import write_through
from predictor.core.errors import Finding, ScoringError, count
from predictor.scoring.exploration import explore
from predictor.scoring.scorer import Scorer
from predictor.store.episodes import list_open
from predictor.store.records import Answered
from predictor.store.rescoring.stored_leads import StoredLead, advance_leads
from predictor.store.store import Store

if TYPE_CHECKING:
    from ibis.expr.types import Table

STATE = "rescoring.json"
_BATCH = 1000  # leads
_LONGEST = timedelta(hours=24)  # for which an interrupted run can go on


@dataclass
class RescoringResult:
    """What a run has done.

    Attributes:
        leads: How many leads are open.
        counts: `rescored`, `done before` (by the interrupted run, or by the server since it began), `up` and `down` (another
            decision than before), `incomplete` (events are missing), `not stored` (features are missing), `failed`.
        first_incomplete: The first lead whose events are missing, and how many.
    """

    leads: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    first_incomplete: tuple[str, int] | None = None

    @property
    def findings(self) -> list[Finding]:
        """What the user should know."""
        found = []
        if self.first_incomplete is not None:
            lead, number = self.first_incomplete
            what = (
                f"{count(self.counts['incomplete'], 'lead')} had more events when scored than the file has (first lead_id "
                f"'{lead}': {count(number, 'event')} missing). They are not scored again."
            )
            found.append(Finding("STORE010", "warning", what, do="Export all events of the leads, not only the new ones."))
        if number := self.counts["not stored"]:
            what = f"The model uses features that were not stored with {count(number, 'lead')}. They count as not known."
            found.append(Finding("STORE011", "tip", what, do="Score these leads through the API or from a file."))
        return found


def rescore_store(
    scorer: Scorer,
    store: Store,
    *,
    events: Callable[[pd.Series], Table] | None,
    state: Path,
    explore_rate: float = 0.0,
    advance: Callable[[float], None] = lambda _: None,
) -> RescoringResult:
    """Score all open leads of the store again and store the answers.

    Args:
        scorer: The champion, with the rule of decision in service.
        store: Scores and outcomes.
        events: Gives the events of leads with these keys, all of them; None for no events.
        state: The file that says when the run began, deleted at its end.
        explore_rate: The share of the leads below the threshold that go to sales at random.
        advance: Called with the share of the leads that are done.

    Raises:
        StoreError: The database or the spool cannot be used.
    """
    timezone = scorer.settings.data.timezone
    began = _begin(state, scorer.version)
    latest = list_open(store.load_scores(), store.load_outcomes(timezone=timezone), timezone=timezone)
    done = (latest["model"] == scorer.version) & (latest["scored_at"] >= began)
    result, waiting = RescoringResult(leads=len(latest)), latest[~done]
    result.counts["done before"] = int(done.sum())
    table = None if events is None or waiting.empty else events(waiting["lead_id"])
    for start in range(0, len(waiting), _BATCH):
        part = waiting.iloc[start : start + _BATCH]
        _rescore_part(scorer, store, part, table, result, explore_rate)
        advance(min(1.0, (start + len(part)) / len(waiting)))
    store.drain()
    state.unlink(missing_ok=True)
    return result


def _begin(state: Path, version: str) -> datetime:
    """When the run began: now, or when the interrupted run of the same model did."""
    now = datetime.now(UTC)
    with suppress(OSError, ValueError, KeyError, TypeError):
        content = json.loads(state.read_text(encoding="utf-8"))
        began = datetime.fromisoformat(content["began"])
        if content["model"] == version and now - _LONGEST < began <= now:
            return began
    write_through(state, json.dumps({"model": version, "began": now.isoformat()}))
    return now


def _rescore_part(
    scorer: Scorer, store: Store, part: pd.DataFrame, events: Table | None, result: RescoringResult, explore_rate: float
) -> None:
    stored = store.database.read_leads(part["lead_id"], features=True).scores
    scores = part[["answer_id"]].merge(stored, on="answer_id")  # without those erased meanwhile
    now = datetime.now(UTC)
    leads = advance_leads(scorer, scores, events, now)
    for lead in leads:
        if lead.missing_events:
            result.counts["incomplete"] += 1
            result.first_incomplete = result.first_incomplete or (lead.lead_id, lead.missing_events)
        elif not lead.is_complete:
            result.counts["not stored"] += 1
    complete = [lead for lead in leads if not lead.missing_events]
    answers = _answer(scorer, complete, explore_rate)
    store.save_scores([answer for answer in answers if answer is not None], scored_at=now, model=scorer.version)
    before = dict(zip(scores["lead_id"], scores["decision"], strict=True))
    for answered in answers:
        if answered is None:
            result.counts["failed"] += 1
            continue
        result.counts["rescored"] += 1
        if answered.answer.decision != before[answered.answer.lead_id]:
            result.counts["up" if answered.answer.decision == "route_to_sales" else "down"] += 1


def _answer(scorer: Scorer, leads: Sequence[StoredLead], explore_rate: float) -> list[Answered | None]:
    """The answers; None for a lead whose stored values this model cannot read."""
    try:
        answers = scorer.score_stored([(lead.lead_id, lead.features, lead.as_of) for lead in leads])
    except ScoringError:
        if len(leads) == 1:
            return [None]
        return [answer for lead in leads for answer in _answer(scorer, [lead], explore_rate)]
    found = list[Answered | None]()
    for lead, answer in zip(leads, answers, strict=True):
        explored, drawn = explore(answer, explore_rate)
        rate = explore_rate if explore_rate and answer.decision != "route_to_sales" else None
        found.append(Answered(answer=explored, as_of=lead.as_of, explore=drawn, explore_rate=rate))
    return found
