"""A saved model that answers for one lead or a table; batch, API, notebooks and MLflow all use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from predictor.core.errors import BundleError, ScoringError
from predictor.features.assemble import TOTAL
from predictor.features.snapshot import make_snapshot
from predictor.model.conversion_by_value import ConversionByValue
from predictor.model.explain import compute_effects
from predictor.model.fit_engagement import ENGAGEMENT, FIT, SideGrades
from predictor.model.segments import Segment
from predictor.points.award import Award, Awards
from predictor.scoring.answer import Answer, Lead, PointsAnswer, SegmentAnswer, answer_points, decide, grade
from predictor.scoring.answer_table import add_warnings, decide_points_table, grade_table, tabulate_sides
from predictor.scoring.bundle.decision_rules import DecisionRule
from predictor.scoring.bundle.files import Bundle, load_bundle
from predictor.scoring.coverage import Coverage
from predictor.scoring.golden import check_golden
from predictor.scoring.lead_encoder import EncodedLead, LeadEncoder
from predictor.scoring.loaded_bundle import LoadedBundle
from predictor.scoring.model_facts import check_facts
from predictor.scoring.reasons import Explainer
from predictor.scoring.unlike_leads import widen_answer, widen_rows

_COLUMNS = (
    "lead_id", "probability", "low", "high", "threshold", "decision", "grade", "fit_grade", "engagement_grade", "points",
    "points_decision", "reasons",
)  # fmt: skip
SEGMENT_COLUMNS = ("segment", "segment_decides")  # of the answers of a bundle with segments


class Scorer(LoadedBundle):
    """A bundle that answers. Make one with `Scorer.load`."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self._encoder = LeadEncoder(self.reader, self.features, self.book, self.own)
        evidence = bundle.read_json("evidence.json") if "evidence.json" in bundle.files else None
        shares = None if evidence is None else ConversionByValue.from_json(evidence, self.features)
        self._explainer = Explainer(self.features.features, shares)
        self._sides = SideGrades.from_json(self.reference.get("fit_engagement", {}), self.features, self.book)
        self._coverage = Coverage(self.reference.get("coverage"), self.features)
        self.segment: SegmentAnswer | None = None  # whose leads a copy answers about

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

    def decide_as_trained(self) -> Self:
        """The same scorer with the rule of decision of its training."""
        changed = copy(self)
        changed.rule, changed.threshold = None, self.trained_threshold
        changed.grades = self.settings.grades.model_dump()
        return changed

    def decide_by(self, rule: DecisionRule, threshold: float, grades: Mapping[str, float] | None) -> Self:
        """The same scorer with another rule of decision.

        Args:
            rule: The rule.
            threshold: What it comes to with this bundle.
            grades: The lowest probability of each grade; None for those it has.
        """
        changed = copy(self)
        changed.rule, changed.threshold = rule, threshold
        changed.grades = self.grades if grades is None else dict(grades)
        return changed

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
            return [*self._answer(leads, reasons)]
        except ScoringError as error:
            if len(leads) == 1:
                return [error]
        return [answer for lead in leads for answer in self._answer_each([lead], reasons)]

    def _answer(self, leads: Sequence[EncodedLead], reasons: int) -> list[Answer]:
        """The answers about encoded leads: those of one segment at once."""
        if not leads:
            return []
        if self.segments is None:
            return self._answer_alike(leads, reasons)
        answers = dict[int, Answer]()
        for segment, rows in self.segments.list_parts(np.array([lead.encoded for lead in leads], dtype="float64")):
            part, scorer = [leads[row] for row in rows], self._decide_segment(segment)
            answers |= zip(rows.tolist(), scorer._answer_alike(part, reasons), strict=True)  # noqa: SLF001  a copy of this one
        return [answers[row] for row in range(len(leads))]

    def _decide_segment(self, segment: Segment | None) -> Self:
        """The same scorer as it answers about the leads of a segment; None for leads of none.

        A rule that was set without training decides about all leads alike.
        """
        changed = copy(self)
        if segment is not None:
            threshold = segment.threshold if self.rule is None else None
            changed.calibrator = self.calibrator if segment.calibrator is None else segment.calibrator
            changed.threshold = self.threshold if threshold is None else threshold
            decides = segment.way if threshold is None else segment.decides
            changed.segment = SegmentAnswer(name=segment.name, decides=decides)
        return changed

    def _answer_alike(self, leads: Sequence[EncodedLead], reasons: int) -> list[Answer]:
        """The answers about encoded leads of one segment, all at once."""
        matrix = np.array([lead.encoded for lead in leads], dtype="float64")
        score = self.model.score(matrix)
        low, high = (ends.tolist() for ends in self.calibrator.interval(score))
        parts = self.model.contribute(matrix) if reasons else None
        effects, base = (matrix, None) if parts is None else compute_effects(parts, self.calibrator)
        sides = {} if parts is None else {side: grades.tolist() for side, grades in self._sides.grade(parts).items()}
        answers = [
            Answer(
                lead_id=lead.lead_id,
                probability=probability,
                interval=(low[place], high[place]),
                threshold=self.threshold,
                decision=decide(probability >= self.threshold),
                grade=grade(probability, self.grades),
                points=self._answer_points(lead.row, lead.award),
                reasons=self._explainer.list_reasons(effects[place], matrix[place], each_way=reasons) if reasons else (),
                warnings=(*self.answer_warnings, *lead.warnings),
                features=make_snapshot(lead.row, self.features, lead.encoded),
                base=None if base is None else float(base[place]),
                fit_grade=sides[FIT][place] if FIT in sides else None,
                engagement_grade=sides[ENGAGEMENT][place] if ENGAGEMENT in sides else None,
                segment=self.segment,
            )
            for place, (lead, probability) in enumerate(zip(leads, self.calibrator.predict(score).tolist(), strict=True))
        ]
        for place, lead in enumerate(leads):
            if (unlike := self._coverage.check(lead.encoded)) is not None:
                answers[place] = widen_answer(answers[place], unlike, score=float(score[place]), way=self.way_unlike)
        return answers

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
        return self._answer(encoded, reasons=0)

    def predict_stored(self, rows: Sequence[tuple[Mapping[str, Any], datetime]]) -> list[float]:
        """The probabilities of stored features, each as of a moment.

        Args:
            rows: The features of an answer, as the store keeps them, and the moment.

        Raises:
            ScoringError: A value is not of the type that the model needs, as with the features of another model.
        """
        probabilities: list[float] = self.predict_matrix(self.encode_stored(rows)).tolist()
        return probabilities

    def predict_matrix(self, matrix: np.ndarray) -> np.ndarray:
        """The probabilities of encoded leads, one a row of the matrix."""
        return self._predict_table(matrix, reasons=0, with_sides=False)["probability"].to_numpy()

    def encode_stored(self, rows: Sequence[tuple[Mapping[str, Any], datetime]]) -> np.ndarray:
        """The matrix of stored features, each as of a moment: (n, number of features); see `predict_stored`."""
        matrix = [self._encoder.encode_stored(row, as_of) for row, as_of in rows]
        return np.array(matrix, dtype="float64").reshape(len(matrix), len(self.features.names))

    def _answer_points(self, row: Mapping[str, Any], award: Award | None) -> PointsAnswer | None:
        if TOTAL not in row:
            return None
        total = row[TOTAL]
        return answer_points(np.nan if total is None else float(total), self.gate, award)  # the store has None for not known

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
        predicted = self._predict_table(encoded.matrix, reasons=reasons, with_sides=with_sides)
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

    def _predict_table(self, matrix: np.ndarray, *, reasons: int, with_sides: bool) -> pd.DataFrame:
        """What is said of encoded leads, without points and warnings: those of one segment at once."""
        if self.segments is None:
            return self._predict_alike(matrix, reasons=reasons, with_sides=with_sides)
        parts = []
        for segment, rows in self.segments.list_parts(matrix):
            scorer = self._decide_segment(segment)
            part = scorer._predict_alike(matrix[rows], reasons=reasons, with_sides=with_sides)  # noqa: SLF001  likewise
            parts.append(part.set_axis(rows))
        return pd.concat(parts).sort_index() if parts else self._predict_alike(matrix, reasons=reasons, with_sides=with_sides)

    def _predict_alike(self, matrix: np.ndarray, *, reasons: int, with_sides: bool) -> pd.DataFrame:
        score = self.model.score(matrix)
        parts = self.model.contribute(matrix) if reasons or (with_sides and self._sides.limits) else None
        probability = self.calibrator.predict(score)
        low, high = self.calibrator.interval(score)
        return pd.DataFrame({
            "score": score, "probability": probability, "low": low, "high": high, "threshold": self.threshold,
            "decision": np.where(probability >= self.threshold, "route_to_sales", "nurture"),
            "grade": grade_table(probability, self.grades),
            **tabulate_sides({} if parts is None or not with_sides else self._sides.grade(parts), len(matrix)),
            "reasons": self._describe_reasons(parts, matrix, reasons) if reasons and parts is not None else "",
            "segment": None if self.segment is None else self.segment.name,
            "segment_decides": None if self.segment is None else self.segment.decides,
        })  # fmt: skip

    def _describe_reasons(self, parts: np.ndarray, matrix: np.ndarray, most: int) -> list[str]:
        effects, _ = compute_effects(parts, self.calibrator)
        return self._explainer.describe_table(effects, matrix, most=most)
