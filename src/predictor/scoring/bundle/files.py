"""A bundle: a trained model as a folder of text and JSON, whole or not there at all, and whose every byte is accounted for."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from predictor.core.durable_files import keep_or_remove, sweep, sync_folder, write_through
from predictor.core.errors import BundleError, count, list_names

MANIFEST = "manifest.json"
FORMAT = 1
_CHAMPION = "champion"
_WRITING = ".writing-"
_NEEDED = ("calibrator.json", "threshold.json", "features.json", "config.toml", "metrics.json", "golden.jsonl", "reference.json")


@dataclass(frozen=True)
class Bundle:
    """The files of a bundle that agree with their manifest.

    Attributes:
        version: The folder's name.
        files: Name -> text.
        manifest: Versions, data fingerprint and git commit of the training.
    """

    version: str
    files: dict[str, str]
    manifest: dict[str, Any]

    def read_json(self, name: str) -> Any:  # noqa: ANN401  JSON
        """The content of a JSON file of the bundle."""
        return json.loads(self.files[name])


def fingerprint(content: bytes) -> str:
    """The sha256 of some bytes, as hexadecimal text."""
    return hashlib.sha256(content).hexdigest()


def save_bundle(models: Path | str, name: str, files: Mapping[str, str], facts: Mapping[str, Any]) -> Path:
    """Write a bundle; it appears under its name when all of it is on disk, and never in part.

    Args:
        models: The folder of all bundles; made where it lacks.
        name: The bundle's name.
        files: Name -> text.
        facts: What the manifest tells beside the fingerprints: versions, data, commit.

    Raises:
        BundleError: The name is taken, or the disk refuses; nothing is left behind.
    """
    models = Path(models)
    target, writing = models / name, models / f"{_WRITING}{name}-{os.getpid()}"
    sweep(models, _WRITING)
    if target.exists():
        raise BundleError(f"There is a bundle '{name}' in '{models}' already. Give the new one another name.")
    sums = {file: fingerprint(text.encode()) for file, text in sorted(files.items())}
    manifest = _write_manifest({"format": FORMAT, **facts, "files": sums})
    try:
        writing.mkdir(parents=True)
        for file, text in {**files, MANIFEST: manifest}.items():
            write_through(writing / file, text)
        sync_folder(writing)
        writing.rename(target)
        keep_or_remove(target)
    except OSError as error:
        raise BundleError(
            f"The bundle '{name}' could not be written to '{models}': {error.strerror or error}. "
            "Nothing was left behind and the champion is as it was. Make room or mend the permissions, then train again."
        ) from error
    finally:
        shutil.rmtree(writing, ignore_errors=True)
    return target


def _write_manifest(content: Mapping[str, Any]) -> str:
    """The manifest's text, with a fingerprint of itself."""
    seal = fingerprint(json.dumps(content, sort_keys=True).encode())
    return json.dumps({**content, "seal": seal}, indent=1, sort_keys=True)


def _read_manifest(text: str) -> dict[str, Any] | None:
    """The manifest that `_write_manifest` wrote; None where a byte of it was altered."""
    content = json.loads(text)
    content.pop("seal")
    return content if _write_manifest(content) == text else None


def load_bundle(folder: Path | str) -> Bundle:
    """The bundle in a folder, every file checked against the manifest.

    Raises:
        BundleError: The folder or a file is missing, altered, or of another format; all of it in one text.
    """
    folder = Path(folder)
    again = "Copy the bundle again, whole, or train a new one."
    try:
        text = (folder / MANIFEST).read_bytes().decode("utf-8")
        came = json.loads(text)["format"]
        manifest = _read_manifest(text)
    except (FileNotFoundError, NotADirectoryError):
        raise BundleError(f"'{folder}' is no bundle, or a half-copied one: it has no {MANIFEST}. {again}") from None
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as error:
        raise BundleError(f"The manifest of bundle '{folder.name}' cannot be read. {again}") from error
    if came != FORMAT:
        raise BundleError(f"Bundle '{folder.name}' has format {came!r}; this version reads {FORMAT}. Train it anew.")
    if manifest is None:
        raise BundleError(f"The manifest of bundle '{folder.name}' was altered. {again}")
    files = _read_listed(folder, manifest["files"], again)
    lacking = [name for name in _NEEDED if name not in files]
    if lacking:
        raise BundleError(f"Bundle '{folder.name}' lacks {list_names(lacking)}. {again}")
    return Bundle(folder.resolve().name, files, manifest)


def _read_listed(folder: Path, listed: Mapping[str, str], again: str) -> dict[str, str]:
    files: dict[str, str] = {}
    told: dict[str, list[str]] = {"missing": [], "unreadable": [], "altered": []}
    for name, expected in listed.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            told["missing"].append(name)
            continue
        try:
            content = path.read_bytes()
            files[name] = content.decode("utf-8")
        except (OSError, UnicodeDecodeError):
            told["unreadable"].append(name)
            continue
        if fingerprint(content) != expected:
            told["altered"].append(name)
    faults = [f"{list_names(names)} {what}" for what, names in told.items() if names]
    if faults:
        raise BundleError(f"Bundle '{folder.name}' does not agree with its manifest: {'; '.join(faults)}. {again}")
    return files


def list_bundles(models: Path | str) -> list[str]:
    """The names of the bundles in a folder, by alphabet, which is by time for names that end in one."""
    models = Path(models)
    if not models.is_dir():
        return []
    return sorted(entry.name for entry in models.iterdir() if not entry.name.startswith(".") and (entry / MANIFEST).is_file())


def read_champions(models: Path | str) -> list[str]:
    """The bundle that serves, then those that served before it, newest first; empty where none has been promoted.

    Raises:
        BundleError: The file that names them cannot be read.
    """
    return read_names(Path(models) / _CHAMPION, "names the bundle that serves", "predictor models promote NAME")


def read_names(file: Path, what: str, command: str) -> list[str]:
    """The names of bundles in a file; none where there is no file.

    Args:
        file: A name a line.
        what: What it does, for the refusal.
        command: What writes it anew, likewise.

    Raises:
        BundleError: It cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8").split()
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"'{file}', which {what}, cannot be read. Remove that file, then `{command}`.") from error


def find_champion(models: Path | str) -> Path:
    """The folder of the bundle that serves.

    Raises:
        BundleError: No bundle has been promoted, or the one that was is gone.
    """
    models = Path(models)
    champions = read_champions(models)
    if not champions:
        has = f"It has {count(len(list_bundles(models)), 'bundle')}"
        raise BundleError(f"'{models}' names no champion. {has}: train, or `predictor models promote NAME`.")
    if champions[0] not in list_bundles(models):
        raise BundleError(f"The champion '{champions[0]}' is not in '{models}'. Put it back, or `predictor models rollback`.")
    return models / champions[0]


def promote(models: Path | str, name: str) -> None:
    """Let a bundle serve; the file that names it is replaced in one step.

    Raises:
        BundleError: There is no such bundle, it does not agree with its manifest, or the disk refuses.
    """
    models = Path(models)
    check_there(models, name)
    before = read_champions(models)
    if before[:1] != [name]:
        write_names(models, _CHAMPION, [name, *before])


def check_there(models: Path | str, name: str) -> None:
    """Refuse the name of a bundle that is not there, or does not agree with its manifest.

    Raises:
        BundleError: It is so.
    """
    models = Path(models)
    if name not in list_bundles(models):
        raise BundleError(f"There is no bundle '{name}' in '{models}'; it has {list_names(list_bundles(models)) or 'none'}.")
    load_bundle(models / name)


def rollback(models: Path | str) -> str:
    """Let the champion before the present one serve again, and tell its name.

    Raises:
        BundleError: There was none before, or it is gone or broken.
    """
    models = Path(models)
    champions = read_champions(models)
    if len(champions) < 2:
        raise BundleError(f"'{models}' names no earlier champion to go back to. Promote one: `predictor models promote NAME`.")
    load_bundle(models / champions[1])
    write_names(models, _CHAMPION, champions[1:])
    return champions[1]


def write_names(models: Path, file: str, names: list[str]) -> None:
    """Write a file of names; it is replaced in one step.

    Raises:
        BundleError: The disk refuses.
    """
    writing = models / f"{_WRITING}{file}-{os.getpid()}"
    try:
        write_through(writing, "".join(f"{name}\n" for name in names))
        writing.replace(models / file)
        sync_folder(models)
    except OSError as error:
        why = error.strerror or error
        raise BundleError(f"The {file} could not be named in '{models}': {why}. It is as it was.") from error
    finally:
        writing.unlink(missing_ok=True)


def is_bundle(folder: Path | str) -> bool:
    """Whether a folder is a bundle, rather than a folder of bundles."""
    return (Path(folder) / MANIFEST).is_file()


def find_bundle(folder: Path | str) -> Path:
    """The bundle that a path means: itself, or the champion of a folder of bundles.

    Raises:
        BundleError: It is neither, or names no champion.
    """
    folder = Path(folder)
    if is_bundle(folder):
        return folder
    if not folder.is_dir():
        raise BundleError(f"There is no folder '{folder}'. Name a bundle, or the folder of bundles whose champion is meant.")
    return find_champion(folder)
