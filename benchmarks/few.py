"""What a firm with few leads gets: what is chosen, and whether it is ever surely worse than the points or the base rate.

Firms of 100, 300 and 1,000 leads are simulated and trained on as they come, without a setting. A test block of 25 to 250 leads
tells little, so what would serve is also asked about 20,000 new leads of such a firm, from the last months of its two years,
beside points and base rate learned from the same leads. Surely worse means that the 95 % interval of the paired difference in
log loss lies above 0; any such case ends with exit code 1. Last come firms whose acceptance is a coin that nothing predicts:
how often the verdict says so.

python benchmarks/few.py [SEEDS]
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from _measure import describe_measured

from predictor.core.errors import TrainingError
from predictor.core.settings import load_settings
from predictor.model.calibrated_model import fit_calibrated
from predictor.model.metrics.metrics import Difference, compute_difference, compute_metrics
from predictor.scoring.batch import score_leads
from predictor.scoring.bundle.files import Bundle
from predictor.scoring.scorer import Scorer
from predictor.simulate.files import save_firm
from predictor.simulate.firm import simulate_firm
from predictor.training.from_tables import load_dataset
from predictor.training.train import Trained, train

SIZES, TOSSED = (100, 300, 1000), (300, 1000, 5000)
SEEDS, RESAMPLES = 20, 1000
FRESH, FRESH_SEED, SHARE = 20_000, 1_000_003, 0.25
CHECKED = 200
RIVALS = ("constant", "points")


@dataclass(frozen=True)
class Fresh:
    """New leads, oldest first: their assembled rows, their moments, what came of them, and the first of them as exported."""

    rows: pd.DataFrame
    as_of: pd.Series
    outcome: np.ndarray
    exported: tuple[pd.DataFrame, pd.DataFrame]


@dataclass(frozen=True)
class Outcome:
    """What came of one training.

    Attributes:
        leads: People of the firm.
        seed: Of the firm.
        refused: Why there was no training; empty where there was.
        chosen: The candidate.
        earned: Whether it may serve.
        text: The verdict.
        losses: (test or fresh, candidate) -> log loss; `chosen` is the chosen one's.
        gaps: (test or fresh, rival) -> log loss of the chosen less the rival's.
    """

    leads: int
    seed: int
    refused: str = ""
    chosen: str = ""
    earned: bool = False
    text: str = ""
    losses: dict[tuple[str, str], float] = field(default_factory=dict)
    gaps: dict[tuple[str, str], Difference] = field(default_factory=dict)


def make_firm(leads: int, seed: int, folder: Path, *, signal: float = 1.0) -> Path:
    """The settings file of a firm, written as a data scientist would export it; without a signal nothing drifts either."""
    save_firm(simulate_firm(leads, seed, signal=signal, drift=float(signal > 0)), folder)
    return folder / "predictor.toml"


def make_fresh(count: int) -> Fresh:
    """The newest leads of a large firm of the same law, of those whose outcome is known."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dataset = load_dataset(load_settings(make_firm(int(count / SHARE), FRESH_SEED, folder)))
        known = np.flatnonzero(dataset.outcomes.mature)
        newest = known[np.argsort(dataset.outcomes.order[known], kind="stable")][-count:]
        assert dataset.as_of is not None
        first = dataset.leads.frame.iloc[newest[:CHECKED]]
        leads, events = (pd.read_csv(folder / f"{table}.csv", dtype="str") for table in ("leads", "events"))
        moments = first["mql_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_numpy()
        keys = pd.MultiIndex.from_arrays([first["lead_id"], moments])
        leads = leads.set_index(["lead_id", "mql_at"]).loc[keys].reset_index(names=["lead_id", "mql_at"])
        events = events[events["lead_id"].isin(first["lead_id"])]
    return Fresh(dataset.rows.iloc[newest], dataset.as_of.iloc[newest], dataset.outcomes.outcome[newest], (leads, events))


def try_firm(size_and_seed: tuple[int, int], fresh: Fresh | None) -> Outcome:
    """Train on one firm, and ask about new leads where there are any; without them acceptance is a coin."""
    leads, seed = size_and_seed
    with tempfile.TemporaryDirectory() as name:
        try:
            trained = train(load_settings(make_firm(leads, seed, Path(name), signal=float(fresh is not None))))
        except TrainingError as error:
            return Outcome(leads, seed, refused=str(error))
        verdict = trained.verdict
        losses = {("test", one): float(figures["log_loss"] or 0) for one, figures in verdict.test.items()}
        gaps = {("test", one): verdict.differences[one] for one in RIVALS if one in verdict.differences}
        if fresh is not None:
            said = ask_fresh(trained, fresh)
            losses |= {("fresh", one): float(compute_metrics(fresh.outcome, p)["log_loss"] or 0) for one, p in said.items()}
            compare = partial(compute_difference, fresh.outcome, said["chosen"], resamples=RESAMPLES, seed=0)
            gaps |= {("fresh", one): compare(said[one]) for one in RIVALS if one != verdict.chosen}
    losses["test", "chosen"] = losses["test", verdict.chosen]
    return Outcome(leads, seed, "", verdict.chosen, verdict.earned, verdict.text, losses, gaps)


def ask_fresh(trained: Trained, fresh: Fresh) -> dict[str, np.ndarray]:
    """What the final recipe says of the new leads, and what points and base rate would, learned from the same leads."""
    dataset, chosen = trained.dataset, trained.verdict.chosen
    features, _ = dataset.fit_features(dataset.outcomes.training)
    sample = dataset.sample(dataset.outcomes.training, features, as_of=dataset.outcomes.observed_until)
    folds, seed = dataset.forward_folds(sample), dataset.settings.model.seed
    models = {name: fit_calibrated(name, sample, folds, seed, gap=dataset.gap) for name in RIVALS}
    models["chosen"] = trained.final
    seen = {name: sample.seen_by(chosen if name == "chosen" else name).features for name in models}
    said = {
        name: calibrated.predict(seen[name].encode_table(fresh.rows, fresh.as_of).matrix) for name, calibrated in models.items()
    }
    check_bundle(trained, fresh, said["chosen"])
    if chosen in RIVALS:
        np.testing.assert_array_equal(said["chosen"], said[chosen])
    return said


def check_bundle(trained: Trained, fresh: Fresh, said: np.ndarray) -> None:
    """The bundle itself says the same of the first of the new leads as exported."""
    scorer = Scorer(Bundle("few", dict(trained.files), {}))
    answers, _ = score_leads(scorer, *fresh.exported, now=fresh.as_of.iloc[-1], reasons=0)
    np.testing.assert_allclose(answers["probability"], said[: len(answers)], rtol=1e-9)


def try_firms(sizes: Sequence[int], seeds: int, fresh: Fresh | None) -> list[Outcome]:
    """Every size with every seed, on all cores, the largest first."""
    firms = [(leads, seed) for leads in sorted(sizes, reverse=True) for seed in range(1, seeds + 1)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return sorted(pool.map(partial(try_firm, fresh=fresh), firms), key=lambda outcome: (outcome.leads, outcome.seed))


def is_worse(outcome: Outcome, where: str, rival: str) -> bool:
    """Whether the chosen surely lost more than the rival."""
    gap = outcome.gaps.get((where, rival))
    return gap is not None and gap.low > 0


def print_table(outcomes: Sequence[Outcome]) -> None:
    """By size: what was chosen, mean log losses where all three are there, and how often the chosen was surely worse."""
    worse_than = [f"surely worse than {rival}" for rival in RIVALS]
    print("| " + " | ".join(["leads", "firms", "chosen", "may serve", "asked on", *RIVALS, "chosen", *worse_than]) + " |")
    print("|---:|---:|---|---:|---|---:|---:|---:|---:|---:|")
    for leads, some in group(outcomes):
        start = f"| {leads:,} | {len(some)} | {format_chosen(some)} | {sum(one.earned for one in some)}"
        for where, name in (("test", "forward test"), ("fresh", f"{FRESH:,} new leads")):
            whole = [one for one in some if (where, "points") in one.losses]
            means = [f"{np.mean([one.losses[where, who] for one in whole]):.3f}" for who in (*RIVALS, "chosen")]
            worse = [str(sum(is_worse(one, where, rival) for one in some)) for rival in RIVALS]
            print(" | ".join([start, name, *means, *worse]) + " |")
            start = "| | | | "


def format_chosen(some: Sequence[Outcome]) -> str:
    """Which candidates were chosen, the most frequent first."""
    return ", ".join(f"{name} {times}" for name, times in Counter(one.chosen for one in some).most_common())


def print_tossed(outcomes: Sequence[Outcome]) -> None:
    """What the verdict makes of coins: how often it says that there is no signal, and how often something learned would serve."""
    print("| leads | firms | chosen | says No signal | something learned may serve | surely better than constant |")
    print("|---:|---:|---|---:|---:|---:|")
    for leads, some in group(outcomes):
        silent = sum("No signal" in one.text for one in some)
        serving = sum(one.earned and one.chosen not in RIVALS for one in some)
        fooled = sum(("test", "constant") in one.gaps and one.gaps["test", "constant"].high < 0 for one in some)
        print(f"| {leads:,} | {len(some)} | {format_chosen(some)} | {silent} | {serving} | {fooled} |")


def group(outcomes: Iterable[Outcome]) -> list[tuple[int, list[Outcome]]]:
    """Those that were trained, by size."""
    sizes: dict[int, list[Outcome]] = {}
    for one in outcomes:
        sizes.setdefault(one.leads, []).extend([] if one.refused else [one])
    return list(sizes.items())


def print_refused(outcomes: Sequence[Outcome]) -> None:
    """Prints why there was no training."""
    for one in (one for one in outcomes if one.refused):
        print(f"{one.leads:,} leads, seed {one.seed}, refused: {one.refused}")


def print_worse(outcomes: Sequence[Outcome]) -> int:
    """Prints every case in which the chosen was surely worse; how many of these."""
    cases = [(one, *key) for one in outcomes for key in one.gaps if is_worse(one, *key)]
    for one, where, rival in cases:
        gap = one.gaps[where, rival]
        gap_text = f"{gap.mean:+.4f} ({gap.low:+.4f} to {gap.high:+.4f})"
        print(f"{one.leads:,} leads, seed {one.seed}: '{one.chosen}' surely worse than '{rival}' on {where} leads, {gap_text}")
    return len(cases)


def main(seeds: int) -> int:
    """Prints the tables; 1 where the chosen was surely worse than points or base rate."""
    print(describe_measured() + "\n")
    outcomes = try_firms(SIZES, seeds, make_fresh(FRESH))
    print_table(outcomes)
    print()
    print_refused(outcomes)
    worse = print_worse(outcomes)
    tossed = try_firms(TOSSED, seeds, None)
    print("\nAcceptance by a coin\n")
    print_tossed(tossed)
    print_refused(tossed)
    return int(worse > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS))
