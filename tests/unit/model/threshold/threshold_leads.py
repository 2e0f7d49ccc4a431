"""What tests of thresholds share: a policy with its numbers, and leads whose probabilities are true."""

import numpy as np

from predictor.core.settings import make_settings


def make_policy(policy="band", **numbers):
    return make_settings({"threshold": {"policy": policy, **numbers}}).threshold


def draw_leads(n, seed=0):
    random = np.random.default_rng(seed)
    probability = random.beta(1, 6, n)
    return (random.random(n) < probability).astype(float), probability
