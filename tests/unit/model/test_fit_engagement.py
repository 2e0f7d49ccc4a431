"""Fit and engagement: which features belong where, and grades by fixed shares that add up to the score."""

import numpy as np
import pytest

from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.fit_engagement import ENGAGEMENT, FIT, SideGrades, fit_side_grades, list_sides
from predictor.points.rulebook import parse_rule_book

BOOK = parse_rule_book(
    """
name = "b"
gate = 10
rules = [
  {name = "Boss", group = "who", attribute = "seniority", equals = "VP", points = 5},
  {name = "Visit", group = "what", event = "visit", points = 5},
  {name = "Bounce", group = "negative", event = "bounce", points = -5},
  {name = "Student", group = "negative", attribute = "seniority", equals = "Student", points = -5},
]""",
    "b",
)
SIDES = {
    "industry": FIT, "members/Interests/api": FIT, "attributes/missing": FIT, "points/who": FIT, "rules/Boss": FIT,
    "rules/Student": FIT, "events/visit/count_7d": ENGAGEMENT, "own/visits": ENGAGEMENT, "points/what": ENGAGEMENT,
    "rules/Visit": ENGAGEMENT, "points/negative": "", "points/total": "", "points/rule book": "", "points/HubSpot Score": "",
    "episodes/number": "",
}  # fmt: skip


class Line:
    """A model whose parts are the values of the matrix."""

    def contribute(self, matrix):
        return np.column_stack([matrix, np.full(len(matrix), -2.0)])


def make_features(*names):
    return FeatureSet(tuple(Feature(name, name, name, "number") for name in names), ())


@pytest.mark.parametrize(("name", "side"), SIDES.items())
def test_side_of_a_feature_is_where_it_comes_from(name, side):
    assert list_sides(make_features(name), BOOK) == [side]


def test_points_are_of_no_side_without_their_rules():
    assert list_sides(make_features("points/total", "points/who"), None) == ["", ""]


def test_shares_of_the_training_leads():
    draw = np.random.default_rng(0)
    matrix = draw.normal(size=(6000, 4))
    features = make_features("industry", "size", "events/visit/count_7d", "points/total")
    found = fit_side_grades(Line(), matrix, features, None).grade_matrix(Line(), matrix)
    shares = {side: dict(zip(*np.unique(grades.astype(str), return_counts=True), strict=True)) for side, grades in found.items()}
    assert shares[FIT] == {"A": 2000, "B": 2000, "C": 2000}
    assert shares[ENGAGEMENT] == {"1": 1500, "2": 1500, "3": 1500, "4": 1500}
    # fit is the sum of its two features, engagement the one of its own; the points are in neither
    order = np.argsort(matrix[:, 0] + matrix[:, 1])
    assert set(found[FIT][order[-2000:]]) == {"A"}
    assert set(found[ENGAGEMENT][np.argsort(matrix[:, 2])[:1500]]) == {4}


def test_equal_leads_share_the_lower_grade():
    """Of ten leads seven did nothing: they are below half, the next two are the second quarter, the last is the best."""
    matrix = np.array([[0.0]] * 7 + [[1.0], [2.0], [3.0]])
    grades = fit_side_grades(Line(), matrix, make_features("events/visit/count_7d"), None)
    assert grades.grade_matrix(Line(), matrix) == {ENGAGEMENT: pytest.approx(np.array([4] * 7 + [2, 1, 1], dtype=object))}
    assert SideGrades.from_json(grades.to_json(), make_features("events/visit/count_7d"), None) == grades


def test_side_that_the_model_does_not_look_at_has_no_grade():
    matrix = np.column_stack([np.arange(9.0), np.zeros(9)])
    grades = fit_side_grades(Line(), matrix, make_features("industry", "events/visit/count_7d"), None)
    assert set(grades.limits) == {FIT}
