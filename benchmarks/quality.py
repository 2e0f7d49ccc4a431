"""How good the probabilities are beside those of FLAML and of LightGBM as it comes, on the very same rows, forward in time.

Ours runs on its defaults, FLAML for 120 seconds a data set. First it is asserted that all saw the same leads, outcomes and
columns, and were tested on the same. The real sets are in the folder that PREDICTOR_REAL_DATA names; without it the simulated
firm stands alone. FLAML needs NumPy 1 and pandas 2, so it gets an environment of its own in .bench/, once; that takes a
package index.

python benchmarks/quality.py [--budget SECONDS] [--only SET]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _quality_data import SETS, VARIABLE, check_rows, find_real, take_rows
from _quality_peers import FLAML, ask_flaml, ask_lightgbm

from predictor.model.metrics.metrics import compute_difference, compute_metrics
from predictor.training.train import Trained, train

RESAMPLES, SEED = 1000, 0
BUDGET = 120.0
HEADINGS = ("data", "way to learn", "log loss", "AUC", "slope", "log loss beyond ours (95 %)")


def compare(name: str, real: Path | None, budget: float) -> None:
    """Prints the rows of one data set, and on the other channel what they rest on."""
    with tempfile.TemporaryDirectory() as draft:
        start = time.perf_counter()
        trained = train(SETS[name](real, Path(draft)))
    seconds = time.perf_counter() - start
    rows = take_rows(trained)
    check_rows(trained, rows)
    facts = rows.describe()
    for part in ("fit", "test"):
        here = facts[part]
        print(f"{name}, {part}: {here['rows']:,} leads, {here['accepted']:,} accepted, {here['leads'][:12]}", file=sys.stderr)
    by_flaml, chosen = ask_flaml(rows, budget)
    print(f"{name}: ours took {seconds:.0f} s, FLAML's search {budget:g} s; {trained.verdict.text}", file=sys.stderr)
    said = {one: trained.verdict.probability[one] for one in ("constant", "points") if one in trained.verdict.probability}
    said["LightGBM's defaults"] = ask_lightgbm(rows)
    said[f"FLAML {FLAML}, {budget:g} s ({chosen})"] = by_flaml
    print_rows(f"{name} ({facts['fit']['rows']:,} + {facts['test']['rows']:,})", said, trained)


def print_rows(name: str, said: dict[str, np.ndarray], trained: Trained) -> None:
    """One row a way to learn, ours last."""
    verdict = trained.verdict
    ours = verdict.probability[verdict.chosen]
    for way, probability in said.items():
        gap = compute_difference(verdict.outcome, probability, ours, resamples=RESAMPLES, seed=SEED)
        print_row(name, way, verdict.outcome, probability, f"{gap.mean:+.4f} ({gap.low:+.4f} to {gap.high:+.4f})")
        name = ""
    print_row(name, f"**ours, on its defaults ({verdict.chosen})**", verdict.outcome, ours, "")


def print_row(name: str, way: str, outcome: np.ndarray, probability: np.ndarray, gap: str) -> None:
    """One row of the table."""
    figures = compute_metrics(outcome, probability)
    slope = figures["calibration_slope"]
    figures_text = f"{figures['log_loss']:.4f} | {figures['auc']:.3f} | {'–' if slope is None else f'{slope:.2f}'}"
    print(f"| {name} | {way} | {figures_text} | {gap} |", flush=True)


def main(budget: float, only: str | None) -> None:
    """Prints the table."""
    real = find_real()
    if real is None:
        print(f"{VARIABLE} names no folder: the real data sets are left out; the simulated firm stands alone.", file=sys.stderr)
    names = [name for name in SETS if real is not None or name == "simulated firm"]
    print("| " + " | ".join(HEADINGS) + " |\n|---|---|---:|---:|---:|---:|")
    for name in names:
        if only in {None, name}:
            compare(name, real, budget)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--budget", type=float, default=BUDGET, help="seconds that FLAML may search, a data set")
    parser.add_argument("--only", choices=list(SETS), help="one data set")
    given = parser.parse_args()
    main(given.budget, given.only)
