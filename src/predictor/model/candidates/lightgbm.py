"""Gradient-boosted trees by LightGBM, small and slow, as many as did best on leads that came later."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np

from predictor.model.candidates.lightgbm_parameters import OF_DATA, constrain, set_parameters
from predictor.model.metrics.intervals import average
from predictor.model.sample import Sample
from predictor.model.trees.ensemble import Trees
from predictor.model.trees.merge_text import average_texts, find_columns, find_trees, join_trees
from predictor.model.trees.parse_text import UnknownTreesError

if TYPE_CHECKING:
    import lightgbm as lgb

_FEW = 10_000  # leads that a server is asked about at once: scored without LightGBM
_FEW_LARGE = 50  # of them, where trees are too large for their parts to be remembered
_MOST_STEPS = 75.0  # sum of the learning rates of all trees: 1500 trees of 0.05
_PATIENT_STEPS = 3.0  # the same of the trees that may bring nothing before it ends: 60 of 0.05
_HELD_SHARE = 0.2
_USUAL_ROUNDS = 100  # where there is nothing to choose it by
_SEED_STEP = 1009  # apart, since LightGBM derives the seeds of its draws from the one given


class Scored(Protocol):
    """What trees may start from."""

    def score(self, matrix: np.ndarray, /) -> np.ndarray:
        """Log-odds, one a row of the matrix."""


@dataclass(frozen=True)
class Growth:
    """How trees are grown: what differs from the usual, and how many trees did best on how many leads.

    Attributes:
        rounds: Trees.
        rows: Leads on which that many did best; more leads carry more trees, by the square root.
        parameters: LightGBM's, where they differ from `USUAL`.
        members: Boosters of different seeds whose scores are averaged.
        monotone: Types of event of which one more never lowers the score, as `constrain` has it.
    """

    rounds: int
    rows: float
    parameters: Mapping[str, Any] = field(default_factory=dict)
    members: int = 1
    monotone: tuple[str, ...] = ()

    def count_rounds(self, rows: int) -> int:
        """How many trees that many leads carry.

        >>> Growth(rounds=100, rows=1000).count_rounds(4000)
        200
        """
        return max(1, round(self.rounds * float(np.sqrt(rows / self.rows))))

    def fit(self, sample: Sample, seed: int) -> LightGBM:
        """Trees grown that way on the whole sample."""
        merged = {**constrain(sample.features, self.monotone), **self.parameters}
        parameters = set_parameters(merged, seed=seed, rows=len(sample))
        return grow(sample, parameters, self.count_rounds(len(sample)), members=self.members)


class LightGBM:
    """A LightGBM booster; its own format is text. A server's leads are scored without it, so that it need not load LightGBM."""

    file: ClassVar[str] = "model.txt"

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def booster_(self) -> lgb.Booster:
        """LightGBM's own object.

        Raises:
            ValueError: The text is no model of LightGBM.
        """
        lgb = _load_lightgbm()
        try:
            return lgb.Booster(model_str=self._text)
        except lgb.basic.LightGBMError as error:
            raise ValueError(f"model.txt is no model of LightGBM ({error})") from None

    @cached_property
    def _trees(self) -> Trees | None:
        """The trees for some leads at a time; None where they are of a form that only LightGBM reads."""
        try:
            return Trees(self._text)
        except UnknownTreesError:
            return None

    def _read_few(self, matrix: np.ndarray, most: int) -> Trees | None:
        """The trees for few leads; to read them takes a while, so that it is a lead alone for which they are first read."""
        few = len(matrix) == 1 or (len(matrix) <= most and "_trees" in self.__dict__) or not _has_lightgbm()
        return self._trees if few and self._trees is not None and matrix.shape[1] == self._trees.width else None

    @classmethod
    def fit(cls, sample: Sample, seed: int, *, monotone: Collection[str] = ()) -> Self:
        """Trees with the usual parameters; as many as did best on the newest fifth of the sample when fitted on the rest."""
        parameters = set_parameters(constrain(sample.features, monotone), seed=seed, rows=len(sample))
        return cls(grow(sample, parameters, stop_early(sample, parameters)).to_text())

    def score(self, matrix: np.ndarray) -> np.ndarray:
        """Log-odds of each row."""
        if (trees := self._read_few(matrix, _FEW)) is not None:
            return trees.score(matrix)
        return np.asarray(self.booster_.predict(matrix, raw_score=True, num_threads=_threads(matrix)))

    def contribute(self, matrix: np.ndarray) -> np.ndarray:
        """TreeSHAP by feature (Lundberg et al. 2018), as LightGBM computes it; of few rows to the last digits but two."""
        trees = self._read_few(matrix, _FEW)
        if trees is not None and (trees.small or len(matrix) <= _FEW_LARGE or not _has_lightgbm()):
            return trees.contribute(matrix)
        return np.asarray(self.booster_.predict(matrix, pred_contrib=True, num_threads=_threads(matrix)))

    def narrow(self, columns: Collection[int]) -> LightGBM | None:
        """Only the trees that look at any of those columns, which alone answer otherwise when these change; None for none."""
        text, looks = self._taken_apart
        trees = [tree for tree, looked_at in looks if not looked_at.isdisjoint(columns)]
        return LightGBM.from_text(join_trees(text, trees)) if trees else None

    @cached_property
    def _taken_apart(self) -> tuple[str, list[tuple[str, set[int]]]]:
        """The model's text without its trees, and each tree with the columns that it looks at."""
        text = self.to_text()
        return join_trees(text, []), [(tree, find_columns(tree)) for tree in find_trees(text)]

    def to_text(self) -> str:
        """LightGBM's text."""
        return self._text

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The model that `to_text` wrote.

        Raises:
            ValueError: The text is no model of LightGBM.
        """
        model = cls(text)
        if not text.startswith("tree\n") or "\nend of trees\n" not in text:
            model.booster_  # noqa: B018  it says what is wrong
        return model


@cache
def _has_lightgbm() -> bool:
    """Whether LightGBM is installed: a small server does without it, whatever the number of leads."""
    return find_spec("lightgbm") is not None


def _load_lightgbm() -> Any:  # noqa: ANN401  a module without types
    """LightGBM, when it is needed: it takes a second and 80 MB, with the libraries that it loads."""
    import lightgbm  # noqa: PLC0415

    return lightgbm


def grow(
    sample: Sample, parameters: Mapping[str, Any], rounds: int, *, members: int = 1, start: Scored | None = None
) -> LightGBM:
    """A number of trees fitted on a sample; of several members the mean.

    Args:
        sample: Leads to learn from.
        parameters: LightGBM's, complete, as `set_parameters` gives them.
        rounds: Trees, at least one.
        members: Boosters of different seeds whose scores are averaged.
        start: What the trees start from, and do not hold; None for the base rate, which they hold.
    """
    data, texts = make_dataset(sample, start=start), []
    for member in range(members):
        seeded = {**parameters, "seed": parameters["seed"] + member * _SEED_STEP}
        texts.append(str(_load_lightgbm().train(seeded, data, num_boost_round=rounds).model_to_string()))
    return LightGBM.from_text(average_texts(texts))


def make_dataset(sample: Sample, reference: lgb.Dataset | None = None, *, start: Scored | None = None) -> lgb.Dataset:
    """A sample as LightGBM reads it, its numbers cut into bins, those of the reference where there is one."""
    sample = sample.training
    begun = None if start is None else start.score(sample.matrix)
    categories = [at for at, feature in enumerate(sample.features.features) if feature.kind == "category"]
    settings: dict[str, Any] = {"params": dict(OF_DATA), "free_raw_data": False, "reference": reference}
    return _load_lightgbm().Dataset(
        sample.matrix, sample.outcome, weight=sample.weight, init_score=begun, categorical_feature=categories, **settings
    )


def compute_curve(parameters: Mapping[str, Any], fitted: lgb.Dataset, validation: lgb.Dataset) -> np.ndarray:
    """The log loss on held leads after each tree, until many trees have brought nothing."""
    return _watch(parameters, fitted, validation)[0]


def _watch(parameters: Mapping[str, Any], fitted: lgb.Dataset, validation: lgb.Dataset) -> tuple[np.ndarray, lgb.Booster]:
    """The same, and the trees."""
    losses: dict[str, dict[str, list[float]]] = {}
    rate = float(parameters["learning_rate"])
    lgb = _load_lightgbm()
    watch = [lgb.early_stopping(round(_PATIENT_STEPS / rate), verbose=False), lgb.record_evaluation(losses)]
    grown = lgb.train(dict(parameters), fitted, round(_MOST_STEPS / rate), valid_sets=[validation], callbacks=watch)
    return np.array(losses["valid_0"]["binary_logloss"]), grown


def stop_early(sample: Sample, parameters: Mapping[str, Any], *, start: Callable[[Sample, int], Scored] | None = None) -> int:
    """How many trees: as many as did best on the newest fifth when fitted on the rest, scaled up to the whole sample.

    Args:
        sample: Leads to learn from.
        parameters: LightGBM's, complete, as `set_parameters` gives them.
        start: Learns what the trees start from; there are then none of them unless they gain more than a standard error. None for
            the base rate.
    """
    by_time = np.argsort(sample.order, kind="stable")
    cut = int(len(sample) * (1 - _HELD_SHARE))
    older, newest = sample.take(by_time[:cut]), sample.take(by_time[cut:])
    if older.one_class or newest.one_class:
        return _USUAL_ROUNDS if start is None else 0
    begun = None if start is None else start(older, int(parameters["seed"]))
    fitted = make_dataset(older, start=begun)
    losses, grown = _watch(parameters, fitted, make_dataset(newest, fitted, start=begun))
    best = int(losses.argmin()) + 1
    if begun is not None and not _gains(newest.training, begun, grown, best):
        return 0
    return Growth(best, cut).count_rounds(len(sample))


def _gains(sample: Sample, begun: Scored, grown: lgb.Booster, trees: int) -> bool:
    """Whether the first so many trees save more log loss than its standard error, beyond what they start from."""
    start = begun.score(sample.matrix)
    end = start + np.asarray(grown.predict(sample.matrix, raw_score=True, num_iteration=trees, num_threads=1))
    saved = np.logaddexp(0, start) - np.logaddexp(0, end) + sample.outcome * (end - start)
    weight = np.ones(len(sample)) if sample.weight is None else sample.weight
    mean, error = average(saved, weight)
    return mean > error


def _threads(matrix: np.ndarray) -> int:
    """One thread for a few rows, where starting more costs more than it gains; all for a table."""
    return 1 if len(matrix) < 1000 else 0
