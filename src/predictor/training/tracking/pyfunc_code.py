"""The registered model, as code: MLflow runs this file to load it, and no pickle is involved."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

from predictor.core.settings import make_settings
from predictor.features.own_features import load_functions
from predictor.scoring.scorer import Scorer
from predictor.training.tracking.frame import score_frame


class LeadScorer(PythonModel):  # type: ignore[misc]  # MLflow is not typed
    """A bundle that answers MLflow: a table of leads in, a table of answers out."""

    def load_context(self, context: Any) -> None:  # noqa: ANN401
        """Load the bundle logged with the model, its manifest and golden rows checked.

        Functions of the firm's own are imported first: their code is logged with the model, or installed.
        """
        bundle = Path(context.artifacts["bundle"])
        settings = make_settings(tomllib.loads((bundle / "config.toml").read_text(encoding="utf-8")), source="config.toml")
        load_functions([path for path in settings.features.own if ":" in path], bundle)
        self.scorer = Scorer.load(bundle)

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:  # noqa: ANN401, ARG002
        """The answers about a table of leads."""
        return score_frame(self.scorer, model_input, now=datetime.now(UTC))


set_model(LeadScorer())
