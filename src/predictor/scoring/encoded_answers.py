"""What a bundle says of leads that are rows of its matrix: those of one segment at once, by the rule of decision in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, Self

import numpy as np
import pandas as pd

from predictor.features.assemble import TOTAL
from predictor.features.snapshot import make_snapshot
from predictor.model.conversion_by_value import ConversionByValue
from predictor.model.explain import compute_effects
from predictor.model.fit_engagement import ENGAGEMENT, FIT, SideGrades
from predictor.model.segments import Segment
from predictor.points.award import Award
from predictor.scoring.answer import Answer, PointsAnswer, SegmentAnswer, answer_points, decide, grade
from predictor.scoring.answer_table import grade_table, tabulate_sides
from predictor.scoring.bundle.decision_rules import DecisionRule
from predictor.scoring.bundle.files import Bundle
from predictor.scoring.coverage import Coverage
from predictor.scoring.lead_encoder import EncodedLead, LeadEncoder
from predictor.scoring.loaded_bundle import LoadedBundle
from predictor.scoring.reasons import Explainer
from predictor.scoring.unlike_leads import widen_answer


class EncodedAnswers(LoadedBundle):
    """A bundle that answers about encoded leads."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self._encoder = LeadEncoder(self.reader, self.features, self.book, self.own)
        evidence = bundle.read_json("evidence.json") if "evidence.json" in bundle.files else None
        shares = None if evidence is None else ConversionByValue.from_json(evidence, self.features)
        self._explainer = Explainer(self.features.features, shares)
        self._sides = SideGrades.from_json(self.reference.get("fit_engagement", {}), self.features, self.book)
        self._coverage = Coverage(self.reference.get("coverage"), self.features)
        self.segment: SegmentAnswer | None = None  # whose leads a copy answers about

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

    def predict_matrix(self, matrix: np.ndarray) -> np.ndarray:
        """The probabilities of encoded leads, one a row of the matrix."""
        return self.predict_encoded(matrix, reasons=0, with_sides=False)["probability"].to_numpy()

    def answer_encoded(self, leads: Sequence[EncodedLead], reasons: int) -> list[Answer]:
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

    def _answer_points(self, row: Mapping[str, Any], award: Award | None) -> PointsAnswer | None:
        if TOTAL not in row:
            return None
        total = row[TOTAL]
        return answer_points(np.nan if total is None else float(total), self.gate, award)  # the store has None for not known

    def predict_encoded(self, matrix: np.ndarray, *, reasons: int, with_sides: bool) -> pd.DataFrame:
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
