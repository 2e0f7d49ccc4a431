"""What a training gave, and the frames and objects that it can be taken apart into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from predictor.core.errors import Finding, Findings, count, list_names
from predictor.core.html import to_heading
from predictor.model.calibrated_model import CalibratedModel
from predictor.model.candidates.lightgbm import LightGBM
from predictor.model.split import Split
from predictor.model.threshold.recommend import Recommendation
from predictor.model.verdict import Verdict
from predictor.report.compare.candidates import compute_verdict_table
from predictor.report.compare.comparison import Comparison
from predictor.report.report_data import ReportData
from predictor.training.dataset import Dataset
from predictor.training.explained import ExplainedLeads, explain_test_leads

if TYPE_CHECKING:
    import lightgbm as lgb


@dataclass(frozen=True, kw_only=True, repr=False)
class Trained:
    """What a training gave.

    Attributes:
        dataset: The leads it looked at.
        split: Positions of the training leads of the verdict, and of the test leads.
        models: Candidate -> its model, fitted on the training leads.
        final: The chosen candidate, fitted again on every mature lead, and on pending ones where they count.
        report: What the report and the card are made of.
        files: The bundle's files.
        facts: What the manifest holds: versions, data fingerprint, commit.
        seconds: Candidate -> how long its fits took.
        tries: A row for each set of parameters that the search for better trees tried: `log_loss` out of fold before calibration,
            `rounds`, and the parameters that differ from the usual. None where there was no search.
    """

    dataset: Dataset
    split: Split
    models: dict[str, CalibratedModel]
    final: CalibratedModel
    report: ReportData
    files: Mapping[str, str]
    facts: Mapping[str, Any]
    seconds: Mapping[str, float] = field(default_factory=dict)
    tries: pd.DataFrame | None = None

    def __repr__(self) -> str:
        return f"<Trained '{self.verdict.chosen}' on {count(len(self.dataset), 'lead')}. {self.verdict.text}>"

    def _repr_html_(self) -> str:
        return to_heading(f"Trained on {count(len(self.dataset), 'lead')}: '{self.verdict.chosen}'") + "\n".join(
            result._repr_html_() for result in (self.verdict, self.advice, Findings(self.findings))
        )

    @property
    def verdict(self) -> Verdict:
        """The forward test."""
        return self.report.verdict

    @property
    def advice(self) -> Recommendation:
        """The threshold recommended from the final model's out-of-fold probabilities."""
        return self.report.advice

    @property
    def thresholds(self) -> pd.DataFrame:
        """The table that the recommendation was taken from."""
        return self.report.thresholds

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that was noticed."""
        return self.report.findings

    @property
    def comparison(self) -> Comparison:
        """Points, learned points and the chosen candidate on the test leads."""
        return self.report.comparison

    @property
    def candidates(self) -> pd.DataFrame:
        """Every candidate on the forward test, as `compute_verdict_table` gives it."""
        return compute_verdict_table(self.verdict)

    @property
    def importance(self) -> pd.DataFrame:
        """What the chosen candidate looks at, as `compute_importance` gives it."""
        return pd.DataFrame(self.report.metrics["importance"], columns=["group", "rise", "spread"])

    @property
    def test_leads(self) -> pd.DataFrame:
        """The test leads, oldest first, with what each candidate, fitted on the training leads only, said of them.

        `lead_id`, `mql_at` or `order_by` where leads have them, `outcome`, `points` where the firm has them, and
        `probability_NAME` by each candidate.
        """
        return self.verdict.to_frame()

    @property
    def booster(self) -> lgb.Booster:
        """LightGBM's own object of the final model, of a blend that of its trees.

        Raises:
            AttributeError: The chosen candidate has no trees.
        """
        model: Any = self.final.model
        trees = model if isinstance(model, LightGBM) else getattr(model, "trees", None)
        if trees is None:
            raise AttributeError(f"The chosen candidate '{self.verdict.chosen}' has no trees of LightGBM.")
        return trees.booster_

    def explain(self, name: str | None = None) -> ExplainedLeads:
        """Why the test leads score as they do: SHAP values of a candidate, by default of the chosen one.

        They are exact but for a classifier of your own.

        Raises:
            KeyError: There is no such candidate.
        """
        name = self.verdict.chosen if name is None else name
        if name not in self.models:
            raise KeyError(f"There is no candidate '{name}'; there are {list_names(self.models)}.")
        return explain_test_leads(self.dataset, self.split, self.models[name])
