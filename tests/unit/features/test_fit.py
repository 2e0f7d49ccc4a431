"""The features of a table of leads."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from predictor.data.values import normal_text
from predictor.features.feature import MISSING
from predictor.features.fit import fit_features


def fit(rows, kinds=None, min_support=2):
    return fit_features(pd.DataFrame(rows), kinds or {}, min_support=min_support, missing_values=("n/a",))


def test_categories_with_support_most_frequent_first_and_ties_in_alphabetical_order():
    fitted, findings = fit({"c": ["B", "b ", "a", "A", "c", "C", "c", "rare", None]}, {"c": "category"})
    assert fitted.features[0].categories == ("c", "a", "b")
    assert findings == ()


def test_labels_are_what_people_read():
    fitted, _ = fit({"job_title": [1.0, 2.0], "City/State": [1.0, 2.0], "points/title": [1.0, 2.0]})
    assert [feature.label for feature in fitted.features] == ["Job title", "City: State", "Points: title"]


def test_kinds():
    dates = pd.Series(pd.to_datetime(["2026-01-01", "2026-01-02"], utc=True))
    fitted, _ = fit({"n": [1.0, 2.0], "d": dates, "c": ["a", "b"]}, {"n": "number", "d": "date", "c": "category"}, min_support=1)
    assert [(feature.name, feature.kind) for feature in fitted.features] == [
        ("n", "number"),
        ("d", "days_since"),
        ("c", "category"),
    ]


def test_columns_that_tell_nothing_are_left_out_with_a_finding():
    rows = {"empty": [None] * 4, "same": [1.0] * 4, "rare": list("abcd"), "n": [1.0, 2.0, 3.0, 4.0]}
    fitted, findings = fit(rows, {"rare": "category"})
    assert fitted.names == ["n"]
    assert [finding.what for finding in findings] == [
        "Column 'empty' has no information: it is empty.",
        "Column 'same' has no information: it has one value only.",
        "Column 'rare' has no information: none of its 4 values has enough leads.",
    ]
    assert {finding.code for finding in findings} == {"LEAD031"}


def test_a_column_that_is_only_sometimes_filled_is_a_feature():
    assert fit({"n": [1.0, np.nan]})[0].names == ["n", MISSING]


def test_missing_are_counted_only_where_the_count_differs_and_only_of_attributes():
    assert fit({"a": [1.0, 2.0], "b": [1.0, 2.0]})[0].names == ["a", "b"]
    assert fit({"a": [1.0, np.nan], "b": [np.nan, 1.0]})[0].names == ["a", "b"]
    assert fit({"a": [1.0, 2.0, 3.0], "points/total": [1.0, np.nan, 2.0]})[0].names == ["a", "points/total"]
    assert fit({"a": [1.0, np.nan, 3.0], "b": [np.nan, np.nan, 1.0]})[0].names == ["a", "b", MISSING]


def test_prose_and_addresses_are_no_categories():
    prose, address = "Asked for Ms. Example " * 6, "sales@example.com"
    fitted, _ = fit({"c": [prose] * 3 + [address] * 3 + ["x", "x", "y", "y"]}, {"c": "category"})
    assert fitted.features[0].categories == ("x", "y")


def test_nothing_at_all():
    fitted, findings = fit_features(pd.DataFrame(index=range(3)), {}, min_support=1, missing_values=())
    assert (len(fitted), findings) == (0, ())


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "C", " c", None]), min_size=2, max_size=30), st.randoms())
def test_order_of_rows_changes_nothing(values, random):
    shuffled = random.sample(values, len(values))
    numbers = [float(number) for number in range(len(values))]
    assert fit({"c": values, "n": numbers}, {"c": "category"})[0] == fit({"c": shuffled, "n": numbers}, {"c": "category"})[0]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "C", " c", "d", None]), min_size=2, max_size=40), st.integers(1, 5))
def test_each_category_has_its_support(values, least):
    fitted, _ = fit({"c": values}, {"c": "category"}, min_support=least)
    texts = [value.strip().casefold() for value in values if value]
    kept = fitted.features[0].categories if fitted.features else ()
    if len(set(values)) > 1:
        assert set(kept) == {text for text in texts if texts.count(text) >= least}


def test_a_category_has_its_most_frequent_spelling_and_ties_in_alphabetical_order():
    fitted, _ = fit({"c": ["C-Level", "c-level", " C-Level", "VP", "vp", "Vp", True, True, "n/a"]}, {"c": "category"})
    assert dict(zip(fitted.features[0].categories, fitted.features[0].spellings, strict=True)) == {
        "c-level": "C-Level",
        "vp": "VP",
        "true": "true",
    }


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "A", " a ", "ß", "SS", "ss", None, 3.0, True]), min_size=2, max_size=40))
def test_every_spelling_is_of_its_category(values):
    fitted, _ = fit({"c": pd.Series(values, dtype=object)}, {"c": "category"})
    for feature in fitted.features:
        assert tuple(normal_text(spelling) for spelling in feature.spellings) == feature.categories
