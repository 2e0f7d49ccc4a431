"""Whether the agreement of sales and marketing was kept, and who waits for sales."""

from datetime import timedelta

import pandas as pd
import pytest
from unit.store.conftest import MINUTE, NOON, make_outcome, make_score

from predictor.core.settings import make_settings
from predictor.store.episodes import join_outcomes
from predictor.store.monitor.response import compute_agreement, find_contacts, list_queue, list_waiting

SALES, NURTURE = "route_to_sales", "nurture"
AGREED = {"response_hours": 24.0, "leads_per_week": 3.0, "acceptance": 0.5}


def at(text):
    return pd.Timestamp(f"2026-03-{text}", tz="UTC")


def read(scores, outcomes, *, now, agreed=AGREED, horizon_days=None):
    scores = pd.DataFrame(scores, columns=["lead_id", "as_of", "decision", "probability"]).assign(explore=False, grade="B")
    outcomes = pd.DataFrame(outcomes, columns=["lead_id", "kind", "occurred_at"]).astype({"occurred_at": "datetime64[us, UTC]"})
    joined = join_outcomes(scores, outcomes, timezone="UTC")
    agreement = make_settings({"agreement": agreed}).agreement
    contacts = find_contacts(joined, outcomes, timezone="UTC")
    weeks = compute_agreement(contacts, agreement=agreement, now=at(now), horizon_days=horizon_days).set_index("week")
    return weeks, list_waiting(contacts, joined, agreement=agreement, now=at(now))


SCORES = [
    ("on time", at("02T09"), SALES, 0.3),
    ("late", at("02T10"), SALES, 0.4),
    ("accepted at once", at("03T09"), SALES, 0.5),
    ("never touched", at("04T09"), SALES, 0.6),
    ("held back", at("04T09"), NURTURE, 0.1),
    ("still in time", at("10T09"), SALES, 0.2),
]
OUTCOMES = [
    ("on time", "contacted", at("03T08")),
    ("late", "contacted", at("03T11")),
    ("accepted at once", "accepted", at("03T10")),
]


def test_by_hand():
    weeks, waiting = read(SCORES, OUTCOMES, now="10T12")
    first, second = weeks.loc["2026-03-02"], weeks.loc["2026-03-09"]
    assert first[["handed_over", "on_time", "late", "waiting"]].tolist() == [4, 2, 2, 0]
    assert first["hours"] == 23  # of 23, 25 and 1
    assert first[["volume", "response", "acceptance"]].tolist() == ["kept", "broken", "open"]
    assert second[["handed_over", "on_time", "late", "waiting"]].tolist() == [1, 0, 0, 1]
    assert second[["volume", "response", "acceptance"]].tolist() == ["open", "open", "open"]
    assert waiting["lead_id"].tolist() == ["never touched", "still in time"]
    assert waiting["overdue"].tolist() == [True, False]
    assert waiting["due_at"].tolist() == [at("05T09"), at("11T09")]


def test_what_was_not_agreed_on_is_not_judged():
    weeks, waiting = read(SCORES, OUTCOMES, now="10T12", agreed={})
    assert weeks[["volume", "response", "acceptance"]].to_numpy().tolist() == [["", "", ""]] * 2
    assert waiting["overdue"].tolist() == [False, False]
    assert waiting["due_at"].isna().all()


@pytest.mark.parametrize(("agreed", "verdict"), [(0.9, "broken"), (0.2, "kept")])
def test_an_acceptance_is_broken_where_its_interval_lies_below(agreed, verdict):
    scores = [(f"L{number}", at("02T09"), SALES, 0.3) for number in range(40)]
    outcomes = [(f"L{number}", "accepted" if number < 20 else "recycled", at("04T09")) for number in range(40)]
    weeks, _ = read(scores, outcomes, now="20T09", agreed={"acceptance": agreed})
    assert weeks["acceptance"].tolist() == [verdict]


@pytest.mark.parametrize(("now", "volume"), [("08T23", "open"), ("09T00", "broken")])
def test_a_week_is_judged_when_it_is_over(now, volume):
    weeks, _ = read([("A", at("02T09"), SALES, 0.3)], [], now=now)
    assert weeks["volume"].tolist() == [volume]


def test_a_date_without_a_time_is_in_time_on_its_day():
    weeks, waiting = read([("A", at("02T09"), SALES, 0.3)], [("A", "contacted", at("02"))], now="08T00")
    assert weeks["hours"].tolist() == [0.0]
    assert waiting.empty


def test_a_contact_belongs_to_the_episode_in_which_it_happened():
    """Contacted, sent back, scored again: the second episode waits."""
    scores = [("A", at("02T09"), SALES, 0.3), ("A", at("09T09"), SALES, 0.7)]
    outcomes = [("A", "contacted", at("02T10")), ("A", "recycled", at("03T10"))]
    weeks, waiting = read(scores, outcomes, now="09T12")
    assert weeks["hours"].tolist()[0] == 1
    assert waiting[["lead_id", "probability", "waiting_hours"]].to_numpy().tolist() == [["A", 0.7, 3.0]]


def test_a_contact_is_no_outcome():
    """Between being sent back and the next score, a call does not hide that the lead was sent back."""
    scores = [("A", at("02T09"), SALES, 0.3), ("A", at("09T09"), SALES, 0.7)]
    outcomes = [("A", "recycled", at("03T10")), ("A", "contacted", at("04T10"))]
    frame = pd.DataFrame(outcomes, columns=["lead_id", "kind", "occurred_at"]).astype({"occurred_at": "datetime64[us, UTC]"})
    joined = join_outcomes(
        pd.DataFrame(scores, columns=["lead_id", "as_of", "decision", "probability"]).assign(explore=False), frame, timezone="UTC"
    )
    assert joined["episode"].nunique() == 2
    assert joined["recycled"].tolist() == [True, False]


def test_a_lead_that_sales_says_nothing_about_is_not_accepted_once_its_horizon_has_passed():
    weeks, _ = read(SCORES, OUTCOMES, now="10T12", horizon_days=5)
    assert weeks["acceptance"].tolist() == ["kept", "open"]
    silent = [(f"L{number}", at("02T09"), SALES, 0.3) for number in range(20)]
    weeks, _ = read(silent, [("L0", "accepted", at("03T09"))], now="20T12", horizon_days=5)
    assert weeks["acceptance"].tolist()[0] == "broken"


def test_a_week_without_leads_breaks_the_volume_and_nothing_else():
    weeks, _ = read([SCORES[0], ("weeks later", at("17T09"), SALES, 0.3)], OUTCOMES, now="31T12")
    assert weeks.index.strftime("%d").tolist() == ["02", "09", "16", "23"]
    assert weeks["handed_over"].tolist() == [1, 0, 1, 0]
    assert weeks["volume"].tolist() == ["broken"] * 4
    assert weeks["response"].tolist() == ["kept", "", "broken", ""]
    assert weeks["conversion"].isna().tolist() == [False, True, False, True]


def test_a_lead_is_due_soon_in_the_last_quarter_of_the_agreed_time():
    scores = [(name, at("02T00"), SALES, 0.3) for name in ("A", "B")]
    for now, hours, soon, late in (("02T17", 7.0, False, False), ("02T20", 4.0, True, False), ("03T03", -3.0, False, True)):
        _, waiting = read(scores, [], now=now)
        assert waiting["hours_left"].tolist() == [hours] * 2
        assert waiting[["due_soon", "overdue"]].to_numpy().tolist() == [[soon, late]] * 2
    _, waiting = read(scores, [], now="02T20", agreed={})
    assert waiting["hours_left"].isna().all()
    assert not waiting[["due_soon", "overdue"]].to_numpy().any()


AMOUNTS = {"A": 100.0, "B": 1000.0, "C": None, "D": "many", "E": 300.0, "F": -5.0, "G": True}


@pytest.mark.parametrize(("column", "order"), [("", "ABCDEFG"), ("size", "BCDAEFG"), ("other", "ABCDEFG")])
def test_a_lead_that_may_bring_more_comes_first(database, column, order):
    probability = dict(zip("ABCDEFG", (0.9, 0.8, 0.7, 0.6, 0.2, 0.1, 0.05), strict=True))
    database.write(
        [make_score(name, at=NOON, probability=probability[name], features={"size": amount}) for name, amount in AMOUNTS.items()]
    )
    agreement = make_settings({"agreement": {"amount_column": column}}).agreement
    queue = list_queue(database, timezone="UTC", agreement=agreement, now=NOON + timedelta(hours=1)).set_index("lead_id")
    assert list(queue.index) == list(order)
    if column == "size":
        assert queue["amount"].dropna().to_dict() == {"A": 100.0, "B": 1000.0, "E": 300.0}
        assert queue["value"].round(9).to_dict() == {name: round(probability[name] * (AMOUNTS[name] if name in "ABE" else 300), 9)
                                                     for name in "ABCDEFG"}  # fmt: skip
    else:
        assert queue["value"].isna().all()


def test_a_lead_waits_until_the_horizon_has_passed(database):
    database.write([make_score("A")])
    agreement = make_settings().agreement
    for days, waiting in ((29, ["A"]), (31, [])):
        now = NOON + timedelta(days=days)
        queue = list_queue(database, timezone="UTC", agreement=agreement, now=now, horizon_days=30.0)
        assert queue["lead_id"].tolist() == waiting
    assert list_queue(database, timezone="UTC", agreement=agreement, now=NOON + timedelta(days=999))["lead_id"].tolist() == ["A"]


def test_an_id_of_either_length_is_one_lead(database):
    database.write([make_score("00Q5g000000XyzAEAS"), make_outcome("00Q5g000000XyzA", "contacted", occurred_at=NOON + MINUTE)])
    agreement = make_settings().agreement
    assert list_queue(database, timezone="UTC", agreement=agreement, now=NOON + timedelta(days=1)).empty
