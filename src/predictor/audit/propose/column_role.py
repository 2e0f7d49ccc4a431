"""The role of a column of an export, and the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ColumnRole:
    """The role of a column.

    Attributes:
        role: One of our names, or points, weight, ignore, protected, attribute.
        why: The reason, in words.
        assumed: Whether it stands in for what the export does not have.
    """

    role: str
    why: str
    assumed: bool = False


def has_role(roles: Mapping[str, ColumnRole], role: str) -> bool:
    """Whether a column has that role."""
    return any(column.role == role for column in roles.values())
