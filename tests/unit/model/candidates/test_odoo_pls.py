"""Odoo's lead scoring as a candidate: the same as its arithmetic lead by lead."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import logit
from unit.model.candidates.odoo_frequencies import Case, compute_log_odds, count_frequencies, find_rows

from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.candidates.odoo_pls import OdooPls
from predictor.model.sample import Sample

FEATURES = FeatureSet(
    (
        Feature("country", "Country", "Country", kind="category", categories=("de", "fr")),
        Feature("employees", "Employees", "Employees", kind="number"),
        Feature("source", "Source", "Source", kind="category", categories=("fair", "web", "call")),
    ),
    (),
)
FIELDS = ["country", "source"]


@dataclass(frozen=True)
class Weighted(Sample):
    weight: np.ndarray | None = None


def draw_matrix(n, seed=0):
    draw = np.random.default_rng(seed)
    matrix = np.column_stack([draw.integers(0, 3, n), draw.lognormal(3, 1, n), draw.integers(0, 4, n)]).astype(float)
    matrix[draw.random((n, 3)) < 0.15] = np.nan
    return matrix, (draw.random(n) < 0.2 + 0.3 * (matrix[:, 0] == 0)).astype(float)


def make_block(matrix, outcome, weight=None):
    parts = (matrix, np.asarray(outcome, dtype=float), np.arange(len(matrix), dtype=float), FEATURES)
    return Sample(*parts, dated=True) if weight is None else Weighted(*parts, dated=True, weight=np.asarray(weight, dtype=float))


def to_case(row, *, won=None):
    """The lead for the arithmetic; while it is open its 'other' is a value that no closed lead had."""
    held = {name: [str(row[at])] for name, at in (("country", 0), ("source", 2)) if not np.isnan(row[at])}
    new = {"country": ["2.0"], "source": ["3.0"]}
    return Case(
        None, 0, {name: ["new"] if won is None and values == new[name] else values for name, values in held.items()}, won=won
    )


MATRIX, OUTCOME = draw_matrix(400)
MODEL = OdooPls.fit(make_block(MATRIX, OUTCOME), 0)


def test_it_is_the_arithmetic_lead_by_lead():
    cases = [to_case(row, won=bool(won)) for row, won in zip(MATRIX, OUTCOME, strict=True)]
    rows = find_rows(count_frequencies(cases, stages=1, fields=FIELDS), None)
    by_hand = [compute_log_odds(rows, to_case(row), FIELDS) for row in MATRIX]
    np.testing.assert_allclose(MODEL.score(MATRIX), by_hand, rtol=0, atol=1e-12)


def test_worked_by_hand():
    sample = make_block(np.array([[0.0, 1, np.nan], [0.0, 1, np.nan], [2.0, 1, np.nan], [np.nan, 1, np.nan]]), [1, 0, 0, 1])
    score = OdooPls.fit(sample, 0).score(np.array([[0.0, 9, 0.0], [1.0, 9, np.nan], [2.0, 9, np.nan]]))
    base = np.log(2.1 / 2.1)
    seen = np.log((1.1 / 1.2) / (1.1 / 2.2))  # accepted: de 1.1, other 0.1; not accepted: de 1.1, other 1.1
    assert score == pytest.approx([base + seen, base, base])  # 'fr' was never seen; 'other' may be anything new


def test_numbers_say_nothing():
    changed = MATRIX.copy()
    changed[:, 1] = 1e9
    np.testing.assert_array_equal(MODEL.score(changed), MODEL.score(MATRIX))
    assert (MODEL.contribute(MATRIX)[:, 1] == 0).all()


def test_parts_are_the_score_to_the_last_bit():
    np.testing.assert_array_equal(MODEL.contribute(MATRIX).sum(axis=1), MODEL.score(MATRIX))


def test_without_categories_it_is_the_base_rate():
    features = FeatureSet(FEATURES.features[1:2], ())
    model = OdooPls.fit(Sample(MATRIX[:, 1:2], OUTCOME, np.arange(400.0), features=features, dated=True), 0)
    np.testing.assert_allclose(model.score(MATRIX[:, 1:2]), logit((OUTCOME.sum() + 0.1) / 400.2), rtol=1e-12)


@pytest.mark.parametrize("outcome", [np.zeros(30), np.ones(30)])
def test_one_class_stays_finite(outcome):
    assert np.isfinite(OdooPls.fit(make_block(MATRIX[:30], outcome), 0).score(MATRIX)).all()


def test_a_column_that_is_always_missing_says_nothing():
    matrix = MATRIX.copy()
    matrix[:, 0] = np.nan
    assert (OdooPls.fit(make_block(matrix, OUTCOME), 0).contribute(MATRIX)[:, 0] == 0).all()


def test_codes_beyond_the_known_say_nothing():
    assert MODEL.contribute(np.array([[99.0, 1.0, -7.0]]))[0, [0, 2]].tolist() == [0.0, 0.0]


def test_weights_are_summed_and_leads_without_an_outcome_do_not_count():
    weight = np.where(np.arange(400) < 300, 1.0, 0.0)
    unknown = np.where(weight > 0, OUTCOME, np.nan)
    part = OdooPls.fit(make_block(MATRIX[:300], OUTCOME[:300]), 0)
    assert OdooPls.fit(make_block(MATRIX, unknown, weight), 0) == part
    doubled = OdooPls.fit(make_block(MATRIX, OUTCOME, np.full(400, 2.0)), 0)
    repeated = OdooPls.fit(make_block(np.repeat(MATRIX, 2, axis=0), np.repeat(OUTCOME, 2)), 0)
    assert doubled == repeated


def test_text_is_plain_json_of_counts():
    content = json.loads(MODEL.to_text())
    assert set(content) == {"total", "rows", "named", "width"}
    assert content["total"] == [OUTCOME.sum() + 0.1, pytest.approx(400 - OUTCOME.sum() + 0.1)]
    assert OdooPls.from_text(MODEL.to_text()) == MODEL


def test_a_member_of_a_set_is_a_field_of_its_own():
    member = Feature("members/topics/api", "Topics: API", "Topics", kind="member", categories=("api",), column="topics")
    matrix, outcome = np.repeat([1.0, 0.0, np.nan], [40, 60, 10])[:, None], np.repeat([1.0, 0.0, 1.0, 0.0], [30, 10, 15, 55])
    fitted = OdooPls.fit(Sample(matrix, outcome, np.arange(110.0), FeatureSet((member,), ()), dated=True), 0)
    parts = fitted.contribute(np.array([[1.0], [0.0], [np.nan]]))[:, 0]
    won, lost = 30.1 + 15.1, 10.1 + 45.1  # a lead that is not known has no row
    expected = [np.log(30.1 / won) - np.log(10.1 / lost), np.log(15.1 / won) - np.log(45.1 / lost), 0.0]
    np.testing.assert_allclose(parts, expected)
    assert OdooPls.from_text(fitted.to_text()) == fitted
