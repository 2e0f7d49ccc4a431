"""The choice of a calibrator: the simplest that keeps up with the best on newer leads."""

import numpy as np
import pytest
from scipy.special import expit

from predictor.core.errors import TrainingError
from predictor.model.calibrators import FITS
from predictor.model.calibrators.choose import choose_calibrator


def draw(n, curve, seed=0):
    random = np.random.default_rng(seed)
    score = random.normal(-1, 1.5, n)
    return score, (random.random(n) < curve(score)).astype(float)


def stairs(score):
    return 0.05 + 0.3 * (score > -1) + 0.3 * (score > 1)


@pytest.mark.parametrize(
    ("curve", "kind"),
    [
        (expit, "none"),
        (lambda score: expit(-0.5 + 0.5 * score), "sigmoid"),
        (lambda score: expit(np.where(score < 0, 2 * score, 0.4 * score)), "beta"),
        (stairs, "isotonic"),
    ],
)
def test_what_cannot_follow_the_truth_is_not_chosen_and_no_stairs_for_a_line(curve, kind):
    chosen = [choose_calibrator(*draw(4000, curve, seed)).kind for seed in range(8)]
    simpler = list(FITS)[: list(FITS).index(kind)]
    assert not set(chosen) & set(simpler)
    if kind in {"none", "sigmoid"}:
        assert not set(chosen) & {"isotonic", "venn_abers"}


def test_the_chosen_is_learned_and_told():
    choice = choose_calibrator(*draw(4000, stairs))
    assert choice.kind == choice.calibrator.kind
    assert choice.calibrator.n == 4000
    assert f"Calibrator '{choice.kind}'" in choice.text


def test_table_tells_every_kind_and_the_chosen_once():
    table = choose_calibrator(*draw(4000, stairs)).table
    assert table["kind"].tolist() == list(FITS)
    assert table["chosen"].sum() == 1
    assert (table["excess"] == table["log_loss"] - table["log_loss"].min()).all() or table["excess"].min() == 0
    chosen = table[table["chosen"]].iloc[0]
    assert chosen["excess"] <= 0.5 * chosen["error"]
    assert (table.loc[: chosen.name - 1, "excess"] > 0.5 * table.loc[: chosen.name - 1, "error"]).all()


def test_chosen_is_learned_from_all_leads():
    score, outcome = draw(4000, lambda score: expit(-0.5 + 0.5 * score))
    choice = choose_calibrator(score, outcome)
    assert choice.calibrator == FITS[choice.kind](score, outcome, None)


@pytest.mark.parametrize("n", [1, 30, 60])
def test_few_leads_get_a_sigmoid(n):
    choice = choose_calibrator(*draw(n, expit))
    assert (choice.kind, len(choice.table)) == ("sigmoid", 0)
    assert choice.text == "Too few leads to compare calibrators on, so a sigmoid is taken."


def test_rows_in_any_order_are_compared_in_the_order_of_time():
    score, outcome = draw(3000, stairs)
    order, mixed = np.arange(3000.0), np.random.default_rng(1).permutation(3000)
    first, second = (choose_calibrator(score[at], outcome[at], order=order[at], gap=20.0) for at in (slice(None), mixed))
    assert first.kind == second.kind
    np.testing.assert_allclose(first.table["log_loss"], second.table["log_loss"], atol=1e-9)


def test_newer_leads_teach_nothing_about_older_ones():
    """With the newest block's outcomes turned round, what is said of the blocks before it stays."""
    score, outcome = draw(3000, expit)
    changed = outcome.copy()
    changed[2990:] = 1 - changed[2990:]
    first, second = (choose_calibrator(score, y).table["log_loss"] for y in (outcome, changed))
    turned = np.where(changed[2990:] == 1, -np.log(expit(score[2990:])), -np.log1p(-expit(score[2990:])))
    was = np.where(outcome[2990:] == 1, -np.log(expit(score[2990:])), -np.log1p(-expit(score[2990:])))
    assert second[0] - first[0] == pytest.approx((turned - was).sum() / 2250)


def test_leads_without_a_known_outcome_are_not_looked_at():
    score, outcome = draw(3000, stairs)
    weight = np.where(np.arange(3000) % 3 > 0, 1.0, 0.0)
    unknown = np.where(weight > 0, outcome, np.nan)
    kept = weight > 0
    with_all = choose_calibrator(score, unknown, weight=weight, order=np.arange(3000.0))
    without = choose_calibrator(score[kept], outcome[kept], order=np.arange(3000.0)[kept])
    assert with_all.kind == without.kind
    np.testing.assert_allclose(with_all.table["log_loss"], without.table["log_loss"], atol=1e-12)


def test_leads_of_one_moment_get_a_sigmoid():
    assert choose_calibrator(*draw(3000, stairs), order=np.zeros(3000)).kind == "sigmoid"


def test_no_known_outcome_is_refused():
    with pytest.raises(TrainingError, match=r"none of 2 leads has a weight above 0\. Add leads whose outcome is known"):
        choose_calibrator([0.0, 1.0], [0, 1], weight=[0, 0])
