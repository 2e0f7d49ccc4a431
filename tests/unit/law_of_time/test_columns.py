"""What is filled in during qualification or later is no feature, and no rule of points sees it."""

import shutil

import numpy as np
import pandas as pd
import pytest

from predictor.core.errors import RuleBookError, TableError
from predictor.core.settings import load_settings
from predictor.data.denied_columns import deny_reason
from predictor.data.leads import check_leads
from predictor.data.read.table_files import read_table
from predictor.training.from_tables import load_dataset

BARRED = """
name = "cheat"
gate = 10
rules = [{name = "Cheat", attribute = "%s", present = true, points = 20}]
"""


@pytest.mark.parametrize(
    "name", ["Lead Quality", "Tags", "lead_status", "Owner", "Close Date", "BANT budget", "MEDDIC pain", "Budget"]
)
def test_columns_of_qualification_are_denied_by_name(name):
    assert deny_reason(name) is not None


def test_a_denied_column_is_left_out_with_a_finding_unless_allowed(firm):
    raw = read_table(firm / "leads.csv", "leads").frame.assign(Tags="hot")
    settings = load_settings(firm / "predictor.toml")
    leads = check_leads(raw, settings)
    assert "Tags" not in leads.attributes
    assert any(finding.code == "LEAD030" and "'Tags'" in finding.what for finding in leads.findings)
    allowed = settings.model_copy(update={"roles": settings.roles.model_copy(update={"allow": ("Tags",)})})
    assert "Tags" in check_leads(raw, allowed).attributes


def test_what_sales_did_is_no_feature(trained):
    assert not {"sql_at", "recycled_at", "recycle_reason", "opportunity_at", "amount", "outcome"} & set(
        trained.dataset.rows.columns
    )


@pytest.mark.parametrize("column", ["recycle_reason", "amount", "recycled_at", "Lead Status", "Gender"])
def test_rules_see_neither_outcomes_nor_what_sales_filled_in_nor_what_is_protected(firm, tmp_path, column):
    raw = read_table(firm / "leads.csv", "leads").frame.assign(**{"Lead Status": "Hot", "Gender": "x"})
    raw.to_csv(tmp_path / "leads.csv", index=False)
    (tmp_path / "book.toml").write_text(BARRED % column)
    settings = '[data]\nleads = "leads.csv"\n[roles]\nprotected = ["Gender"]\n[points]\nrule_book = "book.toml"\n'
    (tmp_path / "predictor.toml").write_text(settings)
    with pytest.raises(RuleBookError, match=f"'Cheat' \\('{column}'\\)"):
        load_dataset(load_settings(tmp_path / "predictor.toml"))


def test_a_rule_on_a_missing_column_is_reported(firm, tmp_path):
    shutil.copy(firm / "leads.csv", tmp_path / "leads.csv")
    (tmp_path / "book.toml").write_text(BARRED % "gone")
    (tmp_path / "predictor.toml").write_text('[data]\nleads = "leads.csv"\n[points]\nrule_book = "book.toml"\n')
    found = load_dataset(load_settings(tmp_path / "predictor.toml")).findings
    assert [finding.what for finding in found if finding.code == "TRAIN004"] == [
        "Rule 'Cheat' asks for column 'gone', which the export does not have: it never fires."
    ]


def test_a_date_that_is_often_set_later_is_no_feature(firm):
    raw = read_table(firm / "leads.csv", "leads").frame
    seen = pd.to_datetime(raw["mql_at"]) + pd.to_timedelta(np.arange(len(raw)) % 3 - 1, unit="D")
    leads = check_leads(raw.assign(**{"Last Page Seen At": seen.astype("str")}), load_settings(firm / "predictor.toml"))
    assert "Last Page Seen At" not in leads.attributes
    assert any(finding.code == "LEAD032" for finding in leads.findings)


def test_a_date_in_the_future_is_refused(firm):
    raw = read_table(firm / "leads.csv", "leads").frame
    raw.loc[3, "recycled_at"] = "2062-01-01"
    with pytest.raises(TableError, match="LEAD011 Column 'recycled_at' lies in the future in 1 row"):
        check_leads(raw, load_settings(firm / "predictor.toml"), now=pd.Timestamp("2026-07-01", tz="UTC"))
