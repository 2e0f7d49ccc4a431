"""Calibration and fairness as text: the figures, and only the number of small groups."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from predictor.core.wording import DASH
from predictor.model.metrics.calibration_test import judge_calibration
from predictor.report.calibration_text import format_calibration, format_fairness
from predictor.report.card import write_card
from predictor.report.fairness import compute_fairness
from predictor.report.page.render import render_page


@pytest.fixture
def people():
    """120 women accepted at 50 %, 60 men at 10 %, three others; all promised 30 %."""
    gender = ["f"] * 120 + ["m"] * 60 + ["x"] * 3
    outcome = [1, 0] * 60 + ([1] + [0] * 9) * 6 + [1, 1, 1]
    return compute_fairness(pd.DataFrame({"Gender": gender}), outcome, np.full(183, 0.3), [True] * 90 + [False] * 93)


def test_groups_with_their_intervals(people):
    women, men, others = format_fairness(people).rows
    assert women == (
        "Gender: f", "120", "30 %", "50 %\n41 to 59 %", "+20.0\n+11.8 to +28.2", "75 %\n67 to 82 %", "promised too little",
    )  # fmt: skip
    assert (men[3], men[-1]) == ("10 %\n4.7 to 20.1 %", "promised too much")
    assert others == ("Gender: other (1 group)", "3", DASH, DASH, DASH, DASH, "too few leads")


def test_card_and_page_hold_the_same_groups(data, people):
    shown = replace(data, fairness=people)
    card, page = write_card(shown, facts={}), render_page(shown).split("<script")[0].replace("\u00a0", " ")
    assert "| Gender: f | 120 | 30 % | 50 %<br>41 to 59 % | +20.0<br>+11.8 to +28.2 |" in card
    assert "+11.8 to +28.2" in page
    assert "Gender: other (1 group)" in page
    for text in (card, page):
        assert "nan" not in text
        assert "No protected column is named" not in text


def test_figures_of_calibration_with_their_intervals():
    draw = np.random.default_rng(0)
    probability = draw.beta(2, 8, 3000)
    judged = judge_calibration(draw.random(3000) < probability, probability)
    rows = {row[0]: row[1:] for row in format_calibration(judged).rows}
    low, high = judged.line.slope_interval
    assert rows["Slope"][:2] == (f"{judged.line.slope:.2f}", f"{low:.2f} to {high:.2f}")
    assert rows["Calibration error"][2].startswith(f"by chance {judged.noise.mean:.3f} on average")
    parts = [float(rows[name][0]) for name in ("Miscalibration", "Discrimination", "Uncertainty")]
    assert parts[0] - parts[1] + parts[2] == pytest.approx(judged.brier.score, abs=2e-4)


def test_an_unknown_line_is_a_dash():
    rows = {row[0]: row[1:] for row in format_calibration(judge_calibration(np.zeros(50), np.full(50, 0.1))).rows}
    assert rows["Intercept"][:2] == rows["Slope"][:2] == (DASH, DASH)
