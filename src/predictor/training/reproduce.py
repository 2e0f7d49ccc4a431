"""The training of a bundle, done again: whether data, versions, files and figures are what they were."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from predictor.core.errors import TrainingError, list_names
from predictor.core.settings import Settings, make_settings
from predictor.model.candidates import CANDIDATES
from predictor.model.metrics.own_metrics import Metric
from predictor.scoring.bundle.files import Bundle
from predictor.training.dataset import Dataset
from predictor.training.fit import Advance, Progress
from predictor.training.train import train
from predictor.training.trained import Trained

Pair = tuple[Any, Any]  # what it was, and what it is now; None for what there is not


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """A bundle beside the same training done again; only what differs is listed.

    Attributes:
        version: The bundle's name.
        data: Table -> its fingerprint then and now.
        versions: Package -> its version then and now.
        code: What the firm's own code is, as `fingerprint_own` names it -> its fingerprint then and now.
        commit: The git commit of the settings' folder then and now; None where it is the same.
        files: Files of the bundle whose text differs; one that only one of the two has is among them.
        metrics: Candidate and metric of the forward test -> figure then and now.
        same: How many files are equal to the byte.
    """

    version: str
    data: dict[str, Pair]
    versions: dict[str, Pair]
    code: dict[str, Pair]
    commit: Pair | None
    files: tuple[str, ...]
    metrics: dict[str, Pair]
    same: int

    @property
    def equal(self) -> bool:
        """Whether the data and every file are what they were, whatever the versions."""
        return not (self.data or self.files)

    def to_json(self) -> dict[str, Any]:
        """The content as JSON."""
        return asdict(self) | {"equal": self.equal}

    def describe(self) -> str:
        """What the comparison says, in a sentence or two."""
        if self.equal:
            return f"Equal: the data and all {self.same} files of '{self.version}' are what they were."
        parts = {"data": self.data, "versions": self.versions, "code of your own": self.code, "commit": self.commit}
        causes = [name for name, found in parts.items() if found]
        why = f" What else differs: {', '.join(causes)}." if causes else " Data, versions and commit are the same."
        return f"Not equal: {len(self.files)} of {self.same + len(self.files)} files of '{self.version}' differ.{why}"


def read_settings(bundle: Bundle, folder: Path) -> Settings:
    """The settings that a bundle was trained with.

    Args:
        bundle: The bundle.
        folder: Where its relative paths start.
    """
    return make_settings(tomllib.loads(bundle.files["config.toml"]), folder=folder, source=f"config.toml of '{bundle.version}'")


def reproduce(  # noqa: PLR0913  the bundle, and what `train` takes
    bundle: Bundle,
    settings: Settings,
    *,
    dataset: Dataset | None = None,
    candidates: Mapping[str, object] | None = None,
    metrics: Mapping[str, Metric] | None = None,
    progress: Progress = lambda _: None,
    advance: Advance = lambda _: None,
) -> Reproduction:
    """Train once more with the settings of a bundle, and compare; nothing is written.

    Args:
        bundle: The bundle.
        settings: Its settings, as `read_settings` gives them.
        dataset: What to learn from; None means the tables that the settings name.
        candidates: The classifiers of your own that were handed over in Python, as `train` takes them.
        metrics: The metrics of your own that were handed over in Python, likewise.
        progress: Called with what begins now, in words.
        advance: Called with the share of the tuning that is done, 0 to 1.

    Raises:
        TrainingError: The training had candidates or metrics of the firm's own that neither the settings nor the arguments name.
        PredictorError: Whatever `train` raises.
    """
    candidates, metrics = candidates or {}, metrics or {}
    _check_own_code(bundle, candidates=[*settings.model.own, *candidates], metrics=[*settings.model.metrics, *metrics])
    trained = train(settings, dataset=dataset, candidates=candidates, metrics=metrics, progress=progress, advance=advance)
    return compare_training(bundle, trained)


def _check_own_code(bundle: Bundle, *, candidates: Collection[str], metrics: Collection[str]) -> None:
    """Refuse a training whose code is not there: a bundle holds no code, and none that was handed over in Python can be found."""
    test = bundle.read_json("metrics.json")["test"]
    own = dict.fromkeys(
        figure.removeprefix("own/") for figures in test.values() for figure in figures if figure.startswith("own/")
    )
    missing = [name for name in test if name not in CANDIDATES and name not in candidates]
    unmeasured = [name for name in own if name not in metrics]
    parts = [("the candidates", missing, "model.own"), ("the metrics", unmeasured, "model.metrics")]
    if found := [(kind, list_names(names), setting) for kind, names, setting in parts if names]:
        what = " and ".join(f"{kind} {names}" for kind, names, _ in found)
        where = " and ".join(setting for *_, setting in found)
        raise TrainingError(
            f"'{bundle.version}' was trained with {what}, which were handed over in Python, and a bundle holds no code. "
            f"Train with import paths in {where}, or call predictor.training.reproduce.reproduce with them."
        )


def compare_training(bundle: Bundle, trained: Trained) -> Reproduction:
    """A bundle beside a training."""
    then, now = bundle.manifest, trained.facts
    files = {name: text for name, text in bundle.files.items() if name in then["files"]}
    names = sorted({*files, *trained.files})
    different = tuple(name for name in names if files.get(name) != trained.files.get(name))
    commit = then.get("git_commit"), now["git_commit"]
    return Reproduction(
        version=bundle.version,
        data=_list_differences(then["data"], now["data"]),
        versions=_list_differences(then["versions"], now["versions"]),
        code=_list_differences(then.get("own_code", {}), now.get("own_code", {})) if "own_code" in then else {},
        commit=None if commit[0] == commit[1] else commit,
        files=different,
        metrics=_list_differences(_flatten(bundle.files["metrics.json"]), _flatten(trained.files["metrics.json"])),
        same=len(names) - len(different),
    )


def _list_differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Pair]:
    pairs = {name: (then.get(name), now.get(name)) for name in dict.fromkeys([*then, *now])}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _flatten(metrics: str) -> dict[str, Any]:
    test = json.loads(metrics)["test"]
    return {f"{candidate} {metric}": figure for candidate, figures in test.items() for metric, figure in figures.items()}
