"""Any history of scores, outcomes and erasures counts as a plain second model of it says; on SQLite and PostgreSQL."""

import dataclasses
import itertools
from datetime import timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.store.conftest import MINUTE, NOON, Clock, make_answer
from unit.store.test_join_outcomes import FAR, SALES, count_funnel, count_realised, walk

from predictor.core.settings import make_settings
from predictor.store.clock import SteadyClock
from predictor.store.episodes import compute_episodes, join_outcomes
from predictor.store.monitor.response import find_contacts, list_queue, list_waiting
from predictor.store.outcome_history import OutcomeReport, settle_outcomes
from predictor.store.records import Answered

AGREEMENT = make_settings({"agreement": {"response_hours": 24.0}}).agreement
LATER = NOON + timedelta(days=99)
LEADS = st.sampled_from(["A", "B"])
MOMENTS = st.integers(0, 20).map(lambda hours: NOON + timedelta(hours=7 * hours))
KINDS = ["contacted", "accepted", "recycled", "opportunity"]
OPERATIONS = st.one_of(
    st.tuples(st.just("score"), LEADS, st.none() | MOMENTS, st.sampled_from([SALES, "nurture"])),
    st.tuples(st.just("outcome"), LEADS, st.sampled_from(KINDS), st.none() | MOMENTS),
    st.tuples(st.just("correct"), LEADS, st.sampled_from(["accepted", "recycled"]), st.integers(0, 5)),
    st.tuples(st.just("withdraw"), LEADS, st.sampled_from([None, "accepted", "recycled"]), st.none() | st.integers(0, 5)),
    st.tuples(st.just("erase"), LEADS),
    st.tuples(st.just("set back"), st.integers(1, 30)),
)


class Plain:
    """What should be known of a lead: its scores, its reports in the order in which they came, and what counts."""

    def __init__(self):
        self.scores, self.reports = [], []

    def add(self, kind, told_at, occurred_at=None, replaces=None, withdraws=None):
        said = (kind, occurred_at, replaces, withdraws)
        same = [entry for entry in self.reports if "withdrawn" in {kind, entry["kind"]} or entry["kind"] == kind]
        newly_scored = same and len(self.scores) > same[-1]["scores"]
        if same and same[-1]["said"] == said and (occurred_at is not None or not newly_scored):
            return
        entry = {
            "kind": kind,
            "at": occurred_at or told_at,
            "replaces": replaces,
            "withdraws": withdraws,
            "dated": bool(occurred_at),
        }
        self.reports.append(entry | {"said": said, "scores": len(self.scores)})

    def count(self):
        standing = []  # dictionaries of kind, about, at, ids; the latest report last
        for number, entry in enumerate(self.reports):
            named = [other for other in standing if entry["replaces"] in other["ids"]] if entry["replaces"] is not None else []
            if entry["kind"] == "withdrawn":
                of_kind = [other for other in standing if entry["withdraws"] in {None, other["kind"]}]
                targets = named if entry["replaces"] is not None else of_kind[-1:]
                standing = [other for other in standing if other not in targets]
                continue
            about = max((as_of for as_of, _ in self.scores if as_of <= entry["at"]), default=None)
            if named:
                about = named[0]["about"]
            slot = [other for other in standing if (other["kind"], other["about"]) == (entry["kind"], about)]
            earlier = (named or slot)[:1]
            at = entry["at"] if entry["dated"] or not earlier else earlier[0]["at"]
            ids = {number}.union(*(other["ids"] for other in [*earlier, *slot]))
            standing = [other for other in standing if other not in [*earlier, *slot]]
            standing.append({"kind": entry["kind"], "about": about, "at": at, "ids": ids})
        return standing

    def list_episodes(self):
        history = [(as_of, 0, str(number), decision, False) for number, (as_of, decision) in enumerate(self.scores)]
        history += [(outcome["at"], 1, outcome["kind"], "", False) for outcome in self.count() if outcome["kind"] != "contacted"]
        return walk(history)


def apply(store, clock, plain, operation, prefix, ids):
    clock.passed += 1
    what, *rest = operation
    if what == "set back":
        clock.back += timedelta(hours=rest[0])
        return
    lead, model = prefix + rest[0], plain[rest[0]]
    told_at = NOON + clock.passed * MINUTE  # as a clock that nobody sets would show it
    if what == "score":
        as_of = rest[1] or told_at
        answer = dataclasses.replace(make_answer(lead, features={"size": 1.0}), decision=rest[2])
        store.save_scores([Answered(answer, as_of)], scored_at=clock.wall(), model="m")
        model.scores.append((as_of, rest[2]))
        return
    if what == "erase":
        store.erase(lead)
        plain[rest[0]], ids[rest[0]] = Plain(), []
        return
    facts = {"kind": "withdrawn", "withdraws": rest[1]} if what == "withdraw" else {"kind": rest[1]}
    number = rest[2] if what in {"correct", "withdraw"} else None
    if what == "outcome":
        facts["occurred_at"] = rest[2]
    before = len(model.reports)
    own = ids[rest[0]]
    replaces = None if number is None or number >= len(own) else number
    if what == "correct" and replaces is None:
        return
    model.add(told_at=told_at, replaces=replaces, **facts)
    named = {} if replaces is None else {"replaces": own[replaces]}
    [(outcome_id, _)] = store.save_outcomes([OutcomeReport(lead_id=lead, reason="fit", **facts, **named)])
    if len(model.reports) > before:
        own.append(outcome_id)


def test_any_history_counts_as_a_plain_model_of_it_says(store):
    examples = itertools.count()

    @settings(max_examples=40, deadline=None)
    @given(st.lists(OPERATIONS, min_size=1, max_size=14))
    def follow(operations):
        prefix, clock = f"{next(examples)}-", Clock()
        store._clock = SteadyClock(clock.wall, clock.elapsed)
        plain, ids = {"A": Plain(), "B": Plain()}, {"A": [], "B": []}
        for operation in operations:
            apply(store, clock, plain, operation, prefix, ids)
        store.drain()
        known = store.database.read_leads([f"{prefix}A", f"{prefix}B"], features=True)
        outcomes = settle_outcomes(known.reports, known.scores, timezone="UTC")
        for name, model in plain.items():
            own = outcomes[outcomes["lead_id"] == prefix + name]
            scores = known.scores[known.scores["lead_id"] == prefix + name]
            assert sorted(zip(own["kind"], own["occurred_at"], strict=True)) == sorted(
                (outcome["kind"], pd.Timestamp(outcome["at"])) for outcome in model.count()
            )
            assert len(known.reports[known.reports["lead_id"] == prefix + name]) == len(model.reports)
            assert len(scores) == len(model.scores)
            check_readers(scores, own, model.list_episodes())
        check_queue(known, outcomes, store.database, prefix)

    follow()


def check_readers(scores, outcomes, episodes):
    joined = join_outcomes(scores, outcomes, timezone="UTC")
    training = compute_episodes(scores, outcomes, timezone="UTC").frame
    accepted = [episode["accepted"] for episode in episodes]
    assert count_funnel(joined) == count_realised(joined, FAR) == (len(episodes), sum(accepted))
    handed = [episode for episode in episodes if episode["handed"]]
    assert training["mql_at"].tolist() == [episode["at"] for episode in handed]
    assert training["sql_at"].notna().tolist() == [episode["accepted"] for episode in handed]


def check_queue(known, outcomes, database, prefix):
    """The queue, for which the database leaves out most leads, is what the frames of all leads say."""
    joined = join_outcomes(known.scores, outcomes, timezone="UTC")
    waiting = list_waiting(find_contacts(joined, outcomes, timezone="UTC"), joined, agreement=AGREEMENT, now=LATER)
    queue = list_queue(database, timezone="UTC", agreement=AGREEMENT, now=LATER)
    own = queue[queue["lead_id"].str.startswith(prefix)].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, waiting, check_dtype=False)
