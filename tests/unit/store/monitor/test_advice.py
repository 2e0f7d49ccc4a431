"""What the figures of the served scores advise, for every kind of figures."""

import pandas as pd
import pytest

from predictor.store.monitor.advice import Total, advise

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
