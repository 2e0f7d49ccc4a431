"""A firm large enough for shares to be tested, and a small one."""

import pytest

from predictor.simulate.firm import Firm, simulate_firm


@pytest.fixture(scope="session")
def firm() -> Firm:
    return simulate_firm(20_000, seed=11)


@pytest.fixture(scope="session")
def small() -> Firm:
    return simulate_firm(2_000, seed=7)
