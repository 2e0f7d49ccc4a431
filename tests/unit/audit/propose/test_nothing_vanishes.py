"""Columns in = features + findings: on tables of any columns, each is a feature, or the settings or a finding name it."""

import numpy as np
import pandas as pd
import pytest
from unit.audit.propose.proposals import NOW, propose

from predictor.core.settings import load_settings
from predictor.features.fit import fit_features
from predictor.training.from_tables import load_dataset

ROWS = 120
DAYS = pd.Series(pd.date_range("2025-01-01", periods=ROWS, freq="3D"))
OUTCOME = np.arange(ROWS) % 3 == 0


def make_column(kind, draw):
    """Cells of a kind, as texts."""
    days = {
        "days": DAYS - pd.to_timedelta(draw.integers(0, 20, ROWS), unit="D"),
        "later days": DAYS + pd.to_timedelta(draw.integers(0, 20, ROWS), unit="D"),
        "some days": (DAYS + pd.Timedelta(days=5)).where(OUTCOME),
    }
    if kind in days:
        return days[kind].dt.strftime("%d.%m.%Y" if kind == "later days" else "%Y-%m-%d")
    number, letters = np.arange(ROWS), [f"{chr(97 + k % 26)}{chr(97 + k // 26)}" for k in range(ROWS)]
    won, key = np.where(OUTCOME, "Won", "Lost"), f"K{draw.integers(9)}"
    return {
        "numbers": draw.normal(100, 20, ROWS).round(2).astype(str),
        "counts": draw.integers(0, 9, ROWS).astype(str),
        "amounts": [f"${value:,.2f}" for value in draw.lognormal(8, 1, ROWS)],
        "texts": draw.choice(["Software", "Retail", "Select", "Health Care"], ROWS),
        "two texts": draw.choice(["hot", "cold"], ROWS),
        "answers": draw.choice(["Yes", "No", ""], ROWS),
        "ones": draw.choice(["1", "0"], ROWS),
        "won": won,
        "stages": np.where(draw.random(ROWS) < 0.2, "Open", won),
        "keys": [f"{key}-{k:05}" for k in number],
        "repeated keys": [f"{key}-{k // 2:05}" for k in number],
        "emails": [f"ada{k}@firm{k % 7}.example" for k in number],
        "names": [f"Ada {text} Lovelace" for text in letters],
        "prose": [f"A long text about the lead with number {k}, of which there is no other one" for k in number],
        "empty": [""] * ROWS,
        "one value": ["x"] * ROWS,
        "rare": ["x", *["y"] * (ROWS - 1)],
        "counter": [str(1000 + k) for k in number],
    }[kind]  # fmt: skip


KINDS = (
    "days", "later days", "some days", "numbers", "counts", "amounts", "texts", "two texts", "answers", "ones", "won", "stages",
    "keys", "repeated keys", "emails", "names", "prose", "empty", "one value", "rare", "counter",
)  # fmt: skip
NAMES = (
    "amount", "Amount", "Deal Value", "outcome", "order_by", "account_id", "recycle_reason", "recycled_at", "opportunity_at",
    "email", "email_domain", "Email", "lead_id", "Lead ID", "Record ID", "Id", "mql_at", "MQL Date", "sql_at", "SQL Date",
    "Created Date", "Modified Time", "Close Date", "Status", "Lead Status", "Converted", "Won", "Target", "Industry", "Job Title",
    "Lead Score", "Score", "Gender", "Age", "Phone", "Full Name", "Owner", "Tags", "Revenue", "Notes", "City", "X1", "score 2",
)  # fmt: skip


def make_table(seed):
    """A table of 3 to 10 columns: names and contents at random."""
    draw = np.random.default_rng(seed)
    names = draw.choice(NAMES, draw.integers(3, 11), replace=False)
    return pd.DataFrame({str(name): make_column(str(draw.choice(KINDS)), draw) for name in names})


def list_lost(folder, table):
    """The columns that are no feature and that neither the settings nor a finding name."""
    proposal = propose(folder, table)
    text = proposal.to_toml()
    assert set(proposal.roles) == set(table)
    named = [name for name, role in proposal.roles.items() if role.role != "attribute"]
    assert not [name for name in named if f'"{name}"' not in text and f"# {name} has our name already" not in text]
    if proposal.refusals:
        return []
    (folder / "predictor.toml").write_text(text, encoding="utf-8")
    dataset = load_dataset(load_settings(folder / "predictor.toml"), now=NOW)
    missing = dataset.settings.data.missing_values
    fitted, findings = fit_features(dataset.rows, dataset.leads.attributes, min_support=20, missing_values=missing)
    features = {feature.name for feature in fitted.features}
    texts = " ".join(str(finding) for finding in (*dataset.findings, *findings))
    return [name for name in set(table) - set(named) - features if f"'{name}'" not in texts]


@pytest.mark.parametrize("seed", range(30))
def test_every_column_is_a_feature_or_is_named(tmp_path, seed):
    assert list_lost(tmp_path, make_table(seed)) == []
