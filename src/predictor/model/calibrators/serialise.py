"""Calibrators as text: a JSON object with the kind and what was learned, read back only if every part is there and no other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from typing import TYPE_CHECKING, Any, TypeVar

from predictor.core.errors import list_names

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Fitted = TypeVar("Fitted", bound="DataclassInstance")


def write_text(kind: str, fitted: DataclassInstance | Mapping[str, Any]) -> str:
    """A fitted calibrator, or the parts of one, as JSON.

    >>> print(write_text("sigmoid", {"slope": 1.0}))
    {
     "kind": "sigmoid",
     "slope": 1.0
    }
    """
    content = fitted if isinstance(fitted, Mapping) else asdict(fitted)
    return json.dumps({"kind": kind, **content}, indent=1)


def read_text(learned: type[Fitted], text: str) -> Fitted:
    """The calibrator that `write_text` wrote; a part that older texts do not have keeps its default.

    Raises:
        ValueError: Another part is missing, or one is not known.

    >>> from predictor.model.calibrators.identity import Identity
    >>> read_text(Identity, '{"kind": "none", "variance": [], "n": 0}')
    Identity(variance=(), n=0)
    >>> read_text(Identity, '{"kind": "none"}')
    Identity(variance=(), n=0)
    >>> read_text(Identity, '{"kind": "none", "slope": 1}')
    Traceback (most recent call last):
    ValueError: A calibrator of this kind must hold 'variance', 'n', but holds 'slope'
    """
    content = {name: value for name, value in json.loads(text).items() if name != "kind"}
    wanted = [field.name for field in fields(learned)]
    needed = {field.name for field in fields(learned) if field.default is MISSING}
    if not needed <= set(content) <= set(wanted):
        raise ValueError(f"A calibrator of this kind must hold {list_names(wanted)}, but holds {list_names(list(content))}")
    return learned(**{name: tuple(value) if isinstance(value, list) else value for name, value in content.items()})
