"""Which features a table of leads can carry: learned from the leads that a model may see, and from no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, count
from predictor.data.parse import Kind
from predictor.data.values import factorize_column, normal_text, normal_texts
from predictor.features.encode import FeatureSet
from predictor.features.feature import MISSING, Feature

LONGEST_CATEGORY = 100


def fit_features(
    rows: pd.DataFrame,
    kinds: Mapping[str, Kind],
    *,
    min_support: int,
    missing_values: tuple[str, ...],
    words: Mapping[str, tuple[str, str]] | None = None,
) -> tuple[FeatureSet, tuple[Finding, ...]]:
    """The features of assembled leads, and which columns could not become one and why.

    Args:
        rows: Assembled leads, of the fit block only.
        kinds: Column -> kind; every other column of `rows` is a number.
        min_support: Leads a category needs to stand for itself.
        missing_values: Texts that mean 'not known', kept with the features for scoring.
        words: Column -> label and group; every other column is called by its name.

    >>> rows = pd.DataFrame({"industry": ["Software"] * 3 + ["Retail"], "employees": [1.0, 2.0, 3.0, 4.0]})
    >>> fitted, left = fit_features(rows, {"industry": "category"}, min_support=2, missing_values=())
    >>> [(feature.name, feature.categories) for feature in fitted.features]
    [('industry', ('software',)), ('employees', ())]
    """
    features, findings = [], []
    for name in map(str, rows.columns):
        feature = _fit_feature(rows[name], kinds.get(name, "number"), min_support)
        if feature is not None and words is not None and name in words:
            feature = replace(feature, label=words[name][0], group=words[name][1])
        if feature is None and name.startswith("events/"):
            continue  # a list of definitions is tried, and nobody expects each to tell something
        if feature is None:
            do = "Nothing, or group its values before the export."
            findings.append(Finding("LEAD031", "tip", f"Column '{name}' tells nothing: {_why_empty(rows[name])}.", do, name))
        else:
            features.append(feature)
    attributes = [feature.name for feature in features if feature.is_attribute]
    missing = rows[attributes].isna().sum(axis=1)
    if missing.min() < missing.max():
        features.append(Feature(MISSING, "Attributes not known", "Attributes not known", "missing_count"))
    return FeatureSet(tuple(features), missing_values), tuple(findings)


def _fit_feature(column: pd.Series, kind: Kind, min_support: int) -> Feature | None:
    if column.nunique(dropna=False) < 2:
        return None
    name = str(column.name)
    label = name.replace("_", " ").replace("/", ": ").strip()
    label = label[:1].upper() + label[1:]
    if kind == "category":
        categories = _fit_categories(column, min_support)
        return Feature(name, label, label, "category", categories, _find_spellings(column, categories)) if categories else None
    return Feature(name, label, label, "days_since" if kind == "date" else "number")


def _fit_categories(column: pd.Series, min_support: int) -> tuple[str, ...]:
    """The texts with enough support, most frequent first, equals by alphabet.

    Long texts are prose, and may name persons as e-mail addresses do; neither belongs in a bundle.
    """
    texts = normal_texts(column).dropna().astype("str")
    counts = texts[(texts.str.len() <= LONGEST_CATEGORY) & ~texts.str.contains("@", regex=False)].value_counts()
    frequent = counts[counts >= min_support]
    return tuple(sorted(frequent.index, key=lambda text: (-frequent[text], text)))


def _find_spellings(column: pd.Series, categories: tuple[str, ...]) -> tuple[str, ...]:
    """Each category as most leads of the column have it, equals by alphabet."""
    codes, values = factorize_column(column)
    leads: dict[str, Counter[str]] = {category: Counter() for category in categories}
    for value, held in zip(values, np.bincount(codes, minlength=len(values)).tolist(), strict=True):
        if isinstance(value, str) and (category := normal_text(value)) in leads:
            leads[category][value.strip()] += held
    return tuple(min(counts, key=lambda text: (-counts[text], text), default=category) for category, counts in leads.items())


def _why_empty(column: pd.Series) -> str:
    distinct = column.nunique()
    if distinct == 0:
        return "it is empty"
    return "it has one value only" if distinct == 1 else f"none of its {count(distinct, 'value')} has enough leads"
