"""Reasons: five up and five down, summed by group, with evidence in words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from predictor.features.feature import MISSING, Feature
from predictor.model.conversion_by_value import Bins, ConversionByValue
from predictor.scoring.reason_text import describe_evidence, format_feature_value
from predictor.scoring.reasons import Explainer

RANK = Feature("rank", "Rank", "Rank", kind="category", categories=("c-level", "vp"), spellings=("C-Level", "VP"))
WEEK = Feature("events/page_view/count_7d", "Page views in 7 days", "Page views", kind="number")
LAST = Feature("events/page_view/days_since_last", "Page views: days since the last", "Page views", kind="number")
DAYS = Feature("events/page_view/active_days", "Page views: days with at least one", "Page views", kind="number")
EVERY = Feature("events/any/count_30d", "All events in 30 days", "All events", kind="number")
SIZE = Feature("employees", "Employees", "Employees", kind="number")
AGE = Feature("founded", "Founded", "Founded", kind="days_since")
BLANK = Feature(MISSING, "Attributes not known", "Attributes not known", kind="missing_count")
TOUCH = Feature("events/any/first_type", "Type of the first touch", "First touch", kind="category", categories=("webinar",))
OWN = Feature("events/unsubscribed/count_7d", "Unsubscribed in 7 days", "Unsubscribed", kind="number")
LARGEST = Feature("events/page_view/value_max", "Page views: largest value", "Page views", kind="number")
POINTS = Feature("points/title", "Points: title", "Points: title", kind="number")
CRM = Feature("CRM_owner", "CRM owner", "CRM owner", kind="category", categories=("x",))
TOPICS = Feature(
    "members/topics/api", "Topics: API", "Topics", kind="member", categories=("api",), spellings=("API",), column="topics"
)
NEED = Feature("members/need/crm", "Need: CRM", "Need", kind="member", categories=("crm",), spellings=("CRM",), column="need")
OWNED = Feature(
    "members/Product Interests/api", "Product Interests: API", "Product Interests", kind="member", categories=("API",),
    column="Product Interests",
)  # fmt: skip
NUMBER = Feature("members/topics", "Number of Topics", "Topics", kind="members", column="topics")
FEATURES = (RANK, WEEK, LAST, SIZE)
EXPLAINER = Explainer(FEATURES)


def test_a_group_is_one_reason_with_the_value_of_the_member_with_the_largest_effect():
    up, down = EXPLAINER.list_reasons(np.array([0.0, -0.02, 0.1, -0.01]), np.array([0.0, 2.0, 1.25, 12500.0]), each_way=5)
    assert (up.what, up.value, up.effect) == ("Page views", "1.2 days since the last", pytest.approx(0.08))
    assert up.text == "Page views 1.2 days since the last: +8.0 points of probability"
    assert down.text == "Employees 12,500: -1.0 points of probability"
    assert (up.evidence, down.evidence) == (None, None)


def test_a_reason_about_a_set_names_a_value_before_their_number():
    explainer = Explainer((TOPICS, NUMBER, SIZE))
    (reason,) = explainer.list_reasons(np.array([0.01, 0.04, 0.0]), np.array([1.0, 3.0, 5.0]), each_way=5)
    assert reason.text == "Topics include 'API': +5.0 points of probability"
    (reason,) = explainer.list_reasons(np.array([-0.01, 0.04, 0.0]), np.array([1.0, 3.0, 5.0]), each_way=5)
    assert reason.text == "Topics 3 values: +3.0 points of probability"
    assert explainer.describe_table(np.array([[0.01, 0.04, 0.0]]), np.array([[1.0, 3.0, 5.0]]), most=2) == [
        "Topics include 'API': +5.0 points of probability"
    ]


def test_the_evidence_is_of_the_value_in_the_reason():
    bins = {feature.name: Bins((1.0, 2.0), ((40, 0.1), (30, 0.2), (25, 0.3), None)) for feature in FEATURES[1:]}
    evidence = ConversionByValue((95, 0.18), "in_part", {**bins, "rank": Bins((), ((50, 0.5), None, None, None))})
    explainer = Explainer(FEATURES, evidence)
    reasons = explainer.list_reasons(np.array([0.3, -0.2, 0.1, 0.05]), np.array([0.0, 1.0, 5.0, np.nan]), each_way=5)
    assert [reason.evidence for reason in reasons] == [
        "Of 50 leads with rank C-Level, 50 % were accepted; of all leads, 18 %. Pending leads count in part.",
        "Of 30 leads with 1 page view in 7 days, 20 % were accepted; of all leads, 18 %. Pending leads count in part.",
        None,
    ]


@pytest.mark.parametrize(
    ("feature", "number", "value"),
    [
        (RANK, 0.0, "C-Level"),
        (RANK, 2.0, "other"),
        (RANK, np.nan, "not known"),
        (WEEK, 2.0, "2 in 7 days"),
        (LAST, np.nan, "none"),
        (DAYS, 3.0, "3 (days with at least one)"),
        (EVERY, 31.0, "31 in 30 days"),
        (SIZE, 1234567.0, "1,234,567"),
        (AGE, 9100.4, "9,100 days ago"),
        (TOUCH, 0.0, "webinar (type of the first touch)"),
        (TOPICS, 1.0, "include 'API'"),
        (TOPICS, 0.0, "do not include 'API'"),
        (TOPICS, np.nan, "not known"),
        (NEED, 1.0, "includes 'CRM'"),
        (NEED, 0.0, "does not include 'CRM'"),
        (NUMBER, 1.0, "1 value"),
        (NUMBER, 3.0, "3 values"),
    ],
)
def test_values_as_people_read_them(feature, number, value):
    assert format_feature_value(feature, number) == value


@pytest.mark.parametrize(
    ("feature", "edges", "number", "text"),
    [
        (WEEK, (1.0, 2.0), 0.0, "no page views in 7 days"),
        (WEEK, (1.0, 2.0), 1.0, "1 page view in 7 days"),
        (WEEK, (1.0, 2.0), 7.0, "2 or more page views in 7 days"),
        (WEEK, (4.0, 10.0), 7.0, "4 to under 10 page views in 7 days"),
        (WEEK, (4.0, 10.0), 0.0, "under 4 page views in 7 days"),
        (EVERY, (1.0, 2.0), 2.0, "2 or more events in 30 days"),
        (DAYS, (1.0, 2.0), 0.0, "page views, days with at least one: 0"),
        (LAST, (3.0, 10.0), 4.0, "page views, days since the last: 3 to under 10"),
        (LAST, (3.0, 10.0), np.nan, "no page views"),
        (EVERY, (1.0, 2.0), 0.0, "no events in 30 days"),
        (BLANK, (1.0, 2.0), 1.0, "1 attribute not known"),
        (OWN, (1.0, 2.0), 0.0, "unsubscribed in 7 days: 0"),
        (LARGEST, (40.0,), np.nan, "page views, largest value: not known"),
        (POINTS, (20.0,), 30.0, "points: title 20 or more"),
        (TOUCH, (), 0.0, "type of the first touch webinar"),
        (SIZE, (1.0, 2.0), 1.0, "employees 1 to under 2"),
        (SIZE, (50.0, 1000.0), 1000.0, "employees 1,000 or more"),
        (SIZE, (), 7.0, "employees of any size"),
        (AGE, (400.0, 4000.0), 3.0, "founded under 400 days ago"),
        (BLANK, (1.0, 2.0), 3.0, "2 or more attributes not known"),
        (RANK, (), 1.0, "rank VP"),
        (
            Feature("Lead Source", "Lead Source", "Lead Source", kind="category", categories=("fair",), spellings=("Fair",)),
            (),
            0.0,
            "Lead Source Fair",
        ),
        (RANK, (), 9.0, "rank other"),
        (RANK, (), np.nan, "rank not known"),
        (CRM, (), 0.0, "CRM owner x"),
        (TOPICS, (1.0,), 1.0, "topics that include 'API'"),
        (TOPICS, (1.0,), 0.0, "topics that do not include 'API'"),
        (TOPICS, (1.0,), np.nan, "topics not known"),
        (NEED, (1.0,), 0.0, "need that does not include 'CRM'"),
        (OWNED, (1.0,), 1.0, "Product Interests that include 'API'"),
        (NUMBER, (1.0, 2.0), 1.0, "topics of 1 value"),
        (NUMBER, (1.0, 2.0), 3.0, "topics of 2 or more values"),
        (NUMBER, (2.0, 4.0), 3.0, "topics of 2 to under 4 values"),
    ],
)
def test_evidence_in_words(feature, edges, number, text):
    size = len(feature.categories) if feature.kind == "category" else len(edges)
    evidence = ConversionByValue((5000, 0.034), None, {feature.name: Bins(edges, ((1812, 0.995),) * (size + 2))})
    assert describe_evidence(evidence, feature, number) == (
        f"Of 1,812 leads with {text}, 99.5 % were accepted; of all leads, 3.4 %."
    )


@given(arrays(float, st.just(4), elements=st.floats(-0.5, 0.5)), st.integers(0, 5))
def test_the_strongest_come_first_each_way_and_a_table_has_the_same(effects, each_way):
    row = np.array([1.0, 2.0, 3.0, 4.0])
    every, strongest = (EXPLAINER.list_reasons(effects, row, each_way=most) for most in (9, each_way))
    assert sum(reason.effect for reason in every) == pytest.approx(effects.sum(), abs=1e-12)
    assert [abs(reason.effect) for reason in every] == sorted((abs(reason.effect) for reason in every), reverse=True)
    for way in (True, False):
        assert [r for r in strongest if (r.effect > 0) is way] == [r for r in every if (r.effect > 0) is way][:each_way]
    texts = EXPLAINER.describe_table(np.stack([effects, effects]), np.stack([row, row]), most=each_way)
    assert texts == ["; ".join(reason.text for reason in every[:each_way])] * 2


def test_no_features():
    explainer = Explainer(())
    assert explainer.list_reasons(np.zeros(0), np.zeros(0), each_way=5) == ()
    assert explainer.describe_table(np.zeros((2, 0)), np.zeros((2, 0)), most=3) == ["", ""]
