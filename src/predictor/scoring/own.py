"""The functions of the firm's own that a bundle needs: those of this process, never imported because a bundle names them."""

from __future__ import annotations

from collections.abc import Sequence

from predictor.core.errors import BundleError, SettingsError
from predictor.features.encode import FeatureSet
from predictor.features.own_attributes import AttributeReader
from predictor.features.own_features import OwnFeatures, find_functions, list_used


def find_own(features: FeatureSet, paths: Sequence[str]) -> OwnFeatures | None:
    """The functions behind the features of a model; None where it uses none.

    Args:
        features: What the columns of the matrix are.
        paths: `features.own` of the training.

    Raises:
        BundleError: A function is not known in this process.

    >>> find_own(FeatureSet((), ()), ["own_features:weekend"]) is None
    True
    """
    used = list_used(features.names)
    if not used:
        return None
    try:
        functions = find_functions(paths)
    except SettingsError as error:
        raise BundleError(f"The model needs functions of the firm's own. {error}") from error
    reader = AttributeReader(dict(features.own_attributes), features.missing_values, features.timezone)
    return OwnFeatures({name: function for name, function in functions.items() if name in used}, reader)
