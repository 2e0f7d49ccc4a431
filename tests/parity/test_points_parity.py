"""Points of a table = points of each lead alone = an answer that shares no code with either."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from predictor.data.events.table import tabulate_events
from predictor.data.values import Event
from predictor.points.award import award_lead
from predictor.points.award_table import award_table
from predictor.points.rulebook import load_rule_book, parse_rule_book

START = datetime(2026, 5, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
TYPES = ["page_view", "own_type"]
SHIPPED = [load_rule_book(name, Path()) for name in ("b2b", "content")]


def draw_moments(first, last):
    """Times on a grid of half days, a tick beside it now and then: so that events tie and stand exactly on edges."""
    halves, ticks = st.integers(first, last), st.sampled_from([0, 0, 0, 0, 0, 0, -1, 1])
    return st.builds(lambda half, tick: START + half * timedelta(hours=12) + tick * TICK, halves, ticks)


days = st.sampled_from([0.5, 1, 2])
points = st.sampled_from([-10, 3, 5, 20, 0.1])


@st.composite
def event_rules(draw):
    rule = {"event": draw(st.lists(st.sampled_from(TYPES), min_size=1, unique=True)), "points": draw(points)}
    if draw(st.booleans()):
        rule["per_event"] = True
        rule |= draw(st.fixed_dictionaries({}, optional={"cap": st.sampled_from([7, 25])}))
    if draw(st.booleans()):
        rule |= {"at_least": draw(st.integers(1, 4)), "within_days": draw(days)}
    rule |= draw(st.fixed_dictionaries({}, optional={"expires_days": days, "half_life_days": days, "asset": st.just("Guide")}))
    return rule | {"qualifies": draw(st.booleans())}


tests_of_an_attribute = st.sampled_from(
    [{"equals": "a"}, {"in": ["A", 3]}, {"range": [3, 10]}, {"range": [-float("inf"), 3]}, {"present": True}, {"present": False}]
)
attribute_rules = st.builds(
    lambda column, test, number: {"attribute": column, "points": number, **test},
    st.sampled_from(["text", "text", "number", "number", "absent"]),
    tests_of_an_attribute,
    points,
)
books = st.lists(st.one_of(event_rules(), event_rules(), attribute_rules), min_size=5, max_size=10).map(
    lambda rules: [{"name": f"rule {place}", "group": f"group {place % 2}", **rule} for place, rule in enumerate(rules)]
)
lead_rows = st.lists(
    st.fixed_dictionaries(
        {
            "lead_id": st.sampled_from("AAB"),
            "as_of": draw_moments(4, 10),
            "text": st.sampled_from([None, "a", " A ", "b", "3", "", "inf"]),
            "number": st.sampled_from([np.nan, 3.0, 2.999, 10.0, 9.5, -1.0, np.inf]),
        }
    ),
    min_size=3,
    max_size=6,
)
event_rows = st.lists(
    st.fixed_dictionaries(
        {
            "lead_id": st.sampled_from("AABC"),
            "occurred_at": draw_moments(0, 10),
            "event_type": st.sampled_from([*TYPES, *TYPES, "Page_View ", "unheard_of"]),
            "asset": st.sampled_from([None, "guide", "other"]),
        }
    ),
    min_size=8,
    max_size=25,
)
some = settings(max_examples=50, deadline=None)
few = settings(max_examples=20, deadline=None)  # each asks DuckDB twice


def read_book(rules):
    return parse_rule_book(tomli_w.dumps({"name": "drawn", "gate": 60, "rules": rules}), "drawn")


def make_frames(leads, events):
    columns = ["lead_id", "occurred_at", "event_type", "asset"]
    leads, events = pd.DataFrame(leads), pd.DataFrame(events, columns=columns)
    zone = "datetime64[us, UTC]"
    return leads.astype({"as_of": zone}), tabulate_events(events.astype({"occurred_at": zone}))


def award_singly(book, leads, events):
    events_of = {
        key: [Event(e["occurred_at"], e["event_type"], e["asset"]) for e in events if e["lead_id"] == key] for key in "AB"
    }
    return [
        award_lead(book, {"text": lead["text"], "number": lead["number"]}, events_of[lead["lead_id"]], lead["as_of"])
        for lead in leads
    ]


def award_by_force(rule, lead, events):
    """A rule on events by its definition, in days as fractions of seconds; None where it does not fire."""
    texts = rule["event"]
    mine = [e for e in events if e["lead_id"] == lead["lead_id"] and e["occurred_at"] <= lead["as_of"]]
    alike = {(e["occurred_at"], e["event_type"].strip().lower(), e["asset"]) for e in mine}
    mine = [at for at, kind, asset in alike if kind in texts and ("asset" not in rule or asset == "guide")]
    span, need = timedelta(days=rule.get("within_days", 0)), rule.get("at_least", 1)
    firing = [at for at in mine if sum(at - span <= other <= at for other in mine) >= need]
    firing = [at for at in firing if lead["as_of"] - at <= timedelta(days=rule.get("expires_days", 9999))]
    if not firing:
        return None
    counted = firing if rule.get("per_event") else [max(firing)]
    life = rule.get("half_life_days", float("inf"))
    total = sum(rule["points"] * 2 ** -((lead["as_of"] - at).total_seconds() / 86400 / life) for at in counted)
    return float(np.sign(total)) * min(abs(total), rule.get("cap", float("inf")))


def assert_equal(awards, singles, book):
    names = [rule.name for rule in book.rules]
    fired = [{hit.rule: hit.points for hit in single.fired} for single in singles]
    expected = np.array([[row.get(name, 0.0) for name in names] for row in fired])
    np.testing.assert_allclose(awards.rules.to_numpy(), expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(awards.total, [single.total for single in singles], rtol=0, atol=1e-9)
    assert awards.qualifies.tolist() == [single.qualifies for single in singles]
    groups = [[single.groups()[group] for group in book.groups] for single in singles]
    np.testing.assert_allclose(awards.groups()[list(book.groups)], groups, rtol=0, atol=1e-9)


@some
@given(books, lead_rows, event_rows)
def test_a_table_is_awarded_as_each_lead_alone_and_as_by_definition(rules, leads, events):
    book = read_book(rules)
    awards = award_table(book, *make_frames(leads, events))
    assert_equal(awards, award_singly(book, leads, events), book)
    for rule in (rule for rule in rules if "event" in rule):
        by_force = [award_by_force(rule, lead, events) or 0.0 for lead in leads]
        np.testing.assert_allclose(awards.rules[rule["name"]], by_force, rtol=0, atol=1e-9)
    qualifying = [rule for rule in rules if rule.get("qualifies")]
    expected = [any(award_by_force(rule, lead, events) is not None for rule in qualifying) for lead in leads]
    assert awards.qualifies.tolist() == expected


@few
@given(books, lead_rows, event_rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rules, leads, events, random):
    book = read_book(rules)
    before = award_table(book, *make_frames(leads, events))
    order = random.sample(range(len(leads)), len(leads))
    mixed = random.sample(events, len(events))
    lead_frame, event_frame = make_frames(leads, mixed)
    after = award_table(book, lead_frame.iloc[order], event_frame)
    pd.testing.assert_frame_equal(after.rules.sort_index(), before.rules, rtol=0, atol=1e-9)
    assert award_singly(book, leads, mixed) == award_singly(book, leads, events)


@few
@given(books, lead_rows, event_rows, event_rows)
def test_an_event_after_as_of_changes_nothing(rules, leads, events, later):
    book = read_book(rules)
    last = max(lead["as_of"] for lead in leads)
    more = [*events, *({**event, "occurred_at": last + TICK + (event["occurred_at"] + TICK - START)} for event in later)]
    before, after = (award_table(book, *make_frames(leads, rows)) for rows in (events, more))
    pd.testing.assert_frame_equal(after.rules, before.rules, rtol=0, atol=1e-9)
    assert after.qualifies.equals(before.qualifies)
    assert award_singly(book, leads, more) == award_singly(book, leads, events)


def make_firm(seed=0, leads=300, events=9_000):
    """A table large enough that DuckDB works in several blocks."""
    random = np.random.default_rng(seed)
    kinds = sorted({kind for book in SHIPPED for rule in book.rules for kind in getattr(rule.condition, "types", ())})
    spread = lambda size: pd.Timestamp(START) + pd.to_timedelta(random.integers(0, 300 * 86_400, size), unit="s")  # noqa: E731
    table = pd.DataFrame(
        {
            "lead_id": random.integers(0, leads * 3 // 4, leads).astype(str),
            "as_of": spread(leads).as_unit("us"),
            "seniority": random.choice(["C-level", "Director", "manager ", "Intern", None], leads),
            "employees": random.choice([np.nan, 49.0, 50.0, 200.0, 5000.0], leads),
            "competitor": random.choice(["yes", "no"], leads, p=[0.1, 0.9]),
        }
    )
    events_of = {"lead_id": random.integers(0, leads, events).astype(str), "occurred_at": spread(events).as_unit("us")}
    return table, pd.DataFrame({**events_of, "event_type": random.choice(kinds, events)})


@pytest.mark.parametrize("book", SHIPPED, ids=lambda book: book.name)
def test_shipped_books_award_a_table_as_each_lead_alone(book):
    leads, events = make_firm()
    events_of = {
        key: [Event(row.occurred_at.to_pydatetime(), row.event_type) for row in rows.itertuples()]
        for key, rows in events.groupby("lead_id")
    }
    singles = [
        award_lead(book, row, events_of.get(row["lead_id"], []), row["as_of"].to_pydatetime()) for row in leads.to_dict("records")
    ]
    assert_equal(award_table(book, leads, tabulate_events(events)), singles, book)


ORACLES = {
    "Pricing page visit": """least(40, 20 * (SELECT count(*) FROM events e WHERE e.lead_id = l.lead_id
        AND event_type = 'pricing_page_view' AND occurred_at BETWEEN l.as_of - INTERVAL 60 DAY AND l.as_of))""",
    "Unsubscribed": """-20 * (EXISTS (FROM events e WHERE e.lead_id = l.lead_id AND event_type = 'unsubscribed'
        AND occurred_at BETWEEN l.as_of - INTERVAL 365 DAY AND l.as_of))::INT""",
    "Several site visits in one week": """10 * (EXISTS (FROM visits a WHERE a.lead_id = l.lead_id
        AND a.occurred_at BETWEEN l.as_of - INTERVAL 30 DAY AND l.as_of
        AND (SELECT count(*) FROM visits b WHERE b.lead_id = a.lead_id
             AND b.occurred_at BETWEEN a.occurred_at - INTERVAL 7 DAY AND a.occurred_at) >= 3))::INT""",
    "Blog post read": """least(50, 10 * (SELECT coalesce(sum(0.5 ** (epoch(l.as_of - occurred_at) / 86400 / 60)), 0)
        FROM events e WHERE e.lead_id = l.lead_id AND event_type = 'blog_view' AND occurred_at <= l.as_of))""",
    "200 to 4999 employees": "CASE WHEN employees >= 200 AND employees < 5000 THEN 20 ELSE 0 END",
    "Manager": "CASE WHEN lower(trim(seniority)) = 'manager' THEN 10 ELSE 0 END",
}


@pytest.mark.parametrize("rule", ORACLES)
def test_rules_award_what_plain_sql_awards(rule):
    leads, events = make_firm(seed=1)
    book = next(book for book in SHIPPED if any(known.name == rule for known in book.rules))
    visits = "SELECT * FROM events WHERE event_type IN ('page_view', 'pricing_page_view', 'demo_page_view', 'blog_view')"
    with duckdb.connect() as connection:
        connection.register("leads", leads.reset_index(names="place"))
        connection.register("events", events)
        query = f"WITH visits AS ({visits}) SELECT {ORACLES[rule]} AS points FROM leads l ORDER BY place"  # noqa: S608
        expected = [row[0] for row in connection.execute(query).fetchall()]
    assert any(expected)
    np.testing.assert_allclose(
        award_table(book, leads, tabulate_events(events)).rules[rule], np.array(expected, float), rtol=0, atol=1e-9
    )
