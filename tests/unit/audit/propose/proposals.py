"""Exports as a new firm has them, and the settings proposed for them."""

import numpy as np
import pandas as pd
from helpers import draw_leads
from typer.testing import CliRunner

from predictor.audit.propose.propose import propose_settings
from predictor.cli.app import app

NOW = pd.Timestamp("2026-06-01", tz="UTC")


CLI = CliRunner()


def run_init(*words):
    return CLI.invoke(app, ["init", *(str(word) for word in words)])


def propose(folder, leads, **options):
    leads.to_csv(folder / "leads.csv", index=False)
    return propose_settings([str(folder / "leads.csv")], out=folder / "predictor.toml", now=NOW, **options)


def export(n=400):
    """A firm's export under its own names and in its own spelling."""
    leads = draw_leads(n)
    draw = np.random.default_rng(1)
    moments = {name: pd.to_datetime(leads[name], utc=True).dt.strftime("%m/%d/%Y %I:%M %p") for name in ("mql_at", "sql_at")}
    return pd.DataFrame({
        "Record ID": leads["lead_id"], "Became an MQL Date": moments["mql_at"], "Became SQL": moments["sql_at"],
        "Work E-mail": [f"x{number}@{'gmail.com' if number % 3 else 'firm.example'}" for number in range(n)],
        "Full Name": [f"Person {number}" for number in range(n)], "Gender": np.where(draw.random(n) < 0.5, "f", "m"),
        "Industry": leads["industry"].where(draw.random(n) < 0.9, "Please select"),
        "Annual Revenue": [f"${1000 * employees:,.2f}" for employees in leads["employees"]],
        "Company Size": pd.cut(leads["employees"], [0, 10, 50, 1e9], labels=["1-10", "11-50", "51+"]).astype(str),
        "Lead Score": leads["score"], "Lead Status": "x", "Row": range(n), "Session Key": [f"k{number}" for number in range(n)],
        "Notes on lead": [f"A long text about lead {number}, of which there is no other one anywhere." for number in range(n)],
    })  # fmt: skip


def plain_export(n=40):
    days = pd.date_range("2026-01-01", periods=n, freq="D").strftime("%Y-%m-%d").astype(object)
    title = [f"T{number % 5}" for number in range(n)]
    return pd.DataFrame({"Lead ID": [f"L{number}" for number in range(n)], "MQL Date": days, "SQL Date": days, "Title": title})


def list_faults(proposal):
    return [finding.code for finding in proposal.refusals]
