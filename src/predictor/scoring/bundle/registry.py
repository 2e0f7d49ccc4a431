"""Which bundle of a folder serves (the champion), which served before it, and which scores in its shadow (the challenger)."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from predictor.core.durable_files import sync_folder, write_through
from predictor.core.errors import BundleError, count, list_names
from predictor.scoring.bundle.files import WRITING, is_bundle, list_bundles, load_bundle

_CHAMPION, _CHALLENGER = "champion", "challenger"


def read_champions(models: Path | str) -> list[str]:
    """The bundle that serves, then those that served before it, newest first; empty where none has been promoted.

    Raises:
        BundleError: The file that names them cannot be read.
    """
    return read_names(Path(models) / _CHAMPION, "names the bundle that serves", "predictor models promote NAME")


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


def read_challenger(models: Path) -> str | None:
    """The bundle that scores in the shadow of the champion; None for none.

    Raises:
        BundleError: The file that names it cannot be read.
    """
    names = read_names(models / _CHALLENGER, "names the bundle that scores in the shadow", "predictor models challenge NAME")
    return names[0] if names else None


def challenge(models: Path, name: str | None) -> None:
    """Let a bundle score in the shadow of the champion, in place of any that does; None lets none.

    Raises:
        BundleError: There is no such bundle, it does not agree with its manifest, it is the champion, or the disk refuses.
    """
    if name is not None:
        check_there(models, name)
        if read_champions(models)[:1] == [name]:
            raise BundleError(f"'{name}' is the champion, and cannot challenge itself. Name another bundle.")
    write_names(models, _CHALLENGER, [] if name is None else [name])


def mark_bundles(models: Path) -> tuple[tuple[str, int, int], ...]:
    """Something that differs once another bundle is named in a folder, or a file of one that is named has changed.

    >>> mark_bundles(Path("no folder"))
    ()
    """
    places = [models / _CHAMPION, models / _CHALLENGER]
    for name in [*read_champions(models)[:1], read_challenger(models)]:
        places += sorted((models / name).glob("*")) if name else []
    marks = []
    for place in places:
        with suppress(OSError):
            status = place.stat()
            marks.append((str(place), status.st_mtime_ns, status.st_size))
    return tuple(marks)


def find_challenger(models: Path) -> Path | None:
    """The folder of the challenger; None where none is named, or the champion is.

    Raises:
        BundleError: It is gone, or the file that names it cannot be read.
    """
    name = read_challenger(models)
    if name is None or read_champions(models)[:1] == [name]:
        return None
    if name not in list_bundles(models):
        raise BundleError(f"The challenger '{name}' is not in '{models}'. Put it back, or `predictor models challenge` another.")
    return models / name


def check_there(models: Path | str, name: str) -> None:
    """Refuse the name of a bundle that is not there, or does not agree with its manifest.

    Raises:
        BundleError: It is so.
    """
    models = Path(models)
    if name not in list_bundles(models):
        raise BundleError(f"There is no bundle '{name}' in '{models}'; it has {list_names(list_bundles(models)) or 'none'}.")
    load_bundle(models / name)


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


def write_names(models: Path, file: str, names: list[str]) -> None:
    """Write a file of names; it is replaced in one step.

    Raises:
        BundleError: The disk refuses.
    """
    writing = models / f"{WRITING}{file}-{os.getpid()}"
    try:
        write_through(writing, "".join(f"{name}\n" for name in names))
        writing.replace(models / file)
        sync_folder(models)
    except OSError as error:
        why = error.strerror or error
        raise BundleError(f"The {file} could not be named in '{models}': {why}. It is as it was.") from error
    finally:
        writing.unlink(missing_ok=True)
