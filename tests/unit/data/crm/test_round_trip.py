"""A firm of 5,000 leads, exported as HubSpot and Salesforce do, is read back as the simulated tables."""

import pandas as pd
import pytest
from exports import number_leads, take_last_episodes, write_hubspot, write_salesforce

from predictor.core.settings import make_settings
from predictor.data.load import load_tables
from predictor.simulate.firm import simulate_firm

NOW = pd.Timestamp("2026-07-02", tz="UTC")


@pytest.fixture(scope="module")
def firm():
    return simulate_firm(5000, 11)


def load(folder, crm, leads, files=(), events=""):
    data = {"leads": leads, "crm": crm, "files": list(files), "events": events}
    return load_tables(make_settings({"data": data}, folder=folder), NOW)


def assert_same_leads(found, expected):
    """The same rows and columns, whatever their order; e-mail domains are compared as the kind that is kept of them."""
    names = [name for name in expected if name != "email_domain"]
    assert set(names) == set(found.columns) - {"email_domain_kind"}
    key = ["lead_id", "mql_at"]
    pd.testing.assert_frame_equal(
        found[names].sort_values(key).reset_index(drop=True), expected[names].sort_values(key).reset_index(drop=True)
    )


def list_events(table):
    names = ["lead_id", "at_us", "event_type", "asset", "campaign", "value"]
    return table.to_pyarrow().to_pandas()[names].sort_values(names).reset_index(drop=True)


def expect_events(events, lead_ids, **blanks):
    """The simulated events as the contract keeps them: without duplicates and without what a format cannot carry."""
    kept = events.assign(lead_id=lead_ids, at_us=events["occurred_at"].astype("datetime64[us, UTC]").astype("int64"))
    for name, rows in blanks.items():
        kept[name] = kept[name].where(~rows)
    names = ["lead_id", "at_us", "event_type", "asset", "campaign", "value"]
    return kept[names].drop_duplicates().sort_values(names).reset_index(drop=True)


def assert_same_events(found, expected):
    pd.testing.assert_frame_equal(list_events(found), expected, check_dtype=False)


@pytest.mark.parametrize("labels", [False, True])
def test_hubspot(tmp_path, firm, labels):
    write_hubspot(tmp_path, firm, labels=labels)
    leads, events, findings = load(tmp_path, "hubspot", "contacts.csv", ["events.csv"])
    expected = take_last_episodes(firm.leads)
    expected["lead_id"] = number_leads(expected)
    if labels:  # its user interface writes minutes
        for name in ("mql_at", "sql_at", "opportunity_at"):
            expected[name] = expected[name].dt.floor("min")
    assert_same_leads(leads.frame, expected)
    assert_same_events(events.table, expect_events(firm.events, number_leads(firm.events)))
    texts = {finding.code: finding.what for finding in findings}
    assert "'Lifecycle Stage'" in texts["LEAD037"]
    denied = " ".join(finding.what for finding in findings if finding.code == "LEAD030")
    for name in ("First Name", "Lead Status", "Number of Pageviews", "Contact owner", "Last Activity Date"):
        assert f"Column '{name}' is no feature" in denied
    assert "'competitor'" in texts["LEAD038"]


def test_salesforce(tmp_path, firm):
    write_salesforce(tmp_path, firm)
    files = ["LeadHistory.csv", "CampaignMember.csv", "Task.csv"]
    leads, events, findings = load(tmp_path, "salesforce", "Lead.csv", files)
    ids = lambda table: table["lead_id"].map(lambda key: f"00Q5e000{int(key[1:]):07d}AAQ")  # noqa: E731
    own = {"seniority": "Seniority__c", "account_id": "Account_Key__c", "competitor": "Competitor__c"}
    expected = firm.leads.assign(lead_id=ids(firm.leads)).drop(columns=["amount", "handed_over_by"])
    expected = expected.rename(columns=own)
    assert_same_leads(leads.frame, expected)
    calls, at_fairs = firm.events["event_type"] == "phone_call", firm.events["campaign"].notna()
    assert_same_events(events.table, expect_events(firm.events, ids(firm.events), value=~calls, campaign=at_fairs))
    texts = {finding.code: finding.what for finding in findings}
    assert texts["LEAD039"].startswith("3 rows of Salesforce's leads left out")
    assert "Call with Ada" not in list_events(events.table)["asset"].unique()
