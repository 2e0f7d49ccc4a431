"""The parameters of LightGBM: the usual ones, what differs from them, and what holds whatever is tried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from predictor.data.values import normal_text
from predictor.features.encode import FeatureSet

OF_DATA = {"max_bin": 63, "feature_pre_filter": False, "verbose": -1}  # of the data, so the same whatever is tried on them
USUAL: Mapping[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 8,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "path_smooth": 0.0,
    "cat_smooth": 20.0,
    "max_cat_to_onehot": 8,
    "min_data_per_group": 20,
    "deterministic": True,
    **OF_DATA,
}
_RISING = ("count", "count_ever", "active_days", "assets", "most_in_week")  # ways of counting that one more event never lowers
_BY_COLUMN = 0.65  # share of the features below which a tree is grown sooner column by column; the trees are the same
_LARGE = 100_000  # rows from which a second thread gains more than the two lose by waiting for each other


def set_parameters(differences: Mapping[str, Any], *, seed: int, rows: int) -> dict[str, Any]:
    """LightGBM's parameters, complete, for that many leads.

    >>> chosen = set_parameters({"num_leaves": 4}, seed=7, rows=100)
    >>> chosen["num_leaves"], chosen["learning_rate"], chosen["seed"], chosen["num_threads"]
    (4, 0.05, 7, 1)
    """
    threads = 1 if rows < _LARGE else 2  # never "all": the trees must not depend on the machine
    complete = {**USUAL, **differences}
    by_column = complete["feature_fraction"] < _BY_COLUMN
    return {**complete, "seed": seed, "num_threads": threads, "force_col_wise": by_column, "force_row_wise": not by_column}


def constrain(features: FeatureSet, event_types: Iterable[str]) -> dict[str, Any]:
    """LightGBM's parameters with which one more event of those types never lowers the score, by what is counted of the type.

    Counts can only raise the score; what an event may move either way (days since, trend, values) takes no part.

    Args:
        features: What the columns of the matrix are.
        event_types: As settings name them; those without features of their own change nothing.

    >>> from predictor.features.feature import Feature
    >>> names = ["n", "events/demo_requested/count_7d", "events/demo_requested/trend"]
    >>> columns = tuple(Feature(name, "", "", "number") for name in names)
    >>> features = FeatureSet(columns, (), featured_types=("demo_requested",), windows_days=(7,))
    >>> constrain(features, ["Demo_Requested"])
    {'monotone_constraints': [0, 1, 0], 'feature_contri': [1.0, 1.0, 0.0]}
    >>> constrain(features, ["blog_view"])
    {}
    """
    wanted = {normal_text(event_type) for event_type in event_types}
    kinds = {feature.name: feature.kind for feature in features.event_features if feature.event_type in wanted}
    if kinds.keys().isdisjoint(features.names):
        return {}
    rising = [kinds.get(name) in _RISING for name in features.names]
    free = [name not in kinds for name in features.names]
    return {
        "monotone_constraints": [int(rises) for rises in rising],
        "feature_contri": [float(rises or apart) for rises, apart in zip(rising, free, strict=True)],
    }
