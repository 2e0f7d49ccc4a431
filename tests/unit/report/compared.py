"""Leads with points, learned points and model that can be worked by hand."""

import numpy as np

from predictor.report.compare.compared_leads import ComparedLeads

# Ten leads, twenty times: three SQLs. The gate of 60 takes four, one of them an SQL; the learned points' best four hold two,
# and the model's best four all three.
OUTCOME = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0] * 20, dtype=float)
PROBABILITY = np.array([0.9, 0.8, 0.5, 0.4, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1] * 20)
PTS = np.array([70.0, 10, 30, 10, 65, 65, 80, 10, 20, np.nan] * 20)
BY_RULES = np.array([50.0, 40, 5, 5, 30, 30, 5, 5, 5, 0] * 20)


def make_tested(**changes):
    fields = {
        "lead_id": np.array([f"L{number:03d}" for number in range(200)], dtype=object), "outcome": OUTCOME,
        "probability": PROBABILITY, "threshold": 0.4, "points": PTS, "routed": PTS >= 60, "gate": 60.0, "learned": BY_RULES,
        "learned_gate": 30.0, "weeks": 10.0,
    }  # fmt: skip
    return ComparedLeads(**fields | changes)


TESTED = make_tested()


def by_way(table):
    return table.drop_duplicates("way").set_index("way")
