"""What segments have of their own: chosen where the forward folds prove it, and not where nothing differs."""

from dataclasses import replace

import numpy as np
import pytest

from predictor.core.errors import TrainingError
from predictor.core.log_odds import expit
from predictor.core.settings import make_settings
from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.calibrated_model import FitPlan, fit_calibrated
from predictor.model.sample import Sample, make_sample_folds
from predictor.model.segment_choice import _choose_way, _list_folds, choose_segments, fit_segments, locate_segments
from predictor.model.segments import Segments

REGIONS = ("emea", "americas", "apac")
FEATURES = FeatureSet(
    (
        Feature("size", "Size", "Size", kind="number"),
        Feature("region", "Region", "Region", kind="category", categories=REGIONS, spellings=("EMEA", "Americas", "APAC")),
    ),
    (),
)


def draw_sample(seed, effects, n=6000, slopes=(1.0, 1.0, 1.0)):
    """Leads of three regions: the log-odds of a region differ by its effect, and size matters by its slope.

    `odoo_pls` and the like would learn the effects, so the model is a base rate on size: it does not look at regions.
    """
    draw = np.random.default_rng(seed)
    region, size = draw.integers(0, 3, n), draw.normal(size=n)
    line = -1.2 + np.array(effects)[region] + np.array(slopes)[region] * size
    outcome = (draw.random(n) < expit(line)).astype(float)
    return Sample(np.column_stack([size, region.astype(float)]), outcome, np.arange(n) / 10.0, FEATURES, dated=True)


class OfSize:
    """A candidate that looks at size alone."""

    kind = file = "of_size"

    def __init__(self, slope, intercept):
        self.slope, self.intercept = slope, intercept

    def score(self, matrix):
        return self.intercept + self.slope * matrix[:, 0]


def fit(sample, **policy):
    folds = make_sample_folds(sample, folds=5, gap=30.0)
    calibrated = fit_calibrated("of_size", sample, folds, 0, plan=FitPlan([lambda *_: OfSize(1.0, -1.2)]), gap=30.0)
    settings = make_settings({"segments": {"column": "region", "values": ["EMEA", "Americas"]}, "threshold": policy})
    segments = locate_segments(settings.segments, FEATURES, min_support=20)
    choices = choose_segments(calibrated, sample, segments, settings.threshold, gap=30.0)
    return calibrated, choices, fit_segments(calibrated, sample, segments, choices, settings.threshold)


def compute_loss(sample, probability, rows):
    p, y = probability[rows], sample.outcome[rows]
    return -np.mean(np.where(y == 1, np.log(p), np.log1p(-p)))


@pytest.mark.parametrize("seed", range(3))
def test_a_level_of_its_own_where_it_is_surely_better_and_none_where_nothing_differs(seed):
    sample = draw_sample(seed, effects=(1.3, 0.0, 0.0))
    calibrated, choices, model = fit(sample)
    assert choices[0].way == "own level"
    newer = draw_sample(seed + 50, effects=(1.3, 0.0, 0.0))
    emea = newer.matrix[:, 1] == 0
    single, own = calibrated.predict(newer.matrix), model.predict(newer.matrix)
    assert compute_loss(newer, own, emea) < compute_loss(newer, single, emea) - 0.01
    assert abs(own[emea].mean() - newer.outcome[emea].mean()) < 0.03
    apac = newer.matrix[:, 1] == 2
    np.testing.assert_array_equal(own[apac], single[apac])
    _, choices, model = fit(draw_sample(seed, effects=(0.0, 0.0, 0.0)))
    assert {choice.way for choice in choices} == {"single model"}
    assert not any(choice.own_threshold for choice in choices)
    assert not model.segments.some_own


def test_a_curve_of_its_own_where_the_score_says_nothing_in_the_segment():
    sample = draw_sample(0, effects=(0.0, 0.0, 0.0), slopes=(0.0, 1.0, 1.0))
    _, choices, model = fit(sample)
    assert [choice.way for choice in choices] == ["own curve", "single model"]
    emea = np.array([[-2.0, 0.0], [2.0, 0.0]])
    assert np.ptp(model.predict(emea)) < 0.25
    assert "A calibrator of its own (own curve) was surely better on the forward folds: log loss" in choices[0].text


def test_a_threshold_of_its_own_where_the_single_one_misses_the_band():
    sample = draw_sample(1, effects=(-0.6, 1.2, 1.2), n=12_000)
    _, choices, model = fit(sample, policy="band", band=[0.4, 0.5])
    assert choices[0].own_threshold
    emea = model.segments.segments[0]
    assert emea.threshold is not None
    assert emea.decides.endswith(", own threshold")
    limits = model.list_thresholds(np.array([[0.0, 0.0], [0.0, 2.0], [0.0, np.nan]]), 0.9)
    assert limits.tolist() == [emea.threshold, 0.9, 0.9]
    _, choices, _ = fit(sample, policy="capacity", leads_per_week=10)
    assert not any(choice.own_threshold for choice in choices)
    assert choices[0].text.endswith("Policy 'capacity' needs one threshold for all leads.")


def test_too_few_leads_choose_nothing():
    _, choices, model = fit(draw_sample(2, effects=(0.9, 0.0, 0.0)).take(np.arange(600)))
    assert {choice.way for choice in choices} == {"single model"}
    assert choices[0].text.startswith("Too few outcomes for a calibrator of its own.")
    _, choices, model = fit(draw_sample(2, effects=(0.9, 0.0, 0.0)).take(np.arange(300)))
    assert choices[0].text == "Earlier leads are too few for forward folds, so the single model decides."
    assert not model.segments.some_own


def test_what_is_learned_for_a_fold_was_known_when_it_began():
    """The law of time: other outcomes from the last fold on change no forward probability of a segment before it."""
    sample = draw_sample(0, effects=(0.9, 0.0, 0.0))
    later = sample.order > 500
    changed = replace(sample, outcome=np.where(later, 1 - sample.outcome, sample.outcome))
    found = []
    for leads in (sample, changed):
        folds = make_sample_folds(leads, folds=5, gap=30.0)
        fold = np.repeat(np.arange(len(folds)), [len(predicted) for _, predicted in folds])
        positions = np.concatenate([predicted for _, predicted in folds])
        judged, score = leads.take(positions), leads.matrix[positions, 0] - 1.2
        _, probability, _ = _choose_way(
            score, expit(score), judged, mine=judged.matrix[:, 1] == 0, folds=_list_folds(judged, fold, gap=30.0)
        )
        found.append(probability[judged.order <= 500])
    assert len(np.unique(found[0].round(6))) > 100
    np.testing.assert_array_equal(*found)


def test_segments_are_kept_as_they_are():
    _, _, model = fit(draw_sample(0, effects=(0.9, 0.0, 0.0)))
    kept = Segments.from_json(model.segments.to_json(), FEATURES.names)
    assert kept == model.segments
    assert kept.find(np.array([[0.0, 0.0], [0.0, 1.0], [0.0, 2.0], [0.0, 3.0], [0.0, np.nan]])).tolist() == [0, 1, -1, -1, -1]


@pytest.mark.parametrize(
    ("column", "values", "text"),
    [
        ("regoin", ["EMEA"], r"'regoin', which is no attribute that the model can use\. Did you mean 'region'\?"),
        ("size", ["1"], "'size', which does not hold categories"),
        ("region", ["EMEA", "EMEAA"], r"'EMEAA', but fewer than 20 training leads have that in 'region'\. Did you mean 'emea'\?"),
    ],
)
def test_what_the_leads_do_not_have_is_refused(column, values, text):
    settings = make_settings({"segments": {"column": column, "values": values}})
    with pytest.raises(TrainingError, match=text):
        locate_segments(settings.segments, FEATURES, min_support=20)
