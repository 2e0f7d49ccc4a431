"""A candidate of this package as a scikit-learn classifier: any table of attributes in, calibrated probabilities out."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_array, check_is_fitted, column_or_1d, validate_data

from predictor.core.errors import Findings, ScoringError, TrainingError, list_names, name_nearest
from predictor.core.settings import make_settings
from predictor.data.missing import blank_missing
from predictor.data.parse import infer_kind, parse_order, parse_times
from predictor.features.assemble import TOTAL
from predictor.features.encode import FeatureSet
from predictor.features.fit import fit_features
from predictor.model.calibrated_model import CalibratedModel, FitPlan, fit_calibrated
from predictor.model.candidates import CANDIDATES
from predictor.model.candidates.own_candidate import make_own
from predictor.model.sample import LEARN_POINTS, Sample, make_sample_folds

_ON_POINTS = ("points", "lightgbm_on_points")
_WEAK = ("constant", "points", "odoo_pls")  # look at nothing, at one column, or at values rather than at size


class LeadClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The probability of the second of two classes, learned as `predictor train` learns it from attributes.

    Columns may hold numbers, texts, dates and blanks, as an export has them: each is encoded as the product encodes it, texts
    that mean 'not known' are missing, and a text never seen is scored as other. The probabilities are calibrated on leads that
    are predicted from earlier ones, so **rows must be in the order of time, oldest first**, or `order_by` names the column that
    gives it. In any other order the probabilities are calibrated too, but with knowledge of the future. With fewer than
    some dozen rows there are no forward folds, and the score is used as it is (`calibrated_` is False).

    It leaves out what needs more than one table: events, rule books, leads whose outcome is pending, the choice among candidates
    and the search for better trees. `predictor.train` does all of that.

    scikit-learn's `check_estimator` passes for `lightgbm`, `logistic`, `odoo_pls` and, but for `check_classifiers_train`, for
    `constant`: that check wants the first class where both are equally likely, and here a probability that equals the threshold
    reaches it. `odoo_pls` and `constant` pass as weak learners (`poor_score`), since they do not look at how large a number is.
    `points` and `lightgbm_on_points` cannot be checked so, for they need a column of points by name. There are no sample weights,
    because trees on drawn rows do not answer to them exactly.

    Args:
        candidate: `constant`, `points`, `odoo_pls`, `logistic`, `lightgbm`, `lightgbm_on_points` or `blend`; or a scikit-learn
            classifier of your own, which gets the encoded matrix: a category is its number, NaN is missing.
        order_by: The column, of dates or numbers, that gives the order in time and is not a feature; None: the order of the rows.
            With dates, the age of other columns that hold dates is a feature.
        points: The column with hand-set points, which `points` and `lightgbm_on_points` need; to the rest it is an attribute.
        gap: Between training rows and the rows that they are judged on, in days where `order_by` holds dates, else in its
            unit, or in rows: the horizon, if outcomes take so long to be known.
        folds: Forward folds for calibration; 0: the score is taken as it is.
        min_support: Rows that a text needs to be a category of its own; rarer ones count as other.
        missing_values: Texts that mean 'not known'; None: those of `data.missing_values`.
        threshold: Probability from which `predict` says the second class; it never changes a probability.
        random_state: Of every random draw.

    Attributes:
        classes_: The two classes, sorted; the second is the one whose probability is learned.
        features_: What the columns of the encoded matrix are.
        model_: The fitted candidate with its calibrator; `model_.why` says how that was chosen.
        calibrated_: Whether there was enough to calibrate on.
        findings_: Columns without any information.
        n_features_in_: Columns of the table.
        feature_names_in_: Their names, where the table has some.

    >>> table = pd.DataFrame({"industry": ["Software", "Retail"] * 60, "employees": ["10", "-"] * 60})
    >>> model = LeadClassifier("logistic").fit(table, ["yes", "no"] * 60)
    >>> model.predict(table.head(2)).tolist(), model.predict_proba(table.head(2)).shape
    (['yes', 'no'], (2, 2))
    >>> LeadClassifier("forest").fit(table, ["yes", "no"] * 60)
    Traceback (most recent call last):
    ValueError: candidate must be one of 'constant', 'points', 'odoo_pls', 'logistic', 'lightgbm', 'lightgbm_on_points', \
'blend', but 'forest' came.
    """

    def __init__(  # noqa: PLR0913  scikit-learn wants every parameter here, by its name
        self,
        candidate: Any = "lightgbm",  # noqa: ANN401
        *,
        order_by: str | None = None,
        points: str | None = None,
        gap: float = 0.0,
        folds: int = 4,
        min_support: int = 20,
        missing_values: tuple[str, ...] | None = None,
        threshold: float = 0.5,
        random_state: int = 0,
    ) -> None:
        self.candidate = candidate
        self.order_by = order_by
        self.points = points
        self.gap = gap
        self.folds = folds
        self.min_support = min_support
        self.missing_values = missing_values
        self.threshold = threshold
        self.random_state = random_state

    def fit(self, X: Any, y: ArrayLike) -> Self:  # noqa: ANN401  whatever scikit-learn takes for a table
        """Learn from rows in the order of time.

        Args:
            X: A table of attributes, or an array.
            y: What came of each row: two classes.

        Raises:
            ValueError: A parameter that cannot be, a table that cannot be read, or no two classes.
        """
        _check_candidate(self.candidate, self.points)
        frame, outcome = self._read(X, reset=True), self._read_classes(y, len(X) if hasattr(X, "__len__") else None)
        words = make_settings().data.missing_values if self.missing_values is None else tuple(self.missing_values)
        order, self.dated_ = self._read_order(frame)
        by_time = np.argsort(order, kind="stable")
        frame, order, outcome = frame.iloc[by_time].reset_index(drop=True), order[by_time], outcome[by_time]
        rows, kinds = _read_columns(self._assemble(frame), words)
        self.features_, found = fit_features(rows, kinds, min_support=self.min_support, missing_values=words)
        self.findings_ = Findings(found)
        sample = Sample(matrix=self._encode(frame), outcome=outcome, order=order, features=self.features_, dated=self.dated_)
        name = _name(self.candidate) if len(self.features_) else "constant"
        plan = FitPlan(() if isinstance(self.candidate, str) or name == "constant" else (make_own(name, self.candidate).fit,))
        folds = make_sample_folds(sample, folds=self.folds, gap=self.gap) if self.folds else []
        try:
            self.model_: CalibratedModel = fit_calibrated(name, sample, folds, int(self.random_state), plan=plan, gap=self.gap)
        except (TrainingError, ScoringError) as error:  # of an estimator that cannot learn, or cannot score
            raise ValueError(str(error)) from error
        self.calibrated_ = bool(folds)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: ANN401
        """The probability of either class, one row each: (rows, 2).

        Raises:
            ValueError: Columns or values that the model cannot read, all of them in one text.
        """
        check_is_fitted(self)
        probability = self.model_.predict(self._encode(self._read(X, reset=False)))
        return np.column_stack([1 - probability, probability])

    def predict(self, X: Any) -> np.ndarray:  # noqa: ANN401
        """The second class where its probability reaches the threshold, else the first."""
        check_is_fitted(self)
        return np.asarray(self.classes_[(self.predict_proba(X)[:, 1] >= self.threshold).astype(int)])

    def contribute(self, X: Any) -> pd.DataFrame:  # noqa: ANN401
        """What each feature adds to the log-odds before calibration: a row each, a column a feature, `base` the last."""
        check_is_fitted(self)
        parts = self.model_.model.contribute(self._encode(self._read(X, reset=False)))
        return pd.DataFrame(parts, columns=[*self.features_.names, "base"])

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.poor_score = _name(self.candidate) in _WEAK
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags

    def _read(self, X: Any, *, reset: bool) -> pd.DataFrame:  # noqa: ANN401
        """The rows as a table whose columns have names; an array's are x0, x1, ..."""
        X = X.to_pandas() if hasattr(X, "to_pandas") else X  # a table of Polars or Arrow
        if not isinstance(X, pd.DataFrame):
            array = validate_data(self, X, dtype=None, ensure_all_finite="allow-nan", reset=reset)
            return pd.DataFrame(array, columns=[f"x{number}" for number in range(array.shape[1])]).infer_objects()
        validate_data(self, X, skip_check_array=True, reset=reset)
        check_array(np.broadcast_to(0.0, X.shape))  # at least one row and one column, in scikit-learn's words
        return X.rename(columns=str).reset_index(drop=True)

    def _read_classes(self, y: ArrayLike, rows: int | None) -> np.ndarray:
        """What came of each row as 1.0 and 0.0."""
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None.")
        labels = column_or_1d(y, warn=True)
        if pd.isna(labels).any() or (labels.dtype.kind == "f" and np.isinf(labels).any()):
            raise ValueError("Input y contains NaN or infinity, but must say of each row what came of it. Leave such rows out.")
        check_classification_targets(labels)
        if rows is not None and rows != len(labels):
            raise ValueError(
                f"X and y must have as many rows, but have inconsistent numbers of samples: {rows} and {len(labels)}."
            )
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(self.classes_) > 2:
            kind = type_of_target(labels)
            raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
        if len(self.classes_) < 2:
            raise ValueError("y must hold two classes, but holds only one class, so nothing can be learned from it.")
        return codes.astype(float)

    def _read_order(self, frame: pd.DataFrame) -> tuple[np.ndarray, bool]:
        """A number for each row that grows with time, and whether it is in days."""
        if self.order_by is None:
            return np.arange(len(frame), dtype=float), False
        column = _take(frame, self.order_by, "order_by")
        order, bad = parse_order(column, "UTC")
        if bad.any() or order.isna().any():
            raise ValueError(f"Column '{self.order_by}' must hold a number or a date in every row, but some rows hold neither.")
        return order.to_numpy(dtype=float), not pd.api.types.is_numeric_dtype(column.dtype)

    def _assemble(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The columns that may become features, the points by the name that the candidates know."""
        if self.points is not None:
            _take(frame, self.points, "points")
        rows = frame.drop(columns=[] if self.order_by is None else [self.order_by])
        return rows.rename(columns={} if self.points is None else {self.points: TOTAL})

    def _encode(self, frame: pd.DataFrame) -> np.ndarray:
        features: FeatureSet = self.features_
        as_of = parse_times(_take(frame, str(self.order_by), "order_by"), "UTC")[0] if self.dated_ else None
        encoded = features.encode_table(self._assemble(frame), as_of)
        if encoded.errors:
            texts = dict.fromkeys(text for notes in encoded.errors.values() for text in notes)
            raise ValueError(f"{len(encoded.errors)} of {len(frame)} rows cannot be scored: {' '.join(texts)}")
        return encoded.matrix


def _name(candidate: object) -> str:
    return candidate if isinstance(candidate, str) else "own"


def _check_candidate(candidate: object, points: str | None) -> None:
    if not isinstance(candidate, str):
        return
    known = [name for name in CANDIDATES if name not in LEARN_POINTS]
    if candidate not in known:
        near = name_nearest(candidate, known)
        raise ValueError(f"candidate must be one of {list_names(known)}, but '{candidate}' came.{near}")
    if candidate in _ON_POINTS and points is None:
        raise ValueError(f"candidate '{candidate}' needs points, but none are named. Name their column: points='Lead Score'.")


def _take(frame: pd.DataFrame, name: str, parameter: str) -> pd.Series:
    if name not in frame:
        near = name_nearest(name, [str(column) for column in frame.columns])
        raise ValueError(f"{parameter} names column '{name}', but the table has no such column.{near}")
    return frame[name]


def _read_columns(rows: pd.DataFrame, words: tuple[str, ...]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The columns in the types that their cells show, and what each of them holds."""
    columns = {name: infer_kind(column) for name, column in blank_missing(rows, words).items()}
    frame = pd.DataFrame({name: column for name, (_, column) in columns.items()}, index=rows.index)
    return frame, {str(name): kind for name, (kind, _) in columns.items()}
