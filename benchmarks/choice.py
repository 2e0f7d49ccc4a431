"""Which rule chooses best: the regret of each, which is the test loss of what it chooses less that of the best in hindsight.

The open sets are cut at 60, 80 and 100 % of their leads where they have an order, and tested on three seeds of held-out leads
where they have none. Firms of 1,000 to 8,000 leads are simulated, and each choice is tested on 4,000 new leads of such a firm.
Candidates are fitted without tuning. What each said out of fold and on the test leads is kept as arrays in .bench/choice, so
that rules are compared in seconds; delete the folder to fit again. The open sets are in the folder that PREDICTOR_REAL_DATA
names; without it the firms stand alone.

python benchmarks/choice.py [--only-cached]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from _measure import describe_measured
from _quality_data import SETS, UNDATED, find_real

from predictor.core.log_odds import expit, logit
from predictor.core.settings import Settings, load_settings
from predictor.model.candidates import CANDIDATES
from predictor.model.metrics.intervals import average
from predictor.model.metrics.metrics import compute_losses
from predictor.model.sample import Sample
from predictor.model.split import Split, split_forward
from predictor.simulate.files import save_firm
from predictor.simulate.firm import simulate_firm
from predictor.training.dataset import Dataset
from predictor.training.fit import fit_candidates
from predictor.training.from_tables import load_dataset

CACHE = Path(__file__).resolve().parent.parent / ".bench" / "choice"
FIRMS = {1000: 8, 1500: 8, 3000: 3, 8000: 1}  # leads -> seeds
CUTS, SEEDS, TEST_SHARE = (1.0, 0.8, 0.6), 3, 0.3
FRESH, FRESH_FIRM, FRESH_SEED = 4000, 16_000, 1_000_003

Fresh = tuple[pd.DataFrame, pd.Series | None, np.ndarray]


@dataclass(frozen=True)
class Case:
    """One training: what each candidate said out of fold and of the test leads.

    Attributes:
        group: Which kind of data.
        names: Candidates, from the simplest.
        losses: candidates x training leads, out of fold.
        weight: How much each training lead counts.
        fold: The fold of each.
        eligible: Which candidates may be chosen.
        tested: candidates x test leads, the probabilities.
        outcome: Of the test leads.
    """

    group: str
    names: list[str]
    losses: np.ndarray
    weight: np.ndarray
    fold: np.ndarray
    eligible: np.ndarray
    tested: np.ndarray
    outcome: np.ndarray

    def compute_regret(self, shares: np.ndarray) -> float:
        """The test loss of a mean in log-odds by these shares, less that of the best candidate."""
        used = shares > 0
        mixed = expit(np.average(logit(np.clip(self.tested[used], 1e-12, 1 - 1e-12)), axis=0, weights=shares[used]))
        best = min(compute_losses(self.outcome, probability).mean() for probability in self.tested)
        return float(compute_losses(self.outcome, mixed).mean() - best)


Rule = Callable[[Case], np.ndarray]


def choose_within(case: Case, errors: float) -> np.ndarray:
    """The simplest candidate within so many standard errors of the paired difference to the best."""
    best = _find_best(case)
    gaps = [average(loss - case.losses[best], case.weight) for loss in case.losses]
    within = [may and mean <= errors * error for may, (mean, error) in zip(case.eligible, gaps, strict=True)]
    return _take_one(case, int(np.argmax(within)))


def choose_best_unless_simple(case: Case, errors: Mapping[str, float]) -> np.ndarray:
    """The best, or a simple one that is within so many standard errors of it: the rule of `compare_candidates`."""
    best = _find_best(case)
    gaps = [average(loss - case.losses[best], case.weight) for loss in case.losses]
    margins = [errors.get(name, 0.0) for name in case.names]
    near = [mean <= margin * error for margin, (mean, error) in zip(margins, gaps, strict=True)]
    return _take_one(case, int(np.argmax(case.eligible & near)))


def choose_by_folds(case: Case) -> np.ndarray:
    """The simplest candidate that does not lose to the best in all folds but one, or in all."""
    best = _find_best(case)
    folds = [case.fold == one for one in np.unique(case.fold)]
    beaten = []
    for loss in case.losses:
        gaps = [np.average((loss - case.losses[best])[at], weights=case.weight[at]) for at in folds]
        beaten.append(sum(gap > 0 for gap in gaps) >= len(folds) - 1)
    return _take_one(case, int(np.argmax([may and not lost for may, lost in zip(case.eligible, beaten, strict=True)])))


def average_within(case: Case, errors: float) -> np.ndarray:
    """The mean in log-odds of all candidates within so many standard errors of the best."""
    best = _find_best(case)
    gaps = [average(loss - case.losses[best], case.weight) for loss in case.losses]
    return np.array([float(may and mean <= errors * error) for may, (mean, error) in zip(case.eligible, gaps, strict=True)])


def _find_best(case: Case) -> int:
    means = np.average(case.losses, axis=1, weights=case.weight)
    return int(np.where(case.eligible, means, np.inf).argmin())


def _take_one(case: Case, at: int) -> np.ndarray:
    return np.eye(len(case.names))[at]


RULES: dict[str, Rule] = {
    "the best": partial(choose_within, errors=0.0),
    "the simplest within 1/4 standard error": partial(choose_within, errors=0.25),
    "within 1/2": partial(choose_within, errors=0.5),
    "within 3/4": partial(choose_within, errors=0.75),
    "within 1": partial(choose_within, errors=1.0),
    "the best, or points within 1/2, base rate or regression within 1": partial(
        choose_best_unless_simple, errors={"constant": 1.0, "points": 0.5, "logistic": 1.0}
    ),
    "the best, or points or base rate within 1": partial(choose_best_unless_simple, errors={"constant": 1.0, "points": 1.0}),
    "the simplest that is not beaten in all folds but one": choose_by_folds,
    "the mean of all within 1": partial(average_within, errors=1.0),
}


def fit_case(dataset: Dataset, split: Split, fresh: Fresh | None, file: Path) -> None:
    """Fit every candidate, and keep what they said; nothing is kept where there are no folds."""
    features, _ = dataset.fit_features(split.fit)
    fit, test = dataset.sample(split.fit, features, as_of=split.starts), dataset.test_sample(split, features)
    fitted = fit_candidates(dataset, fit)
    arrays: dict[str, np.ndarray] = {"test_y": test.outcome if fresh is None else fresh[2]}
    for name, model in fitted.models.items():
        if model.forward is None:
            continue
        leads = fit.take(model.positions)
        weight = np.ones(len(leads)) if leads.weight is None else leads.weight
        arrays |= {"y": leads.outcome, "w": weight, "fold": model.forward.fold, f"p:{name}": model.forward.probability}
        arrays[f"tp:{name}"] = model.predict(_take_test(name, fit, test, fresh))
    notes = dict(zip(fitted.choice["candidate"], fitted.choice["note"], strict=True))
    np.savez_compressed(file.with_suffix(".npz"), **arrays)  # type: ignore[arg-type]
    file.with_suffix(".json").write_text(json.dumps({"note": notes}))


def _take_test(name: str, fit: Sample, test: Sample, fresh: Fresh | None) -> np.ndarray:
    if fresh is None:
        return test.seen_by(name).matrix
    return fit.seen_by(name).features.encode_table(fresh[0], fresh[1]).matrix


def fit_open_sets(folder: Path, real: Path) -> None:
    """Every open set at each of its cuts, or for each seed of held-out leads."""
    for name in (name for name in SETS if name != "simulated firm"):
        with tempfile.TemporaryDirectory() as draft:
            settings = SETS[name](real, Path(draft))
            for step, share in enumerate(CUTS):
                file = folder / (f"{name}_{step}" if name in UNDATED else f"{name}_{100 * share:.0f}")
                if not file.with_suffix(".json").exists():
                    dataset = load_dataset(_set_quick(settings, step if name in UNDATED else 0))
                    fit_case(dataset, dataset.split() if name in UNDATED else _cut(dataset, share), None, file)


def fit_firms(folder: Path) -> None:
    """Every simulated firm."""
    files = {folder / f"firm{leads}_{seed}": (leads, seed) for leads, seeds in FIRMS.items() for seed in range(1, seeds + 1)}
    missing = {file: made for file, made in files.items() if not file.with_suffix(".json").exists()}
    fresh = _draw_fresh() if missing else None
    for file, (leads, seed) in missing.items():
        with tempfile.TemporaryDirectory() as draft:
            dataset = _load_firm(leads, seed, Path(draft))
            fit_case(dataset, dataset.split(), fresh, file)


def _set_quick(settings: Settings, seed: int) -> Settings:
    quick = {"budget_s": 0.0, "seed": seed, "recalibrate": "never"}
    return settings.model_copy(update={"model": settings.model.model_copy(update=quick)})


def _load_firm(leads: int, seed: int, folder: Path) -> Dataset:
    save_firm(simulate_firm(leads, seed), folder)
    return load_dataset(_set_quick(load_settings(folder / "predictor.toml"), 0))


def _draw_fresh() -> Fresh:
    """The newest leads of a large firm of the same law."""
    with tempfile.TemporaryDirectory() as draft:
        dataset = _load_firm(FRESH_FIRM, FRESH_SEED, Path(draft))
        known = np.flatnonzero(dataset.outcomes.mature)
        newest = dataset.outcomes.sort_by_time(known)[-FRESH:]
        as_of = None if dataset.as_of is None else dataset.as_of.iloc[newest]
        return dataset.rows.iloc[newest], as_of, dataset.outcomes.outcome[newest]


def _cut(dataset: Dataset, share: float) -> Split:
    """The split of the oldest share of the leads with a known outcome."""
    outcomes = dataset.outcomes
    known = np.flatnonzero(outcomes.mature)
    kept = known[outcomes.order[known] <= np.quantile(outcomes.order[known], share)]
    split = split_forward(outcomes.order[kept], test_share=TEST_SHARE, gap=dataset.gap)
    return Split(outcomes.sort_by_time(kept[split.fit]), outcomes.sort_by_time(kept[split.test]), split.starts)


def read_cases(folder: Path) -> Iterator[Case]:
    """The cases that were fitted and have folds."""
    for file in sorted(folder.glob("*.npz")):
        notes, kept = json.loads(file.with_suffix(".json").read_text())["note"], np.load(file)
        names = [name for name in CANDIDATES if name in notes and f"p:{name}" in kept]
        if len(names) < 2:
            continue
        stem = file.stem.rpartition("_")[0]
        group = f"firms of {int(stem[4:]):,}" if stem.startswith("firm") else stem
        free = np.array([not notes[name] for name in names])
        yield Case(
            group,
            names,
            np.array([compute_losses(kept["y"], kept[f"p:{name}"]) for name in names]),
            kept["w"],
            kept["fold"],
            free if free.any() else ~free,
            np.array([kept[f"tp:{name}"] for name in names]),
            kept["test_y"],
        )


def print_regret(cases: list[Case]) -> None:
    """A row a rule: the mean regret in each group in 1e-4 nats, over groups, and the worst."""
    groups = sorted({case.group for case in cases}, key=lambda group: (group.startswith("firms"), len(group), group))
    sizes = [sum(case.group == group for case in cases) for group in groups]
    heads = [f"{group} ({size})" for group, size in zip(groups, sizes, strict=True)]
    print("| " + " | ".join(["rule", *heads, "mean of the groups", "worst"]) + " |")
    print("|---|" + "---:|" * (len(groups) + 2))
    for name, rule in RULES.items():
        regrets = [(case.group, 1e4 * case.compute_regret(rule(case))) for case in cases]
        means = [float(np.mean([regret for group, regret in regrets if group == one])) for one in groups]
        figures = [*means, float(np.mean(means)), max(regret for _, regret in regrets)]
        print("| " + " | ".join([name, *(f"{figure:.0f}" for figure in figures)]) + " |")


def main(*, only_cached: bool) -> None:
    """Fits what is missing, and prints the table."""
    CACHE.mkdir(parents=True, exist_ok=True)
    print(f"{describe_measured()} Fits kept in {CACHE.name}/ may be older.\n")
    if not only_cached:
        if (real := find_real()) is not None:
            fit_open_sets(CACHE, real)
        fit_firms(CACHE)
    print_regret(list(read_cases(CACHE)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only-cached", action="store_true", help="compare on what has been fitted already")
    main(only_cached=parser.parse_args().only_cached)
