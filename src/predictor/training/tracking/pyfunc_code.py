"""The registered model, as code: MLflow runs this file to load it, and no pickle is involved."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

from predictor.scoring.scorer import Scorer
from predictor.training.tracking.frame import score_frame


class LeadScorer(PythonModel):  # type: ignore[misc]  # MLflow is not typed
    """A bundle that answers MLflow: a table of leads in, a table of answers out."""

    def load_context(self, context: Any) -> None:  # noqa: ANN401
        """Load the bundle logged with the model, its manifest and golden rows checked."""
        self.scorer = Scorer.load(context.artifacts["bundle"])

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:  # noqa: ANN401, ARG002
        """The answers about a table of leads."""
        return score_frame(self.scorer, model_input, now=datetime.now(UTC))


set_model(LeadScorer())
