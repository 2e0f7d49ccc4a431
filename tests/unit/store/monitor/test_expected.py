"""Expected log loss and AUC beside a published estimator and beside the formula that needs no draws."""

import numpy as np
import pytest

from predictor.store.monitor.expected import LevelError, estimate_metrics

PLACES = (np.arange(5000) + 0.5) / 5000
# Probabilities of leads -> their AUC as NannyML 0.13.1 estimates it: CBPE, `estimate_roc_auc(probability, probability)`.
PUBLISHED = {
    "many are unlikely": (0.8 * PLACES**2, 0.8409090794401033),
    "all are alike": (np.linspace(0.15, 0.35, 5000), 0.5889066665962668),
    "two kinds": (np.repeat([0.1, 0.4], 2500), 0.7),
    "acceptance is rare": (np.linspace(0.001, 0.2, 5000) ** 1.5, 0.7208204205684183),
}
_CHANCE = 4 / np.sqrt(400)  # of the mean of 400 draws, in units of their spread


@pytest.mark.parametrize(("probability", "auc"), PUBLISHED.values(), ids=list(PUBLISHED))
def test_expected_figures_are_those_of_nannyml_and_of_the_entropy(probability, auc):
    metrics = estimate_metrics(probability, LevelError(0.0)).set_index("metric")
    entropy = -np.mean(probability * np.log(probability) + (1 - probability) * np.log1p(-probability))
    for metric, published in (("auc", auc), ("log_loss", entropy)):
        expected, low, high = metrics.loc[metric]
        assert expected == pytest.approx(published, abs=_CHANCE * (high - low) / 4)
        assert low < published < high
