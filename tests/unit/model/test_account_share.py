"""How the leads of an account count together: learned where they depend on each other, and not where they do not."""

import numpy as np
import pytest

from predictor.core.log_odds import expit, logit
from predictor.model.account_score import AccountRule, Waiting, fit_waiting
from predictor.model.account_share import (
    INDEPENDENT,
    AccountLeads,
    choose_share,
    fit_share,
    judge_accounts,
    list_moments,
)

HORIZON, FOLDS, DAYS = 30.0, 5, 700.0
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(40)


def draw_leads(seed, *, effect, accounts=900):
    """Accounts with one to four leads within two weeks. What a firm needs moves the log-odds of all of its leads alike.

    The probabilities are right for each lead by itself: the need is averaged out.
    """
    draw = np.random.default_rng(seed)
    account = np.repeat(np.arange(accounts), draw.integers(1, 5, accounts))
    n, need = len(account), draw.normal(size=accounts)
    at = draw.uniform(0, DAYS, accounts)[account] + draw.uniform(0, 14, n)
    base = draw.normal(-1.2, 0.7, n)
    probability = (expit(base[:, None] + effect * NODES) * (WEIGHTS / WEIGHTS.sum())).sum(axis=1)
    outcome = (draw.random(n) < expit(base + effect * need[account])).astype(float)
    after = np.where(outcome == 1, draw.uniform(1, HORIZON, n), draw.uniform(1, 60, n))
    return AccountLeads(
        account=account,
        lead=np.arange(n),
        at=at,
        closed_at=at + after,
        outcome=outcome,
        probability=probability,
        fold=(at / (DAYS + 14) * FOLDS).astype(int),
    )


def learn(leads):
    after, accepted = leads.closed_at - leads.at, leads.outcome == 1
    waiting = fit_waiting(
        leads.outcome, np.where(accepted, after, np.inf), np.where(accepted, np.inf, after), horizon_days=HORIZON
    )
    moments = list_moments(leads, waiting, known_until=np.inf)
    return moments, choose_share(moments, horizon_days=HORIZON)


@pytest.mark.parametrize("seed", range(4))
def test_leads_that_depend_on_each_other_gain_on_newer_accounts_and_others_count_as_independent(seed):
    moments, choice = learn(draw_leads(seed, effect=1.6))
    share = fit_share(moments)
    assert choice.learned
    assert share < 0.8
    newer, _ = learn(draw_leads(seed + 100, effect=1.6, accounts=4000))
    judged = judge_accounts(newer, share, tested="forward test")
    assert judged["log_loss"] < judged["independent"]["log_loss"] - 0.005
    assert abs(judged["promised"] - judged["accepted"]) < 0.04 < judged["independent"]["promised"] - judged["accepted"]
    moments, choice = learn(draw_leads(seed, effect=0.0))
    assert not choice.learned
    judged = judge_accounts(moments, INDEPENDENT, tested="forward test")
    assert abs(judged["promised"] - judged["accepted"]) < 0.03
    assert 0.8 < fit_share(moments) < 1.2


def test_too_few_moments_teach_nothing():
    leads = draw_leads(0, effect=1.6, accounts=30)
    moments, choice = learn(leads)
    assert not choice.learned
    assert choice.text.endswith("leads of one account depend on each other: they count as independent.")
    assert fit_share(moments.take(np.zeros(len(moments), dtype=bool))) == INDEPENDENT
    assert judge_accounts(moments.take(moments.at < 0), 1.0, tested="forward test")["text"] == (
        "Accounts: in the forward test no account had several open leads at once."
    )


def test_what_happens_later_changes_no_moment_before():
    """The law of time: leads, acceptances and returns after a moment change nothing of what was known at it."""
    leads, cut = draw_leads(1, effect=1.0), 350.0
    later = leads.at > cut
    draw = np.random.default_rng(7)
    closed = np.where((leads.closed_at > cut) & ~later, leads.closed_at + draw.uniform(0, 90, len(later)), leads.closed_at)
    changed = AccountLeads(
        account=np.where(later, draw.permutation(leads.account), leads.account),
        lead=leads.lead,
        at=np.where(later, leads.at + draw.uniform(0, 9, len(later)), leads.at),
        closed_at=closed,
        outcome=leads.outcome,
        probability=np.where(later, 0.5, leads.probability),
        fold=leads.fold,
    )
    waiting = Waiting(horizon_days=HORIZON)
    before, after = (list_moments(one, waiting, known_until=np.inf) for one in (leads, changed))
    known = [moments.take(moments.at <= cut) for moments in (before, after)]
    assert len(known[0]) > 300
    for name in ("likeliest", "others", "account", "at"):
        np.testing.assert_array_equal(getattr(known[0], name), getattr(known[1], name))


def test_moments_are_those_of_a_plain_loop():
    leads = draw_leads(3, effect=1.0, accounts=80)
    waiting = fit_waiting(leads.outcome, leads.closed_at - leads.at, np.full(len(leads.at), np.inf), horizon_days=HORIZON)
    rule = AccountRule(share=0.4, waiting=waiting)
    expected = []
    for one in range(len(leads.at)):
        now = leads.at[one]
        others = [
            other
            for other in range(len(leads.at))
            if leads.account[other] == leads.account[one]
            and leads.at[other] < now < min(leads.closed_at[other], leads.at[other] + HORIZON)
        ]
        if others:
            group = [one, *others]
            left = [waiting.discount(leads.probability[other], now - leads.at[other]) for other in group]
            expected.append((now, rule.combine(left), max(leads.outcome[group])))
    moments = list_moments(leads, waiting, known_until=np.inf)
    found = sorted(zip(moments.at, moments.predict(0.4), moments.outcome, strict=True))
    np.testing.assert_allclose(found, sorted(expected), rtol=0, atol=1e-9)


def test_a_lead_without_a_prediction_leaves_its_moments_out_and_one_of_the_same_person_counts_once():
    base = {"account": np.zeros(3, dtype=int), "at": np.array([0.0, 1.0, 2.0]), "closed_at": np.full(3, np.inf)}
    base |= {"outcome": np.zeros(3), "fold": np.zeros(3, dtype=int)}
    waiting = Waiting(horizon_days=10.0)
    half = np.full(3, 0.5)
    unknown = AccountLeads(**base, lead=np.arange(3), probability=np.array([np.nan, 0.5, 0.5]))
    assert len(list_moments(unknown, waiting, known_until=50)) == 0
    same = AccountLeads(**base, lead=np.array([0, 0, 1]), probability=half)
    assert list_moments(same, waiting, known_until=50).predict(1.0).tolist() == [0.75]
    assert len(list_moments(same, waiting, known_until=11.9)) == 0


def test_what_is_left_of_a_probability_is_right_for_leads_that_are_still_open():
    draw = np.random.default_rng(0)
    probability = draw.uniform(0.05, 0.6, 40_000)
    outcome = (draw.random(40_000) < probability).astype(float)
    after = np.where(outcome == 1, draw.exponential(6, 40_000).clip(0.1, 29), np.inf)
    recycled = np.where(outcome == 0, draw.exponential(20, 40_000), np.inf)
    waiting = fit_waiting(outcome[:20_000], after[:20_000], recycled[:20_000], horizon_days=HORIZON)
    for day in (2.0, 9.0):
        still = (np.minimum(after, recycled) > day)[20_000:]
        left = waiting.discount(probability[20_000:], day)[still]
        assert abs(left.mean() - outcome[20_000:][still].mean()) < 0.01
    assert waiting.discount([0.5], [30.0]).tolist() == [0.0]
    assert logit(waiting.discount([0.5], [0.0]))[0] == 0.0
