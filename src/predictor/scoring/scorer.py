"""A saved model that answers for one lead or a table; batch, API, notebooks and MLflow all use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from predictor.core.errors import BundleError, ScoringError
from predictor.points.award import Awards
from predictor.scoring.answer import Answer, Lead
from predictor.scoring.answer_table import add_warnings, decide_points_table
from predictor.scoring.bundle.files import load_bundle
from predictor.scoring.encoded_answers import EncodedAnswers
from predictor.scoring.golden import check_golden
from predictor.scoring.lead_encoder import EncodedLead
from predictor.scoring.model_facts import check_facts
from predictor.scoring.unlike_leads import widen_rows

_COLUMNS = (
    "lead_id", "probability", "low", "high", "threshold", "decision", "grade", "fit_grade", "engagement_grade", "points",
    "points_decision", "reasons",
)  # fmt: skip
SEGMENT_COLUMNS = ("segment", "segment_decides")  # of the answers of a bundle with segments


class Scorer(EncodedAnswers):
    """A bundle that answers. Make one with `Scorer.load`."""

    @classmethod
    def load(cls, folder: Path | str) -> Self:
        """The scorer of a bundle, checked against its manifest and its golden rows.

        Raises:
            BundleError: The bundle is incomplete or altered, or its answers are not those of the training.
        """
        try:
            bundle = load_bundle(Path(folder))
            scorer = cls(bundle)
            check_facts(scorer.describe(), scorer.threshold)
            check_golden(bundle.files["golden.jsonl"], partial(scorer.score_lead, reasons=0), version=bundle.version)
        except (BundleError, OSError):
            raise
        except Exception as error:  # whatever its files hold, as nesting without end, the bundle is at fault
            text = f"Bundle '{Path(folder).name}' cannot be used: {error}. Train it again with this version."
            raise BundleError(text) from error
        return scorer

    def score_lead(self, lead: Lead, *, reasons: int = 5) -> Answer:
        """The answer about one lead.

        Args:
            lead: What the CRM knows of it.
            reasons: How many of the strongest reasons up to give, and how many down.

        Raises:
            ScoringError: Values of a wrong type, all of them in one text.
        """
        (answer,) = self.score_leads([lead], reasons=reasons)
        if isinstance(answer, ScoringError):
            raise answer
        return answer

    def score_leads(self, leads: Sequence[Lead], *, reasons: int = 5) -> list[Answer | ScoringError]:
        """The answers about several leads, each the same as alone; an error in place of a lead that cannot be scored.

        Args:
            leads: What the CRM knows of them.
            reasons: How many of the strongest reasons up to give, and how many down.
        """
        encoded = [self._encode(lead) for lead in leads]
        answers = iter(self._answer_each([lead for lead in encoded if not isinstance(lead, ScoringError)], reasons))
        return [lead if isinstance(lead, ScoringError) else next(answers) for lead in encoded]

    def _encode(self, lead: Lead) -> EncodedLead | ScoringError:
        try:
            return self._encoder.encode(lead)
        except ScoringError as error:
            return error

    def _answer_each(self, leads: Sequence[EncodedLead], reasons: int) -> list[Answer | ScoringError]:
        """The answers about encoded leads; where a classifier of the firm's own fails, one after another."""
        try:
            return [*self.answer_encoded(leads, reasons)]
        except ScoringError as error:
            if len(leads) == 1:
                return [error]
        return [answer for lead in leads for answer in self._answer_each([lead], reasons)]

    def score_stored(self, leads: Sequence[tuple[str, Mapping[str, Any], datetime]]) -> list[Answer]:
        """The answers about leads as the store keeps them, without reasons.

        Args:
            leads: For each lead its key, its features, and the moment of the score. A feature that was not stored is not known.

        Raises:
            ScoringError: A value is not of the type that the model needs, as with the features of another model.
        """
        encoded = [
            EncodedLead(lead_id=lead_id, row=row, encoded=self._encoder.encode_stored(row, as_of), award=None, warnings=())
            for lead_id, row, as_of in leads
        ]
        return self.answer_encoded(encoded, reasons=0)

    def predict_stored(self, rows: Sequence[tuple[Mapping[str, Any], datetime]]) -> list[float]:
        """The probabilities of stored features, each as of a moment.

        Args:
            rows: The features of an answer, as the store keeps them, and the moment.

        Raises:
            ScoringError: A value is not of the type that the model needs, as with the features of another model.
        """
        probabilities: list[float] = self.predict_matrix(self.encode_stored(rows)).tolist()
        return probabilities

    def encode_stored(self, rows: Sequence[tuple[Mapping[str, Any], datetime]]) -> np.ndarray:
        """The matrix of stored features, each as of a moment: (n, number of features); see `predict_stored`."""
        matrix = [self._encoder.encode_stored(row, as_of) for row, as_of in rows]
        return np.array(matrix, dtype="float64").reshape(len(matrix), len(self.features.names))

    def score_table(
        self,
        leads: pd.DataFrame,
        *,
        as_of: pd.Series | None,
        awards: Awards | None = None,
        event_features: pd.DataFrame | None = None,
        reasons: int = 3,
        with_sides: bool = True,
    ) -> pd.DataFrame:
        """The answers about a table of leads, one row each, in its order; a row that cannot be scored is empty but for the error.

        Args:
            leads: As `reader.read_table` gives them.
            as_of: The moment of each score, not used where the training data have no dates; a row without one cannot be scored.
            awards: What the rule book gives these leads; needed where the bundle has a rule book.
            event_features: Needed where the bundle has some; a column that is left out is that of leads without events.
            reasons: How many of the strongest reasons to give, up and down together.
            with_sides: Whether to grade fit and engagement, which takes most of the time where no reasons are given.

        Returns:
            lead_id, probability, low, high, threshold, decision, grade, fit_grade, engagement_grade, points, points_decision,
            reasons, and where the bundle has segments segment and segment_decides; warnings.

        Raises:
            ScoringError: The bundle has a rule book or event features, but awards or event features are None.
        """
        encoded, points, qualifies = self._encoder.encode_table(leads, as_of=as_of, awards=awards, event_features=event_features)
        predicted = self.predict_encoded(encoded.matrix, reasons=reasons, with_sides=with_sides)
        score = predicted.pop("score").to_numpy()
        known = pd.DataFrame({
            "lead_id": leads["lead_id"].to_numpy(), "points": points,
            "points_decision": decide_points_table(points, self.gate, qualifies),
        })  # fmt: skip
        names = [*_COLUMNS, *(SEGMENT_COLUMNS if self.segments is not None else ())]
        answers = pd.concat([known, predicted], axis="columns")[names]
        unlike = self._coverage.check_table(encoded.matrix)
        widen_rows(answers, encoded, unlike, score=score, way=self.way_unlike)
        return add_warnings(answers, encoded, of_model=self.answer_warnings)
