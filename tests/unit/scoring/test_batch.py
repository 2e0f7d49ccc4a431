"""A table of leads gets the answers that its leads get one by one."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from helpers import draw_leads, make_firm

from predictor.core.errors import TableError
from predictor.core.settings import load_settings
from predictor.data.events.table import tabulate_events
from predictor.data.values import Event
from predictor.points.rulebook import parse_rule_book
from predictor.scoring.answer import Lead
from predictor.scoring.batch import award_leads, score_leads
from predictor.scoring.scorer import Scorer
from predictor.training.train import save_trained, train

NOW = pd.Timestamp("2026-06-30 12:00", tz="UTC")
BOOK = """
name = "small"
gate = 30
rules = [
  {name = "Software", group = "industry", attribute = "industry", equals = "Software", points = 20},
  {name = "Pricing", group = "website", event = "pricing_page_view", points = 15, per_event = true, cap = 45, half_life_days = 9},
]
"""
EVENTS = pd.DataFrame({
    "lead_id": ["A", "A", "B", "nobody"],
    "occurred_at": ["2026-06-01", "2026-06-29T23:00:00Z", "2026-07-01", "2026-06-01"],
    "event_type": "pricing_page_view",
})  # fmt: skip


@pytest.fixture(scope="module")
def scorer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("firm")
    (folder / "book.toml").write_text(BOOK)
    leads = draw_leads().drop(columns="score").assign(founded=np.where(np.arange(400) % 3, "2001-05-01", "2024-12-01"))
    draw = np.random.default_rng(1)
    active = leads.sample(200, random_state=1)
    days = pd.to_timedelta(draw.integers(1, 30, 200), unit="D")
    events = pd.DataFrame({"lead_id": active["lead_id"], "occurred_at": pd.to_datetime(active["mql_at"]) - days})
    events.assign(event_type="pricing_page_view").to_csv(folder / "events.csv", index=False)
    path = make_firm(folder, leads, data={"leads": "leads.csv", "events": "events.csv"}, roles={"points": []},
                     points={"rule_book": "book.toml", "gate": "rule_book"})  # fmt: skip
    return Scorer.load(save_trained(train(load_settings(path)), folder / "models", now=datetime(2026, 3, 31, tzinfo=UTC)).folder)


def score(scorer, raw, events=None):
    return score_leads(scorer, pd.DataFrame(raw), events, now=NOW)


def test_a_table_gets_the_answers_of_its_leads_one_by_one(scorer):
    raw = pd.DataFrame({
        "lead_id": ["A", "B", "C"], "industry": ["Software", "retail ", "Fintech"], "employees": ["250", None, "n/a"],
        "founded": ["2020-01-01", "2026-07-01", None],
    })  # fmt: skip
    answers, findings = score(scorer, raw, EVENTS)
    assert [finding.code for finding in findings if finding.code != "MODEL001"] == ["EVENT007", "EVENT004"], findings
    for place, values in enumerate(raw.astype(object).where(raw.notna(), None).to_dict("records")):
        lead_id = values.pop("lead_id")
        moments = pd.to_datetime(EVENTS.loc[EVENTS["lead_id"] == lead_id, "occurred_at"], format="ISO8601", utc=True)
        events = tuple(Event(moment.to_pydatetime(), "pricing_page_view") for moment in moments)
        alone = scorer.score_lead(Lead(lead_id, NOW.to_pydatetime(), values, events=events))
        row = answers.iloc[place]
        assert (row["lead_id"], row["probability"], row["low"], row["high"]) == (lead_id, alone.probability, *alone.interval)
        assert (row["decision"], row["grade"], row["points"]) == (alone.decision, alone.grade, alone.points.total)
        assert row["points_decision"] == alone.points.decision
    assert "LEAD021 Unknown industry 'Fintech'" in answers["warnings"].iloc[2]


def test_moment_is_as_of_then_mql_at_then_now(scorer):
    raw = {"lead_id": ["A"] * 4, "founded": "2026-01-01", "as_of": ["2026-06-02", None, "", None],
           "mql_at": ["2026-06-30", "2026-06-02", "2026-06-02", None]}  # fmt: skip
    points = score(scorer, raw, EVENTS)[0]["points"].tolist()
    assert points[0] == points[1] == points[2] == pytest.approx(15 * 0.5 ** (1 / 9))
    assert points[3] == pytest.approx(15 * 0.5 ** (29.5 / 9) + 15 * 0.5 ** (13 / 24 / 9))


def test_order_of_rows_and_their_index_change_nothing(scorer):
    raw = draw_leads(30).drop(columns=["sql_at", "score"])
    answers, _ = score(scorer, raw, EVENTS)
    order = np.random.default_rng(0).permutation(30)
    shuffled, _ = score(scorer, raw.iloc[order].set_axis([7] * 30), EVENTS.iloc[::-1])
    pd.testing.assert_frame_equal(answers.iloc[order].reset_index(drop=True), shuffled)


def test_events_after_the_moment_change_nothing(scorer):
    raw = {"lead_id": ["A", "B"], "as_of": "2026-06-30"}
    late = pd.concat([EVENTS, EVENTS.assign(occurred_at="2026-06-30T00:00:00.000001Z")])
    pd.testing.assert_frame_equal(score(scorer, raw, EVENTS)[0], score(scorer, raw, late)[0])


def test_keys_of_two_files_match_whatever_their_types(scorer):
    events = EVENTS.assign(lead_id=["1", "1", "2", "3"])
    of_texts, _ = score(scorer, {"lead_id": ["1", "2"]}, events)
    of_numbers, findings = score(scorer, {"lead_id": [1, 2]}, events)
    pd.testing.assert_frame_equal(of_texts, of_numbers)
    assert of_texts["points"].iloc[0] > 0
    assert next(f for f in findings if f.code == "EVENT007").what.startswith("1 event of 4")


def test_one_bad_row_fails_alone(scorer):
    answers, _ = score(scorer, {"lead_id": ["A", "B"], "employees": ["many", "3"], "founded": [None, "2020-01-01"]})
    assert answers["probability"].isna().tolist() == [True, False]
    assert "this text is no number" in answers["warnings"].iloc[0]
    assert "many" not in answers["warnings"].iloc[0]


def test_a_row_without_a_moment_or_a_key_fails_alone(scorer):
    raw = {"lead_id": ["A", "B", None, "D"], "as_of": ["2026-01-01", "soon", "2026-01-01", "n/a"]}
    answers, _ = score(scorer, raw)
    assert answers["probability"].isna().tolist() == [False, True, True, False]
    assert answers["warnings"].str.split(" ").str[0].tolist()[1:3] == ["LEAD003", "LEAD006"]


@pytest.mark.parametrize(
    ("raw", "match"),
    [
        ({"lead": ["A"]}, "LEAD001 There is no column 'lead_id'"),
        ({"lead_id": []}, "LEAD002 The table of leads is empty"),
    ],
)
def test_tables_that_are_refused(scorer, raw, match):
    with pytest.raises(TableError, match=match):
        score(scorer, raw)


def test_events_that_are_refused(scorer):
    with pytest.raises(TableError, match="The table of events cannot be used"):
        score(scorer, {"lead_id": ["A"]}, EVENTS.drop(columns="event_type"))


def test_awards_need_dates_only_for_rules_on_events():
    frame = pd.DataFrame({"lead_id": ["A", "B"], "industry": ["software", None]})
    book = parse_rule_book(BOOK, "book.toml")
    events = EVENTS.assign(occurred_at=pd.to_datetime(EVENTS["occurred_at"], format="ISO8601", utc=True))
    events = tabulate_events(events)
    as_of = pd.Series([NOW, NOW])
    assert award_leads(None, frame, as_of=None, events=None) is None
    assert award_leads(book, frame, as_of=None, events=events).total.tolist() == [20.0, 0.0]  # undated: attributes only
    assert award_leads(book, frame, as_of=as_of, events=events).total.tolist() == pytest.approx(
        [20 + 15 * (0.5 ** (29.5 / 9) + 0.5 ** (13 / 216)), 0]
    )


def test_events_join_under_both_lengths_of_a_salesforce_id_and_answers_have_the_id_of_the_file(scorer):
    ids = ["00Q5g000000XyzA", "00Q5g000000xYzAEAU"]
    raw = pd.DataFrame({"lead_id": ids, "industry": "Software"})
    events = {"lead_id": ["00Q5g000000XyzAEAS", "00Q5g000000xYzA"], "event_type": "pricing_page_view"}
    others = pd.DataFrame(events).assign(occurred_at="2026-06-29")
    answers, findings = score(scorer, raw, others)
    assert answers["lead_id"].tolist() == ids
    assert answers["points"].tolist() == score(scorer, raw, others.assign(lead_id=ids))[0]["points"].tolist()
    assert "EVENT007" not in {finding.code for finding in findings}
    assert answers["points"].tolist() > score(scorer, raw)[0]["points"].tolist()
