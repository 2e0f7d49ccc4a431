"""What the figures of the served scores advise, for every kind of figures."""

import numpy as np
import pandas as pd
import pytest

from predictor.store.monitor.advice import Total, advise
from predictor.store.monitor.expected import LevelError, sum_up

QUIET = pd.DataFrame(
    {"what": ["probability", "size"], "index": [0.01, 0.02], "verdict": "stable", "group": ["Probability", "Size"]}
)
MOVED = QUIET.assign(verdict=["stable", "moved"])
NONE = pd.DataFrame({"rival": ["points"], "verdict": [""]})
BETTER = pd.DataFrame({"rival": ["challenger"], "verdict": ["better"]})
KEPT = Total(leads=400, accepted=80, promised=0.2, low=60, high=100)
FEWER = Total(leads=400, accepted=40, promised=0.2, low=60, high=100)


@pytest.mark.parametrize(
    ("ways", "drift", "total", "advice", "says"),
    [
        (NONE, QUIET, KEPT, "keep the model", "20 % were accepted where 20 % were promised, within chance"),
        (NONE, QUIET, FEWER, "train again", "10 % were accepted where 20 % were promised: fewer, beyond chance"),
        (NONE, MOVED, KEPT, "train again", "what the model relies on: 'Size'"),
        (BETTER, MOVED, FEWER, "promote the challenger", "The challenger was better on the same leads"),
        (
            NONE,
            QUIET,
            Total(leads=12, accepted=0, promised=0.2, low=1, high=5),
            "too early to say",
            "12 leads is known, 0 of them",
        ),
    ],
)
def test_advice_follows_the_figures(ways, drift, total, advice, says):
    advised = advise({"ways": ways, "drift": drift}, total, relied_on={"Probability", "Size"})
    assert advised.advice == advice
    assert says in str(advised)
    assert advised.moved == (advice in {"train again", "promote the challenger"})


def test_what_the_model_does_not_rely_on_is_no_reason():
    assert advise({"ways": NONE, "drift": MOVED}, KEPT, relied_on={"Probability"}).advice == "keep the model"


def test_a_change_in_the_newest_leads_is_not_hidden_by_those_before():
    advised = advise({"ways": NONE, "drift": QUIET}, KEPT, FEWER, relied_on=set())
    assert advised.advice == "train again"
    assert "Of the newest 400 leads whose outcome is known, 10 % were accepted" in str(advised)
    assert advise({"ways": NONE, "drift": QUIET}, KEPT, KEPT, relied_on=set()).advice == "keep the model"


def test_other_leads_accepted_than_promised_is_a_reason_at_the_same_level():
    probability = np.repeat([0.1, 0.5], 200)
    swapped = np.repeat([1.0, 0.0, 1.0, 0.0], [100, 100, 20, 180])  # half of the unlikely leads, a tenth of the likely ones
    total = sum_up(probability, swapped, LevelError(0.1), tail=0.00125)
    assert not total.missed
    advised = advise({"ways": NONE, "drift": QUIET}, total, relied_on=set())
    assert advised.advice == "train again"
    assert "Of 400 leads whose outcome is known, other ones were accepted than the probabilities say" in str(advised)
    as_promised = sum_up(probability, swapped[::-1], LevelError(0.1), tail=0.00125)
    assert advise({"ways": NONE, "drift": QUIET}, as_promised, relied_on=set()).advice == "keep the model"


def test_a_sum_by_hand():
    total = sum_up(np.array([0.2, 0.4]), np.array([0.0, 1.0]), LevelError(0.0), tail=0.025)
    assert (total.leads, total.accepted, total.promised, total.low, total.high) == (2, 1, pytest.approx(0.3), 0, 2)
    assert total.log_loss == pytest.approx(-(np.log(0.8) + np.log(0.4)) / 2)
    assert sum_up(np.array([]), np.array([]), LevelError(0.1), tail=0.025).leads == 0


def test_right_probabilities_are_rarely_a_reason():
    random, reasons = np.random.default_rng(2), 0
    for _ in range(200):
        probability = random.beta(2, 6, 600)
        total = sum_up(probability, (random.random(600) < probability).astype(float), LevelError(0.05), tail=0.00125)
        reasons += total.missed or total.misjudged
    assert reasons <= 4
