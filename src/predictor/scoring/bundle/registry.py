"""The champion of a folder of bundles, which serves; those before it; and the challenger, which scores in its shadow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from predictor.core.durable_files import hold_lock, replace_file
from predictor.core.errors import BundleError, count, list_names
from predictor.scoring.bundle.decision_rules import RULES
from predictor.scoring.bundle.files import LOCK, MANIFEST, WRITING, is_bundle, list_bundles, load_bundle

_CHAMPION, _CHALLENGER = "champion", "challenger"


def read_champions(models: Path | str) -> list[str]:
    """The bundle that serves, then those that served before it, newest first; empty where none has been promoted.

    Raises:
        BundleError: The file that names them cannot be read.
    """
    return _read_names(Path(models) / _CHAMPION, "names the bundle that serves", "predictor models promote NAME")


def find_champion(models: Path | str) -> Path:
    """The folder of the bundle that serves.

    Raises:
        BundleError: No bundle has been promoted, or the one that was is missing.
    """
    models = Path(models)
    champions = read_champions(models)
    if not champions:
        raise BundleError(f"'{models}' names no champion, so no model serves. {_advise_promotion(models)}")
    if champions[0] not in list_bundles(models):
        raise BundleError(f"The champion '{champions[0]}' is not in '{models}'. Put it back, or `predictor models rollback`.")
    return models / champions[0]


def _advise_promotion(models: Path) -> str:
    """What to do about a folder without a champion."""
    bundles = list_bundles(models)
    if not bundles:
        return "It has no bundle. Train first: `predictor train`."
    newest = max(bundles, key=lambda name: (models / name / MANIFEST).stat().st_mtime_ns)
    return (
        f"It has {count(len(bundles), 'bundle')}, and none was promoted. Read the verdict of the newest in '{newest}/card.md'; "
        f"`predictor models promote {newest}` lets it serve. To look at it without that: --model {models / newest}."
    )


def promote(models: Path | str, name: str) -> None:
    """Make a bundle the champion; the file that names it is replaced in one step.

    Raises:
        BundleError: There is no bundle of that name, it does not agree with its manifest, or the disk refuses.
    """
    models = Path(models)
    _check_bundle(models, name)
    with _change_names(models, _CHAMPION):
        champions = read_champions(models)
        if champions[:1] != [name]:
            _write_names(models, _CHAMPION, [name, *champions])


def rollback(models: Path | str) -> str:
    """Make the champion before the present one serve again, and give its name.

    Raises:
        BundleError: There was none before, or it is missing or broken.
    """
    models = Path(models)
    with _change_names(models, _CHAMPION):
        champions = read_champions(models)
        if len(champions) < 2:
            raise BundleError(
                f"'{models}' names no earlier champion to go back to. Promote one: `predictor models promote NAME`."
            )
        load_bundle(models / champions[1])
        _write_names(models, _CHAMPION, champions[1:])
    return champions[1]


def find_bundle(folder: Path | str) -> Path:
    """The bundle at a path: the folder itself, or the champion of a folder of bundles.

    Raises:
        BundleError: There is no folder, or it names no champion.
    """
    folder = Path(folder)
    if is_bundle(folder):
        return folder
    if not folder.is_dir():
        raise BundleError(f"There is no folder '{folder}'. Name a bundle, or the folder of bundles whose champion is meant.")
    return find_champion(folder)


def read_challenger(models: Path) -> str | None:
    """The name of the challenger; None for none.

    Raises:
        BundleError: The file that names it cannot be read.
    """
    names = _read_names(models / _CHALLENGER, "names the bundle that scores in the shadow", "predictor models challenge NAME")
    return names[0] if names else None


def challenge(models: Path, name: str | None) -> None:
    """Make a bundle the challenger, which scores in the shadow of the champion; None for no challenger.

    Raises:
        BundleError: There is no bundle of that name, it differs from its manifest or is the champion, or the disk refuses.
    """
    if name is not None:
        _check_bundle(models, name)
        if read_champions(models)[:1] == [name]:
            raise BundleError(f"'{name}' is the champion, and cannot challenge itself. Name another bundle.")
    with _change_names(models, _CHALLENGER):
        _write_names(models, _CHALLENGER, [] if name is None else [name])


def mark_bundles(models: Path) -> tuple[tuple[str, int, int], ...]:
    """A mark that changes when a folder names another champion, challenger or rule of decision, or one of their files changes.

    >>> mark_bundles(Path("no folder"))
    ()
    """
    paths = [models / _CHAMPION, models / _CHALLENGER, models / RULES]
    for name in [*read_champions(models)[:1], read_challenger(models)]:
        paths += sorted((models / name).glob("*")) if name else []
    marks = []
    for path in paths:
        with suppress(OSError):
            status = path.stat()
            marks.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(marks)


def find_challenger(models: Path) -> Path | None:
    """The folder of the challenger; None where there is none, or it is the champion.

    Raises:
        BundleError: It is missing, or the file that names it cannot be read.
    """
    name = read_challenger(models)
    if name is None or read_champions(models)[:1] == [name]:
        return None
    if name not in list_bundles(models):
        raise BundleError(f"The challenger '{name}' is not in '{models}'. Put it back, or `predictor models challenge` another.")
    return models / name


def _check_bundle(models: Path | str, name: str) -> None:
    """Refuse the name of a bundle that is missing, or does not agree with its manifest."""
    models = Path(models)
    if name not in list_bundles(models):
        raise BundleError(f"There is no bundle '{name}' in '{models}'; it has {list_names(list_bundles(models)) or 'none'}.")
    load_bundle(models / name)


def _read_names(file: Path, what: str, command: str) -> list[str]:
    """The names in a file, a line each; none where there is no file.

    Args:
        file: The file.
        what: What it does, for the error.
        command: What writes it again, for the error.
    """
    try:
        return file.read_text(encoding="utf-8").split()
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"'{file}', which {what}, cannot be read. Remove that file, then `{command}`.") from error


@contextmanager
def _change_names(models: Path, file: str) -> Iterator[None]:
    """Read a file of names and replace it while nobody else does."""
    try:
        with hold_lock(models / LOCK):
            yield
    except OSError as error:
        why = error.strerror or error
        raise BundleError(f"The {file} could not be named in '{models}': {why}. Nothing was changed.") from error


def _write_names(models: Path, file: str, names: Sequence[str]) -> None:
    replace_file(models / file, "".join(f"{name}\n" for name in names), prefix=WRITING)
