"""Calibrators cannot hurt: a row more or less changes the forward log loss little, and no calibrator makes it much worse."""

import numpy as np
import pytest
from scipy.special import expit

from predictor.model.calibrators import FITS
from predictor.model.calibrators.choose import choose_calibrator
from predictor.model.metrics.metrics import compute_losses

CUTS, NEWER = 40, 400
BOUND = 0.02  # nats a lead, by which one row more or less may move the forward log loss
HARM = 0.03  # nats a lead, by which a calibrated score may lose more than the bare one


def draw(n, seed, *, drift):
    """Scores and outcomes, oldest first, and newer ones; with drift ever more leads are accepted, and scores are compressed.

    The scores lag behind: they promise half of the rise from 6 % to 25 %. The newer ones come from a model that has learned from
    all leads before, so their scores lie as far apart as the first did.
    """
    random = np.random.default_rng(seed)
    moment = np.linspace(0, 1, n + NEWER)
    level = np.where(drift, -2.75 + 1.65 * moment, -1.5)
    fit = random.normal(0, 1.2, n + NEWER)
    apart = np.where(moment < n / (n + NEWER), 1 - 0.85 * drift * moment, 1.0)
    score = np.where(drift, level / 2 - 1, level) + apart * fit * (1.0 if drift else 1.3)
    outcome = (random.random(n + NEWER) < expit(level + 0.8 * apart * fit)).astype(float)
    return score, outcome


def lose(calibrator, score, outcome):
    return compute_losses(outcome, calibrator.predict(score)).mean()


@pytest.mark.parametrize("drift", [False, True])
@pytest.mark.parametrize("n", [60, 157, 400, 1200])
def test_rows_one_at_a_time_change_the_forward_log_loss_smoothly(n, drift):
    for seed in range(1 if n > 1000 else 3):  # curves take their time
        score, outcome = draw(n, seed, drift=drift)
        newer = score[n:], outcome[n:]
        chosen = [choose_calibrator(score[:size], outcome[:size]).calibrator for size in range(n - CUTS, n)]
        losses = np.array([lose(calibrator, *newer) for calibrator in chosen])
        assert np.abs(np.diff(losses)).max() < BOUND
        assert losses.max() < lose(FITS["none"](score[:n], outcome[:n], None), *newer) + HARM


@pytest.mark.parametrize("n", [100, 157, 300])
def test_few_leads_get_no_curve(n):
    for seed in range(5):
        score, outcome = draw(n, seed, drift=False)
        assert choose_calibrator(score[:n], outcome[:n]).kind in {"none", "sigmoid"}


def test_what_did_worse_than_none_is_refused():
    """The newest leads alone were under-confident, so each sigmoid of the past would have made what came next worse."""
    random = np.random.default_rng(1)
    score = random.normal(-1, 1.5, 2000)
    slope = np.where(np.arange(2000) // 250 % 2, 0.6, 1.6)  # turns round with each comparison
    outcome = (random.random(2000) < expit(slope * score)).astype(float)
    choice = choose_calibrator(score, outcome)
    loss = choice.table.set_index("kind")["log_loss"]
    assert loss["sigmoid"] > loss["none"]
    assert loss[choice.kind] <= loss["none"]


@pytest.mark.parametrize("seed", range(5))
def test_the_chosen_never_did_worse_than_none(seed):
    for drift in (False, True):
        score, outcome = draw(1500, seed, drift=drift)
        choice = choose_calibrator(score, outcome)
        loss = choice.table.set_index("kind")["log_loss"]
        assert loss[choice.kind] <= loss["none"]


@pytest.mark.parametrize("kind", FITS)
def test_beyond_the_scores_seen_it_goes_on_level_or_as_the_score(kind):
    random = np.random.default_rng(0)
    score = random.normal(-1, 0.5, 3000)
    outcome = (random.random(3000) < expit(-1 + 3 * (score + 1))).astype(float)
    fitted = FITS[kind](score, outcome, None)
    for far in (score.max() + np.linspace(0, 8, 50), score.min() - np.linspace(0, 8, 50)[::-1]):
        steps = np.diff(np.log(fitted.predict(far) / (1 - fitted.predict(far)))) / np.diff(far)
        assert (steps >= -1e-9).all()
        assert (steps <= 1 + 1e-6).all()
