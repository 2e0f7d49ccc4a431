"""Gradient-boosted trees by LightGBM, small and slow, stopped where the newest fifth of the leads gains no more."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import lightgbm as lgb
import numpy as np

from predictor.model.block import Block

_PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "max_bin": 63,
    "num_leaves": 8,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "cat_smooth": 20.0,
    "min_data_per_group": 20,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
_LARGE = 100_000  # rows from which a second thread gains more than the two lose by waiting for each other
_MOST_ROUNDS = 1500
_PATIENCE = 60
_HELD_SHARE = 0.2


class Boosted:
    """A LightGBM booster; its own format is text."""

    file: ClassVar[str] = "model.txt"

    def __init__(self, booster: lgb.Booster) -> None:
        self.booster_ = booster

    @classmethod
    def fit(cls, block: Block, seed: int) -> Self:
        """Trees on the whole block, as many as did best on its newest fifth when learned from the rest."""
        threads = 1 if len(block) < _LARGE else 2  # never "all": the trees must not depend on the machine
        parameters = _PARAMETERS | {"seed": seed, "num_threads": threads}
        return cls(lgb.train(parameters, _dataset(block), num_boost_round=_count_rounds(block, parameters)))

    def score(self, matrix: np.ndarray) -> np.ndarray:
        """Log-odds of each row."""
        return np.asarray(self.booster_.predict(matrix, raw_score=True, num_threads=_threads(matrix)))

    def contribute(self, matrix: np.ndarray) -> np.ndarray:
        """TreeSHAP by feature (Lundberg et al. 2018), as LightGBM computes it."""
        return np.asarray(self.booster_.predict(matrix, pred_contrib=True, num_threads=_threads(matrix)))

    def to_text(self) -> str:
        """LightGBM's text."""
        return str(self.booster_.model_to_string())

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The model that `to_text` wrote.

        Raises:
            ValueError: The text is no model of LightGBM.
        """
        try:
            return cls(lgb.Booster(model_str=text))
        except lgb.basic.LightGBMError as error:
            raise ValueError(f"model.txt is no model of LightGBM ({error})") from None


def _threads(matrix: np.ndarray) -> int:
    """One thread for a few rows, where starting more costs more than it gains; all for a table."""
    return 1 if len(matrix) < 1000 else 0


def _dataset(block: Block, reference: lgb.Dataset | None = None) -> lgb.Dataset:
    block = block.teaching
    categories = [at for at, feature in enumerate(block.features.features) if feature.kind == "category"]
    settings: dict[str, Any] = {"params": {"verbose": -1}, "free_raw_data": False, "reference": reference}
    return lgb.Dataset(block.matrix, block.outcome, weight=block.weight, categorical_feature=categories, **settings)


def _count_rounds(block: Block, parameters: dict[str, Any]) -> int:
    """How many trees: early stopping on the newest fifth, scaled up to the whole block."""
    by_time = np.argsort(block.order, kind="stable")
    cut = int(len(block) * (1 - _HELD_SHARE))
    older, newest = block.take(by_time[:cut]), block.take(by_time[cut:])
    if older.one_class or newest.one_class:
        return 100
    fitted = _dataset(older)
    stop = lgb.early_stopping(_PATIENCE, verbose=False)
    booster = lgb.train(parameters, fitted, _MOST_ROUNDS, valid_sets=[_dataset(newest, fitted)], callbacks=[stop])
    return max(1, round(int(booster.best_iteration) / (1 - _HELD_SHARE)))
