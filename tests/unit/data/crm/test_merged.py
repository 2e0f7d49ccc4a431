"""Leads that are one person: merged by the CRM, or with the same address and dates."""

import pandas as pd
import pytest

from predictor.audit.propose.propose import propose_settings
from predictor.core.settings import make_settings
from predictor.data.crm.merged import drop_merged
from predictor.data.load import load_tables

NOW = pd.Timestamp("2026-07-02", tz="UTC")
MQL, SQL = "Became a Marketing Qualified Lead Date", "Became a Sales Qualified Lead Date"


def make_contacts(number=40, **columns):
    days = [f"2026-01-{1 + at % 28:02} 09:{at % 60:02}" for at in range(number)]
    return pd.DataFrame({
        "Record ID": [str(100 + at) for at in range(number)], "Email": [f"p{at}@f.example" for at in range(number)], MQL: days,
        SQL: [None if at % 3 else day for at, day in enumerate(days)], "Industry": ["Retail", "Media"] * (number // 2), **columns,
    })  # fmt: skip


def load(folder, table, **sections):
    table.to_csv(folder / "contacts.csv", index=False)
    data = {"leads": "contacts.csv"} | sections.pop("data", {"crm": "hubspot"})
    leads, _, findings = load_tables(make_settings({"data": data, **sections}, folder=folder), NOW)
    return leads, {finding.code: finding for finding in findings}


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("hs_merged_object_ids", {0: "117;118", 5: "119"}),
        ("Merged record IDs", {0: "117; 118; 99999", 5: "119"}),
        ("hs_calculated_merged_vids", {0: "117:1700000000000;118:1700000000001", 5: "119:1700000000002"}),
        ("merged-vids", {0: "[117, 118]", 5: "[119]"}),
        ("property_hs_merged_object_ids", {0: "117;118;100", 5: "119"}),
    ],
)
@pytest.mark.parametrize("crm", ["hubspot", ""])
def test_contacts_that_another_one_lists_are_left_out(tmp_path, name, cells, crm):
    table = make_contacts(**{name: [cells.get(at) for at in range(40)]})
    columns = {} if crm else {"lead_id": "Record ID", "mql_at": MQL, "sql_at": SQL}
    prefix = "property_" if name.startswith("property_") else ""
    leads, findings = load(tmp_path, table, data={"crm": crm, "prefix": prefix}, columns=columns)
    assert not {"117", "118", "119"} & set(leads.frame["lead_id"])
    assert len(leads.frame) == 37
    short = name.removeprefix("property_")
    assert "3 rows" in findings["LEAD082"].what
    assert findings["LEAD082"].what.endswith(f"merged into another lead of the table, by '{short}'.")
    assert short not in leads.attributes


@pytest.mark.parametrize(
    ("name", "cells"),
    [("MasterRecordId", {7: "00Q5g000000XyzAEAS"}), ("masterid", {7: "00Q5g000000XyzA"}), ("Master ID", {7: "00Q5g000000XyzA"})],
)
def test_leads_that_name_their_master_are_left_out(name, cells):
    ids = ["00Q5g000000XyzA", *(f"00Q5g{at:010}" for at in range(39))]
    raw = pd.DataFrame({"Id": ids, name: [cells.get(at) for at in range(40)]})
    kept, findings = drop_merged(raw, make_settings())
    assert kept["Id"].tolist() == [*ids[:7], *ids[8:]]
    assert [finding.code for finding in findings] == ["LEAD082"]


def test_a_lead_whose_master_is_not_in_the_table_stays():
    raw = pd.DataFrame({"Id": ["a", "b"], "MasterRecordId": ["z", "b"], "hs_merged_object_ids": ["y", "b"]})
    kept, findings = drop_merged(raw, make_settings())
    assert (kept["Id"].tolist(), findings) == (["a", "b"], ())


def test_two_that_list_each_other_both_stay():
    raw = pd.DataFrame({"Record ID": ["1", "2", "3"], "Merged record IDs": ["2", "1;3", None]})
    kept, _ = drop_merged(raw, make_settings())
    assert kept["Record ID"].tolist() == ["1", "2"]


def test_a_list_that_is_allowed_is_not_used(tmp_path):
    table = make_contacts(hs_merged_object_ids=["117", *[None] * 39])
    leads, findings = load(tmp_path, table, roles={"allow": ["hs_merged_object_ids"]})
    assert len(leads.frame) == 40
    assert "LEAD082" not in findings


def test_init_leaves_them_out_too(tmp_path):
    make_contacts(hs_merged_object_ids=["117", *[None] * 39]).to_csv(tmp_path / "contacts.csv", index=False)
    for crm in (None, "none"):
        found = propose_settings([str(tmp_path / "contacts.csv")], out=tmp_path / "predictor.toml", crm=crm, now=NOW)
        assert "39 rows" in found.source
        assert "LEAD082" in {finding.code for finding in found.findings}


def test_the_same_address_and_dates_are_told(tmp_path):
    table = make_contacts()
    copies = table.iloc[[3, 8]].assign(**{"Record ID": ["900", "901"]})
    copies["Email"] = copies["Email"].str.upper() + " "
    leads, findings = load(tmp_path, pd.concat([table, copies]))
    assert len(leads.frame) == 42, "a shared address may stand for several people"
    text = (
        "2 leads have the e-mail address and dates (mql_at, sql_at) of another one (first in row 41): they look like one person."
    )
    assert (findings["LEAD083"].what, findings["LEAD083"].severity) == (text, "warning")


@pytest.mark.parametrize(
    "change",
    [
        {"Email": "other@f.example"},
        {MQL: "2026-01-02 09:00"},
        {SQL: "2026-02-20 09:00"},
        {"Email": None},
        {"Email": "(No value)"},
        {"Record ID": "103", MQL: "2026-02-01 10:00", SQL: None},
    ],
)
def test_other_people_and_other_episodes_are_not_copies(tmp_path, change):
    table = make_contacts()
    one = table.iloc[[3]].assign(**({"Record ID": "900"} | change))
    _, findings = load(tmp_path, pd.concat([table, one]))
    assert "LEAD083" not in findings


def test_rows_without_an_address_are_not_one_person(tmp_path):
    _, findings = load(tmp_path, make_contacts(Email=None, **{MQL: "2026-01-20 09:00", SQL: [None, "2026-01-21 09:00"] * 20}))
    assert "LEAD083" not in findings
