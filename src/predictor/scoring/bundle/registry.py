"""The challenger: a bundle that scores in the shadow of the champion, so that both can be compared on the same leads."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from predictor.core.errors import BundleError
from predictor.scoring.bundle.files import check_there, list_bundles, read_champions, read_names, write_names

_CHALLENGER = "challenger"


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
    places = [models / "champion", models / _CHALLENGER]
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
