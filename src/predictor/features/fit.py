"""The features of a table of leads: learned from the training leads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, count
from predictor.data.leads import ACCOUNT_PREFIX, EPISODES_PREFIX, EVENTS_PREFIX, OWN_PREFIX
from predictor.data.parse import Kind
from predictor.data.values import factorize_column, normal_text, normal_texts
from predictor.features.encode import FeatureSet
from predictor.features.feature import MISSING, Feature, make_label, may_be_kept
from predictor.features.fit_set import fit_set


def fit_features(
    rows: pd.DataFrame,
    kinds: Mapping[str, Kind],
    *,
    min_support: int,
    missing_values: tuple[str, ...],
    labels: Mapping[str, tuple[str, str]] | None = None,
) -> tuple[FeatureSet, tuple[Finding, ...]]:
    """The features of assembled leads, and findings about columns that cannot become one.

    Args:
        rows: Assembled leads, those of the fit part only.
        kinds: Column -> kind; every other column of `rows` is a number.
        min_support: Leads that a category needs to have a code of its own.
        missing_values: Texts that mean 'not known', kept with the features for scoring.
        labels: Column -> label and group; other columns are labelled by their names.

    >>> rows = pd.DataFrame({"industry": ["Software"] * 3 + ["Retail"], "employees": [1.0, 2.0, 3.0, 4.0]})
    >>> fitted, left_out = fit_features(rows, {"industry": "category"}, min_support=2, missing_values=())
    >>> [(feature.name, feature.categories) for feature in fitted.features]
    [('industry', ('software',)), ('employees', ())]
    """
    features, findings = [], []
    for name in map(str, rows.columns):
        if kinds.get(name) == "set" and (own := fit_set(rows[name], min_support)):
            features += own
            continue
        feature = _fit_feature(rows[name], kinds.get(name, "number"), min_support)
        if feature is not None and labels is not None and name in labels:
            feature = replace(feature, label=labels[name][0], group=labels[name][1])
        if feature is None and name.startswith((EVENTS_PREFIX, EPISODES_PREFIX, ACCOUNT_PREFIX)):
            continue  # all definitions are tried, and many are constant
        if feature is None:
            is_own = name.startswith(OWN_PREFIX)
            do = (
                "Look at its function: texts are in small letters there."
                if is_own
                else "Nothing, or group its values before the export."
            )
            findings.append(
                Finding(
                    "LEAD031", "tip", f"Column '{name}' has no information: {_describe_values(rows[name])}.", do=do, column=name
                )
            )
        else:
            features.append(feature)
    attributes = list(dict.fromkeys(feature.attribute for feature in features if feature.attribute is not None))
    missing = rows[attributes].isna().sum(axis=1)
    if missing.min() < missing.max():
        features.append(Feature(name=MISSING, label="Attributes not known", group="Attributes not known", kind="missing_count"))
    return FeatureSet(tuple(features), missing_values), tuple(findings)


def _fit_feature(column: pd.Series, kind: Kind, min_support: int) -> Feature | None:
    if column.nunique(dropna=False) < 2:
        return None
    name = str(column.name)
    label = make_label(name)
    if kind in ("category", "set"):
        categories = _fit_categories(column, min_support)
        return (
            Feature(
                name=name,
                label=label,
                group=label,
                kind="category",
                categories=categories,
                spellings=_choose_spellings(column, categories),
            )
            if categories
            else None
        )
    return Feature(name=name, label=label, group=label, kind="days_since" if kind == "date" else "number")


def _fit_categories(column: pd.Series, min_support: int) -> tuple[str, ...]:
    """The texts with enough support that a bundle may hold, most frequent first, ties in alphabetical order."""
    counts = normal_texts(column).dropna().astype("str").value_counts()
    frequent = counts[counts >= min_support]
    return tuple(sorted(filter(may_be_kept, frequent.index), key=lambda text: (-frequent[text], text)))


def _choose_spellings(column: pd.Series, categories: tuple[str, ...]) -> tuple[str, ...]:
    """Each category in its most frequent spelling, ties in alphabetical order."""
    codes, values = factorize_column(column)
    leads: dict[str, Counter[str]] = {category: Counter() for category in categories}
    for value, frequency in zip(values, np.bincount(codes, minlength=len(values)).tolist(), strict=True):
        if isinstance(value, str) and (category := normal_text(value)) in leads:
            leads[category][value.strip()] += frequency
    return tuple(min(counts, key=lambda text: (-counts[text], text), default=category) for category, counts in leads.items())


def _describe_values(column: pd.Series) -> str:
    distinct = column.nunique()
    if distinct == 0:
        return "it is empty"
    return "it has one value only" if distinct == 1 else f"none of its {count(distinct, 'value')} has enough leads"
