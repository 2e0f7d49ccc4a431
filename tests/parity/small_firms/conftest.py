"""Each module makes a small `firm`, which is trained on once; its bundle is asked in every way."""

import pytest
from conftest import NOW

from predictor.core.settings import load_settings
from predictor.scoring.scorer import Scorer
from predictor.training.train import save_trained, train


@pytest.fixture(scope="module")
def trained(firm):
    """A training on the firm of the module."""
    return train(load_settings(firm))


@pytest.fixture(scope="module")
def bundle(trained, firm):
    """The folder of its bundle."""
    return save_trained(trained, firm.parent / "models", now=NOW).folder


@pytest.fixture(scope="module")
def scorer(bundle):
    """The scorer of that bundle, read back from disk."""
    return Scorer.load(bundle)
