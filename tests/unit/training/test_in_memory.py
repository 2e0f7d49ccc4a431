"""A dataset of frames is the dataset of the files that hold them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import predictor
from predictor.core.errors import TableError
from predictor.core.settings import make_settings
from predictor.simulate.files import save_firm
from predictor.simulate.firm import simulate_firm
from predictor.training.from_tables import load_dataset
from predictor.training.track_trained import describe_tables

NOW = pd.Timestamp("2027-01-01", tz="UTC")


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("firm")
    save_firm(simulate_firm(900, 5), folder)
    return folder


@pytest.fixture(scope="module")
def settings(firm):
    return predictor.load_settings(firm / "predictor.toml")


@pytest.fixture(scope="module")
def from_files(settings):
    return load_dataset(settings, now=NOW)


def read(firm, name: str) -> pd.DataFrame:
    return pd.read_csv(firm / f"{name}.csv")


def assert_same(dataset, expected) -> None:
    assert_frame_equal(dataset.leads.frame, expected.leads.frame, check_dtype=False)
    assert_frame_equal(dataset.to_frame(split=True), expected.to_frame(split=True), check_dtype=False)
    assert dataset.events.types == expected.events.types


def test_frames_give_the_same_as_their_files(firm, settings, from_files):
    leads, events = read(firm, "leads"), read(firm, "events")
    copies = leads.copy(), events.copy()
    assert_same(load_dataset(settings, leads=leads, events=events, now=NOW), from_files)
    assert_frame_equal(leads, copies[0])
    assert_frame_equal(events, copies[1])


def test_settings_may_be_a_file_and_the_key_an_index_of_typed_columns(firm, from_files):
    leads = read(firm, "leads")
    for name in [column for column in leads if column.endswith("_at")]:
        leads[name] = pd.to_datetime(leads[name], utc=True, format="ISO8601")
    leads = leads.astype({"industry": "category"}).set_index("lead_id")
    events = read(firm, "events")
    events["occurred_at"] = pd.to_datetime(events["occurred_at"], utc=True, format="ISO8601").dt.tz_convert("Asia/Tokyo")
    shuffled = events.sample(frac=1, random_state=1)
    assert_same(load_dataset(firm / "predictor.toml", leads=leads, events=shuffled, now=NOW), from_files)


def test_a_filtered_frame_counts_its_own_rows(firm, settings):
    leads = read(firm, "leads")
    kept = leads[leads["industry"] != leads["industry"].iloc[0]]
    dataset = load_dataset(settings, leads=kept, now=NOW)
    assert len(dataset) == len(kept)
    assert dataset.events is None


def test_the_names_of_columns_are_those_of_the_settings(firm, from_files):
    leads = read(firm, "leads").rename(columns={"mql_at": "Became MQL"})
    settings = predictor.load_settings(firm / "predictor.toml", {"columns": {"mql_at": "Became MQL"}})
    assert_same(load_dataset(settings, leads=leads, events=read(firm, "events"), now=NOW), from_files)


def test_files_named_in_the_settings_are_left_out_and_not_recorded(firm, settings):
    dataset = load_dataset(settings, leads=read(firm, "leads"), now=NOW)
    assert (dataset.settings.data.leads, dataset.settings.data.events) == ("", "")
    assert dataset.settings.folder == settings.folder
    (table,) = describe_tables(dataset, {"leads": "ab", "events": None})
    assert table.source == "a frame"


def test_an_export_of_a_crm_may_be_a_frame():
    draw = np.random.default_rng(1)
    became = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(300), unit="D")
    leads = pd.DataFrame({
        "Record ID": np.arange(300) + 1000,
        "Became a Marketing Qualified Lead Date": became,
        "Became a Sales Qualified Lead Date": became.where(draw.random(300) < 0.3) + pd.Timedelta(days=3),
        "Industry": draw.choice(["Retail", "Software"], 300),
    })  # fmt: skip
    dataset = load_dataset(make_settings({"data": {"crm": "hubspot"}}), leads=leads, now=NOW)
    assert len(dataset) == 300
    assert list(dataset.leads.attributes) == ["industry"]


def test_events_without_leads_and_other_tables_are_refused(firm, settings):
    with pytest.raises(TypeError, match="events without their leads"):
        load_dataset(settings, events=read(firm, "events"))
    with pytest.raises(TypeError, match="leads as a pandas DataFrame, not dict"):
        load_dataset(settings, leads={"lead_id": ["a"]})


@pytest.mark.parametrize("leads", [pd.DataFrame(), pd.DataFrame({"lead_id": []}), pd.DataFrame({"a": [1], "b": [2]})])
def test_a_frame_that_breaks_the_contract_is_refused_as_a_file_is(settings, leads):
    with pytest.raises(TableError, match=re.compile("lead", re.IGNORECASE)):
        load_dataset(settings, leads=leads)
