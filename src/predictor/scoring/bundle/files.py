"""A bundle: a trained model as a folder of text and JSON files, written whole or not at all, and checked to the byte."""

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
from predictor.core.errors import BundleError, list_names

MANIFEST = "manifest.json"
FORMAT = 1
WRITING = ".writing-"
LOCK = ".lock"  # of the small files beside the bundles: who serves, and by which rule
_NEEDED = ("calibrator.json", "threshold.json", "features.json", "config.toml", "metrics.json", "golden.jsonl", "reference.json")


@dataclass(frozen=True)
class Bundle:
    """The files of a bundle, which agree with its manifest.

    Attributes:
        version: The folder's name.
        files: Name -> text.
        manifest: Versions, fingerprint of the data and git commit of the training.
    """

    version: str
    files: dict[str, str]
    manifest: dict[str, Any]

    def read_json(self, name: str) -> Any:  # noqa: ANN401  JSON
        """The content of a JSON file of the bundle."""
        return json.loads(self.files[name])


def fingerprint(content: bytes) -> str:
    """The sha256 of bytes, as hexadecimal text."""
    return hashlib.sha256(content).hexdigest()


def save_bundle(models: Path | str, name: str, files: Mapping[str, str], facts: Mapping[str, Any]) -> Path:
    """Write a bundle, and give its folder; it appears under its name when all of it is on disk, never in part.

    Args:
        models: The folder of all bundles; made where it is missing.
        name: The bundle's name.
        files: Name -> text.
        facts: What the manifest holds beside the fingerprints: versions, data, commit.

    Raises:
        BundleError: The name is taken, or the disk refuses; nothing is left behind.
    """
    models = Path(models)
    target, writing = models / name, models / f"{WRITING}{name}-{os.getpid()}"
    sweep(models, WRITING)
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
            "Nothing was left behind and the champion is as it was. Make room or fix the permissions, then train again."
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
    remedy = "Copy the bundle again, whole, or train a new one."
    try:
        text = _read_inside(folder, MANIFEST).decode("utf-8")
        bundle_format = json.loads(text)["format"]
        manifest = _read_manifest(text)
    except (FileNotFoundError, NotADirectoryError):
        raise BundleError(f"'{folder}' is not a bundle, or a half-copied one: it has no {MANIFEST}. {remedy}") from None
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as error:
        raise BundleError(f"The manifest of bundle '{folder.name}' cannot be read. {remedy}") from error
    if type(bundle_format) is not int or bundle_format != FORMAT:  # true equals 1
        raise BundleError(f"Bundle '{folder.name}' has format {bundle_format!r}; this version reads {FORMAT}. Train it again.")
    if manifest is None:
        raise BundleError(f"The manifest of bundle '{folder.name}' was altered. {remedy}")
    files = _read_listed(folder, manifest["files"], remedy)
    if missing := [name for name in _NEEDED if name not in files]:
        raise BundleError(f"Bundle '{folder.name}' has no {list_names(missing)}. {remedy}")
    return Bundle(folder.resolve().name, files, manifest)


def _read_listed(folder: Path, listed: Mapping[str, str], remedy: str) -> dict[str, str]:
    files: dict[str, str] = {}
    faults: dict[str, list[str]] = {"missing": [], "unreadable": [], "altered": []}
    for name, expected in listed.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            faults["missing"].append(name)
            continue
        try:
            content = _read_inside(folder, name)
            files[name] = content.decode("utf-8")
        except (OSError, UnicodeDecodeError):
            faults["unreadable"].append(name)
            continue
        if fingerprint(content) != expected:
            faults["altered"].append(name)
    if any(faults.values()):
        texts = "; ".join(f"{list_names(names)} {what}" for what, names in faults.items() if names)
        raise BundleError(f"Bundle '{folder.name}' does not agree with its manifest: {texts}. {remedy}")
    return files


def _read_inside(folder: Path, name: str) -> bytes:
    """The content of a file of a folder, which may be a link within the folder, as in mounted volumes, but not out of it.

    Raises:
        OSError: It cannot be read, or leads out of the folder.
    """
    path = (folder / name).resolve(strict=True)
    if not path.is_relative_to(folder.resolve()):
        raise OSError(f"'{name}' is a link out of the folder")
    return path.read_bytes()


def list_bundles(models: Path | str) -> list[str]:
    """The names of the bundles in a folder, sorted; names that end in a time are then in its order."""
    models = Path(models)
    if not models.is_dir():
        return []
    return sorted(entry.name for entry in models.iterdir() if not entry.name.startswith(".") and (entry / MANIFEST).is_file())


def is_bundle(folder: Path | str) -> bool:
    """Whether a folder is a bundle, rather than a folder of bundles."""
    return (Path(folder) / MANIFEST).is_file()
