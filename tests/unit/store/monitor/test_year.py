"""A simulated year of scores: what the monitor says is what a plain script finds in the simulator's truth."""

import numpy as np
import pandas as pd
import pytest

from predictor.simulate.firm import simulate_firm
from predictor.store.episodes import join_outcomes
from predictor.store.monitor.expected import LevelError, choose_pending, compute_expected, draw_accepted, estimate_metrics
from predictor.store.monitor.opportunities import compute_revenue
from predictor.store.monitor.ways import compute_exploration, compute_reasons, compute_ways
from predictor.store.monitor.weeks import compute_promises, compute_weeks, label_mature

HORIZON, GATE, BAND = 30.0, 0.15, (0.2, 0.3)
WEEK, DAY = pd.Timedelta(days=7), pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def year():
    """Scores of 2,000 leads by their true probability, one lead in ten at random, and the outcomes of the simulated sales."""
    firm = simulate_firm(2000, seed=11, drift=0.0)
    leads = firm.leads.assign(probability=firm.truth["probability"].to_numpy())
    leads = leads.drop_duplicates("lead_id").reset_index(drop=True)
    moments = {name: pd.to_datetime(leads[name], utc=True) for name in ("mql_at", "sql_at")}
    random = np.random.default_rng(0)
    explore = (random.random(len(leads)) < 0.1) & (leads["probability"] < GATE)
    scores = pd.DataFrame({
        "lead_id": leads["lead_id"], "as_of": moments["mql_at"], "scored_at": moments["mql_at"],
        "answer_id": leads.index.astype(str), "model": "m",
        "probability": leads["probability"], "decision": np.where(leads["probability"] >= GATE, "route_to_sales", "nurture"),
        "explore": explore, "points": random.integers(0, 100, len(leads)).astype(float), "challenger_probability": 0.2,
    })  # fmt: skip
    accepted = leads[moments["sql_at"].notna()]
    outcomes = pd.DataFrame({
        "lead_id": accepted["lead_id"], "kind": "accepted", "occurred_at": moments["sql_at"][accepted.index],
        "reason": None, "amount": np.nan, "currency": None,
    })  # fmt: skip
    return scores, outcomes.sample(frac=1, random_state=0, ignore_index=True)


@pytest.fixture(scope="module")
def until(year):
    return year[0]["as_of"].max() - 20 * DAY


@pytest.fixture(scope="module")
def joined(year, until):
    scores, outcomes = year
    return join_outcomes(scores[scores["as_of"] <= until], outcomes[outcomes["occurred_at"] <= until], timezone="UTC")


@pytest.fixture(scope="module")
def plain(year, until):
    """The same year, lead by lead, without the product."""
    scores, outcomes = year
    leads = scores[scores["as_of"] <= until].copy()
    sql_at = outcomes[outcomes["occurred_at"] <= until].set_index("lead_id")["occurred_at"]
    leads["sql_at"] = leads["lead_id"].map(sql_at)
    leads["monday"] = [moment.date() - pd.Timedelta(days=moment.weekday()) for moment in leads["as_of"]]
    leads["got"] = (leads["probability"] >= GATE) | leads["explore"]
    leads["mature"] = leads["as_of"] + HORIZON * DAY <= until
    leads["yes"] = (leads["sql_at"] - leads["as_of"]) <= HORIZON * DAY
    return leads


def test_the_weeks_are_those_of_a_plain_script(joined, plain, until):
    weeks = compute_weeks(joined, horizon_days=HORIZON, observed_until=until, band=BAND)
    assert len(weeks) > 90
    for row in weeks.to_dict("records"):
        leads = plain[plain["monday"] == row["week"].date()]
        got = leads[leads["got"]]
        accepted = got["sql_at"].notna()
        assert (row["scored"], row["handed_over"], row["accepted"], row["open"]) == (
            len(leads), len(got), accepted.sum(), len(got) - accepted.sum(),
        )  # fmt: skip
        if accepted.any():
            days = (got["sql_at"] - got["as_of"]).dropna() / DAY
            assert row["days_to_sql"] == pytest.approx(np.median(days))
            assert row["days_to_sql_90"] == pytest.approx(np.percentile(days, 90))
        if not got["mature"].all():
            assert row["verdict"] == "open"
    assert weeks["scored"].sum() == len(plain)
    assert {"in band", "open"} <= set(weeks["verdict"])


def test_the_promises_are_those_of_a_plain_script(joined, plain, until):
    promises = compute_promises(joined, horizon_days=HORIZON, observed_until=until)
    known = plain[plain["mature"]].groupby("monday")
    assert promises["leads"].tolist() == known.size().tolist()
    np.testing.assert_allclose(promises["promised"], known["probability"].mean())
    np.testing.assert_allclose(promises["realised"], known["yes"].mean())
    broken = promises["verdict"].ne("as promised").mean()
    assert broken < 0.15  # the promises are the truth, so that about 1 in 20 is off by chance


def test_points_challenger_and_exploration(joined, plain, until):
    mature = label_mature(joined, horizon_days=HORIZON, observed_until=until)
    known = plain[plain["mature"]]
    ways = compute_ways(mature).set_index("rival")
    assert ways.loc["challenger", ["verdict", "auc"]].tolist() == ["worse", 0.5]
    assert ways.loc["points", "model_auc"] == pytest.approx(_count_auc(known["yes"], known["probability"]))
    assert ways.loc["points", "auc"] == pytest.approx(_count_auc(known["yes"], known["points"]))
    [explored] = compute_exploration(mature).to_dict("records")
    random, held = known[known["explore"]], known[~known["got"]]
    assert (explored["leads"], explored["accepted"], explored["held_back"]) == (len(random), random["yes"].sum(), len(held))
    assert explored["missed"] == pytest.approx(len(held) * random["yes"].mean())


def test_what_is_expected_of_pending_leads_comes_true(year, joined, until):
    episodes, pending = choose_pending(joined, horizon_days=HORIZON, observed_until=until)
    expected = compute_expected(episodes, pending=pending, error=LevelError(0.0))
    scores, outcomes = year
    sql_at = scores["lead_id"].map(outcomes.set_index("lead_id")["occurred_at"])
    truth = scores.assign(yes=(sql_at - scores["as_of"]) <= HORIZON * DAY)
    assert len(expected) >= 4
    for row in expected.to_dict("records"):
        start = row["week"].tz_localize("UTC")
        leads = truth[(truth["as_of"] >= start) & (truth["as_of"] < start + WEEK) & (truth["as_of"] <= until)]
        assert row["leads"] == len(leads)
        assert row["expected"] == pytest.approx(leads["probability"].sum())
        assert row["expected_low"] <= leads["yes"].sum() <= row["expected_high"]


@pytest.mark.parametrize("level", [0.0, 0.3])
def test_bands_hold_at_their_rate_when_other_leads_come(level):
    """Of 300 weeks of better leads than those of the training, about 95 in 100 lie in the bands."""
    random, inside = np.random.default_rng(5), []
    for _ in range(300):
        probability = random.beta(3, 6, size=150)  # the mix has moved; what a probability means has not
        odds = np.log(probability / (1 - probability)) + random.normal(0, level)
        outcome = random.random(150) < 1 / (1 + np.exp(-odds))
        low, high = draw_accepted(probability, LevelError(level))
        metrics = estimate_metrics(probability, LevelError(level)).set_index("metric")
        loss = -np.where(outcome, np.log(probability), np.log(1 - probability)).mean()
        auc = _count_auc(outcome, probability)
        figures = {"log_loss": loss, "auc": auc}
        inside.append([
            low <= outcome.sum() <= high,
            *(metrics.loc[name, "low"] - 1e-3 <= figure <= metrics.loc[name, "high"] + 1e-3 for name, figure in figures.items()),
        ])  # fmt: skip
    rates = np.mean(inside, axis=0)
    assert ((rates > 0.91) & (rates < 0.99)).all(), rates


def test_a_moved_base_rate_cannot_be_seen_before_outcomes():
    """Sales accepts half as many as before: the band stays where it was, and the truth lies below it."""
    probability = np.full(1000, 0.3)
    low, _ = draw_accepted(probability, LevelError(0.05))
    assert (np.random.default_rng(0).random(1000) < 0.15).sum() < low


def test_reasons_and_revenue():
    outcomes = pd.DataFrame({
        "kind": ["recycled", "recycled", "recycled", "opportunity", "opportunity", "opportunity"],
        "reason": ["no budget", "no budget", None, None, None, None],
        "amount": [np.nan, np.nan, np.nan, 1000.0, 500.0, np.nan],
        "currency": [None, None, None, "EUR", "USD", "EUR"],
    })  # fmt: skip
    assert compute_reasons(outcomes).values.tolist() == [["no budget", 2], ["(none given)", 1]]
    assert compute_revenue(outcomes[outcomes["kind"].eq("opportunity")]).values.tolist() == [
        ["EUR", 2, 1, 1000.0],
        ["USD", 1, 1, 500.0],
    ]


def _count_auc(outcome, score):
    """Every pair of an accepted lead and another one, ties counting half."""
    yes, no = np.asarray(score)[np.asarray(outcome, bool)], np.asarray(score)[~np.asarray(outcome, bool)]
    above = yes[:, None] - no[None, :]
    return ((above > 0) + 0.5 * (above == 0)).mean()
