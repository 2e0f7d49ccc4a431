"""How good the probabilities are beside those of others on the very same rows.

Ours runs on its defaults. Beside it are the base rate, the points, scikit-learn's plain pipeline, LightGBM and CatBoost as they
come (CatBoost, as it comes and small, where it is installed), and FLAML and AutoGluon for 120 seconds a data set. Sets with an
order are tested forward in time, on their newest 30 %; sets without one on 30 % held out, for five seeds together. First it is
asserted that all saw the same leads, outcomes and columns, and were tested on the same. The real sets are in the folder that
PREDICTOR_REAL_DATA names; without it the simulated firms stand alone. FLAML and AutoGluon need other packages than ours, so each
gets an environment of its own in .bench/, once; that takes a package index. `--budget 0` leaves them out. Above the tables stand
the date, the commit and the versions.

python benchmarks/quality.py [--budget SECONDS] [--only SET] [--seeds NUMBER]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _measure import describe_measured
from _quality_data import FIRMS, SETS, UNDATED, VARIABLE, Rows, check_rows, find_real, take_rows
from _quality_peers import AUTOGLUON, FLAML, ask_automl, ask_catboost, ask_lightgbm, ask_pipeline, ask_small_catboost
from scipy.special import expit, logit

from predictor.model.metrics.calibration_test import judge_calibration
from predictor.model.metrics.metrics import compute_difference, compute_metrics
from predictor.training.train import train

RESAMPLES, SEED, SEEDS = 1000, 0, 5
BUDGET = 120.0
HEADINGS = ("data", "way to learn", "log loss", "AUC", "slope", "ECE (by chance)", "seconds", "log loss beyond ours (95 %)")
OURS = "**ours, on its defaults**"
SMALL_CATBOOST = "CatBoost, small"
PEERS: dict[str, Callable[[Rows], np.ndarray | None]] = {
    "plain pipeline": ask_pipeline,
    "LightGBM's defaults": ask_lightgbm,
    "CatBoost's defaults": ask_catboost,
    SMALL_CATBOOST: ask_small_catboost,
}


@dataclass(frozen=True)
class Tested:
    """What each way says of test leads.

    Attributes:
        outcome: What came of them.
        said: Way -> probabilities, ours first.
        seconds: Way -> how long it took, where it was timed.
        chosen: The candidate that ours chose.
        leads: To learn from.
    """

    outcome: np.ndarray
    said: dict[str, np.ndarray]
    seconds: dict[str, float]
    chosen: str
    leads: int


def try_set(name: str, real: Path | None, budget: float, seed: int) -> Tested:
    """One training of ours and of each peer."""
    with tempfile.TemporaryDirectory() as draft:
        settings = SETS[name](real, Path(draft))
        settings = settings.model_copy(update={"model": settings.model.model_copy(update={"seed": seed})})
        start = time.perf_counter()
        trained = train(settings)
    seconds, rows = {OURS: time.perf_counter() - start}, take_rows(trained)
    check_rows(trained, rows)
    verdict = trained.verdict
    said = {OURS: verdict.probability[verdict.chosen]}
    said |= {one: verdict.probability[one] for one in ("constant", "points") if one in verdict.probability}
    for peer, ask in PEERS.items():
        start = time.perf_counter()
        if (probability := ask(rows)) is not None:
            said[peer], seconds[peer] = probability, time.perf_counter() - start
    if SMALL_CATBOOST in said:
        log_odds = (logit(said[OURS]) + logit(said[SMALL_CATBOOST])) / 2
        said["mean log-odds of ours and CatBoost, small"] = expit(log_odds)
    if budget:
        for learner, label in (("flaml", f"FLAML {FLAML}"), ("autogluon", f"AutoGluon {AUTOGLUON}")):
            said[f"{label}, {budget:g} s"], _ = ask_automl(learner, rows, budget)
    print(f"{name}, seed {seed}: {trained.verdict.text}", file=sys.stderr, flush=True)
    return Tested(verdict.outcome, said, seconds, verdict.chosen, len(rows.fit))


def compare(name: str, real: Path | None, budget: float, seeds: int) -> dict[str, str]:
    """Prints the rows of one data set, all its test leads together; gives the log loss of each way."""
    runs = [try_set(name, real, budget, seed) for seed in range(seeds if name in UNDATED else 1)]
    outcome = np.concatenate([run.outcome for run in runs])
    said = {way: np.concatenate([run.said[way] for run in runs]) for way in runs[0].said}
    counts = Counter(run.chosen for run in runs).most_common()
    chosen = ", ".join(f"{one} {times}" if len(runs) > 1 else one for one, times in counts)
    label = f"{name} ({runs[0].leads:,} + {len(runs[0].outcome):,}{f', {len(runs)} seeds' if len(runs) > 1 else ''})"
    log_loss = {"data": name}
    for way in (*(way for way in said if way != OURS), OURS):
        gap = compute_difference(outcome, said[way], said[OURS], resamples=RESAMPLES, seed=SEED)
        taken = [run.seconds[way] for run in runs if way in run.seconds]
        beyond = "" if way == OURS else f"{gap.mean:+.4f} ({gap.low:+.4f} to {gap.high:+.4f})"
        print_row(label, f"{way} ({chosen})" if way == OURS else way, outcome, said[way], seconds=taken, beyond=beyond)
        label = ""
        worse = way != OURS and gap.low > 0
        log_loss[way] = f"{compute_metrics(outcome, said[way])['log_loss']:.4f}{' *' if worse else ''}"
    return log_loss


def print_summary(log_losses: list[dict[str, str]]) -> None:
    """The log loss of each way on each set, side by side; a star where ours is better and the interval leaves 0 out."""
    ways = [way for way in dict.fromkeys(way for row in log_losses for way in row) if not way.startswith("mean ")]
    print("\n| " + " | ".join(ways) + " |\n|---|" + "---:|" * (len(ways) - 1))
    for row in log_losses:
        print("| " + " | ".join(row.get(way, "–") for way in ways) + " |")


def print_row(label: str, way: str, outcome: np.ndarray, probability: np.ndarray, *, seconds: list[float], beyond: str) -> None:
    """One row of the table."""
    figures = compute_metrics(outcome, probability)
    slope, noise = figures["calibration_slope"], judge_calibration(outcome, probability).noise.mean
    cells = [
        f"{figures['log_loss']:.4f}",
        f"{figures['auc']:.3f}",
        "–" if slope is None else f"{slope:.2f}",
        f"{figures['ece']:.3f} ({noise:.3f})",
        f"{np.mean(seconds):.0f}" if seconds else "–",
        beyond,
    ]
    print("| " + " | ".join([label, way, *cells]) + " |", flush=True)


def main(budget: float, only: str | None, seeds: int) -> None:
    """Prints the tables."""
    real = find_real()
    if real is None:
        print(f"{VARIABLE} names no folder: the real data sets are left out; the simulated firms stand alone.", file=sys.stderr)
    print(describe_measured("catboost") + "\n")
    names = [name for name in SETS if real is not None or name in FIRMS]
    print("| " + " | ".join(HEADINGS) + " |\n|---|---|---:|---:|---:|---:|---:|---:|")
    print_summary([compare(name, real, budget, seeds) for name in names if only in {None, name}])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--budget", type=float, default=BUDGET, help="seconds that FLAML and AutoGluon may search, a data set; 0: without them"
    )
    parser.add_argument("--only", choices=list(SETS), help="one data set")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="of sets without an order")
    given = parser.parse_args()
    main(given.budget, given.only, given.seeds)
