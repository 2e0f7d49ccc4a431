"""Which stored scores are used for training: those by which sales got the lead, one an episode."""

import numpy as np
import pandas as pd
import pytest

from predictor.store.episodes import check_episodes, compute_episodes

START = pd.Timestamp("2026-03-01T12:00", tz="UTC")
OUTCOMES = ["lead_id", "kind", "occurred_at"]


def at(day):
    return START + pd.Timedelta(days=day)


def make_score(lead_id, day, decision="route_to_sales", rate=None, features=(("size", 1.0),)):
    explored = {"explore": rate is not None, "explore_rate": np.nan if rate is None else rate}
    return {"lead_id": lead_id, "as_of": at(day), "decision": decision, "features": dict(features) or None} | explored


def compute(scores, *outcomes):
    frame = pd.DataFrame([dict(zip(OUTCOMES, outcome, strict=True)) for outcome in outcomes], columns=OUTCOMES)
    return compute_episodes(pd.DataFrame(scores), frame, timezone="UTC")


def list_days(episodes):
    """Lead, day of its row and day of its acceptance (None: none), oldest first."""
    rows = episodes.frame.itertuples()
    return [(row.lead_id, (row.mql_at - START).days, None if pd.isna(row.sql_at) else (row.sql_at - START).days) for row in rows]


def test_a_lead_scored_again_is_one_episode_and_its_first_hand_over_counts():
    scores = [make_score("A", 1, "nurture"), make_score("A", 2), make_score("A", 2), make_score("A", 5)]
    assert list_days(compute(scores, ("A", "accepted", at(9)))) == [("A", 2, 9)]


def test_a_lead_that_was_sent_back_and_scored_again_is_another_episode():
    scores = [make_score("A", 1), make_score("A", 20), make_score("A", 21)]
    episodes = compute(scores, ("A", "recycled", at(5)), ("A", "accepted", at(30)))
    assert list_days(episodes) == [("A", 1, None), ("A", 20, 30)]


def test_a_lead_that_was_sent_back_and_accepted_later_is_accepted():
    assert list_days(compute([make_score("A", 1)], ("A", "recycled", at(5)), ("A", "accepted", at(8)))) == [("A", 1, 8)]


def test_an_opportunity_counts_as_acceptance_and_the_first_of_them_counts():
    assert list_days(compute([make_score("A", 1)], ("A", "opportunity", at(5)))) == [("A", 1, 5)]
    assert list_days(compute([make_score("A", 1)], ("A", "opportunity", at(9)), ("A", "accepted", at(5)))) == [("A", 1, 5)]


def test_training_leaves_out_what_was_held_back_even_if_accepted():
    scores = [make_score("A", 1, "nurture"), make_score("B", 1, "nurture"), make_score("C", 2)]
    episodes = compute(scores, ("A", "accepted", at(9)))
    assert list_days(episodes) == [("C", 2, None)]
    assert episodes.left_out == {"held back": 1, "held back, accepted anyway": 1}
    texts = [str(finding) for finding in check_episodes(episodes)]
    assert texts[0] == "STORE001 Training uses 1 episode of the store: those that were handed to sales."
    assert texts[1].startswith(
        "STORE002 The model held back 2 episodes, which training leaves out (1 were accepted anyway). All figures"
    )


def test_a_lead_handed_over_at_random_counts_for_the_similar_ones_held_back():
    scores = [make_score("A", 1, "nurture", rate=0.05), make_score("B", 2), make_score("C", 3, "nurture")]
    episodes = compute(scores)
    assert episodes.frame["sample_weight"].tolist() == [20, 1]
    texts = [str(finding) for finding in check_episodes(episodes)]
    assert "handed to sales, 1 of them at random, with a weight of 20 leads." in texts[0]
    assert [finding.severity for finding in check_episodes(episodes)] == ["tip", "tip"]


def test_exploration_at_a_rate_that_was_not_stored_counts_as_one_with_a_finding():
    episodes = compute([make_score("A", 1, "nurture", rate=np.nan)])
    assert episodes.frame["sample_weight"].tolist() == [1]
    assert [finding.code for finding in check_episodes(episodes)] == ["STORE001", "STORE003"]


def test_scores_without_features_and_those_after_acceptance_are_left_out_and_counted():
    scores = [make_score("A", 1, features=()), make_score("B", 1), make_score("B", 12), make_score("B", 13)]
    episodes = compute(scores, ("B", "accepted", at(9)))
    assert list_days(episodes) == [("B", 1, 9)]
    assert episodes.left_out == {"without features": 1, "scored after acceptance": 2}
    assert [finding.code for finding in check_episodes(episodes)] == ["STORE001", "STORE004", "STORE005"]


@pytest.mark.parametrize(("midnight", "accepted"), [("2026-03-02", True), ("2026-03-01", False)])
def test_a_date_without_a_time_means_the_whole_day(midnight, accepted):
    episodes = compute([make_score("A", 1)], ("A", "accepted", pd.Timestamp(midnight, tz="UTC")))
    assert list_days(episodes) == ([("A", 1, 1)] if accepted else [])
    assert episodes.left_out == ({} if accepted else {"scored after acceptance": 1})


def test_outcomes_of_leads_that_were_never_scored_and_empty_stores_give_no_rows():
    assert list_days(compute([make_score("A", 1)], ("B", "accepted", at(2)))) == [("A", 1, None)]
    empty = compute_episodes(pd.DataFrame([make_score("A", 1)]).head(0), pd.DataFrame(columns=OUTCOMES), timezone="UTC")
    assert empty.frame.empty
    assert str(empty.frame["mql_at"].dtype) == "datetime64[us, UTC]"
