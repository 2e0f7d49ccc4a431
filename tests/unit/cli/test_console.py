"""Progress as a bar where a line can be drawn over, the step alone elsewhere; what a threshold is called."""

import numpy as np
import pytest

from predictor.cli.console import Steps, show_threshold
from predictor.core.settings import make_settings
from predictor.model.threshold.recommend import recommend_threshold
from predictor.model.threshold.table import compute_thresholds


def test_a_bar_shows_how_much_of_the_step_is_done():
    shown = []
    steps = Steps(shown.append, bars=True)
    steps("Tuning [x]")
    steps.advance(0.5)
    assert shown[0] == "Tuning \\[x]"
    assert shown[1] == f"Tuning \\[x] [cyan]{'━' * 15}[/][dim]{'━' * 15}[/] 50 %"


def test_a_log_gets_the_step_alone():
    shown = []
    steps = Steps(shown.append, bars=False)
    steps("Tuning")
    steps.advance(1.0)
    assert shown == ["Tuning"]


@pytest.mark.parametrize(
    ("policy", "name"),
    [
        ({}, "Nearest threshold"),
        ({"band": [0.05, 0.12]}, "Recommended threshold"),
        ({"policy": "precision", "precision": 0.5}, "Nearest threshold"),
        ({"policy": "capacity", "leads_per_week": 50}, "Recommended threshold"),
    ],
)
def test_a_threshold_that_misses_what_is_wanted_is_not_recommended(capsys, policy, name):
    """Of the better half of the leads one in ten becomes an SQL, of the others none."""
    outcome, settings = np.arange(400) % 20 == 0, make_settings({"threshold": policy}).threshold
    probability = np.where(np.arange(400) % 2 == 0, 0.1, 0.01)
    show_threshold(recommend_threshold(compute_thresholds(outcome, probability, weeks=4), settings), settings)
    assert capsys.readouterr().out.startswith(name)
