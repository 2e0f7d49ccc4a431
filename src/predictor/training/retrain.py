"""Training again with nobody watching: one at a time, compared with the champion, and summed up in two small files."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from predictor.core.durable_files import replace_file
from predictor.core.errors import PredictorError, TrackingError, TrainingError, count
from predictor.core.settings import Settings
from predictor.core.wording import format_threshold
from predictor.report.card import escape_markdown, to_markdown
from predictor.report.compare.candidates import compute_verdict_table
from predictor.report.tables_text import format_candidates
from predictor.scoring.bundle.files import WRITING
from predictor.scoring.bundle.registry import read_champions
from predictor.training.dataset import Dataset
from predictor.training.fit import Advance, Progress
from predictor.training.track_trained import track_trained
from predictor.training.train import Saved, save_trained, train
from predictor.training.trained import Trained

Status = Literal["promoted", "kept", "failed"]
SUMMARY = "retraining.md"  # beside the bundles; the same as JSON has the suffix .json
_LOCK = ".retraining"
_TITLES: dict[Status, str] = {
    "promoted": "Retraining: a new champion",
    "kept": "Retraining: the champion stays",
    "failed": "Retraining failed",
}


@dataclass(frozen=True, kw_only=True)
class Retraining:
    """What a retraining came to.

    Attributes:
        status: `promoted`: the new bundle serves; `kept`: the champion of before does; `failed`: there is no new bundle.
        reason: Why, in a sentence or two.
        began: When it began.
        seconds: How long it took.
        before: The bundle that served before; None for none.
        champion: The bundle that serves now; None for none.
        trained: The training; None where it failed.
        bundle: The name of the new bundle; None where there is none.
        run: Its run in MLflow; None for none.
        not_done: What did not work beside the training, such as the record in MLflow; empty for nothing.
    """

    status: Status
    reason: str
    began: datetime
    seconds: float
    before: str | None
    champion: str | None
    trained: Trained | None = None
    bundle: str | None = None
    run: str | None = None
    not_done: str = ""

    def to_json(self) -> dict[str, Any]:
        """The content of the summary for machines; `verdict`, `threshold`, `metrics` and `findings` only of a training."""
        content = {
            "status": self.status,
            "reason": self.reason,
            "began": f"{self.began:%Y-%m-%dT%H:%M:%SZ}",
            "seconds": round(self.seconds, 1),
            "before": self.before,
            "champion": self.champion,
            "bundle": self.bundle,
            "run": self.run,
            "not_done": self.not_done,
        }
        if self.trained is not None:
            content |= {
                "verdict": self.trained.verdict.text,
                "threshold": self.trained.advice.threshold,
                "metrics": json.loads(self.trained.files["metrics.json"]),
                "findings": [asdict(finding) for finding in self.trained.findings],
            }
        return content

    def to_markdown(self) -> str:
        """The summary for people."""
        rows = {
            "Began": f"{self.began:%Y-%m-%d %H:%M} UTC, took {self.seconds:,.0f} s",
            "Served before": self.before or "nothing",
            "Serves now": self.champion or "nothing",
            "New bundle": self.bundle or "none",
            "Run in MLflow": self.run or "none",
        }
        parts = list[str]()
        if self.trained is not None:
            fit, verdict = self.trained.dataset.describe_fit(), self.trained.verdict
            rows["Trained on"] = f"{count(fit['n'], 'lead')}, from {fit['from']} through {fit['through']}"
            threshold = self.trained.advice.threshold
            rows["Recommended threshold"] = "none: no signal" if threshold is None else format_threshold(threshold)
            table = to_markdown(format_candidates(compute_verdict_table(verdict)))
            parts += ["## Forward test", escape_markdown(f"{verdict.text} {verdict.calibration.text}"), table]
            findings = [finding for finding in self.trained.findings if finding.severity != "tip" and finding.accepted is None]
            lines = [f"- {finding.severity} {escape_markdown(str(finding))}" for finding in findings]
            parts += ["## Findings", "\n".join(lines)] if lines else []
        facts = "\n".join(f"- {label}: {escape_markdown(text)}" for label, text in rows.items())
        not_done = [f"**Not done.** {escape_markdown(self.not_done)}"] if self.not_done else []
        first, *faults = map(escape_markdown, self.reason.splitlines())
        reason = "\n".join([first, *(f"- {fault}" for fault in faults)])
        return "\n\n".join([f"# {_TITLES[self.status]}", reason, facts, *not_done, *parts]) + "\n"


def retrain(
    settings: Settings,
    models: Path,
    *,
    load: Callable[[], Dataset | None] = lambda: None,
    track: bool = True,
    progress: Progress = lambda _: None,
    advance: Advance = lambda _: None,
) -> Retraining:
    """Train on what is there now, let the new bundle serve if it earned that, and write `retraining.md` and `retraining.json`.

    Args:
        settings: A firm's settings.
        models: The folder of bundles; the summary is beside them.
        load: Gives the dataset; None from it means the tables that the settings name.
        track: Whether to record the training in MLflow.
        progress: Called with what begins now, in words.
        advance: Called with the share of the tuning that is done, 0 to 1.

    Raises:
        TrainingError: Another retraining is at work in that folder. Nothing is written.
        PredictorError: Whatever `train` and `save_trained` raise. The summary says it, and the champion is as it was.
    """
    with _lock(models):
        began, before = datetime.now(UTC), _read_champion(models)
        outcome = Retraining(status="failed", reason="", began=began, seconds=0.0, before=before, champion=before)
        try:
            trained = train(settings, dataset=load(), progress=progress, advance=advance)
            progress("Writing the bundle")
            saved = save_trained(trained, models, now=began)
        except Exception as error:
            reason = str(error) if isinstance(error, PredictorError) else f"{type(error).__name__}: {error}"
            save_summary(_end(outcome, models, reason=reason), models)
            raise
        progress("Recording the run in MLflow" if track else "Writing the summary")
        run, not_done = _track(trained, saved, began) if track else (None, "")
        done = _end(outcome, models, reason=saved.reason, status="promoted" if saved.promoted else "kept")
        done = replace(
            done,
            trained=trained,
            bundle=saved.folder.name,
            run=run,
            not_done=not_done,
        )
        save_summary(done, models)
        return done


def save_summary(outcome: Retraining, models: Path) -> None:
    """Write the summary as Markdown and as JSON; each file is replaced in one step.

    Raises:
        TrainingError: It cannot be written.
    """
    target = models / SUMMARY
    texts = {target: outcome.to_markdown(), target.with_suffix(".json"): json.dumps(outcome.to_json(), indent=1) + "\n"}
    try:
        for path, text in texts.items():
            replace_file(path, text, prefix=WRITING)
    except OSError as error:
        what = f"The summary '{target}' cannot be written: {error.strerror or error}."
        raise TrainingError(f"{what} The retraining itself is done: {outcome.status}. {outcome.reason}") from error


def _end(outcome: Retraining, models: Path, *, reason: str, status: Status = "failed") -> Retraining:
    seconds = (datetime.now(UTC) - outcome.began).total_seconds()
    return replace(outcome, status=status, reason=reason, seconds=seconds, champion=_read_champion(models))


def _read_champion(models: Path) -> str | None:
    with suppress(PredictorError):
        return next(iter(read_champions(models)), None)
    return None


def _track(trained: Trained, saved: Saved, began: datetime) -> tuple[str | None, str]:
    """The run in MLflow, and why there is none."""
    try:
        return track_trained(trained, saved, began=began).run_id, ""
    except TrackingError as error:
        return None, str(error)


@contextmanager
def _lock(models: Path) -> Iterator[None]:
    """The right to retrain in that folder. It ends with the process, however that ends."""
    try:
        models.mkdir(parents=True, exist_ok=True)
        handle = os.open(models / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise TrainingError(f"'{models}' cannot hold bundles: {error.strerror}. Fix its permissions, or name another.") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = os.pread(handle, 100, 0).decode(errors="replace").strip()
            raise TrainingError(f"Another retraining is at work in '{models}' (process {who}). Wait for its end.") from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
