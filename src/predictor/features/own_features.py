"""Features of the firm's own: functions over the attributes and events of leads, for a table and for one lead alike.

A function gets two frames and gives one:

- `leads`, a row each: `as_of`, the moment of decision, and the attributes of the training data, as `AttributeReader` reads them.
  The index counts them, and says nothing of who they are.
- `events`, in the order of time: `lead` (of that index), `occurred_at`, `event_type`, `asset`, `campaign` (normal texts) and
  `value`. They end at the `as_of` of their lead: what came later is not there to be seen.
- The result has the index of `leads` and a column of numbers for each feature. A lead that is left out has none of them.

What a function gives is read in `own_result.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from predictor.core.errors import ScoringError, SettingsError, list_names
from predictor.core.import_path import import_named
from predictor.data.events.history import EventHistory
from predictor.data.leads import OWN_PREFIX
from predictor.features.feature import make_label
from predictor.features.own_attributes import AttributeReader
from predictor.features.own_result import read_result

Function = Callable[[pd.DataFrame, pd.DataFrame], "pd.DataFrame | pd.Series"]
_F = TypeVar("_F", bound=Callable[..., Any])
_registered: dict[str, Function] = {}  # of this process: a bundle names functions, and only what is here is called
_TEXTS = ("event_type", "asset", "campaign")
_ORDER = ["lead", "at_us", *_TEXTS, "value"]


def feature(function: _F) -> _F:
    """Make a function known by its name, so that `features.own` may name it and bundles that need it can be loaded here.

    >>> @feature
    ... def calls(leads, events):
    ...     return events[events["event_type"] == "call"].groupby("lead").size()
    >>> find_functions(["calls"])["calls"] is calls
    True
    """
    _registered[function.__name__] = function
    return function


def load_functions(paths: Iterable[str], folder: Path) -> dict[str, Function]:
    """The functions that `features.own` names, imported where they are import paths; by their names.

    Args:
        paths: `package.module:function`, or the name of a function that is made known already.
        folder: A folder that modules may be in too: that of the settings file.

    Raises:
        SettingsError: Something that is not there, or is no function.
    """
    for path in paths:
        if ":" in path:
            found = import_named(path, setting="features.own", folder=folder)
            if not callable(found):
                raise SettingsError(f"Setting 'features.own' names '{path}', but that is no function.")
            _registered[_name(path)] = found
    return find_functions(paths)


def find_functions(paths: Iterable[str]) -> dict[str, Function]:
    """The functions of `features.own` that this process knows; nothing is imported.

    Raises:
        SettingsError: One is not known here.

    >>> find_functions(["own_features:never_seen"])
    Traceback (most recent call last):
    predictor.core.errors.SettingsError: Feature function 'never_seen' (own_features:never_seen) is not known here. List it in \
features.own of the settings used here (-c), or mark it with @predictor.feature and import it.
    """
    names = {_name(path): path for path in paths}
    for name, path in names.items():
        if name not in _registered:
            do = "List it in features.own of the settings used here (-c), or mark it with @predictor.feature and import it."
            raise SettingsError(f"Feature function '{name}' ({path}) is not known here. {do}")
    return {name: _registered[name] for name in names}


def _name(path: str) -> str:
    return path.rpartition(":")[2].rpartition(".")[2]


class OwnFeatures:
    """Computes the features of the firm's own functions.

    Attributes:
        functions: Name -> function.
        attributes: How the attributes of leads are read that functions see.
    """

    def __init__(self, functions: Mapping[str, Function], attributes: AttributeReader | None = None) -> None:
        self.functions = dict(functions)
        self.attributes = AttributeReader() if attributes is None else attributes

    def compute_one(self, history: EventHistory, values: Mapping[str, Any] | None = None) -> dict[str, float]:
        """The features of one lead: name -> value, NaN where it is missing.

        Args:
            history: Its past.
            values: Its attributes in the plain format; those that are not there are not known.

        Raises:
            ScoringError: A function fails, or does not give numbers.
        """
        table = self.compute_histories([history], [{} if values is None else values])
        return {str(name): float(column.iloc[0]) for name, column in table.items()}

    def compute_histories(self, histories: Sequence[EventHistory], values: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
        """The features of several leads, a row each; arguments as of `compute_one`.

        Raises:
            ScoringError: A function fails, or does not give numbers.
        """
        past = [(lead, *event) for lead, history in enumerate(histories) for event in history.events]
        columns = [*zip(*past, strict=True)] if past else [()] * 7
        lead, at_us, _, kinds, assets, campaigns, numbers = columns
        texts = {"event_type": kinds, "asset": assets, "campaign": campaigns}
        events = pd.DataFrame({"lead": lead, "at_us": at_us, **texts, "value": numbers})
        cells = {name: [row.get(name) for row in values] for name in self.attributes.kinds}
        attributes = pd.DataFrame(cells, index=range(len(histories)), dtype=object)
        return self.compute(np.array([history.now for history in histories], dtype="int64"), events, attributes)

    def compute(self, as_of_us: np.ndarray, events: pd.DataFrame, attributes: pd.DataFrame) -> pd.DataFrame:
        """The features of leads, a row each, a column `own/FUNCTION/COLUMN`.

        Args:
            as_of_us: The moment of each, in microseconds since 1970 in UTC.
            events: Their past events: `lead` (position), `at_us`, `event_type`, `asset`, `campaign`, `value`.
            attributes: Their attributes in the plain format, a row each.

        Raises:
            ScoringError: A function fails, or does not give numbers.
        """
        index, moments = pd.RangeIndex(len(as_of_us), name="lead"), _to_moments(as_of_us)
        known = self.attributes.read(attributes.set_axis(index, axis="index"), moments)
        leads = pd.DataFrame({"as_of": moments, **{str(name): known[name] for name in known if name != "as_of"}}, index=index)
        plain = pd.DataFrame({
            "lead": events["lead"].to_numpy(dtype="int64"), "at_us": events["at_us"].to_numpy(dtype="int64"),
            **{name: pd.array(events[name].to_numpy(dtype=object), dtype="str") for name in _TEXTS},
            "value": events["value"].to_numpy(dtype="float64"),
        }).sort_values(_ORDER, ignore_index=True)  # fmt: skip
        plain.insert(1, "occurred_at", _to_moments(plain.pop("at_us").to_numpy()))
        parts = [self._call(name, function, leads.copy(), plain.copy()) for name, function in self.functions.items()]
        return pd.concat(parts, axis="columns") if parts else pd.DataFrame(index=index)

    def _call(self, name: str, function: Function, leads: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
        index, columns = leads.index, list(leads)
        try:
            result = function(leads, events)
        except Exception as error:  # whatever the code of the firm raises
            shown = f" Of leads it is shown {list_names(columns)}." if isinstance(error, KeyError) else ""
            raise ScoringError(f"Feature function '{name}' failed: {type(error).__name__}: {error}.{shown}") from error
        try:
            numbers = read_result(result, index, name)
        except (ValueError, TypeError) as error:
            raise ScoringError(f"Feature function '{name}' {error}") from error
        return numbers.rename(columns=lambda column: f"{OWN_PREFIX}{name}/{column}")


def _to_moments(at_us: np.ndarray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(np.asarray(at_us, dtype="int64").view("datetime64[us]"), tz="UTC")


def list_labels(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The label and the group of each feature of the firm's own.

    >>> list_labels(["own/weekend/share", "industry"])
    {'own/weekend/share': ('Share', 'Weekend')}
    """
    own = (name.split("/", 2) for name in names if name.startswith(OWN_PREFIX))
    return {"/".join(parts): (make_label(parts[2]), make_label(parts[1])) for parts in own}


def list_used(names: Iterable[str]) -> set[str]:
    """The functions that features come from.

    >>> list_used(["own/weekend/share", "industry"])
    {'weekend'}
    """
    return {name.split("/", 2)[1] for name in names if name.startswith(OWN_PREFIX)}
