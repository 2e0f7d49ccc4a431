"""A firm's own candidates and metrics: those that its settings name by import path, and those handed over in Python."""

from __future__ import annotations

import hashlib
import inspect
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from predictor.core.errors import SettingsError, TrainingError, list_names
from predictor.core.import_path import import_named
from predictor.core.settings import Settings
from predictor.features.own_features import Function
from predictor.model.candidates import CANDIDATES
from predictor.model.candidates.own_candidate import OwnCandidate, make_own
from predictor.model.metrics.own_metrics import Metric


def collect_own(settings: Settings, given: Mapping[str, object] | None = None) -> tuple[OwnCandidate, ...]:
    """The candidates of `model.own`, and those given beside them.

    Args:
        settings: The settings; modules may be in their folder.
        given: Name -> a scikit-learn classifier, or a function that makes one.

    Raises:
        SettingsError: What an import path names is not there.
        TrainingError: A name that is taken, or something that is no classifier and makes none.
    """
    paths, given = settings.model.own, given or {}
    if taken := [name for name in [*paths, *given] if name in CANDIDATES or (name in paths and name in given)]:
        raise TrainingError(f"A candidate of your own needs a name of its own, but {list_names(taken)} is taken.")
    named = {name: import_named(path, setting=f"model.own.{name}", folder=settings.folder) for name, path in paths.items()}
    try:
        found = tuple(make_own(name, one) for name, one in named.items())
    except TrainingError as error:
        raise SettingsError(f"Setting 'model.own' cannot be used: {error}") from error
    return found + tuple(make_own(name, one) for name, one in given.items())


def collect_metrics(settings: Settings, given: Mapping[str, Metric] | None = None) -> dict[str, Metric]:
    """The metrics of `model.metrics`, and those given beside them; of one name, the given one.

    Raises:
        SettingsError: What an import path names is not there.
        TrainingError: A name that cannot be used, or something that is no function.
    """
    paths = settings.model.metrics
    found: dict[str, Any] = {
        name: import_named(path, setting=f"model.metrics.{name}", folder=settings.folder) for name, path in paths.items()
    }
    found |= given or {}
    for name, metric in found.items():
        if not (name.isascii() and name.isidentifier() and callable(metric)):
            raise TrainingError(f"Metric '{name}' must have a name like 'net_profit', and be a function. Change it.")
    return found


def fingerprint_own(
    candidates: Sequence[OwnCandidate], metrics: Mapping[str, Metric], features: Mapping[str, Function]
) -> dict[str, str]:
    """What code of the firm's own a training ran: `candidate NAME`, `metric NAME`, `feature NAME` -> the sha256 of its source.

    The source is the file of the module, in a notebook the function, and of an estimator its class and parameters. Code without a
    source is left out.

    >>> from sklearn.dummy import DummyClassifier
    >>> [*fingerprint_own([make_own("mine", DummyClassifier())], {"sum": sum}, {})]
    ['candidate mine']
    """
    code = {f"candidate {one.name}": one.code for one in candidates}
    code |= {f"metric {name}": metric for name, metric in metrics.items()}
    code |= {f"feature {name}": function for name, function in features.items()}
    sources = {name: _find_source(one) for name, one in code.items()}
    return {name: hashlib.sha256(source.encode()).hexdigest() for name, source in sources.items() if source}


def _find_source(code: Any) -> str:  # noqa: ANN401  whatever a firm gives
    if hasattr(code, "get_params") and not isinstance(code, type):
        return re.sub(r" at 0x[0-9a-f]+", "", f"{type(code).__name__} {code.get_params()}")  # places in memory say nothing
    module = sys.modules.get(getattr(code, "__module__", None) or "")
    try:
        if (file := getattr(module, "__file__", None)) and module.__name__ != "__main__":  # type: ignore[union-attr]
            return Path(file).read_text(encoding="utf-8")
        return inspect.getsource(code)
    except (OSError, TypeError, ValueError):
        return ""
