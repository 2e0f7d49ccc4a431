"""What concerns the table as a whole: time, duplicates, drift, values never seen, outcomes."""

import numpy as np
import pandas as pd
from audit_traps import draw_leads, load_leads

from predictor.training.audit import audit_dataset

DAY = pd.Timedelta(days=1)


def make_leads(n=1500, seed=0, days=500):
    """Leads evenly over the days, a fifth accepted within three weeks."""
    draw = np.random.default_rng(seed)
    mql_at = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(np.sort(draw.uniform(0, days, n)), unit="D").round("s")
    sql_at = pd.Series(mql_at + pd.to_timedelta(draw.uniform(1, 21, n), unit="D").round("s"))
    return pd.DataFrame({
        "lead_id": [f"L{at}" for at in range(n)],
        "mql_at": mql_at,
        "sql_at": sql_at.where(draw.random(n) < 0.2),
        "colour": draw.choice(["red", "green", "blue"], n),
        "size": draw.lognormal(3, 1, n).round(),
    })  # fmt: skip


def list_findings(folder, leads, code, **sections):
    return [finding for finding in audit_dataset(load_leads(folder, leads, **sections)) if finding.code == code]


def test_a_plain_table_has_no_finding(tmp_path):
    assert audit_dataset(load_leads(tmp_path, make_leads())) == ()


def test_acceptances_that_begin_late(tmp_path):
    leads = make_leads()
    begin = leads["mql_at"].min() + 150 * DAY
    leads["sql_at"] = leads["sql_at"].where(leads["sql_at"] >= begin)
    (found,) = list_findings(tmp_path, leads, "AUDIT015")
    first = leads["sql_at"].min().date().isoformat()
    assert f"No acceptance is dated before {first}" in found.what
    missing = int(found.what.split("about ")[1].split(" ")[0])
    assert 60 <= missing <= 110, "a fifth of the 450 leads before"


def test_weeks_without_acceptances_within_and_at_the_end(tmp_path):
    leads = make_leads()
    since = leads["sql_at"] - leads["mql_at"].min()
    within = leads.assign(sql_at=leads["sql_at"].where((since < 200 * DAY) | (since > 250 * DAY)))
    (found,) = list_findings(tmp_path / "within", within, "AUDIT016")
    assert "No acceptance is dated from 2025-07-" in found.what
    ends = leads.assign(sql_at=leads["sql_at"].where(since < 400 * DAY))
    (found,) = list_findings(tmp_path / "end", ends, "AUDIT016")
    assert "though outcomes are taken as known until" in found.what


def test_months_without_leads(tmp_path):
    leads = make_leads()
    since = leads["mql_at"] - leads["mql_at"].min()
    found = list_findings(tmp_path, leads[(since < 200 * DAY) | (since > 260 * DAY)], "AUDIT016")
    assert any("No lead became an MQL from 2025-07-" in finding.what for finding in found)


def test_one_copy_with_the_same_address_is_enough_and_is_not_quoted(tmp_path):
    leads = make_leads().assign(email=lambda frame: [f"p{at}@firm{at}.example" for at in range(len(frame))])
    assert list_findings(tmp_path / "none", leads, "AUDIT013") == []
    leads.loc[1400, "email"] = leads.loc[10, "email"]
    (found,) = list_findings(tmp_path / "one", leads, "AUDIT013")
    assert found.what.startswith("1 lead of the test block")
    assert "firm10" not in str(found)


def test_colleagues_are_no_copies(tmp_path):
    """People of one firm share what it is; their own traits differ as others' do."""
    leads, draw = make_leads(), np.random.default_rng(4)
    firm = draw.integers(0, 300, len(leads))
    shared = {
        "revenue": draw.lognormal(9, 1, 300)[firm],
        "staff": draw.lognormal(5, 1, 300)[firm],
        "town": draw.integers(0, 99, 300)[firm],
    }
    own = {"job": draw.choice(list("abcdefgh"), len(leads)), "source": draw.choice(list("abcdefgh"), len(leads))}
    assert list_findings(tmp_path, leads.drop(columns="size").assign(**shared, **own), "AUDIT013") == []


def test_another_episode_of_the_same_lead_is_no_copy(tmp_path):
    leads = draw_leads(0)
    again = leads["lead_id"].duplicated()
    assert again.sum() > 100
    assert list_findings(tmp_path, leads, "AUDIT013") == []


def test_drift_names_the_columns_that_differ(tmp_path):
    leads = make_leads()
    newer = leads["mql_at"] > leads["mql_at"].quantile(0.7)
    (found,) = list_findings(tmp_path, leads.assign(form=np.where(newer, "new", "old")), "AUDIT017")
    assert found.severity == "warning"
    assert "'form' (alone 0.9" in found.what or "'form' (alone 1.0" in found.what
    assert "'colour'" not in found.what


def test_values_that_first_appear_in_the_test_block(tmp_path):
    leads = make_leads()
    newest = leads["mql_at"] > leads["mql_at"].quantile(0.8)
    chosen = newest & (np.arange(len(leads)) % 2 == 0)
    (found,) = list_findings(tmp_path, leads.assign(page=np.where(chosen, "spring 2026", "home")), "AUDIT014")
    assert found.column == "page"
    assert found.what.startswith("1 value of column 'page' first appear")


def test_few_outcomes(tmp_path):
    leads = make_leads()
    (found,) = list_findings(tmp_path, leads.assign(sql_at=leads["sql_at"].where(leads.index % 12 == 0)), "AUDIT018")
    assert found.severity == "warning"
    assert "20 of each outcome are needed" in found.what


def test_leads_that_cannot_be_split_are_an_error(tmp_path):
    leads = make_leads(days=30)
    later = leads.tail(1).assign(lead_id="late", mql_at=leads["mql_at"].max() + 60 * DAY, sql_at=pd.NaT)
    (found,) = list_findings(tmp_path, pd.concat([leads, later]), "AUDIT018", label={"horizon_days": 30, "pending": "drop"})
    assert found.severity == "error"
    assert "No lead is left to fit on" in found.what


def test_a_file_sorted_by_outcome(tmp_path):
    leads = make_leads().drop(columns=["sql_at", "mql_at"])
    draw = np.random.default_rng(0)
    leads["outcome"] = (draw.random(len(leads)) < np.where(leads.index < 900, 0.6, 0.02)).astype(int)
    leads["order_by"] = np.arange(len(leads))
    (found,) = list_findings(tmp_path, leads, "AUDIT019", label={})
    assert "older leads are accepted far more often" in found.what
