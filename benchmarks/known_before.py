"""What is known of a lead's past: how much lower the log loss of new leads is by it, and that it is not where it cannot be.

Firms are simulated where the reason for which sales sent a lead back matters to its next episode, or where accounts differ in
what no column tells, and firms where neither is so. On each, a logistic regression is trained twice, with features over earlier
episodes or over other leads of the account and without, on the attributes alone, and tested forward on the same newest leads.
Printed is the mean difference in log loss over the seeds, with twice its standard error: below 0 the features help. The loss is
the one to expect by the true probabilities, without the luck of the draw. Exit code 1 where they do not help although they
should, or harm where they cannot help.

python benchmarks/known_before.py [SEEDS]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from _measure import report_missed

from predictor.core.settings import Settings, load_settings
from predictor.features.accounts import MQLS
from predictor.features.earlier_episodes import EARLIER
from predictor.simulate.files import save_firm
from predictor.simulate.firm import simulate_firm
from predictor.training.train import train

SEEDS, LEADS = 5, 3000
MOST_HARM = 0.004  # nats over all test leads, where there is nothing to learn


class Past(NamedTuple):
    """A kind of features: its setting, what makes it matter to a simulated firm, and the feature that shows whom it concerns."""

    setting: str
    effect: dict[str, float]
    feature: str


KINDS = {
    "earlier episodes": Past("earlier_episodes", {"earlier": 1.0}, EARLIER),
    "other leads of the account": Past("accounts", {"accounts": 1.5}, MQLS),
}


def try_firm(seed: int, past: Past, *, matters: bool) -> tuple[float, float]:
    """The mean difference in log loss on the test leads of one firm: of all, and of those that are concerned."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        firm = simulate_firm(LEADS, seed, **(past.effect if matters else {}))
        save_firm(firm, folder)
        losses = []
        for on in (False, True):
            trained = train(make_settings(folder, past.setting, on=on))
            truth = firm.truth["probability"].to_numpy()[trained.split.test]
            losses.append(compute_expected_losses(truth, trained.verdict.probability["logistic"]))
    concerned = trained.dataset.rows[past.feature].to_numpy()[trained.split.test] > 0
    differences = losses[1] - losses[0]
    return float(differences.mean()), float(differences[concerned].mean())


def compute_expected_losses(truth: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """The log loss to expect of each lead, by its true probability."""
    return -(truth * np.log(probability) + (1 - truth) * np.log(1 - probability))


def make_settings(folder: Path, setting: str, *, on: bool) -> Settings:
    """The defaults without events, with one learner and few resamples."""
    model = {"candidates": ["constant", "logistic"], "resamples": 20}
    sections = {"data": {"events": ""}, "points": {"rule_book": ""}, "model": model, "features": {setting: on}}
    return load_settings(folder / "predictor.toml", sections)


def main() -> int:
    """Prints the table; 1 where a bound is missed."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    missed = []
    print("| features over | where they | all test leads | those concerned |\n|---|---|---:|---:|")
    for label, past in KINDS.items():
        for matters in (True, False):
            gains = np.array([try_firm(seed, past, matters=matters) for seed in range(1, seeds + 1)])
            mean, error = gains.mean(axis=0), 2 * gains.std(axis=0, ddof=1) / np.sqrt(seeds)
            cells = [f"{one:+.4f} ± {two:.4f}" for one, two in zip(mean, error, strict=True)]
            print(f"| {label} | {'matter' if matters else 'say nothing'} | {' | '.join(cells)} |", flush=True)
            if matters and mean[1] + error[1] > 0:
                missed.append(f"gain by {label}")
            if not matters and mean[0] - error[0] > MOST_HARM:
                missed.append(f"no harm by {label}")
    return report_missed(missed)


if __name__ == "__main__":
    sys.exit(main())
