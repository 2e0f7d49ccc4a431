"""A seeded business-to-business firm that knows the true probability of each of its leads.

Who the leads are is in `people`, what they do in `acts`, when they are handed over in `gate`, the law of acceptance in
`truth`, what sales makes of them in `outcomes`; `firm` tells the story and `files` writes it down.
"""

from predictor.simulate.files import save_firm
from predictor.simulate.firm import Firm, simulate_firm
from predictor.simulate.truth import HORIZON_DAYS, true_probability

__all__ = ["HORIZON_DAYS", "Firm", "save_firm", "simulate_firm", "true_probability"]
