"""A simulated firm and a bundle trained on it, made once for all tests; and where the real data sets are."""

import os
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy loads: threads of several workers only wait for each other

from predictor.core.settings import load_settings
from predictor.scoring.scorer import Scorer
from predictor.simulate.files import save_firm
from predictor.simulate.firm import simulate_firm
from predictor.training.train import save_trained, train

ROOT = Path(__file__).resolve().parent.parent
hypothesis.settings.register_profile("suite", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("suite")
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
OTHERS = """
[model]
resamples = 20
budget_s = 0
candidates = ["constant", "points", "odoo_pls", "logistic", "lightgbm", "lightgbm_on_points"]
"""


@pytest.fixture(scope="session")
def firm(tmp_path_factory):
    """The folder of a firm of 3,000 leads, with fewer resamples than usual."""
    folder = tmp_path_factory.mktemp("firm")
    save_firm(simulate_firm(3000, 3), folder)
    settings = folder / "predictor.toml"
    settings.write_text(settings.read_text() + OTHERS)
    return folder


@pytest.fixture(scope="session")
def trained(firm):
    """A training on the firm, with every candidate but `learned_points`, which tests/unit/training/test_compare.py serves."""
    return train(load_settings(firm / "predictor.toml"))


@pytest.fixture(scope="session")
def models(trained, tmp_path_factory):
    """A folder with the bundle of that training as champion."""
    folder = tmp_path_factory.mktemp("models")
    save_trained(trained, folder, now=NOW)
    return folder


@pytest.fixture(scope="session")
def scorer(models):
    """The scorer of that bundle, read back from disk."""
    return Scorer.load(next(folder for folder in models.iterdir() if folder.is_dir()))


@pytest.fixture(scope="session")
def real_data():
    """The folder of the real data sets, which are no part of the project."""
    folder = Path(os.environ.get("PREDICTOR_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        if os.environ.get("PREDICTOR_MUST_NOT_SKIP"):
            pytest.fail("The real data sets must be there in CI: set PREDICTOR_REAL_DATA to their folder.")
        pytest.skip("The real data sets are not on this machine; PREDICTOR_REAL_DATA names their folder.")
    return folder
