"""Features and their encoding: a table gives, to the last bit, what its rows give one by one."""
# ruff: noqa: DTZ001  a moment without a zone is what some of these are about

import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictor.core.errors import ScoringError
from predictor.data.leads import EVENTS_PREFIX, FEATURE_PREFIXES
from predictor.features.encode import FeatureSet
from predictor.features.feature import MISSING, Feature

FEATURES = FeatureSet(
    (
        Feature(
            name="industry", label="Industry", group="Industry", kind="category", categories=("software", "true", "1", "retail")
        ),
        Feature(name="employees", label="Employees", group="Employees", kind="number"),
        Feature(name="founded", label="Founded", group="Founded", kind="days_since"),
        Feature(name="points/total", label="Points: total", group="Points: total", kind="number"),
        Feature(name=MISSING, label="Attributes not known", group="Attributes not known", kind="missing_count"),
    ),
    ("n/a", " Select"),
)
AS_OF = datetime(2026, 3, 31, 12, tzinfo=UTC)

missing = st.sampled_from([None, np.nan, "", "  ", "N/A", "select", pd.NaT, pd.NA])
texts = st.sampled_from(["Software", " RETAIL ", "Fintech", "1", "true", "3.0", "Ä"]) | st.text(max_size=6)
numbers = (
    st.floats(allow_infinity=False)
    | st.integers(-(10**20), 10**20)
    | st.sampled_from(["12", " -0.5 ", "1e3", "x", "1_0", 10**400, np.inf])
)
booleans = st.booleans() | st.sampled_from([np.bool_(True), 1, 1.0, np.int64(1), np.float32(0.1)])
moments = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.none() | st.just(UTC))
dates = (
    moments
    | moments.map(datetime.isoformat)
    | st.dates()
    | st.sampled_from(["soon", "2026-03-31", "2026-03-31T12:00:00.000001Z", "now"])
)
odd = st.sampled_from([["a"], {"a": 1}])
cells = missing | texts | numbers | booleans | dates | odd
rows = st.fixed_dictionaries(
    {"industry": cells, "employees": cells, "founded": cells, "points/total": st.floats(-100, 100) | st.just(np.nan)}
)
as_ofs = st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


def encode_one_by_one(table, as_of):
    """Each row alone: its numbers, its warnings and its fault."""
    encoded, warnings, errors = [], {}, {}
    for place, (row, moment) in enumerate(zip(table, as_of, strict=True)):
        try:
            numbers, found = FEATURES.encode_row(row, moment)
        except ScoringError as error:
            errors[place] = str(error)
            numbers, found = None, []
        encoded.append(numbers)
        if found:
            warnings[place] = found
    return encoded, warnings, errors


@settings(deadline=None)
@given(st.lists(st.tuples(rows, as_ofs), min_size=1, max_size=8))
def test_a_table_is_its_rows_one_by_one(pairs):
    table, as_of = zip(*pairs, strict=True)
    frame = pd.DataFrame({name: pd.Series([row[name] for row in table], dtype=object) for name in FEATURES.names[:3]})
    frame["points/total"] = [row["points/total"] for row in table]
    whole = FEATURES.encode_table(frame, pd.Series(as_of).astype("datetime64[us, UTC]"))
    alone, warnings, errors = encode_one_by_one(table, as_of)
    assert {place: " ".join(found) for place, found in whole.errors.items()} == errors
    assert {place: found for place, found in whole.warnings.items() if place not in errors} == warnings
    for place, numbers in enumerate(alone):
        if numbers is not None:
            np.testing.assert_array_equal(whole.matrix[place], numbers)


@settings(deadline=None)
@given(st.lists(st.tuples(rows, as_ofs), min_size=2, max_size=8), st.randoms())
def test_order_of_rows_changes_nothing(pairs, random):
    table, as_of = zip(*pairs, strict=True)
    frame = pd.DataFrame({name: pd.Series([row[name] for row in table], dtype=object) for name in FEATURES.names[:4]})
    moments = pd.Series(as_of).astype("datetime64[us, UTC]")
    order = random.sample(range(len(table)), len(table))
    whole, other = FEATURES.encode_table(frame, moments), FEATURES.encode_table(frame.iloc[order], moments.iloc[order])
    np.testing.assert_array_equal(whole.matrix[order], other.matrix)
    assert {place: whole.errors.get(row) for place, row in enumerate(order)} == {
        p: other.errors.get(p) for p in range(len(order))
    }


def encode(**row):
    return FEATURES.encode_row(row, AS_OF)


def test_row_worked_by_hand():
    row, warnings = encode(industry=" SOFTWARE", employees="250", founded="2026-03-01", **{"points/total": 45})
    assert row == [0.0, 250.0, 30.5, 45.0, 0.0]
    assert warnings == []


def test_nothing_known():
    row, warnings = encode()
    np.testing.assert_array_equal(row, [np.nan, np.nan, np.nan, np.nan, 3.0])
    assert warnings == []


def test_an_unseen_category_is_other_with_a_warning():
    row, warnings = encode(industry="Fintech")
    assert row[0] == 4.0
    assert [str(warning) for warning in warnings] == ["LEAD021 Unknown industry 'Fintech': scored as other."]
    assert len(encode(industry="x" * 500)[1][0].what) < 120


@pytest.mark.parametrize("word", ["n/a", " N/A ", "select", "", " "])
def test_words_that_mean_not_known(word):
    row, warnings = encode(industry=word, employees=word, founded=word)
    np.testing.assert_array_equal(row, [np.nan, np.nan, np.nan, np.nan, 3.0])
    assert warnings == []


@pytest.mark.parametrize(
    ("founded", "days"),
    [
        ("2026-03-31T12:00:00Z", 0.0),
        ("2026-03-31T12:00:00.000001Z", np.nan),  # nobody could know it then
        ("2026-04-01", np.nan),
        ("9999-12-31", np.nan),
        ("2026-03-31T12:00:00+01:00", 1 / 24),
        (date(2026, 3, 30), 1.5),
        (datetime(2026, 3, 30, 12), 1.0),
        (pd.Timestamp("2026-03-30 12:00", tz="Europe/Berlin"), 1 + 2 / 24),
    ],
)
def test_age_of_a_date_and_no_look_ahead(founded, days):
    np.testing.assert_array_equal(encode(founded=founded)[0][2], days)
    frame = pd.DataFrame({"founded": pd.Series([founded], dtype=object)})
    np.testing.assert_array_equal(FEATURES.encode_table(frame, pd.Series([AS_OF])).matrix[0, 2], days)


@settings(deadline=None)
@given(st.datetimes(datetime(2026, 3, 31, 12, 0, 0, 1), datetime(9999, 12, 30)))
def test_later_dates_change_nothing(later):
    np.testing.assert_array_equal(encode(founded=later.isoformat())[0], encode()[0])


@settings(deadline=None)
@given(st.lists(st.datetimes(datetime(1, 1, 2), datetime(9999, 1, 1)), min_size=1, max_size=5))
def test_typed_dates_give_what_texts_give(founded):
    as_of = pd.Series([AS_OF] * len(founded)).astype("datetime64[us, UTC]")
    typed = pd.DataFrame({"founded": pd.Series(founded).astype("datetime64[us]").dt.tz_localize("UTC")})
    naive = pd.DataFrame({"founded": pd.Series(founded).astype("datetime64[us]")})
    texts = pd.DataFrame({"founded": [moment.isoformat() for moment in founded]})
    expected = FEATURES.encode_table(texts, as_of).matrix
    np.testing.assert_array_equal(FEATURES.encode_table(typed, as_of).matrix, expected)
    np.testing.assert_array_equal(FEATURES.encode_table(naive, as_of).matrix, expected)


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "float32", "float64", "Int64", "Float64", "object", "str"])
def test_typed_numbers_give_what_rows_give(dtype):
    column = pd.Series([1, 2, 3]).astype(dtype)
    matrix = FEATURES.encode_table(pd.DataFrame({"employees": column}), None).matrix
    assert matrix[:, 1].tolist() == [FEATURES.encode_row({"employees": value}, AS_OF)[0][1] for value in column]


def test_typed_numbers_may_be_missing():
    column = pd.Series([1, None], dtype="Int64")
    np.testing.assert_array_equal(FEATURES.encode_table(pd.DataFrame({"employees": column}), None).matrix[:, 1], [1.0, np.nan])


def test_infinite_number_fails_alone_in_a_typed_column_too():
    whole = FEATURES.encode_table(pd.DataFrame({"employees": [1.0, np.inf, np.nan]}), None)
    assert whole.matrix[0, 1] == 1.0
    assert list(whole.errors) == [1]
    assert whole.errors[1][0].startswith("LEAD022 Attribute 'employees' must be a number, but infinity is no number")


def test_all_faults_are_in_one_text():
    match = (
        r"LEAD022 Attribute 'industry' must be one text, but a list is no single value\. Send one text, or leave it out\. "
        r"LEAD022 Attribute 'employees' must be a number, but this text is no number\. .* "
        r"LEAD022 Attribute 'founded' must be a date \(Write dates as 2026-03-31 .*\), but this text is no date"
    )
    with pytest.raises(ScoringError, match=match):
        encode(industry=["a"], employees="many", founded="soon")


@pytest.mark.parametrize(
    "value", ["0001-01-01T00:00:00+10:00", datetime(1, 1, 1, tzinfo=UTC).replace(tzinfo=UTC) - timedelta(0), 20_260_331]
)
def test_dates_at_the_edge_of_the_calendar_are_no_crash(value):
    try:
        row, _ = encode(founded=value)
    except ScoringError as error:
        assert "Attribute 'founded' must be a date" in str(error)  # noqa: PT017  either is right
    else:
        assert row[2] > 700_000


def test_undated_leads_have_no_ages():
    matrix = FEATURES.encode_table(pd.DataFrame({"founded": ["2001-01-01"]}), None).matrix
    assert np.isnan(matrix[0, 2])


def test_no_rows_and_no_features():
    assert FEATURES.encode_table(pd.DataFrame({"industry": []}), None).matrix.shape == (0, 5)
    assert FeatureSet((), ()).encode_table(pd.DataFrame(index=range(3)), None).matrix.shape == (3, 0)
    assert FeatureSet((), ()).encode_row({}, AS_OF) == ([], [])


def test_every_column_of_the_export_is_an_attribute():
    features = [
        Feature(name=name, label=name, group=name, kind="number") for name in ("City/State", "points/total", MISSING, "points")
    ]
    assert [feature.is_attribute for feature in features] == [True, False, False, True]
    assert FEATURES.attributes == [0, 1, 2]
    assert (FEATURES.position("founded"), FEATURES.position("nix")) == (2, None)


def test_names_of_event_features_belong_to_no_attribute():
    assert EVENTS_PREFIX in FEATURE_PREFIXES
    assert Feature("events/call/trend", "Trend", "Calls", kind="number").is_event
    assert not FEATURES.features[0].is_event


def test_read_back_from_json_it_is_the_same():
    again = FeatureSet.from_json(json.loads(json.dumps(FEATURES.to_json())))
    assert again == FEATURES
    np.testing.assert_array_equal(again.encode_row({"industry": "N/A"}, AS_OF)[0], FEATURES.encode_row({}, AS_OF)[0])


def test_a_bundle_from_before_spellings_is_read_and_one_with_too_few_is_refused():
    content = FEATURES.to_json()
    for entry in content["features"]:
        del entry["spellings"]
    assert FeatureSet.from_json(content) == FEATURES
    assert FeatureSet.from_json(content).features[0].spell(0) == "software"
    content["features"][0]["spellings"] = ["Software"]
    with pytest.raises(ValueError, match="feature 'industry' must have one spelling for each category, but has 1 for 4"):
        FeatureSet.from_json(content)


def test_yes_and_no_are_read_in_any_spelling_by_bundles_that_hold_no_format():
    news = Feature("news", "News", "News", kind="category", categories=("false", "true"))
    plan = Feature("plan", "Plan", "Plan", kind="category", categories=("no", "yes", "partly"))
    features = FeatureSet((news, plan), ("",))
    for yes, no in ((True, False), ("Yes", "No"), (1, "0"), ("WAHR", "nein"), ("true", "FALSE")):
        assert features.encode_row({"news": yes}, None)[0][0] == 1
        assert features.encode_row({"news": no}, None)[0][0] == 0
    encoded, (warning,) = features.encode_row({"plan": True, "news": None}, None)
    assert encoded[1] == 3
    assert warning.what == "Unknown plan 'True': scored as other."
    table = features.encode_table(pd.DataFrame({"news": ["yes", "no", "maybe"]}), None)
    assert table.matrix[:, 0].tolist() == [1, 0, 2]
