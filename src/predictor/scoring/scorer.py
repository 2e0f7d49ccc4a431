"""Scoring: a bundle read back, answering for one lead or a table; batch, API, notebooks and MLflow all use this."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd

from predictor.core.errors import BundleError, Finding, ScoringError
from predictor.core.settings import Settings, make_settings
from predictor.data.detect_formats import to_plain_frame
from predictor.data.job_titles import add_title_parts
from predictor.data.leads import reduce_email
from predictor.data.parse import blank_missing
from predictor.features.assemble import TOTAL, assemble_row, assemble_table
from predictor.features.encode import FeatureSet
from predictor.features.one_lead import LiveWindows
from predictor.features.snapshot import keep_row
from predictor.model.calibrators import read_calibrator
from predictor.model.candidates import CANDIDATES, Model
from predictor.model.conversion_by_value import ConversionByValue
from predictor.model.explain import compute_effects
from predictor.model.threshold.recommend import Recommendation, recommend_threshold
from predictor.model.threshold.table import export_thresholds, import_thresholds, with_value
from predictor.model.verdict_text import read_calibration_warning
from predictor.points.award import Award, award_history
from predictor.points.awards import Awards
from predictor.points.rulebook import RuleBook, find_gate, parse_rule_book
from predictor.scoring.answer import Answer, Lead, PointsAnswer, decide, decide_points, grade
from predictor.scoring.answer_table import decide_points_table, grade_table, mark_answers, note_faults
from predictor.scoring.bundle.files import Bundle, load_bundle
from predictor.scoring.golden import check_golden
from predictor.scoring.lead_reader import LeadReader
from predictor.scoring.reasons import compute_reasons, describe_strongest, find_groups


class _Read(NamedTuple):
    """A lead that can be scored: its assembled row, that row encoded, its points, and what was noticed."""

    lead_id: str
    row: Mapping[str, Any]
    encoded: list[float]
    award: Award | None
    warnings: tuple[Finding, ...]


class Scorer:
    """A bundle that answers. Make one with `Scorer.load`.

    Attributes:
        version: The bundle's name.
        settings: The settings it was trained with.
        features: The definition of its matrix.
        book: The rule book; None where the firm has none.
        model: The fitted candidate.
        calibrator: What makes its score a probability.
        threshold: Content of `threshold.json`: the recommendation and the table it was taken from.
        metrics: Content of `metrics.json`.
        doubt: That its probabilities only rank leads, and what to do; None where they can be believed.
        evidence: What came of the leads that taught, by the value of each feature; None for a bundle from before it was kept.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.version = bundle.version
        self.settings: Settings = make_settings(tomllib.loads(bundle.files["config.toml"]), source="config.toml")
        self.features = FeatureSet.from_json(bundle.read_json("features.json"))
        text = bundle.files.get("rule_book.toml")
        self.book: RuleBook | None = parse_rule_book(text, "rule_book.toml") if text else None
        self.metrics: dict[str, Any] = bundle.read_json("metrics.json")
        self.calibration_warning = read_calibration_warning(self.metrics)
        self._model_warnings = (
            () if self.calibration_warning is None else (replace(self.calibration_warning, do=""),)
        )  # what to do is not for who asks for a score
        champion = self.metrics["champion"]
        candidate = CANDIDATES[champion]
        self.model: Model = candidate.from_text(bundle.files[candidate.file])
        self.calibrator = read_calibrator(bundle.files["calibrator.json"])
        self.threshold: dict[str, Any] = bundle.read_json("threshold.json")
        known = bundle.read_json("evidence.json") if "evidence.json" in bundle.files else None
        self.evidence = None if known is None else ConversionByValue.from_json(known, self.features)
        self.report = bundle.files.get("report.html")
        self._grades: dict[str, float] = self.settings.grades.model_dump()
        self._groups = find_groups(self.features.features)
        self._live = LiveWindows(self.features.event_features)
        self._nothing, _ = self.features.encode_row(self._live.nothing, None)  # the row of a lead of which nothing is known
        self.reader = LeadReader(self.settings, self.features, self.attributes, self.book)

    @classmethod
    def load(cls, folder: Path | str) -> Self:
        """The scorer of a bundle, checked against its manifest and its golden rows.

        Raises:
            BundleError: The bundle is incomplete, altered, or answers otherwise than when it was trained.
        """
        try:
            bundle = load_bundle(Path(folder))
            scorer = cls(bundle)
            scorer._check()
            check_golden(bundle.files["golden.jsonl"], partial(scorer.score_lead, reasons=0), version=bundle.version)
        except (BundleError, OSError):
            raise
        except Exception as error:  # whatever is in its files, as nesting without end, it is the bundle that is wrong
            text = f"Bundle '{Path(folder).name}' cannot be used: {error}. Train it anew with this version."
            raise BundleError(text) from error
        return scorer

    def _check(self) -> None:
        """Refuse what golden rows do not notice, but answers need."""
        if not np.isfinite(self.cut):
            raise ValueError(f"the threshold must be a finite number, but is {self.cut}")
        told = self.describe()
        through, horizon = told["trained_through"], told["horizon_days"]
        if not (through is None or isinstance(through, str)):
            raise TypeError(f"'fit.through' of metrics.json must be a date or null, but is {through!r}")
        if not (horizon is None or (isinstance(horizon, (int, float)) and np.isfinite(horizon))):
            raise TypeError(f"'horizon_days' of metrics.json must be a finite number or null, but is {horizon!r}")

    @cached_property
    def cut(self) -> float:
        """The recommended threshold."""
        return float(self.threshold["recommended"]["threshold"])

    @cached_property
    def gate(self) -> float | None:
        """Points from which the firm hands a lead over; None where it names no gate."""
        return find_gate(self.settings.points.gate, self.book, self.settings.roles.points)

    @cached_property
    def attributes(self) -> list[str]:
        """The attributes that features and rules may look at: those that the training looked at."""
        named = [feature.name for feature in self.features.features if feature.is_attribute]
        return list(dict.fromkeys([*named, *self.features.visible]))

    def describe(self) -> dict[str, Any]:
        """What every answer tells about the model: version, through when it was trained, horizon in days."""
        through, horizon = self.metrics["fit"]["through"], self.metrics["horizon_days"]
        return {"version": self.version, "trained_through": through, "horizon_days": horizon}

    def advise(self, differences: Mapping[str, Any]) -> tuple[Recommendation, dict[str, list[float | None]]]:
        """The threshold that a policy recommends from the stored table, and that table.

        Args:
            differences: Settings of section threshold that differ from the bundle's; empty for its own.

        Raises:
            SettingsError: A setting that is unknown or out of range, or a policy that lacks what it needs.
        """
        section = self.settings.threshold.model_dump(mode="json") | dict(differences)
        asked = make_settings({"threshold": section}, source="The question").threshold
        table = with_value(import_thresholds(self.threshold["table"]), asked.amount, asked.cost)
        return recommend_threshold(table, asked), export_thresholds(table)

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
        """The answers about some leads, each what it is alone; where one cannot be scored, what is wrong with it.

        Args:
            leads: What the CRM knows of them.
            reasons: How many of the strongest reasons up to give, and how many down.
        """
        read = [self._read(lead) for lead in leads]
        known = [one for one in read if not isinstance(one, ScoringError)]
        answers = iter(self._answer(known, reasons) if known else ())
        return [one if isinstance(one, ScoringError) else next(answers) for one in read]

    def _read(self, lead: Lead) -> _Read | ScoringError:
        """A lead as a row of the matrix, and what else its answer needs."""
        try:
            values, past, warnings = self.reader.read(lead)
            seen = {name: values[name] for name in self.attributes if name in values}
            award = award_history(self.book, seen, past) if self.book is not None else None
            points = self.reader.read_points(lead, values)
            row = assemble_row(seen, list(seen), crm_points=points, award=award, history=self._live.compute_history(past))
            encoded, unseen = self.features.encode_row(row, lead.as_of if self.features.dated else None, onto=self._nothing)
        except ScoringError as error:
            return error
        return _Read(lead.lead_id, row, encoded, award, (*self._model_warnings, *warnings, *unseen))

    def _answer(self, read: Sequence[_Read], reasons: int) -> list[Answer]:
        """The answers about leads that are read, all at once."""
        matrix = np.array([one.encoded for one in read], dtype="float64")
        score = self.model.score(matrix)
        low, high = (ends.tolist() for ends in self.calibrator.interval(score))
        effects, base = compute_effects(self.model.contribute(matrix), self.calibrator) if reasons else (matrix, None)
        features, evidence = self.features.features, self.evidence
        return [
            Answer(
                one.lead_id,
                probability,
                (low[place], high[place]),
                self.cut,
                decide(probability >= self.cut),
                grade(probability, self._grades),
                self._answer_points(one.row, one.award),
                compute_reasons(effects[place], matrix[place], features, each_way=reasons, evidence=evidence, groups=self._groups)
                if reasons
                else (),
                one.warnings,
                keep_row(one.row, self.features, one.encoded),
                base=None if base is None else float(base[place]),
            )
            for place, (one, probability) in enumerate(zip(read, self.calibrator.predict(score).tolist(), strict=True))
        ]

    def _answer_points(self, row: Mapping[str, Any], award: Award | None) -> PointsAnswer | None:
        if TOTAL not in row:
            return None
        total = float(row[TOTAL])
        qualifies = award is not None and award.qualifies
        fired = award.fired if award is not None else ()
        decision = decide_points(total, self.gate, qualifies=qualifies)
        return PointsAnswer(None if np.isnan(total) else total, self.gate, decision, fired)

    def _explain_table(self, matrix: np.ndarray, most: int) -> list[str]:
        effects, _ = compute_effects(self.model.contribute(matrix), self.calibrator)
        return describe_strongest(effects, matrix, self.features.features, most=most)

    def score_table(
        self,
        frame: pd.DataFrame,
        *,
        as_of: pd.Series | None,
        awards: Awards | None = None,
        history: pd.DataFrame | None = None,
        reasons: int = 3,
        prepared: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """The answers about a table of leads, one row each, in its order; a row that cannot be scored says why and stands empty.

        Args:
            frame: `lead_id` and attributes, as texts or typed.
            as_of: The moment each score speaks of, not looked at where the training data carry no dates; a row whose moment is
                missing cannot be scored.
            awards: What the rule book awards these leads; needed where the bundle has a rule book.
            history: Their event features; needed where the bundle has some. What is left out is as of leads that did nothing.
            reasons: How many of the strongest reasons to give, up and down together.
            prepared: What `prepare` gives for the frame; None to prepare it here.

        Returns:
            lead_id, probability, low, high, threshold, decision, grade, points, points_decision, reasons, warnings.

        Raises:
            ScoringError: The bundle has a rule book or event features, but no awards or history are given.
        """
        if (self.book is not None and awards is None) or (self.features.event_features and history is None):
            raise ScoringError(
                "This bundle looks at points and events: give those of these leads, as predictor.scoring.batch does."
            )
        prepared, points = self.prepare(frame) if prepared is None else prepared, self.settings.roles.points
        rows = assemble_table(prepared, self.attributes, crm_points=points, awards=awards, history=history)
        encoded = self.features.encode_table(rows, as_of if self.features.dated else None, onto=self._nothing)
        note_faults(encoded, prepared, points=points, as_of=as_of)
        score = self.model.score(encoded.matrix)
        low, high = self.calibrator.interval(score)
        answers = pd.DataFrame({
            "lead_id": frame["lead_id"].to_numpy(),
            "probability": self.calibrator.predict(score), "low": low, "high": high, "threshold": self.cut,
        })  # fmt: skip
        answers["decision"] = np.where(answers["probability"] >= self.cut, "route_to_sales", "nurture")
        answers["grade"] = grade_table(answers["probability"].to_numpy(), self._grades)
        answers["points"] = rows[TOTAL].to_numpy() if TOTAL in rows else np.nan
        qualifies = awards.qualifies.to_numpy() if awards is not None else np.zeros(len(answers), dtype=bool)
        answers["points_decision"] = decide_points_table(answers["points"].to_numpy(), self.gate, qualifies)
        answers["reasons"] = self._explain_table(encoded.matrix, reasons) if reasons else ""
        return mark_answers(answers, encoded, of_all=self._model_warnings)

    def prepare(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The columns that the training looked at, with what means 'not known' missing and the e-mail made a kind of mailbox."""
        plain = blank_missing(frame.drop(columns=["as_of"], errors="ignore"), self.features.missing_values)
        known = add_title_parts(reduce_email(plain), self.attributes)
        wanted = ["lead_id", *self.settings.roles.points, *self.attributes]
        held = known[[name for name in dict.fromkeys(wanted) if name in known]]
        return to_plain_frame(held, dict(self.features.forms))
