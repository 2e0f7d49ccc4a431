"""Raw public files, `init` then `train`, no edit but the outcome where `init` asks for it: each trains, without its leaks."""

import itertools

import pytest
from typer.testing import CliRunner

from predictor.cli.app import app
from predictor.core.settings import load_settings
from predictor.training.train import train

LINES = 6_000
OLIST = ("olist/olist_closed_deals_dataset.csv", "olist/olist_marketing_qualified_leads_dataset.csv")
DEALS = {
    "seller_id", "sdr_id", "sr_id", "business_segment", "lead_type", "lead_behaviour_profile", "has_company", "has_gtin",
    "average_stock", "business_type", "declared_product_catalog_size", "declared_monthly_revenue",
}  # fmt: skip
QUICK = {"model": {"candidates": ["constant", "logistic"], "budget_s": 0, "resamples": 20}}


def write_start(path, folder):
    """The first lines of a file, enough for a quick look."""
    with path.open(encoding="utf-8") as lines:
        (folder / path.name).write_text("".join(itertools.islice(lines, LINES)), encoding="utf-8")
    return folder / path.name


def run_init(files, out, *options):
    return CliRunner().invoke(app, ["init", *map(str, files), "--out", str(out), "--force", *options])


def train_quickly(out):
    return train(load_settings(out, QUICK))


@pytest.mark.parametrize(
    ("name", "columns", "outcome", "leaks"),
    [
        ("offers.csv", {"order_by": "Created Date", "outcome": "Status"}, "Status", {"Loss Reason", "Close Date"}),
        ("online_shoppers.csv", {"outcome": "Revenue"}, "", {"PageValues"}),
        ("health.csv", {"lead_id": "ID", "outcome": "Response"}, "", set()),
    ],
)
def test_a_raw_file_trains(real_data, tmp_path, name, columns, outcome, leaks):
    export, out = write_start(real_data / "more" / name, tmp_path), tmp_path / "predictor.toml"
    first = run_init([export], out)
    assert first.exit_code == (1 if outcome else 0), first.output
    if outcome:
        assert f"init --outcome '{outcome}'" in " ".join(first.output.split())
        assert run_init([export], out, "--outcome", outcome).exit_code == 0
    settings = load_settings(out)
    assert settings.columns == columns
    assert settings.data.number_rows == ("lead_id" not in columns)
    trained = train_quickly(out)
    assert not leaks & set(trained.dataset.leads.attributes)
    assert 0.5 < trained.verdict.test["logistic"]["auc"] < 0.95


def test_a_damaged_file_trains(real_data, tmp_path):
    """A title line, empty rows and over 200 nameless columns; `Outcome` is that of an earlier campaign."""
    out = tmp_path / "predictor.toml"
    first = run_init([real_data / "more" / "car.csv"], out)
    assert first.exit_code == 1
    assert "2 columns may be the outcome: 'CarInsurance' (the last column" in " ".join(first.output.split())
    assert run_init([real_data / "more" / "car.csv"], out, "--outcome", "CarInsurance").exit_code == 0
    trained = train_quickly(out)
    assert trained.dataset.leads.frame.shape[0] == 4_000
    assert not {"CallStart", "CallEnd"} & set(trained.dataset.leads.attributes)
    assert "Outcome" in trained.dataset.leads.attributes


def test_leads_and_deals_in_two_files_train(real_data, tmp_path):
    out = tmp_path / "predictor.toml"
    result = run_init([real_data / name for name in OLIST], out)
    assert result.exit_code == 0, result.output
    settings = load_settings(out)
    assert settings.columns == {"lead_id": "mql_id", "mql_at": "first_contact_date", "sql_at": "won_date"}
    assert settings.data.faulty_rows == "drop", "one deal is dated two days before its first contact"
    trained = train_quickly(out)
    assert trained.dataset.leads.frame["sql_at"].notna().sum() == 841
    assert not DEALS & set(trained.dataset.leads.attributes)
    assert {finding.code for finding in trained.findings} >= {"LEAD005", "LEAD052"}
