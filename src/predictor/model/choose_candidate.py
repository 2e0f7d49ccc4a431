"""The choice of a candidate: the simplest that does as well as the best on leads that came later."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from predictor.model.calibrated_model import CalibratedModel
from predictor.model.candidates import CANDIDATES
from predictor.model.metrics.intervals import average
from predictor.model.metrics.metrics import compute_losses
from predictor.model.sample import Sample


def compare_candidates(models: Mapping[str, CalibratedModel], sample: Sample) -> pd.DataFrame:
    """The candidates by their forward log loss; the simplest within one standard error of the best is chosen.

    Each lead counts by its weight. The error is that of the paired difference to the best, a ratio of two sums. Source: Breiman
    et al. 1984, "Classification and Regression Trees", section 3.4.3; there for pruning.

    Args:
        models: Candidate -> its model, all with the same folds.
        sample: The leads that they were fitted on.

    Returns:
        One row a candidate, from the simplest: `candidate`, `log_loss` (nats a lead), `excess` over the lowest and its standard
        `error`, `chosen` (one).
    """
    names = [name for name in CANDIDATES if name in models]
    judged = [sample.take(models[name].positions) for name in names]
    weights = [np.ones(len(leads)) if leads.weight is None else leads.weight for leads in judged]
    losses = [compute_losses(leads.outcome, models[name].cross_calibrated) for name, leads in zip(names, judged, strict=True)]
    means = [float(np.average(loss, weights=weight)) for loss, weight in zip(losses, weights, strict=True)]
    best = losses[int(np.argmin(means))]
    gaps = [average(loss - best, weight) for loss, weight in zip(losses, weights, strict=True)]
    table = pd.DataFrame({"candidate": names, "log_loss": means})
    table[["excess", "error"]] = gaps
    within = table["excess"] <= table["error"]
    return table.assign(chosen=np.arange(len(table)) == int(np.argmax(within)))


def read_chosen(table: pd.DataFrame) -> str:
    """The chosen of a table that `compare_candidates` gave."""
    return str(table.loc[table["chosen"], "candidate"].iloc[0])
