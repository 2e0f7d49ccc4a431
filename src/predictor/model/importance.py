"""Permutation importance: how much worse a model gets when one group of features is shuffled."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from predictor.core.errors import TrainingError
from predictor.model.calibrated_model import CalibratedModel
from predictor.model.candidates.blend import Blend
from predictor.model.candidates.lightgbm import LightGBM
from predictor.model.candidates.lightgbm_on_points import LightGBMOnPoints
from predictor.model.candidates.own import Own
from predictor.model.metrics.metrics import compute_losses
from predictor.model.sample import Sample

Shuffle = Callable[[list[int]], np.ndarray]  # columns in; by how much the scores change, repeats x leads, out


def compute_importance(calibrated: CalibratedModel, sample: Sample, *, seed: int, repeats: int = 3) -> pd.DataFrame:
    """How much the log loss rises when the values of one group of features are shuffled among the leads.

    The columns of a group are shuffled together, and every group in the same random orders, so that the figure of one does not
    depend on the others. What two groups share shows in neither, because the other still has it. Sources: Breiman 2001,
    "Random Forests", section 10; Fisher, Rudin and Dominici 2019, JMLR 20 (177).

    Args:
        calibrated: What predicts.
        sample: Leads that it was not fitted on, with known outcomes.
        seed: Of the random orders.
        repeats: How often the values are shuffled.

    Returns:
        A row for each group, the most important first, equals by alphabet: `group`; `rise`, in nats a lead, the mean of the
        repeats; `spread`, their standard deviation, 0 for a single one.

    Raises:
        TrainingError: There are no leads, or nothing is to be repeated.

    >>> from predictor.features.encode import FeatureSet
    >>> from predictor.features.feature import Feature
    >>> features = FeatureSet((Feature("a", "A", "A", "number"), Feature("b", "B", "B", "number")), ())
    >>> matrix = np.column_stack([np.tile([0.0, 1.0], 50), np.zeros(100)])
    >>> sample = Sample(matrix, np.tile([0.0, 1.0], 50), np.arange(100.0), features, dated=True)
    >>> from predictor.model.calibrated_model import fit_calibrated
    >>> compute_importance(fit_calibrated("logistic", sample, [], 0), sample, seed=0).round(1).to_dict("list")["group"]
    ['A', 'B']
    >>> compute_importance(fit_calibrated("logistic", sample, [], 0), sample, seed=0, repeats=0)
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Importance needs leads and repeats, but there are 100 and 0. Give at least one of each.
    """
    if not len(sample) or repeats < 1:
        raise TrainingError(
            f"Importance needs leads and repeats, but there are {len(sample)} and {repeats}. Give at least one of each."
        )
    draw = np.random.default_rng(seed)
    orders = np.stack([draw.permutation(len(sample)) for _ in range(repeats)])
    score, columns = calibrated.model.score(sample.matrix), dict[str, list[int]]()
    for position, feature in enumerate(sample.features.features):
        columns.setdefault(feature.group, []).append(position)
    shuffle, rows = _make_shuffle(calibrated, sample.matrix, orders), []
    plain = _lose(calibrated, score, sample)
    for group, places in columns.items():
        rises = np.array([_lose(calibrated, score + change, sample) - plain for change in shuffle(places)])
        rows.append((group, float(rises.mean()), float(rises.std(ddof=min(1, repeats - 1)))))
    rows.sort(key=lambda row: (-row[1], row[0]))
    return pd.DataFrame(rows, columns=["group", "rise", "spread"])


def _make_shuffle(calibrated: CalibratedModel, matrix: np.ndarray, orders: np.ndarray) -> Shuffle:
    """How scores change: computed again, of trees only those that look at the columns; of sums, the parts are exchanged."""
    model = calibrated.model
    if not isinstance(model, LightGBM | LightGBMOnPoints | Blend | Own):
        parts = model.contribute(matrix)
        return lambda places: np.asarray((own := parts[:, places].sum(axis=1))[orders] - own)

    def shuffle(places: list[int]) -> np.ndarray:
        trees = model.narrow(places)
        if trees is None:
            return np.zeros(orders.shape)
        shuffled = np.tile(matrix, (len(orders), 1))
        shuffled[:, places] = matrix[orders.ravel()][:, places]
        return np.asarray(trees.score(shuffled).reshape(orders.shape) - trees.score(matrix))

    return shuffle


def _lose(calibrated: CalibratedModel, score: np.ndarray, sample: Sample) -> float:
    return float(np.average(compute_losses(sample.outcome, calibrated.calibrator.predict(score)), weights=sample.weight))
