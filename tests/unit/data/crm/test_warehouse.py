"""Tables of a warehouse: prefixes are left off, rows that are marked as deleted are left out, and both are told."""

import pandas as pd
import pytest
import sqlalchemy as sa

from predictor.audit.propose.propose import propose_settings
from predictor.core.errors import SettingsError
from predictor.core.settings import make_settings
from predictor.data.crm.warehouse import find_prefix, remove_prefix
from predictor.data.load import load_tables

NOW = pd.Timestamp("2026-07-02", tz="UTC")
NAMES = ("email", "industry", "numemployees", "hs_lifecyclestage_marketingqualifiedlead_date",
         "hs_lifecyclestage_salesqualifiedlead_date", "firstname")  # fmt: skip


def make_contacts(prefix="property_", suffix="", **columns):
    """Sixty HubSpot contacts as a connector writes them; every third was accepted."""
    rows = range(60)
    days = [f"2026-01-{1 + row % 28:02} 09:00:00" for row in rows]
    values = ([f"p{row}@f{row % 9}.example" for row in rows], ["HEALTH_CARE", "FINANCE"] * 30, [10 + row % 7 for row in rows],
              days, [None if row % 3 else day for row, day in zip(rows, days, strict=True)], ["Ann"] * 60)  # fmt: skip
    named = {f"{prefix}{name}{suffix}": column for name, column in zip(NAMES, values, strict=True)}
    return pd.DataFrame({"id": [5_100_000 + row for row in rows], **named, **columns})


def mark(*rows, yes="TRUE", no="FALSE"):
    return [yes if row in rows else no for row in range(60)]


def load(folder, table, **sections):
    table.to_csv(folder / "contacts.csv", index=False)
    data = {"leads": "contacts.csv"} | sections.pop("data", {})
    return load_tables(make_settings({"data": data, **sections}, folder=folder), NOW)


def list_texts(findings):
    return {finding.code: finding.what for finding in findings}


CONNECTORS = {
    "Fivetran": ("property_", "", {"_fivetran_synced": "2026-05-10 11:16:05", "_fivetran_deleted": mark(3, 7)}),
    "Fivetran on Snowflake": ("PROPERTY_", "", {"_FIVETRAN_SYNCED": "2026-05-10", "_FIVETRAN_DELETED": mark(3, 7)}),
    "Airbyte": ("properties_", "", {"archived": mark(3, 7, yes="true", no="false"), "_airbyte_extracted_at": "2026-05-10",
                "_airbyte_raw_id": "x", "_airbyte_meta": "{}", "createdAt": "2026-01-01", "updatedAt": "2026-05-01"}),
    "Airbyte with changes": ("properties.", "", {"_ab_cdc_deleted_at": mark(3, 7, yes="2026-05-01T00:00:00Z", no=None),
                             "_ab_cdc_updated_at": "2026-05-01"}),
    "Stitch": ("properties__", "__value", {"_sdc_batched_at": "2026-05-10", "_sdc_sequence": 17, "_sdc_table_version": 1,
               "_sdc_deleted_at": mark(3, 7, yes="2026-05-01", no="")}),
    "another one": ("hubspot__contact__", "", {"is_deleted": mark(3, 7, yes="1", no="0"), "_dlt_load_id": "1", "_dlt_id": "x"}),
    "a view": ("contact.", "", {"__deleted": mark(3, 7, yes="t", no="f"), "_loaded_at": "2026-05-10"}),
}  # fmt: skip


@pytest.mark.parametrize("connector", CONNECTORS)
@pytest.mark.parametrize("crm", ["hubspot", "none"])
def test_any_prefix_of_any_connector(tmp_path, connector, crm):
    prefix, suffix, columns = CONNECTORS[connector]
    table = make_contacts(prefix, suffix, **columns)
    table = table.rename(columns=str.upper) if prefix.isupper() else table
    table.to_csv(tmp_path / "contacts.csv", index=False)
    found = propose_settings([str(tmp_path / "contacts.csv")], out=tmp_path / "predictor.toml", crm=crm, now=NOW)
    assert not found.refusals
    assert found.data["prefix"][0] == prefix
    assert {"lead_id", "email", "mql_at", "sql_at"} <= set(found.columns)
    settings = make_settings(found.to_differences(), folder=tmp_path)
    leads, _, findings = load_tables(settings, NOW)
    texts = list_texts(findings)
    assert len(leads.frame) == 58
    assert leads.frame["sql_at"].notna().sum() == 19, "one of the deleted leads was accepted"
    assert texts["LEAD039"].startswith("2 rows")
    assert f"without the prefix '{prefix}'" in texts["LEAD080"]
    used = {name for name in leads.attributes if name != "createdAt"}
    size = "employees" if crm == "hubspot" else "numemployees"
    plain = {"industry", size}
    assert used == ({name.upper() for name in plain} if crm == "none" and prefix.isupper() else plain) | {"email_domain_kind"}
    assert all(name in texts["LEAD081"] for name in columns if name not in {"createdAt", "updatedAt"})


def test_a_hand_written_crm_needs_no_prefix_in_the_settings(tmp_path):
    leads, _, findings = load(tmp_path, make_contacts(_fivetran_deleted=mark(0)), data={"crm": "hubspot"})
    assert {"industry", "employees"} <= set(leads.attributes)
    assert len(leads.frame) == 59
    assert {"LEAD039", "LEAD080"} <= set(list_texts(findings))


def test_columns_that_the_settings_name_in_full_keep_their_names(tmp_path):
    full = {"lead_id": "id", "mql_at": f"property_{NAMES[3]}", "sql_at": f"property_{NAMES[4]}"}
    for data in ({}, {"crm": "hubspot"}):
        leads, _, findings = load(tmp_path, make_contacts(), columns=full, data=data)
        assert "property_industry" in leads.attributes
        assert "LEAD080" not in list_texts(findings)
    leads, _, _ = load(tmp_path, make_contacts(), columns=full, data={"prefix": "property_"})
    assert {"industry", "numemployees"} <= set(leads.attributes)


def test_without_the_setting_a_plain_table_keeps_its_names(tmp_path):
    table = make_contacts().rename(columns={f"property_{NAMES[3]}": "mql_at", f"property_{NAMES[4]}": "sql_at", "id": "lead_id"})
    leads, _, findings = load(tmp_path, table)
    assert {"property_industry", "property_numemployees"} <= set(leads.attributes)
    assert "LEAD080" not in list_texts(findings)


@pytest.mark.parametrize(
    "names",
    [
        ["lead_id", "feature_1", "feature_2", "feature_3", "feature_4"],
        ["lead_id", "lead_source", "lead_status", "lead_owner", "industry", "country"],
        ["id", "property_type", "property_value", "city", "budget", "bedrooms", "created", "sold"],
        ["Id", "Lead Source", "Lead Status", "Lead Owner", "Lead Score"],
        ["emp.var.rate", "cons.price.idx", "cons.conf.idx", "nr.employed", "y"],
        ["id", "property_city"],
        [],
    ],
)
def test_what_is_no_prefix(names):
    assert find_prefix(names) == ""


def test_a_prefix_is_the_one_that_leaves_known_names():
    assert find_prefix([f"property_hs_{name}" for name in ("analytics_source", "email_open", "email_domain")]) == "property_"
    assert find_prefix(["crm__lead__email", "crm__lead__industry", "crm__lead__country", "crm__lead__x"]) == "crm__lead__"


def test_no_two_columns_get_one_name():
    names = ["id", "city", "property_city", "property_City", "property_id", "property_zone", "mql_at", "property_mql_at"]
    assert remove_prefix(names, "property_") == [*names[:5], "zone", *names[6:]]
    short = remove_prefix(["property_a", "property_A"], "property_")
    assert short == ["property_a", "property_A"]


@pytest.mark.parametrize("prefix", ["engagement__", "event.", ""])
def test_the_prefix_of_a_table_of_events(tmp_path, prefix):
    make_contacts().to_csv(tmp_path / "contacts.csv", index=False)
    events = pd.DataFrame({"contact_id": [5_100_000], "timestamp": ["2026-01-01"], "type": ["call"], "title": ["x"]})
    events.add_prefix(prefix).assign(_fivetran_synced="2026-05-10").to_csv(tmp_path / "events.csv", index=False)
    where = {"out": tmp_path / "predictor.toml", "events": str(tmp_path / "events.csv")}
    found = propose_settings([str(tmp_path / "contacts.csv")], now=NOW, **where)
    names = {"lead_id": "contact_id", "occurred_at": "timestamp", "event_type": "type", "asset": "title"}
    assert found.event_columns == {ours: f"{prefix}{theirs}" for ours, theirs in names.items()}
    _, events, _ = load_tables(make_settings(found.to_differences(), folder=tmp_path), NOW)
    assert events.types == {"call": (1, 1)}


def test_a_mark_that_is_allowed_deletes_no_row(tmp_path):
    table = make_contacts(archived=mark(*range(50)))
    columns = {"lead_id": "id", "mql_at": NAMES[3], "sql_at": NAMES[4]}
    leads, _, findings = load(tmp_path, table, columns=columns, data={"prefix": "property_"})
    (finding,) = (finding for finding in findings if finding.code == "LEAD039")
    assert (len(leads.frame), finding.severity) == (10, "warning")
    assert finding.do.endswith("name 'archived' in roles.allow to keep these rows.")
    leads, _, findings = load(tmp_path, table, columns=columns, data={"prefix": "property_"}, roles={"allow": ["archived"]})
    assert len(leads.frame) == 60
    assert "archived" in leads.attributes
    assert "LEAD039" not in list_texts(findings)


def test_dates_that_mean_never_delete_no_row(tmp_path):
    never = ["9999-12-31 00:00:00", "1970-01-01T00:00:00Z", "0001-01-01", "1900-01-01", "0", "NULL", "", None] * 8
    table = make_contacts(deleted_at=[*never[:59], "2026-03-01"])
    leads, _, findings = load(tmp_path, table, data={"crm": "hubspot"})
    assert len(leads.frame) == 59
    assert list_texts(findings)["LEAD039"].startswith("1 row of HubSpot's leads left out: deleted, by 'deleted_at'")


def test_a_table_of_a_database_stands_alone(tmp_path):
    make_contacts().to_csv(tmp_path / "contacts.csv", index=False)
    where = [f"sqlite:///{tmp_path / 'warehouse.db'}#contact", str(tmp_path / "contacts.csv")]
    with pytest.raises(SettingsError, match=r"A table of a database must be the only one.* Name events with --events\."):
        propose_settings(where, out=tmp_path / "predictor.toml", crm="hubspot", now=NOW)


def test_typed_marks_of_a_parquet_file(tmp_path):
    table = make_contacts(
        is_deleted=[row < 4 for row in range(60)], _sdc_deleted_at=pd.Series([pd.NaT] * 60, dtype="datetime64[us]")
    )
    table.to_parquet(tmp_path / "contacts.parquet")
    settings = make_settings({"data": {"leads": "contacts.parquet", "crm": "hubspot"}}, folder=tmp_path)
    leads, _, findings = load_tables(settings, NOW)
    assert len(leads.frame) == 56
    assert "deleted, by 'is_deleted'." in list_texts(findings)["LEAD039"]


def test_a_table_of_a_database_is_read_by_the_names_of_its_crm(tmp_path):
    where = f"sqlite:///{tmp_path / 'warehouse.db'}"
    engine = sa.create_engine(where)
    make_contacts(_fivetran_deleted=[row < 4 for row in range(60)]).to_sql("contact", engine, index=False)
    engine.dispose()
    found = propose_settings([f"{where}#contact"], out=tmp_path / "predictor.toml", now=NOW)
    assert (found.data["crm"][0], found.data["prefix"][0]) == ("hubspot", "property_")
    leads, _, findings = load_tables(make_settings(found.to_differences()), NOW)
    assert len(leads.frame) == 56
    assert {"industry", "employees"} <= set(leads.attributes)
    assert list_texts(findings)["LEAD039"].startswith("4 rows of HubSpot's leads left out: deleted, by '_fivetran_deleted'")
