"""The audit on real sets: what leaks is found, by its name and without it, and what does not is left alone."""

import tomllib
from pathlib import Path

import pandas as pd
import pytest

from predictor.audit.columns import audit_columns
from predictor.core.settings import make_settings
from predictor.training.audit import audit_dataset, collect_findings, list_refusals
from predictor.training.from_tables import load_dataset

HERE = Path(__file__).parent
LEAKS = {"Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"}


@pytest.fixture(scope="module")
def x_education(real_data):
    """The study of the export as it is, with none of its columns to ignore."""
    content = tomllib.loads((HERE / "x_education.toml").read_text())
    content["roles"].pop("ignore")
    return load_dataset(make_settings(content, folder=real_data))


def grave(findings):
    return {finding.column: finding.severity for finding in findings if finding.severity != "tip" and finding.column}


def test_the_leaks_of_x_education_are_found_and_no_other_column_is_accused(x_education):
    found = collect_findings(x_education, x_education.findings, audit_dataset(x_education))
    severities = grave(found)
    assert severities.pop("Tags") == "error"
    assert set(severities) == LEAKS - {"Tags"}
    assert list_refusals(x_education, found) == (), "left out by name as they are"


def test_they_are_found_without_their_names_too(real_data):
    raw = pd.read_csv(real_data / "x_education/Leads.csv", dtype="str", keep_default_na=False)
    frame = raw.drop(columns=["Prospect ID", "Lead Number", "Converted"])
    fields = {name: f"Field {place}" for place, name in enumerate(frame)}
    missing = make_settings().data.missing_values
    found = audit_columns(
        frame.rename(columns=fields),
        raw["Converted"].astype(float),
        order=raw["Lead Number"].astype(float),
        missing_values=missing,
    )
    severities = grave(found)
    assert severities.pop(fields["Tags"]) == "error"
    assert set(severities) == {fields[name] for name in LEAKS - {"Tags"}}


def test_scores_that_came_with_the_newest_leads_only_are_told_as_drift(x_education):
    (drift,) = [finding for finding in audit_dataset(x_education) if finding.code == "AUDIT017"]
    assert "'Asymmetrique Profile Score'" in drift.what


def test_what_taking_tags_back_costs_is_a_refusal(real_data):
    content = tomllib.loads((HERE / "x_education.toml").read_text())
    content["roles"] |= {"ignore": [], "allow": ["Tags"]}
    dataset = load_dataset(make_settings(content, folder=real_data))
    assert [finding.column for finding in list_refusals(dataset, audit_dataset(dataset))] == ["Tags"]


@pytest.fixture(scope="module")
def olist(real_data, tmp_path_factory):
    """All MQLs with every column of their deals."""
    folder, at = real_data / "olist", tmp_path_factory.mktemp("olist")
    leads = pd.read_csv(folder / "olist_marketing_qualified_leads_dataset.csv", dtype="str")
    deals = pd.read_csv(folder / "olist_closed_deals_dataset.csv", dtype="str")
    leads.merge(deals, on="mql_id", how="left", validate="one_to_one").to_csv(at / "olist.csv", index=False)
    dataset = load_dataset(make_settings(tomllib.loads((HERE / "olist.toml").read_text()), folder=at))
    return set(deals) - {"mql_id", "won_date"}, audit_dataset(dataset)


def test_every_column_of_the_deals_is_an_error(olist):
    columns, found = olist
    assert {finding.column for finding in found if finding.severity == "error"} == columns


def test_the_truncation_before_december_2017_is_found(olist):
    (truncated,) = [finding for finding in olist[1] if finding.code == "AUDIT015"]
    assert "No acceptance is dated before 2017-12-05" in truncated.what
