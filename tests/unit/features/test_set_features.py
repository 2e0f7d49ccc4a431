"""The features of an attribute that is a set: the same for one lead and for a table, with the order of no account."""

import json

import numpy as np
import pandas as pd
import pytest

from predictor.core.errors import ScoringError
from predictor.features.encode import FeatureSet
from predictor.features.fit import fit_features
from predictor.features.snapshot import make_snapshot

ROWS = pd.DataFrame({
    "topics": ["API;Pricing", "API", "Pricing;Support", "api;Support", None, "API;Rare"] * 5,
    "industry": ["Software", "Retail", "Retail", "Software", "Software", None] * 5,
})  # fmt: skip
KINDS = {"topics": "set", "industry": "category"}


@pytest.fixture
def features():
    fitted, findings = fit_features(ROWS, KINDS, min_support=6, missing_values=("", "n/a"))
    assert not findings
    return fitted


def test_each_usual_member_is_a_feature_and_their_number(features):
    assert [(feature.name, feature.kind, feature.label) for feature in features.features[:4]] == [
        ("members/topics/api", "member", "Topics: API"),
        ("members/topics/pricing", "member", "Topics: Pricing"),
        ("members/topics/support", "member", "Topics: Support"),
        ("members/topics", "members", "Number of Topics"),
    ]
    assert {feature.group for feature in features.features[:4]} == {"Topics"}
    assert [feature.attribute for feature in features.features] == ["topics"] * 4 + ["industry", None]


def test_one_lead_is_encoded_as_in_a_table(features):
    values = ["Pricing;API", ["Support", "Pricing", "API"], "API", None, "n/a", "Partner;API", [], "RARE;api;support"]
    table = features.encode_table(pd.DataFrame({"topics": pd.Series(values, dtype=object)}), None)
    for row, value in enumerate(values):
        encoded, warnings = features.encode_row({"topics": value}, None)
        np.testing.assert_array_equal(encoded, table.matrix[row])
        assert warnings == table.warnings.get(row, [])
    assert table.matrix[:, :4].tolist()[:3] == [[1, 1, 0, 2], [1, 1, 1, 3], [1, 0, 0, 1]]
    assert np.isnan(table.matrix[[3, 4, 6], :4]).all()
    assert table.matrix[5, :4].tolist() == [1, 0, 0, 2]
    assert [warning.what for warning in table.warnings[5]] == ["Unknown topics 'Partner': scored as other."]
    assert table.matrix[:, -1].tolist() == [1, 1, 1, 2, 2, 1, 2, 1], "a set counts as one attribute that is not known"


@pytest.mark.parametrize(("joined", "plain"), [("API, Pricing", "API;Pricing"), ("Pricing|API", "API;Pricing")])
def test_members_may_be_joined_in_another_way(features, joined, plain):
    rows = [features.encode_row({"topics": value}, None) for value in (joined, plain)]
    np.testing.assert_array_equal(rows[0][0], rows[1][0])
    assert rows[0][1] == rows[1][1] == []
    table = features.encode_table(pd.DataFrame({"topics": [joined, plain]}), None)
    np.testing.assert_array_equal(table.matrix[0], table.matrix[1])


def test_a_text_with_a_comma_that_names_no_members_is_one(features):
    _, warnings = features.encode_row({"topics": "API, Partner"}, None)
    assert [warning.what for warning in warnings] == ["Unknown topics 'API, Partner': scored as other."]


def test_an_empty_row_fills_what_is_not_sent(features):
    empty = [0.0] * len(features)
    assert features.encode_row({}, None, onto=empty)[0][:4] == [0, 0, 0, 0]
    assert features.encode_row({"topics": "API"}, None, onto=empty)[0][:4] == [1, 0, 0, 1]


def test_an_object_is_refused_by_the_name_of_the_attribute(features):
    text = r"LEAD022 Attribute 'topics' must be one text or a list of texts, but an object is no set of values\."
    with pytest.raises(ScoringError, match=text):
        features.encode_row({"topics": {"a": 1}}, None)
    table = features.encode_table(pd.DataFrame({"topics": pd.Series([{"a": 1}, "API"], dtype=object)}), None)
    assert [text.split(",")[0] for text in table.errors[0]] == [
        "LEAD022 Attribute 'topics' must be one text or a list of texts",
    ]


def test_the_file_of_a_bundle_holds_them_and_reads_files_of_earlier_versions(features):
    content = json.loads(json.dumps(features.to_json()))
    assert FeatureSet.from_json(content) == features
    assert content["features"][0] == {
        "name": "members/topics/api", "label": "Topics: API", "group": "Topics", "kind": "member", "categories": ["api"],
        "spellings": ["API"], "column": "topics",
    }  # fmt: skip
    earlier = {**content, "features": [{k: v for k, v in content["features"][4].items() if k != "column"}]}
    assert FeatureSet.from_json(earlier).features[0].column == ""


def test_a_member_needs_support_and_may_name_nobody():
    cells = [f"{name};{other}" for name in ("API", "Pricing", "ann@example.com", "x" * 101) for other in ("Common", "Common;B")]
    rows = pd.DataFrame({"topics": cells * 5})
    fitted, _ = fit_features(rows, {"topics": "set"}, min_support=6, missing_values=())
    assert [feature.name for feature in fitted.features] == [
        "members/topics/b", "members/topics/api", "members/topics/pricing", "members/topics",
    ]  # fmt: skip


def test_fifty_members_have_features_and_two_need_no_number():
    many = pd.DataFrame({"topics": [f"T{number:02};T{(number + 1) % 60:02}" for number in range(60)] * 3 + ["T00"] * 3})
    fitted, _ = fit_features(many, {"topics": "set"}, min_support=2, missing_values=())
    assert [feature.kind for feature in fitted.features].count("member") == 50
    few = pd.DataFrame({"topics": ["A;B", "A", "B"] * 5})
    fitted, _ = fit_features(few, {"topics": "set"}, min_support=2, missing_values=())
    assert [feature.name for feature in fitted.features] == ["members/topics/a", "members/topics/b"]


def test_a_set_without_usual_members_is_told():
    rows = pd.DataFrame({"topics": [f"T{number};U{number}" for number in range(30)], "n": range(30)})
    fitted, (finding,) = fit_features(rows, {"topics": "set"}, min_support=5, missing_values=())
    assert fitted.names == ["n"]
    assert finding.what == "Column 'topics' has no information: none of its 30 values has enough leads."


def test_the_store_keeps_the_attribute_and_no_member_that_names_a_person(features):
    row = {"topics": "API;ann@example.com;bob@example.com", "industry": "Retail"}
    encoded, _ = features.encode_row(row, None)
    kept = make_snapshot(row, features, encoded)
    assert kept == {"topics": "(not kept) 0;API;(not kept) 2", "industry": "Retail"}
    assert features.encode_row(kept, None)[0] == encoded
    assert make_snapshot({}, features, features.encode_row({}, None)[0])["topics"] is None
