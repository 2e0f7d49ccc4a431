"""A small export, a training on it, and a folder with its bundle, for input that is bad in one thing."""

import pytest
from helpers import NOW, draw_leads, make_firm

from predictor.core.settings import load_settings
from predictor.training.train import save_trained, train


@pytest.fixture
def leads():
    return draw_leads(300)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return train(load_settings(make_firm(tmp_path_factory.mktemp("firm"))))


@pytest.fixture
def models(tmp_path, trained):
    """A folder of bundles with a champion."""
    save_trained(trained, tmp_path / "models", now=NOW)
    return tmp_path / "models"
