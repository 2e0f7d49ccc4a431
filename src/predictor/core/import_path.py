"""What an import path of a firm's settings names, as `mypackage.models:make`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from predictor.core.errors import SettingsError


def import_named(path: str, *, setting: str, folder: Path) -> object:
    """The object that an import path names; its module is run.

    Args:
        path: `package.module:name`.
        setting: The setting that holds it, for messages.
        folder: A folder that modules may be in too: that of the settings file.

    Raises:
        SettingsError: The path is not written so, the module cannot be imported, or it has no such name.

    >>> import_named("math:pi", setting="model.own", folder=Path())
    3.141592653589793
    >>> import_named("math", setting="model.own", folder=Path())
    Traceback (most recent call last):
    predictor.core.errors.SettingsError: Setting 'model.own' must name an object as 'package.module:name', but is 'math'.
    """
    module_name, colon, name = path.partition(":")
    if not (colon and name and all(part.isidentifier() for part in [*module_name.split("."), *name.split(".")])):
        raise SettingsError(f"Setting '{setting}' must name an object as 'package.module:name', but is '{path}'.")
    place = str(folder.resolve())
    sys.path.append(place)
    try:
        found: object = import_module(module_name)
    except Exception as error:  # whatever the code of the firm raises
        text = f"Setting '{setting}' names '{path}', but module '{module_name}' cannot be imported: {error}. "
        raise SettingsError(f"{text}Install it, or put it into '{place}'.") from error
    finally:
        sys.path.remove(place)
    try:
        for part in name.split("."):
            found = getattr(found, part)
    except AttributeError:
        raise SettingsError(f"Setting '{setting}' names '{path}', but module '{module_name}' has no '{name}'.") from None
    return found
