"""A firm's own classifier as a candidate: whatever scikit-learn calls one, pipelines too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import Parameter, signature
from typing import Any

import numpy as np

from predictor.core.errors import ScoringError, TrainingError
from predictor.features.encode import FeatureSet
from predictor.model.candidates.own import Own
from predictor.model.represented import draw_representative
from predictor.model.sample import Sample

Make = Callable[[FeatureSet], Any]  # what the columns are in, an estimator that is not fitted out
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_CHECKED = 50  # rows that the estimator must score alike once it is read back
_TOLERANCE = 1e-9
_REFUSED = (
    "Candidate '{name}' must be a scikit-learn classifier with predict_proba or decision_function, but is of type '{kind}'."
)
_MISSING = "The matrix has NaN where a value is missing: an estimator that takes none needs a SimpleImputer before it."


@dataclass(frozen=True)
class OwnCandidate:
    """How a firm's own candidate is fitted.

    Attributes:
        name: What it is called.
        make: Makes an estimator that is not fitted, from what the columns of the matrix are.
        code: The estimator or function that the firm gave; None where that is not known.
    """

    name: str
    make: Make = field(repr=False)
    code: object = field(default=None, repr=False)

    def fit(self, sample: Sample, seed: int) -> Own:
        """The estimator fitted on a sample; the seed is that of every `random_state` that is not set.

        Weights are handed to an estimator that takes `sample_weight`; any other learns from rows drawn in proportion to them.

        Raises:
            TrainingError: The estimator is no classifier, or cannot learn from these leads.
        """
        estimator, leads = _prepare(self._make(sample.features), self.name, seed), sample.training
        positions, options = np.arange(len(leads)), {}
        if leads.weight is not None:
            positions = np.flatnonzero(leads.weight > 0)
            key = _name_weight(estimator)
            if key is None:
                positions = positions[draw_representative(leads.weight[positions])[0]]
            else:
                options = {key: leads.weight[positions]}
        try:
            with _seed_numpy(seed):
                estimator.fit(leads.matrix[positions], leads.outcome[positions], **options)
        except Exception as error:  # whatever a class of somebody else raises
            why = f"{error} {_MISSING}" if "NaN" in str(error) else f"{type(error).__name__}: {error}"
            raise TrainingError(f"Candidate '{self.name}' ({_name(estimator)}) cannot learn from these leads: {why}") from error
        _check_classifier(estimator, self.name)
        nearest = 0.5 / (len(positions) + 1)
        return Own(_take_best(estimator), _compute_typical(leads), nearest=nearest, name=self.name)

    def _make(self, features: FeatureSet) -> object:
        try:
            return self.make(features)
        except Exception as error:  # whatever the code of the firm raises
            raise TrainingError(f"Candidate '{self.name}' cannot be made: {type(error).__name__}: {error}") from error

    def check_kept(self, model: Own, sample: Sample) -> None:
        """Refuse a model that a bundle cannot hold, that scores otherwise once read back, or that cannot score unusual leads.

        Raises:
            TrainingError: It cannot be kept, and why.
        """
        rows = sample.matrix[:_CHECKED]
        try:
            again = Own.from_text(model.to_text()).score(rows)
        except TrainingError as error:
            raise TrainingError(f"Candidate '{self.name}' cannot be kept in a bundle. {error}") from error
        if not np.allclose(again, model.score(rows), rtol=0, atol=_TOLERANCE, equal_nan=False):
            why = "read back, it scores leads otherwise than before, or gives no number. Use another estimator."
            raise TrainingError(f"Candidate '{self.name}' cannot be kept in a bundle: {why}")
        try:
            model.score(_make_unusual(sample.features))
        except ScoringError as error:
            which = "The leads are made up: one of which nothing is known, and one whose categories were never seen"
            raise TrainingError(f"{error} {which}. Fix it, as with OneHotEncoder(handle_unknown='ignore').") from error


def make_own(name: str, given: object) -> OwnCandidate:
    """A candidate from an estimator, or from a function that makes one.

    Args:
        name: What it is called: small letters, digits and underscores.
        given: A scikit-learn classifier, not fitted; or a function that gives one, without an argument or with the `FeatureSet`,
            which says what the columns are.

    Raises:
        TrainingError: The name cannot be used, or what is given is neither.

    >>> make_own("mine", 3)
    Traceback (most recent call last):
    predictor.core.errors.TrainingError: Candidate 'mine' must be a scikit-learn classifier, or a function that makes one, but \
is of type 'int'.
    """
    if not _NAME.fullmatch(name):
        rule = "must have a name of at most 40 small letters, digits and underscores that starts with a letter"
        raise TrainingError(f"A candidate of your own {rule}, but one is called '{name}'.")
    if hasattr(given, "fit") and hasattr(given, "get_params") and not isinstance(given, type):
        return OwnCandidate(name, lambda _: given, given)
    if not callable(given):
        kind = type(given).__name__
        rule = "must be a scikit-learn classifier, or a function that makes one"
        raise TrainingError(f"Candidate '{name}' {rule}, but is of type '{kind}'.")
    needed = [one for one in signature(given).parameters.values() if one.default is Parameter.empty and one.kind in _POSITIONAL]
    return OwnCandidate(name, given if needed else lambda _: given(), given)


def _prepare(estimator: Any, name: str, seed: int) -> Any:  # noqa: ANN401  any class that scikit-learn takes
    """A copy that is not fitted, with the seed."""
    from sklearn.base import clone, is_classifier  # noqa: PLC0415  a server needs none of it

    if not (hasattr(estimator, "get_params") and is_classifier(estimator)):
        raise TrainingError(_REFUSED.format(name=name, kind=_name(estimator)))
    copy = clone(estimator)
    parameters = copy.get_params()
    unset = [key for key, value in parameters.items() if key.rpartition("__")[2] == "random_state" and value is None]
    return copy.set_params(**dict.fromkeys(unset, seed))


def _check_classifier(estimator: Any, name: str) -> None:  # noqa: ANN401
    """Refuse one that gives classes alone; some estimators say only once they are fitted what they give."""
    if not (hasattr(estimator, "predict_proba") or hasattr(estimator, "decision_function")):
        raise TrainingError(_REFUSED.format(name=name, kind=_name(estimator)))


def _take_best(estimator: Any) -> Any:  # noqa: ANN401
    """The estimator that a search over parameters has found, in place of the search; at the end of a pipeline too."""
    if hasattr(estimator, "steps"):
        step, last = estimator.steps[-1]
        estimator.steps[-1] = step, _take_best(last)
    return getattr(estimator, "best_estimator_", estimator)


def _name(estimator: Any) -> str:  # noqa: ANN401
    """The class, of a pipeline that of its last step."""
    while hasattr(estimator, "steps"):
        estimator = estimator.steps[-1][1]
    return type(estimator).__name__


@contextmanager
def _seed_numpy(seed: int) -> Iterator[None]:
    """NumPy's own random state from that seed, for estimators that draw from it without saying so; restored afterwards."""
    before = np.random.get_state()  # noqa: NPY002
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


def _make_unusual(features: FeatureSet) -> np.ndarray:
    """Two leads: nothing is known of one, and every category of the other was never seen."""
    new = [len(feature.categories) if feature.kind == "category" else np.nan for feature in features.features]
    return np.array([[np.nan] * len(new), new], dtype="float64")


def _name_weight(estimator: Any) -> str | None:  # noqa: ANN401
    """The name under which `fit` takes weights; None where it takes none."""
    from sklearn.utils.validation import has_fit_parameter  # noqa: PLC0415  a server needs none of it

    prefix, last = "", estimator
    while hasattr(last, "steps"):
        step, last = last.steps[-1]
        prefix += f"{step}__"
    return f"{prefix}sample_weight" if has_fit_parameter(last, "sample_weight") else None


def _compute_typical(sample: Sample) -> tuple[float, ...]:
    """The usual value of each feature."""
    return tuple(
        _choose_usual(sample.matrix[:, at], is_code=feature.kind in ("category", "member"))
        for at, feature in enumerate(sample.features.features)
    )


def _choose_usual(values: np.ndarray, *, is_code: bool) -> float:
    known = values[~np.isnan(values)]
    if 2 * len(known) < len(values):
        return np.nan
    if not is_code:
        return float(np.median(known))
    codes, counts = np.unique(known, return_counts=True)
    return float(codes[counts.argmax()])
