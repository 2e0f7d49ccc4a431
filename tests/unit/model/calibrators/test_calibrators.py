"""What holds for every calibrator: it rises, stays inside 0 to 1, has an interval, and reads back the same."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from predictor.core.errors import TrainingError
from predictor.model.calibrators import FITS, read_calibrator
from predictor.model.calibrators.sigmoid import Sigmoid

EVERYWHERE = np.concatenate([[-1e9, -800.0, -40.0], np.linspace(-9, 9, 400), [40.0, 800.0, 1e9]])


def draw(n, seed=0, curve=expit):
    random = np.random.default_rng(seed)
    score = random.normal(-1, 1.5, n)
    return score, (random.random(n) < curve(score)).astype(float)


def bend(score):
    return expit(np.where(score < 0, 1.6 * score, 0.5 * score))


@pytest.mark.parametrize("kind", FITS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_probabilities_rise_and_lie_in_their_interval(kind, data):
    n = data.draw(st.integers(1, 60))
    score = data.draw(st.lists(st.floats(-30, 30), min_size=n, max_size=n))
    outcome = data.draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=n, max_size=n))
    weight = data.draw(st.none() | st.lists(st.floats(0.01, 10), min_size=n, max_size=n))
    fitted = FITS[kind](score, outcome, weight)
    probability = fitted.predict(EVERYWHERE)
    low, high = fitted.interval(EVERYWHERE)
    assert np.isfinite([probability, low, high]).all()
    assert (np.diff(probability) >= -1e-12).all()
    assert ((low >= 0) & (low <= probability + 1e-12) & (probability <= high + 1e-12) & (high <= 1)).all()
    if kind in {"isotonic", "venn_abers"}:
        assert ((probability > 0) & (probability < 1)).all()


@pytest.mark.parametrize("kind", FITS)
def test_read_back_it_is_the_same(kind):
    fitted = FITS[kind](*draw(300), None)
    text = fitted.to_text()
    assert json.loads(text)["kind"] == fitted.kind == kind
    assert read_calibrator(text) == fitted
    assert read_calibrator(text).to_text() == text
    np.testing.assert_array_equal(read_calibrator(text).predict(EVERYWHERE), fitted.predict(EVERYWHERE))


def test_first_bundles_had_a_sigmoid_without_a_kind():
    fitted = FITS["sigmoid"](*draw(300), None)
    content = json.loads(fitted.to_text())
    del content["kind"]
    assert read_calibrator(json.dumps(content)) == fitted
    assert isinstance(fitted, Sigmoid)


def test_unknown_kinds_are_refused():
    with pytest.raises(
        ValueError, match=r"calibrator.json must be of kind 'none', .*'venn_abers', 'shifted', but is of kind 'spline'"
    ):
        read_calibrator('{"kind": "spline"}')


PRESENT = ("sigmoid",)  # fitted on the newest leads


@pytest.mark.parametrize("kind", [kind for kind in FITS if kind not in PRESENT])
def test_order_of_leads_changes_nothing(kind):
    score, outcome = draw(200)
    turned = FITS[kind](score[::-1], outcome[::-1], None)
    np.testing.assert_allclose(turned.predict(EVERYWHERE), FITS[kind](score, outcome, None).predict(EVERYWHERE), atol=1e-9)


@pytest.mark.parametrize("kind", FITS)
def test_one_row_is_calibrated_as_in_a_table(kind):
    fitted = FITS[kind](*draw(300), None)
    np.testing.assert_array_equal([fitted.predict(row[None])[0] for row in EVERYWHERE], fitted.predict(EVERYWHERE))


@pytest.mark.parametrize("kind", FITS)
def test_only_proportions_of_weights_matter(kind):
    score, outcome = draw(300)
    plain = FITS[kind](score, outcome, None)
    assert FITS[kind](score, outcome, np.full(300, 3.0)).predict(EVERYWHERE) == pytest.approx(plain.predict(EVERYWHERE), abs=1e-9)


@pytest.mark.parametrize("kind", FITS)
def test_leads_without_a_known_outcome_teach_nothing(kind):
    score, outcome = draw(300)
    weight = np.where(np.arange(300) < 200, 1.0, 0.0)
    unknown = np.where(weight > 0, outcome, np.nan)
    assert FITS[kind](score, unknown, weight) == FITS[kind](score[:200], outcome[:200], None)


@pytest.mark.parametrize("kind", [kind for kind in FITS if kind != "none"])
def test_weights_move_the_base_rate(kind):
    outcome = np.tile([1.0, 0.0, 0.0, 0.0], 250)
    fitted = FITS[kind](np.zeros(1000), outcome, np.where(outcome == 1, 3.0, 1.0))
    assert fitted.predict(np.zeros(1))[0] == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("kind", FITS)
def test_unequal_weights_know_less(kind):
    score, outcome = draw(2000)
    weight = np.tile([0.1, 1.9], 1000)
    at = np.linspace(-3, 1, 50)
    plain, weighted = (FITS[kind](score, outcome, given).interval(at) for given in (None, weight))
    assert (weighted[1] - weighted[0]).mean() > (plain[1] - plain[0]).mean()


@pytest.mark.parametrize(
    ("weight", "match"),
    [
        ([1.0, -1.0], r"Weights must be at least 0, but 1 of 2 does not \(first at position 1\)"),
        ([np.nan, 1.0], r"Weights must be at least 0, but 1 of 2 does not \(first at position 0\)"),
        ([0.0, 0.0], r"needs leads with a known outcome, but none of 2 leads has a weight above 0"),
        ([1.0], r"Scores, outcomes and weights must be of the same leads, but there are 2, 2 and 1"),
    ],
)
@pytest.mark.parametrize("kind", FITS)
def test_weights_that_cannot_be(kind, weight, match):
    with pytest.raises(TrainingError, match=match):
        FITS[kind]([0.0, 1.0], [0, 1], weight)


@pytest.mark.parametrize(("kind", "at"), [(kind, at) for kind in FITS for at in (-2.0, 0.0)])
def test_interval_covers_the_truth_about_as_often_as_it_says(kind, at):
    """Where the curve can follow the truth; steps, which are chosen to fit, cover somewhat less often."""
    covered = 0
    for seed in range(200):
        low, high = FITS[kind](*draw(400, seed), None).interval(np.array([at]))
        covered += int(low[0] <= expit(at) <= high[0])
    assert covered / 200 >= (0.85 if kind == "isotonic" else 0.91)
