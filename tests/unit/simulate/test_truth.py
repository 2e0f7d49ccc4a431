"""The true probabilities: calibrated, as hard to predict as in life, and based on what was known in time."""

import math

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_series_equal
from sklearn.metrics import roc_auc_score
from unit.simulate.firms import award, compute_mature, compute_outcomes, make_events, make_lead

from predictor.simulate.files import save_firm
from predictor.simulate.firm import simulate_firm
from predictor.simulate.truth import BASE, STRENGTH, WITHIN_HORIZON, DecayedSums, true_probability

OUTCOMES = ["sql_at", "recycled_at", "recycle_reason", "opportunity_at", "amount"]


def test_the_truth_is_calibrated(firm):
    mature = compute_mature(firm.leads)
    probability = firm.truth["probability"][mature]
    bins = pd.qcut(probability, 10)
    hits, expected = (values.groupby(bins, observed=True).sum() for values in (compute_outcomes(firm.leads)[mature], probability))
    spread = np.sqrt((probability * (1 - probability)).groupby(bins, observed=True).sum())
    assert ((hits - expected).abs() / spread).max() < 3.5


def test_the_task_is_as_hard_as_in_life(firm):
    mature = compute_mature(firm.leads)
    outcomes = compute_outcomes(firm.leads)[mature]
    assert 0.16 < outcomes.mean() < 0.195
    assert 0.60 < roc_auc_score(outcomes, award(firm).total[mature]) < 0.70
    assert 0.75 < roc_auc_score(outcomes, firm.truth["probability"][mature]) < 0.85
    assert 0.05 < (firm.truth["probability"] > 0.4).mean() < 0.20


def test_the_truth_knows_only_what_was_known_at_mql_at(small):
    moment = small.leads.groupby("lead_id")["mql_at"].max()
    past = small.events[small.events["occurred_at"] <= small.events["lead_id"].map(moment)]
    assert len(past) < len(small.events) * 0.8
    again = true_probability(small.leads.drop(columns=OUTCOMES), past)
    assert_series_equal(again, small.truth["probability"])


def test_the_order_of_rows_does_not_matter(small):
    leads, events = small.leads.sample(frac=1, random_state=0), small.events.sample(frac=1, random_state=0)
    again = true_probability(leads, events)
    assert_series_equal(again.sort_index(), small.truth["probability"], rtol=0, atol=1.01e-6)


def test_an_event_after_a_first_episode_changes_only_the_second():
    leads = pd.concat([make_lead(mql_at="2025-03-01"), make_lead(mql_at="2025-06-01")], ignore_index=True)
    visit = make_events(["2025-05-31"], "pricing_page_view")
    without, with_visit = (true_probability(leads, events) for events in (visit.iloc[:0], visit))
    assert with_visit[0] == without[0]
    assert with_visit[1] > without[1]


def test_where_earlier_episodes_matter_the_truth_changes_for_leads_that_come_back_alone():
    firm = simulate_firm(400, 1, earlier=1.0)
    without, again = simulate_firm(400, 1), firm.leads.duplicated("lead_id")
    assert again.sum() > 20
    assert_series_equal(true_probability(firm.leads, firm.events, earlier=1.0), firm.truth["probability"])
    changed = true_probability(firm.leads, firm.events) != firm.truth["probability"]
    assert not changed[~again].any()
    assert changed[again].mean() > 0.5
    assert_series_equal(without.truth["probability"][~again], firm.truth["probability"][~again])


def test_where_accounts_differ_leads_of_one_account_share_what_no_column_tells():
    firm = simulate_firm(400, 1, accounts=1.5)
    assert_series_equal(true_probability(firm.leads, firm.events, accounts=1.5), firm.truth["probability"])
    odds = [np.log(p / (WITHIN_HORIZON - p)) for p in (firm.truth["probability"], true_probability(firm.leads, firm.events))]
    moved = (odds[0] - odds[1]).groupby(firm.leads["account_id"].fillna("none")).agg(["min", "max"])
    assert_series_equal(moved["min"], moved["max"], check_names=False, atol=0.02)  # probabilities have six digits
    assert moved["min"].std() == pytest.approx(1.5, rel=0.2)
    assert moved.loc["none", "min"] == pytest.approx(0, abs=0.02)


def test_the_written_tables_give_the_true_probabilities(small, tmp_path):
    save_firm(small, tmp_path)
    leads, events = pd.read_csv(tmp_path / "leads.csv"), pd.read_csv(tmp_path / "events.csv")
    leads["mql_at"], events["occurred_at"] = pd.to_datetime(leads["mql_at"]), pd.to_datetime(events["occurred_at"])
    truth = pd.read_csv(tmp_path / "truth.csv")
    assert truth.columns.tolist() == ["lead_id", "mql_at", "probability"]
    np.testing.assert_array_equal(true_probability(leads, events), truth["probability"])


def test_the_truth_by_hand():
    # Every attribute is missing: country, department, size, revenue, industry, seniority, source, mailbox.
    fit = -0.1 - 0.1 - 0.3 - 0.05 - 0.1 - 0.25 - 0.1 - 0.1
    intent = -1.3  # it did nothing
    together = STRENGTH * (fit + intent + 0.35 * math.tanh(fit) * math.tanh(intent))
    expected = WITHIN_HORIZON / (1 + math.exp(-BASE - together))
    lead, nothing = make_lead(mql_at="2025-07-01"), make_events([], "blog_view")
    assert true_probability(lead, nothing, drift=0)[0] == pytest.approx(expected, abs=1e-6)
    assert true_probability(lead, nothing, signal=0, drift=0)[0] == pytest.approx(
        WITHIN_HORIZON / (1 + math.exp(-BASE)), abs=1e-6
    )


def test_nine_in_ten_delays_lie_within_the_horizon():
    # ln(30 / 7) = 1.4553; the normal distribution below it holds 0.9272.
    assert pytest.approx(0.9272, abs=1e-4) == WITHIN_HORIZON


def test_decayed_sums_by_hand():
    leads = pd.DataFrame({"lead_id": ["A", "A", "B"]})
    moments = pd.to_datetime(["2025-01-11", "2025-01-21", "2025-01-11"], utc=True).as_unit("s").asi8
    events = make_events(["2025-01-01", "2025-01-21", "2025-01-22"], "blog_view").assign(lead_id="A")
    sums = DecayedSums(leads["lead_id"], moments, events)
    assert sums.compute(["blog_view"], 10).tolist() == [0.5, 1.25, 0.0]
    assert sums.compute(["page_view"], 10).tolist() == [0.0, 0.0, 0.0]
    assert sums.again.tolist() == [0.0, 1.0, 0.0]


def test_without_signal_and_drift_all_leads_are_alike():
    probability = simulate_firm(200, seed=1, signal=0, drift=0).truth["probability"]
    assert probability.min() == probability.max()
