"""The contract of the table of leads: our names, roles, types, and every fault at once."""

import numpy as np
import pandas as pd
import pytest

from predictor.core.settings import make_settings
from predictor.data.leads import check_leads

LEADS = pd.DataFrame({
    "lead_id": ["a", "b", "c"],
    "mql_at": ["2026-01-01", "2026-01-02T10:00+02:00", "2026-01-03"],
    "sql_at": ["2026-01-11", None, None],
    "industry": ["Software", "Retail", "Select"],
})  # fmt: skip


def check(leads=LEADS, **sections):
    return check_leads(leads, make_settings(sections))


def test_leads_in_their_types():
    leads = check()
    assert leads.attributes == {"industry": "category"}
    assert leads.frame["mql_at"].dt.strftime("%d %H:%M").tolist() == ["01 00:00", "02 08:00", "03 00:00"]
    assert leads.frame["industry"].isna().tolist() == [False, False, True]
    assert leads.dated
    assert leads.observed_until == pd.Timestamp("2026-01-11", tz="UTC")
    assert leads.findings == ()


def test_times_follow_the_zone_and_the_end_that_the_settings_name():
    leads = check(data={"timezone": "Europe/Berlin", "observed_until": "2026-02-01"})
    assert leads.frame["mql_at"].iloc[0] == pd.Timestamp("2025-12-31 23:00", tz="UTC")
    assert leads.observed_until == pd.Timestamp("2026-01-31 23:00", tz="UTC")


def test_firm_names_become_ours():
    leads = check(LEADS.rename(columns={"lead_id": "Prospect ID", "mql_at": "Became MQL"}),
                  columns={"lead_id": "Prospect ID", "mql_at": "Became MQL"})  # fmt: skip
    assert leads.frame["lead_id"].tolist() == ["a", "b", "c"]
    assert leads.attributes == {"industry": "category"}


def test_mapped_column_replaces_one_that_has_our_name():
    leads = check(LEADS.assign(key=["x", "y", "z"]), columns={"lead_id": "key"})
    assert leads.frame["lead_id"].tolist() == ["x", "y", "z"]


def test_columns_may_swap_names():
    swapped = LEADS.rename(columns={"lead_id": "account_id"}).assign(lead_id=["f", "f", "g"])
    leads = check(swapped, columns={"lead_id": "account_id", "account_id": "lead_id"})
    assert leads.frame["lead_id"].tolist() == ["a", "b", "c"]
    assert leads.frame["account_id"].tolist() == ["f", "f", "g"]


def test_roles():
    raw = LEADS.assign(score=["1", "2", None], gender=["f", "m", "f"], owner=["x", "y", "z"], junk="j", Tags=["t", "u", "v"])
    leads = check(raw, roles={"points": ["score"], "protected": ["gender"], "ignore": ["junk"], "allow": ["Tags"]})
    assert leads.frame["score"].tolist()[:2] == [1.0, 2.0]
    assert (leads.points, leads.protected) == (("score",), ("gender",))
    assert leads.attributes == {"industry": "category", "Tags": "category"}
    assert not {"owner", "junk"} & set(leads.frame.columns)
    assert [(finding.code, finding.what) for finding in leads.findings] == [
        ("LEAD030", "Column 'owner' is no feature: it is set by sales.")
    ]


def test_email_becomes_a_kind_of_mailbox_and_is_kept_nowhere():
    raw = LEADS.assign(email=["a@gmail.com", "b@siemens.de", None], email_domain=[None, "mit.edu", None])
    leads = check(raw)
    assert leads.frame["email_domain_kind"].tolist()[:2] == ["free", "student"]
    assert leads.frame["email_domain_kind"].isna().iloc[2]
    assert not {"email", "email_domain"} & set(leads.frame.columns)
    assert "gmail" not in leads.frame.to_csv()


def test_recycled_lead_is_another_episode_and_a_lead_that_never_was_mql_is_left_out():
    raw = pd.concat([LEADS, LEADS.iloc[[0]].assign(mql_at="2026-03-01", sql_at=None), LEADS.iloc[[1]].assign(mql_at=None)])
    leads = check(raw)
    assert leads.frame["lead_id"].tolist() == ["a", "b", "c", "a"]
    assert [finding.code for finding in leads.findings] == ["LEAD007"]


@pytest.mark.parametrize("keys", [[17, 18, 19], [17.0, 18.0, 19.0], ["17", " 18", "19 "], np.array([17, 18, 19], dtype=object)])
def test_keys_are_texts_whatever_their_type(keys):
    assert check(LEADS.assign(lead_id=keys)).frame["lead_id"].tolist() == ["17", "18", "19"]


def test_outcome_without_dates():
    leads = check(pd.DataFrame({"lead_id": ["a", "b", "c"], "outcome": ["Yes", "0", None], "n": [1, 2, 3]}))
    assert leads.frame["outcome"].tolist()[:2] == [1.0, 0.0]
    assert (leads.dated, leads.observed_until) == (False, None)
    assert [finding.code for finding in leads.findings] == ["LEAD014"]


def test_order_by():
    leads = check(pd.DataFrame({"lead_id": ["a", "b"], "outcome": [1, 0], "Created": ["2026-01-01", "2026-01-02"]}),
                  columns={"order_by": "Created"})  # fmt: skip
    assert leads.frame["order_by"].diff().iloc[1] == 1.0
    assert leads.findings == ()


def test_order_of_rows_changes_nothing():
    raw = pd.concat([LEADS.assign(lead_id=LEADS["lead_id"] + str(number)) for number in range(5)], ignore_index=True)
    one, other = check(raw), check(raw.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(one.frame, other.frame.sort_values(["lead_id"], ignore_index=True).reindex(
        one.frame.sort_values("lead_id").index.argsort()).reset_index(drop=True))  # fmt: skip
    assert one.attributes == other.attributes


def test_a_few_cells_that_are_no_numbers_do_not_make_a_category():
    raw = pd.DataFrame({
        "lead_id": range(60), "mql_at": "2026-01-01", "sql_at": None, "employees": ["about 1200", *map(str, range(59))],
    })  # fmt: skip
    leads = check_leads(raw, make_settings())
    assert leads.attributes["employees"] == "number"
    assert leads.frame["employees"].isna().sum() == 1
    found = [finding.what for finding in leads.findings if finding.code == "LEAD033"]
    assert found == ["Column 'employees' holds no number in 1 row of 60."]


def test_an_amount_without_opportunities_is_an_attribute_like_any_other():
    leads = check(LEADS.assign(amount=["1", "2", None]))
    assert leads.attributes == {"industry": "category", "amount": "number"}
    assert leads.frame["amount"].tolist()[:2] == [1.0, 2.0]
    assert check(LEADS.assign(amount=["low", "high", "low"])).attributes["amount"] == "category"
    opportunities = check(LEADS.assign(amount=["1", "2", None], opportunity_at=["2026-01-12", None, None]))
    assert opportunities.attributes == {"industry": "category"}
