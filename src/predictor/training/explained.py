"""The parts of the scores of test leads, as tools for SHAP values take them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from predictor.core.errors import PredictorError
from predictor.features.decode import decode_matrix
from predictor.model.calibrated_model import CalibratedModel
from predictor.model.candidates.own import Own
from predictor.model.split import Split
from predictor.training.dataset import Dataset


@dataclass(frozen=True, kw_only=True, repr=False)
class ExplainedLeads:
    """Why leads score as they do: SHAP values, in log-odds before calibration.

    Of boosted trees they are those of TreeSHAP (Lundberg et al. 2020), of the other candidates of this package the terms of a
    sum. Of a classifier of your own they are an approximation, as `Own` describes. A row of `values` and its `base` add up to the
    score.

    Attributes:
        values: leads x features, in log-odds, with the lead's id as the index.
        base: (leads,) what each score starts from.
        data: leads x features, as people read them; the same index and columns.
        exact: Whether the values are exact rather than an approximation.
    """

    values: pd.DataFrame
    base: pd.Series
    data: pd.DataFrame
    exact: bool = True

    def __repr__(self) -> str:
        return f"<ExplainedLeads: {len(self.values):,} leads x {self.values.shape[1]} features, in log-odds>"

    def to_shap(self) -> Any:  # noqa: ANN401  a type of an optional package
        """The same as `shap.Explanation`, which the plots of the package shap take.

        Raises:
            PredictorError: The package is not installed.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", PendingDeprecationWarning)  # shap uses an old name of matplotlib when imported
                from shap import Explanation  # noqa: PLC0415  optional and heavy
        except ImportError as error:
            raise PredictorError("The package 'shap' is not installed. Install it: pip install shap.") from error
        data = self.data.apply(lambda column: column.cat.codes if isinstance(column.dtype, pd.CategoricalDtype) else column)
        return Explanation(
            values=self.values.to_numpy(),
            base_values=self.base.to_numpy(),
            data=data.to_numpy(dtype="float64"),
            display_data=self.data.to_numpy(dtype=object),
            feature_names=list(self.values.columns),
        )


def explain_test_leads(dataset: Dataset, split: Split, calibrated: CalibratedModel) -> ExplainedLeads:
    """The parts of the scores that a candidate of the forward test gave its test leads, which it had not seen.

    Args:
        dataset: The leads.
        split: Which of them are training leads, and which test leads.
        calibrated: The candidate, fitted on the training leads.
    """
    features, _ = dataset.fit_features(split.fit)
    sample = dataset.test_sample(split, features).seen_by(calibrated.name)
    data = decode_matrix(sample.features, sample.matrix)
    ids = pd.Index(dataset.leads.frame["lead_id"].to_numpy()[split.test], name="lead_id")
    parts = calibrated.model.contribute(np.ascontiguousarray(sample.matrix))
    return ExplainedLeads(
        values=pd.DataFrame(parts[:, :-1], index=ids, columns=data.columns),
        base=pd.Series(parts[:, -1], index=ids, name="base"),
        data=data.set_axis(ids, axis="index"),
        exact=not isinstance(calibrated.model, Own),
    )
