"""Scores, and outcomes drawn from a curve over them."""

import numpy as np


def draw_scores(n, curve, seed=0):
    random = np.random.default_rng(seed)
    score = random.normal(0, 1.5, n)
    return score, (random.random(n) < curve(score)).astype(float)
