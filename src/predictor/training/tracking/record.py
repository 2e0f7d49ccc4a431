"""What of a training is kept, as the parameters, metrics and tags that MLflow knows."""

from __future__ import annotations

import getpass
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from predictor.core.settings import Settings

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_WHERE = ("tracking", "store")  # sections that say where things are kept, maybe with a password, not how the model was trained
_ROUTED = ("share_routed", "leads_per_week", "sqls_caught")
_ADVICE = ("conversion", "conversion_low", "conversion_high", *_ROUTED, "value")
_TUNING = ("tries", "loss", "usual", "rounds", "members")
_GATE = ("conversion", "low", "high", *_ROUTED)


@dataclass(frozen=True, kw_only=True)
class TrainedTable:
    """A table that a training read, as MLflow describes a dataset.

    Attributes:
        name: `leads` or `events`.
        source: The file or the address it was read from, without a password.
        digest: The fingerprint of what was read.
        columns: Name -> kind of value: `string`, `double`, `datetime` and so on.
        rows: How many.
    """

    name: str
    source: str
    digest: str
    columns: Mapping[str, str]
    rows: int


@dataclass(frozen=True)
class TrainingRecord:
    """What of a training is kept.

    Attributes:
        folder: The saved bundle.
        promoted: Whether it serves now.
        reason: Why, or why not, in a sentence.
        metrics: Content of `metrics.json`.
        data: Fingerprint of the data: one text, or one for each table.
        versions: Package -> version.
        git_commit: None where there is none.
        figures: Name -> figure, drawn already.
        curves: Candidate -> its own figures, name -> figure.
        began: When the training began; None for now.
        tables: The tables that it read.
        seconds: Candidate -> how long its fits took.
        parameters: Candidate -> how it was fitted: its calibrator, and what a classifier of the firm's own was made with.
        tries: One row a set of parameters that the search for better trees tried; None for none.
        test_leads: One row a test lead without anything that names it: `outcome`, `points`, `probability_NAME`; None for none.
    """

    folder: Path
    promoted: bool
    reason: str
    metrics: Mapping[str, Any]
    data: Mapping[str, str | None] | str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    git_commit: str | None = None
    figures: Mapping[str, Figure] = field(default_factory=dict)
    curves: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict)
    began: datetime | None = None
    tables: tuple[TrainedTable, ...] = ()
    test_leads: pd.DataFrame | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tries: pd.DataFrame | None = None

    @property
    def champion(self) -> str:
        """The chosen candidate."""
        return str(self.metrics["champion"])

    @property
    def alias(self) -> str:
        """The alias that the new version of the registered model gets."""
        return "champion" if self.promoted else "challenger"


@dataclass(frozen=True, slots=True)
class Tracked:
    """Where a training is kept.

    Attributes:
        run_id: The run; those of the candidates are below it.
        uri: The tracking URI, without a password.
        model_version: Version of the registered model.
        alias: `champion`, or `challenger` where the training earned no promotion.
    """

    run_id: str
    uri: str
    model_version: int
    alias: str


def hide_password(text: str) -> str:
    """A text with names, passwords and tokens left out of its URIs.

    >>> hide_password("cannot reach https://ann:secret@mlflow.example:5000/x?token=1 now")
    'cannot reach https://mlflow.example:5000/x now'
    >>> hide_password("sqlite:////data/mlflow.db")
    'sqlite:////data/mlflow.db'
    """
    return re.sub(r"(\w://)[^/\s'\"]*@", r"\1", re.sub(r"(\w://[^\s?'\"]+)\?[^\s'\"]+", r"\1", text))


def describe_params(settings: Settings) -> dict[str, str]:
    """The settings as parameters `section.setting`, but for those that say where things are kept.

    >>> from predictor.core.settings import make_settings
    >>> params = describe_params(make_settings({"columns": {"mql_at": "Became MQL"}}))
    >>> params["threshold.band"], params["columns"], "store.url" in params
    ('[0.2, 0.3]', '{"mql_at": "Became MQL"}', False)
    """
    sections = settings.model_dump(mode="json", exclude=set(_WHERE))
    maps = {name: sections.pop(name) for name in ("columns", "event_columns")}  # a firm's words, which MLflow may refuse as names
    params = {f"{section}.{name}": value for section, values in sections.items() for name, value in values.items()} | maps
    return {name: hide_password(value if isinstance(value, str) else json.dumps(value)) for name, value in params.items()}


def describe_candidate(record: TrainingRecord, name: str) -> dict[str, float]:
    """The figures of one candidate on the forward test, with the ends of their intervals.

    `log_loss_difference` is the log loss of the chosen less this one's: below zero the chosen is better.

    >>> metrics = {"champion": "a", "test": {"a": {"n": 9, "auc": 0.7, "ece": None}}, "intervals": {"a": {"auc": [0.6, 0.8]}}}
    >>> describe_candidate(TrainingRecord(Path("b"), True, "", metrics), "a")
    {'n': 9.0, 'auc': 0.7, 'auc_low': 0.6, 'auc_high': 0.8}
    """
    figures: dict[str, Any] = dict(record.metrics["test"][name])
    for metric, ends in (record.metrics.get("intervals", {}).get(name) or {}).items():
        if ends is not None:
            figures |= {f"{metric}_low": ends[0], f"{metric}_high": ends[1]}
    difference = record.metrics.get("differences", {}).get(name) or {}
    ends_of = {"mean": "log_loss_difference", "low": "log_loss_difference_low", "high": "log_loss_difference_high"}
    figures |= {ends_of[end]: value for end, value in difference.items() if end in ends_of}
    out_of_fold = {row["candidate"]: row for row in record.metrics.get("choice") or ()}.get(name, {})
    figures |= {f"rehearsed_{figure}": out_of_fold.get(figure) for figure in ("log_loss", "excess", "error")}
    figures["seconds"] = record.seconds.get(name)
    return _keep_numbers(figures)


def describe_training(record: TrainingRecord) -> dict[str, float]:
    """The figures of the training: the chosen candidate's, the threshold with what to expect of it, and today's gate."""
    metrics = record.metrics
    thresholds = metrics.get("threshold") or {}
    advised, realised, gate = thresholds.get("recommended") or {}, thresholds.get("realised") or {}, metrics.get("gate") or {}
    tuning = metrics.get("tuning") or {}
    figures = {f"tuning_{name}": tuning.get(name) for name in _TUNING}
    figures |= {"fit_n": metrics["fit"]["n"], "horizon_days": metrics["horizon_days"], "pending": metrics["pending"]}
    figures |= {"threshold": advised.get("threshold")} | {f"threshold_{name}": advised.get(name) for name in _ADVICE}
    figures |= {f"realised_{name}": realised.get(name) for name in _GATE} | {f"gate_{name}": gate.get(name) for name in _GATE}
    return describe_candidate(record, record.champion) | _keep_numbers(figures)


def describe_candidate_params(record: TrainingRecord, name: str) -> dict[str, str]:
    """How a candidate was fitted: its name and parameters; of the chosen its calibrator; of tuned trees what tuning found.

    >>> metrics = {"champion": "lightgbm", "tuning": {"parameters": {"num_leaves": 4}, "rounds": 80, "members": 2}}
    >>> describe_candidate_params(TrainingRecord(Path("b"), True, "", metrics), "lightgbm")
    {'candidate': 'lightgbm', 'num_leaves': '4', 'rounds': '80', 'members': '2'}
    """
    params: dict[str, Any] = {"candidate": name, **record.parameters.get(name, {})}
    if name == record.champion:
        params |= {"calibrator": (record.metrics.get("calibrator") or {}).get("kind")}
    tuning = record.metrics.get("tuning") or {}
    if name.startswith("lightgbm") and tuning:
        params |= {**tuning["parameters"], "rounds": tuning["rounds"], "members": tuning["members"]}
    return {key: str(value) for key, value in params.items() if value is not None}


def _name_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        return ""


def _keep_numbers(figures: Mapping[str, Any]) -> dict[str, float]:
    """The figures that are known; MLflow has no value for one that is not."""
    return {name: float(value) for name, value in figures.items() if value is not None and math.isfinite(value)}


def describe_tags(record: TrainingRecord) -> dict[str, str]:
    """What a run is looked up by: the data, the commit, the versions, the verdict."""
    data = {"data": record.data} if isinstance(record.data, str) else {f"data.{name}": sum_ for name, sum_ in record.data.items()}
    fit = {f"trained_{end}": record.metrics["fit"].get(end) for end in ("from", "through")}
    tags: dict[str, str | None] = {
        "bundle": record.folder.name,
        "chosen": record.champion,
        "promoted": str(record.promoted).lower(),
        "reason": record.reason,
        "verdict": record.metrics.get("verdict"),
        "calibrator": (record.metrics.get("calibrator") or {}).get("kind"),
        "calibration": (record.metrics.get("calibration") or {}).get("verdict"),
        "git_commit": record.git_commit,
        "mlflow.source.git.commit": (record.git_commit or "").rstrip("+"),
        "mlflow.source.type": "LOCAL",
        "mlflow.source.name": "predictor",
        "mlflow.user": _name_user(),
        **data,
        **fit,
        **{f"version.{name}": version for name, version in record.versions.items()},
    }
    return {name: str(value) for name, value in tags.items() if value}
