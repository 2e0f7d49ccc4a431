"""The verdict: every candidate on the test leads, which none of them has seen."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, count
from predictor.core.html import to_heading, to_paragraphs, to_table
from predictor.core.wording import FORWARD_TEST, HELD_OUT_TEST, METRICS, WordsOfTest, format_number, format_percent, format_range
from predictor.model.candidates.baselines import SIMPLE
from predictor.model.metrics.calibration_test import CalibrationJudgement
from predictor.model.metrics.metrics import SIGNIFICANCE, Difference
from predictor.model.metrics.own_metrics import choose_digits, list_own_metrics
from predictor.model.threshold.gate import Gate
from predictor.model.threshold.recommend import Recommendation, recommend_none

LOSS_DIGITS = METRICS["log_loss"].digits

Figures = dict[str, float | int | None]


@dataclass(frozen=True, repr=False, kw_only=True)
class Verdict:
    """What the forward test showed. Made by `judge_candidates`.

    Attributes:
        chosen: The candidate chosen on earlier leads.
        test: Candidate -> metric -> figure.
        intervals: Candidate -> metric -> 95 % interval, None where there is none.
        differences: Candidate -> log loss of the chosen minus its own; below zero the chosen is better.
        reliability: Predicted and observed conversion of the chosen, by bins.
        threshold: What the policy chooses on earlier leads, applied to the test leads; see `recommended`.
        realised: What came of the test leads that this threshold routes; None where none is recommended.
        gate: What came of those that the points route; None where the firm names no gate.
        probability: Candidate -> its probabilities of the test leads.
        outcome: What came of the test leads.
        calibration: Whether the probabilities of the chosen can be believed, compared with what chance alone would show.
        p_value: How often a random order would rank the test leads as well as the chosen does.
        has_folds: Whether earlier leads spanned enough time for forward folds, so that a learned candidate could be chosen.
        calibration_warning: That the probabilities of the chosen only rank leads, and what to do; None where they are calibrated.
        level: Whether the base rate moved over earlier leads, and whether the newest of them set the level; empty: it did not.
        held_out: Whether the test leads were drawn at random, because nothing says which lead came first.
        on_average: Whether a learned candidate that is better on average may serve; otherwise it must be surely better.
        text: The verdict in a few sentences.
        leads: `lead_id`, `mql_at` or `order_by`, and `points` of each test lead, as far as they are known; None for none.
    """

    chosen: str
    test: dict[str, Figures]
    intervals: dict[str, dict[str, tuple[float, float] | None]]
    differences: dict[str, Difference]
    reliability: pd.DataFrame
    threshold: Recommendation
    realised: Gate | None
    gate: Gate | None
    probability: dict[str, np.ndarray]
    outcome: np.ndarray
    calibration: CalibrationJudgement
    p_value: float
    has_folds: bool = True
    calibration_warning: Finding | None = None
    level: str = ""
    held_out: bool = False
    on_average: bool = False
    text: str = ""
    leads: pd.DataFrame | None = field(default=None, compare=False)

    def to_frame(self) -> pd.DataFrame:
        """The test leads, oldest first, with what each candidate, fitted on the training leads only, said of them.

        `lead_id`, `mql_at` or `order_by` where leads have them, `outcome` (1 accepted, 0 not), `points` where the firm has them,
        and `probability_NAME` by each candidate.
        """
        known = pd.DataFrame(index=pd.RangeIndex(len(self.outcome))) if self.leads is None else self.leads
        places = [name for name in known if name != "points"]
        points = known[[name for name in known if name == "points"]]
        probability = {f"probability_{name}": values for name, values in self.probability.items()}
        return pd.concat([known[places].assign(outcome=self.outcome), points], axis="columns").assign(**probability)

    @property
    def words(self) -> WordsOfTest:
        """How the test is spoken of."""
        return HELD_OUT_TEST if self.held_out else FORWARD_TEST

    @property
    def title(self) -> str:
        """Which leads the test is on, in a line."""
        base_rate = next(iter(self.test.values()))["base_rate"]
        share = "" if base_rate is None else f", of which {format_percent(base_rate)} became SQLs"
        leads = self.words.leads.format(count(len(self.outcome), "lead"))
        return f"{self.words.name.capitalize()} on {leads}{share} (95 % intervals)"

    @property
    def rival(self) -> str | None:
        """What the chosen must beat: the points, or the base rate for the points themselves; None for the base rate."""
        simple = "points" if "points" in self.test and self.chosen != "points" else "constant"
        return None if self.chosen == "constant" or simple not in self.test else simple

    @property
    def earned(self) -> bool:
        """Whether the chosen may serve.

        What found no signal may not: it cannot choose among leads. The points may unless the base rate is surely better. A
        learned candidate must be better than both, surely or on average, by a difference that shows in the figures as printed.
        """
        gaps = [self.differences[name] for name in SIMPLE if name in self.differences]
        if self.chosen in SIMPLE:
            return self.found_signal and not any(gap.side(LOSS_DIGITS) > 0 for gap in gaps)
        figures = [round(gap.mean, LOSS_DIGITS) if self.on_average else gap.side(LOSS_DIGITS) for gap in gaps]
        return self.found_signal and all(figure < 0 for figure in figures)

    @property
    def recommended(self) -> Recommendation:
        """What is recommended: `threshold`, or none where the chosen found no signal."""
        return self.threshold if self.found_signal else recommend_none(self.threshold.policy)

    @property
    def found_signal(self) -> bool:
        """Whether the chosen ranks the test leads better than chance would."""
        return self.p_value <= SIGNIFICANCE

    def __repr__(self) -> str:
        return f"<Verdict on {count(len(self.outcome), 'test lead')}. {self.text}>"

    def _repr_html_(self) -> str:
        return "\n".join([
            to_heading(self.title),
            to_table(
                ["Candidate", *(metric.heading for metric in METRICS.values()), *self._own.values()],
                [[name, *(self._format_figure(name, metric) for metric in (*METRICS, *self._own))] for name in self.test],
                marked=[list(self.test).index(self.chosen)],
            ),
            to_paragraphs(self.text, self.calibration.text),
        ])  # fmt: skip

    @property
    def _own(self) -> dict[str, str]:
        """The metrics of the firm's own, and their headings."""
        return list_own_metrics(next(iter(self.test.values())))

    def _format_figure(self, name: str, metric: str) -> str:
        figure, ends = self.test[name][metric], self.intervals[name].get(metric)
        digits = METRICS[metric].digits if metric in METRICS else choose_digits(figure)
        return format_number(figure, digits) + ("" if ends is None else f"\n{format_range(*ends, digits)}")
