"""Leads unlike those of the training: what is noticed, what is said, and how the interval widens."""

import math

import numpy as np
import pytest

from predictor.features.encode import FeatureSet
from predictor.features.event_features import list_event_features
from predictor.features.feature import Feature
from predictor.model.coverage import Spread, fit_spread
from predictor.scoring.coverage import Coverage, make_empty_row
from predictor.training.coverage import compute_range

NAN = math.nan
EVENTS = [
    Feature(one.name, one.label, one.group, kind="category" if one.is_category else "number")
    for one in list_event_features(["call"], [7])
    if not one.is_category
]
ATTRIBUTES = [Feature(name, name, name, kind="number") for name in ("employees", "revenue", "age")]
FEATURES = FeatureSet((*ATTRIBUTES, *EVENTS), (), featured_types=("call",), windows_days=(7,))
SPREAD = {"score": [0.0], "low": [0.1], "probability": [0.3], "high": [0.6]}
CONTENT = {
    "any": SPREAD | {"high": [0.9]},
    "events": {"share": 0.002, "spread": SPREAD},
    "attributes": {"most": 1, "of": 3, "spread": SPREAD},
    "ranges": {"employees": [-10.0, 1000.0]},
}
USUAL = [50.0, 1.0, 2.0, *([1.0] * len(EVENTS))]
WITHOUT_EVENTS = [50.0, 1.0, 2.0, *make_empty_row(FEATURES)[3:]]


@pytest.mark.parametrize(
    ("row", "text", "high"),
    [
        (USUAL, None, None),
        ([50.0, NAN, 2.0, *USUAL[3:]], None, None),
        (WITHOUT_EVENTS, "it has no events, and 99.8 % of them had some. The probability rests on what is known without", 0.6),
        ([50.0, NAN, NAN, *USUAL[3:]], "2 of 3 attributes are not known, and nearly all of them had at most 1 unknown. The", 0.6),
        ([5e6, 1.0, 2.0, *USUAL[3:]], "'employees' is far outside their range. The probability rests on values that the", 0.9),
        ([NAN, NAN, NAN, *WITHOUT_EVENTS[3:]], "had some; 3 of 3 attributes are not known", 0.9),
    ],
)
def test_what_is_noticed_and_said(row, text, high):
    coverage = Coverage(CONTENT, FEATURES)
    unlike = coverage.check(row)
    table = coverage.check_table(np.array([USUAL, row, row]))
    assert [(rows.tolist(), found) for rows, found in table] == ([] if unlike is None else [([1, 2], unlike)]), "as a table does"
    if text is None:
        assert unlike is None
        return
    assert unlike.warning.code == "MODEL003"
    assert unlike.warning.what.startswith("Unlike the leads of the training: ")
    assert text in unlike.warning.what
    assert unlike.spread.high == (high,)


def test_a_bundle_without_coverage_notices_nothing():
    coverage = Coverage(None, FEATURES)
    assert coverage.check(WITHOUT_EVENTS) is None
    assert coverage.check_table(np.array([WITHOUT_EVENTS])) == []


def test_leads_without_events_are_usual_where_the_training_had_some():
    assert Coverage({name: part for name, part in CONTENT.items() if name != "events"}, FEATURES).check(WITHOUT_EVENTS) is None


def test_a_spread_is_kept_in_a_bundle():
    draw = np.random.default_rng(0)
    score, known = draw.normal(size=2000), draw.random(2000)
    spread = fit_spread(score, known, (known, known))
    assert len(spread.score) == 10
    kept = Spread.from_json(spread.to_json())
    assert np.allclose(kept.locate([-9.0, 0.0, 9.0]), spread.locate([-9.0, 0.0, 9.0]), rtol=1e-3)


def test_few_leads_are_one_group():
    assert len(fit_spread(np.arange(150.0), np.full(150, 0.2), (np.full(150, 0.1), np.full(150, 0.3))).score) == 1


def test_a_number_that_is_mostly_one_value_has_no_end_on_that_side():
    assert compute_range(np.array([0.0] * 995 + [1.0] * 5)) == [-1e300, 1e300]
