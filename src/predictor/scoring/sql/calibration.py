"""A calibrator as SQL: the steps from a score in log-odds to a probability."""

from __future__ import annotations

from predictor.core.errors import BundleError
from predictor.model.calibrators.beta import Beta
from predictor.model.calibrators.calibrator import Calibrator
from predictor.model.calibrators.identity import Identity
from predictor.model.calibrators.isotonic import Isotonic
from predictor.model.calibrators.level_shift import LevelShift
from predictor.model.calibrators.sigmoid import STEEPEST_BEYOND, Sigmoid, Temperature
from predictor.model.calibrators.venn_abers import VennAbers
from predictor.scoring.sql.dialects import Dialect

_FARTHEST = 700.0  # log-odds beyond which EXP leaves the range of a float


class CalibrationWriter:
    """Writes one calibrator, over columns that hold what the step before gave."""

    def __init__(self, dialect: Dialect) -> None:
        self._number = dialect.write_number

    def list_steps(self, calibrator: Calibrator, score: str, between: str) -> tuple[str, str]:
        """Two expressions: one of the score, then the probability of what that gave.

        Args:
            calibrator: A fitted one.
            score: The column of the score.
            between: The column that holds the first.

        Raises:
            BundleError: The calibrator cannot be written as SQL.

        >>> from predictor.scoring.sql.dialects import DIALECTS
        >>> CalibrationWriter(DIALECTS["duckdb"]).list_steps(Identity(), "s", "z")
        ('s', '1 / (1 + EXP(-LEAST(GREATEST(z, -700.0e0), 700.0e0)))')
        """
        shift, base = (calibrator.shift, calibrator.base) if isinstance(calibrator, LevelShift) else (0.0, calibrator)
        if isinstance(base, Isotonic | VennAbers):
            first = self._write_staircase(base, score)
            return first, self._shift_probability(between, shift) if shift else between
        if isinstance(base, Identity):
            line = score
        elif isinstance(base, Sigmoid | Temperature):
            line = self._write_sigmoid(base, score)
        elif isinstance(base, Beta):
            line = self._write_beta(base, score)
        else:
            text = f"A calibrator of class '{type(base).__name__}' cannot be written as SQL. Score with `predictor score`."
            raise BundleError(text)
        return line, self._write_expit(f"{between} + {self._number(shift)}" if shift else between)

    def _write_expit(self, line: str) -> str:
        return f"1 / (1 + EXP(-LEAST(GREATEST({line}, {self._number(-_FARTHEST)}), {self._number(_FARTHEST)})))"

    def _shift_probability(self, probability: str, shift: float) -> str:
        """A probability moved in log-odds; 0 and 1 stay."""
        moved = self._write_expit(f"LN({probability}) - LN(1 - {probability}) + {self._number(shift)}")
        return f"CASE WHEN {probability} <= 0 OR {probability} >= 1 THEN {probability} ELSE {moved} END"

    def _split(self, score: str, seen: tuple[float, ...]) -> tuple[str, str]:
        """The nearest score that was seen, and how far the score lies beyond it."""
        if not seen:
            return score, self._number(0)
        inside = f"LEAST(GREATEST({score}, {self._number(seen[0])}), {self._number(seen[1])})"
        return inside, f"({score} - {inside})"

    def _write_sigmoid(self, sigmoid: Sigmoid, score: str) -> str:
        (inside, beyond), number = self._split(score, sigmoid.seen), self._number
        line = f"{number(sigmoid.intercept)} + {number(sigmoid.slope)} * {inside}"
        return f"{line} + {number(min(sigmoid.slope, STEEPEST_BEYOND))} * {beyond}"

    def _write_beta(self, beta: Beta, score: str) -> str:
        (inside, beyond), number = self._split(score, beta.seen), self._number
        low = f"-(GREATEST(-({inside}), {number(0)}) + LN(1 + EXP(-ABS({inside}))))"
        high = f"GREATEST({inside}, {number(0)}) + LN(1 + EXP(-ABS({inside})))"
        curve = f"{number(beta.c)} + {number(beta.a)} * ({low}) + {number(beta.b)} * ({high})"
        if not beta.seen:
            return curve
        share = f"({self._write_expit(inside)})"
        slope = f"{number(beta.a)} * (1 - {share}) + {number(beta.b)} * {share}"
        return f"{curve} + LEAST({slope}, {number(STEEPEST_BEYOND)}) * {beyond}"

    def _write_staircase(self, calibrator: Isotonic | VennAbers, score: str) -> str:
        if isinstance(calibrator, Isotonic):
            return self._interpolate(calibrator, score)
        inside, _ = self._split(f"(ROUND(({score}) * 10000) / {self._number(10_000)})", calibrator.seen)
        lower = self._climb(inside, "<", calibrator.lower_from, (0.0, *calibrator.lower))
        upper = self._climb(inside, "<=", calibrator.upper_to, (*calibrator.upper, 1.0))
        return f"({upper}) / (1 - ({lower}) + ({upper}))"

    def _climb(self, score: str, below: str, ends: tuple[float, ...], levels: tuple[float, ...]) -> str:
        number = self._number
        cases = " ".join(
            f"WHEN {score} {below} {number(end)} THEN {number(level)}" for end, level in zip(ends, levels, strict=False)
        )
        return f"CASE {cases} ELSE {number(levels[-1])} END"

    def _interpolate(self, calibrator: Isotonic, score: str) -> str:
        """Level steps, joined by straight lines."""
        ends, levels, number = calibrator.score, calibrator.probability, self._number
        cases = [f"WHEN {score} <= {number(ends[0])} THEN {number(levels[0])}"]
        for place in range(1, len(ends)):
            slope = (levels[place] - levels[place - 1]) / (ends[place] - ends[place - 1])
            line = f"{number(slope)} * ({score} - {number(ends[place - 1])}) + {number(levels[place - 1])}"
            cases.append(f"WHEN {score} <= {number(ends[place])} THEN {line if slope else number(levels[place])}")
        return f"CASE {' '.join(cases)} ELSE {number(levels[-1])} END"
