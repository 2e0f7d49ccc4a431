"""Functions of the firm's own: cut at `as_of`, the same for one lead and a table, and refused where they look at more."""

from datetime import UTC, datetime, timedelta

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from parity.event_lists import draw_firm, make_events, make_leads

from predictor.core.errors import ScoringError, SettingsError, TrainingError
from predictor.data.events.history import EventHistoryReader, read_history
from predictor.data.values import Event
from predictor.features.own_attributes import AttributeReader
from predictor.features.own_check import check_own_features
from predictor.features.own_features import OwnFeatures, find_functions, load_functions
from predictor.features.own_table import compute_own_columns

NOW = datetime(2026, 5, 9, 12, tzinfo=UTC)  # a Saturday


def weekend(_leads, events):
    """The share of the events that were at a weekend."""
    return (events["occurred_at"].dt.day_of_week >= 5).groupby(events["lead"]).mean()


def several(leads, events):
    calls = events[events["event_type"] == "call"].groupby("lead")
    return pd.DataFrame({"calls": calls.size(), "value": calls["value"].sum()}).reindex(leads.index, fill_value=0)


def share_of_all(leads, events):
    """Peeks: the events of other leads, which may be later ones, set the level."""
    return events.groupby("lead").size().reindex(leads.index, fill_value=0) / len(events)


def among_its_industry(leads, _events):
    """Peeks: the rank of the lead among others, which may be later ones."""
    return leads.groupby("industry")["size"].rank()


def newest_first(leads, _events):
    """Peeks: how long before the newest lead of the table."""
    return (leads["as_of"].max() - leads["as_of"]).dt.days


def random(leads, _events):
    return pd.Series(np.random.default_rng().random(len(leads)), leads.index)


def age(leads, _events):
    """Days since the lead became a customer of somebody."""
    return (leads["as_of"] - leads["since"]).dt.total_seconds() / 86_400


def is_software(leads, events):
    """Attributes and events together."""
    return leads["industry"].eq("software") * events.groupby("lead").size().reindex(leads.index, fill_value=0)


READER = AttributeReader({"industry": "category", "size": "number", "since": "date"}, ("n/a",))
KNOWN = pd.DataFrame({"industry": ["Software", " retail"] * 10, "size": range(10, 900, 45), "since": ["2020-01-01"] * 20})


@pytest.fixture
def own():
    return OwnFeatures({"weekend": weekend, "several": several})


def test_numbers_by_hand(own):
    events = [Event(NOW - timedelta(days=days), kind, value=2.0) for days, kind in ((0, "Call"), (1, "open"), (2, " call"))]
    values = own.compute_one(read_history(events, NOW))
    assert values == {"own/weekend/weekend": pytest.approx(1 / 3), "own/several/calls": 2.0, "own/several/value": 4.0}
    nothing = own.compute_one(read_history([], NOW))
    assert np.isnan(nothing.pop("own/weekend/weekend"))
    assert nothing == {"own/several/calls": 0.0, "own/several/value": 0.0}


def test_an_event_after_the_moment_changes_nothing(own):
    events = [Event(NOW - timedelta(days=1), "call"), Event(NOW, "call")]
    later = [Event(NOW + timedelta(microseconds=1), "call", value=9.0), Event(NOW + timedelta(days=30), "open")]
    assert own.compute_one(read_history([*later, *events], NOW)) == own.compute_one(read_history(events, NOW))


def test_a_thousand_leads_have_the_same_features_in_a_table_and_alone():
    own = OwnFeatures({"weekend": weekend})
    rows, events = draw_firm(3, leads=600)  # hard ones: ties, other zones, odd spellings, repeated rows, several rows a lead
    assert len(rows) > 1000
    leads = make_leads(rows)
    table = compute_own_columns(own, leads, leads, ibis.memtable(make_events(events)))
    by_lead = {}
    for key, event in events:
        by_lead.setdefault(key, []).append(event)
    reader = EventHistoryReader()
    alone = pd.DataFrame([own.compute_one(reader.read(by_lead.get(key, []), as_of)) for key, as_of in rows], index=table.index)
    assert table["own/weekend/weekend"].nunique() > 10
    pd.testing.assert_frame_equal(table, alone, rtol=1e-9)


def test_leads_without_any_events_have_the_features_of_none(own):
    rows, _ = draw_firm(3, leads=5)
    table = compute_own_columns(own, make_leads(rows), pd.DataFrame(index=range(len(rows))), None)
    assert table["own/several/calls"].tolist() == [0.0] * len(rows)
    assert table["own/weekend/weekend"].isna().all()


def test_a_lead_with_several_rows_is_cut_at_each():
    leads = pd.DataFrame({"lead_id": ["A", "A"], "as_of": pd.to_datetime(["2026-05-01", "2026-05-20"], utc=True)}, index=[7, 9])
    at_us = [pd.Timestamp(text, tz="UTC").value // 1000 for text in ("2026-04-30", "2026-05-10")]
    events = ibis.memtable(pa.table({"lead_id": ["A", "A"], "at_us": at_us, "event_type": ["call", "call"]}))
    table = compute_own_columns(OwnFeatures({"several": several}), leads, leads, events)
    assert table["own/several/calls"].to_dict() == {7: 1.0, 9: 2.0}


def test_functions_that_look_at_their_lead_alone_pass(own):
    check_own_features(own)
    check_own_features(own, ["call"])
    check_own_features(OwnFeatures({"age": age, "upper": is_software}, READER), ["call"], KNOWN)


def test_made_up_leads_have_attributes_of_the_kind_that_the_known_ones_have():
    shown = []

    def look(leads, _events):
        shown.append(leads)
        return leads["size"]

    check_own_features(OwnFeatures({"look": look}, READER), (), KNOWN)
    table = shown[0]
    assert table.dtypes.astype(str).tolist() == ["datetime64[us, UTC]", "str", "float64", "datetime64[us, UTC]"]
    assert set(table["industry"].dropna()) == {"software", "retail"}
    assert 10 <= table["size"].min() < table["size"].max() <= 900
    known = table["since"].notna()
    assert (table["since"] <= table["as_of"])[known].all()
    assert table[["industry", "size", "since"]].isna().any().all()
    assert len(table) > len(shown[1]) == 1
    assert shown[1].dtypes.equals(table.dtypes)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (share_of_all, "share_of_all"),
        (among_its_industry, "among_its_industry"),
        (newest_first, "newest_first"),
        (random, "random"),
    ],
)
def test_a_function_that_peeks_is_refused_with_the_lead_that_shows_it(function, name):
    difference = rf"'own/{name}/.*' is .* in a table, but .* alone"
    text = rf"Feature function '{name}' cannot be used: {difference}.* as of 2026-.*, (industry|size|since) .*, events: "
    with pytest.raises(TrainingError, match=text):
        check_own_features(OwnFeatures({name: function}, READER), (), KNOWN)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda _, events: events["nothing"], r"failed: KeyError: 'nothing'\. Of leads it is shown 'as_of'"),
        (lambda leads, _: leads.assign(word="a"), "gave moments or spans of time in column 'as_of'"),
        (lambda leads, _: pd.Series("a", leads.index), "gave something else than numbers in column 'mine'"),
        (lambda leads, _: leads["as_of"].dt.day / 0, "gave an infinite number"),
        (lambda _leads, _events: 3, "must give a series or a frame, but gave a 'int'"),
        (lambda leads, _: np.ones(len(leads)), "must give a series or a frame, but gave a 'ndarray'"),
        (lambda _leads, _events: pd.Series([1.0, 2.0]), "gave rows for leads that there are not"),
        (lambda _leads, _events: pd.Series([1.0, 2.0], [0, 0]), "gave several rows for one lead"),
        (lambda leads, _: pd.concat([leads["as_of"].dt.day] * 2, axis=1), "must give each column a name of its own"),
    ],
)
def test_what_gives_no_numbers_is_refused_by_name(function, text):
    with pytest.raises(ScoringError, match=rf"Feature function 'mine' {text}"):
        OwnFeatures({"mine": function}).compute_one(read_history([], NOW))


def test_only_functions_of_this_process_are_called_and_settings_import_them(tmp_path):
    (tmp_path / "own_functions_of_a_firm.py").write_text("def weekend_there(leads, events):\n    return leads['as_of'].dt.day\n")
    path = "own_functions_of_a_firm:weekend_there"
    with pytest.raises(SettingsError, match=r"'weekend_there' \(own_functions_of_a_firm:weekend_there\) is not known here"):
        find_functions([path])
    assert load_functions([path], tmp_path).keys() == {"weekend_there"} == find_functions([path]).keys()
    with pytest.raises(SettingsError, match="names 'math:pi', but that is no function"):
        load_functions(["math:pi"], tmp_path)
