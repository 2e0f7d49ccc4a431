"""What `predictor init` takes of raw public files, and the work of `init` and `train`: no edit, but the outcome where it asks.

The files are in the folder that PREDICTOR_REAL_DATA names. First each is asserted to train, with no column that is known to leak
among its attributes. To be quick, a logistic regression is the only model that learns from features. Seconds are those of a core
at work.

python benchmarks/raw_files.py
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from predictor.audit.propose.propose import propose_settings
from predictor.audit.propose.settings_file import Proposal
from predictor.core.settings import load_settings
from predictor.training.train import train

VARIABLE = "PREDICTOR_REAL_DATA"
QUICK = {"model": {"candidates": ["constant", "points", "logistic"], "budget_s": 0, "resamples": 20}}


@dataclass(frozen=True)
class RawFile:
    """A public set as it was found: its files, the outcome that is named where `init` asks, and its known leaks."""

    files: tuple[str, ...]
    outcome: str = ""
    leaks: frozenset[str] = frozenset()


RAW_FILES = (
    RawFile(
        files=("x_education/Leads.csv",),
        leaks=frozenset({"Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"}),
    ),
    RawFile(
        files=("olist/olist_marketing_qualified_leads_dataset.csv", "olist/olist_closed_deals_dataset.csv"),
        leaks=frozenset({
            "seller_id", "sdr_id", "sr_id", "business_segment", "lead_type", "lead_behaviour_profile", "has_company", "has_gtin",
            "average_stock", "business_type", "declared_product_catalog_size", "declared_monthly_revenue",
        }),
    ),
    RawFile(files=("more/offers.csv",), outcome="Status", leaks=frozenset({"Loss Reason", "Close Date"})),
    RawFile(files=("more/online_shoppers.csv",), leaks=frozenset({"PageValues"})),
    RawFile(files=("more/health.csv",)),
    RawFile(files=("more/car.csv",), outcome="CarInsurance", leaks=frozenset({"CallStart", "CallEnd"})),
)  # fmt: skip


def main() -> None:
    """Run all files and print the table."""
    if VARIABLE not in os.environ:
        sys.exit(f"{VARIABLE} must name the folder of the real data sets.")
    print("| file | rows | columns | key | outcome | order | init | train | AUC |")
    print("|---|---:|---:|---|---|---|---:|---:|---:|")
    for raw in RAW_FILES:
        with tempfile.TemporaryDirectory() as folder:
            print(format_row(raw, Path(os.environ[VARIABLE]), Path(folder) / "predictor.toml"), flush=True)


def format_row(raw: RawFile, data: Path, out: Path) -> str:
    """The row of a file, once it has trained without a leak."""
    files = [str(data / name) for name in raw.files]
    began = time.process_time()
    proposal = propose_settings(files, out=out)
    if proposal.refusals and raw.outcome:
        proposal = propose_settings(files, out=out, outcome=raw.outcome)
    suffix = " (asked)" if raw.outcome else ""
    out.write_text(proposal.to_toml(), encoding="utf-8")
    proposed = time.process_time()
    trained = train(load_settings(out, QUICK))
    ended = time.process_time()
    leaks = raw.leaks & set(trained.dataset.leads.attributes)
    assert not leaks, f"{raw.files[0]}: {sorted(leaks)} are features"
    rows, columns = len(trained.dataset.leads.frame), len(proposal.roles)
    figures = f"{proposed - began:.1f} s | {ended - proposed:.0f} s | {trained.verdict.test['logistic']['auc']:.3f}"
    return f"| `{Path(raw.files[0]).name}` | {rows:,} | {columns} | {_describe_roles(proposal, suffix)} | {figures} |"


def _describe_roles(proposal: Proposal, suffix: str) -> str:
    ours = proposal.columns
    key = f"`{ours['lead_id']}`" if "lead_id" in ours else "rows numbered"
    outcome = f"`{ours.get('sql_at') or ours['outcome']}`{suffix}"
    order = next((f"`{ours[name]}` as `{name}`" for name in ("mql_at", "order_by") if name in ours), "none")
    return f"{key} | {outcome} | {order}"


if __name__ == "__main__":
    main()
