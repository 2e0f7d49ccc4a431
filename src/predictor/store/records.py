"""Records on their way to the database: a line of JSON each, which says what is to be written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import orjson
import sqlalchemy as sa
from pydantic_core import to_json

from predictor.core.errors import StoreError
from predictor.core.ids import make_uuid
from predictor.scoring.answer import Answer
from predictor.store.schema import ERASURES, OUTCOMES, SCORES, Moment

RecordKind = Literal["score", "outcome", "erase"]
_TABLES: dict[str, sa.Table] = {"score": SCORES, "outcome": OUTCOMES, "erase": ERASURES}
_FEATURES = b',"features":{'
_MOMENTS = {kind: {column.name for column in table.c if isinstance(column.type, Moment)} for kind, table in _TABLES.items()}


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer as it was given.

    Attributes:
        answer: What was answered.
        as_of: The moment it speaks of, with a zone.
        explore: Whether the lead went to sales by lot, whatever the model said.
        explore_rate: The chance of that; None where nothing is drawn by lot.
        challenger: The model that scored in the shadow; None for none.
        challenger_probability: What it said.
        answer_id: Makes the answer one, however often it is written.
    """

    answer: Answer
    as_of: datetime
    explore: bool = False
    explore_rate: float | None = None
    challenger: str | None = None
    challenger_probability: float | None = None
    answer_id: str = field(default_factory=make_uuid)


@dataclass(frozen=True, slots=True)
class Record:
    """What is to be written: a score or an outcome, a row of its table; or who is to be erased, and as of when."""

    kind: RecordKind
    row: Mapping[str, Any]

    @property
    def lead_id(self) -> str:
        """The lead it is about."""
        return str(self.row["lead_id"])

    @property
    def made_at(self) -> datetime:
        """When it was made; an erasure after that holds for it."""
        moment: datetime = self.row[{"score": "scored_at", "outcome": "told_at", "erase": "erased_at"}[self.kind]]
        return moment

    def to_line(self) -> bytes:
        r"""The record as a line of the spool.

        Raises:
            StoreError: It holds what JSON lacks, as a number that is none.

        >>> Record("outcome", {"lead_id": "A17", "told_at": datetime(2026, 7, 1)}).to_line()
        b'{"kind":"outcome","row":{"lead_id":"A17","told_at":"2026-07-01T00:00:00"}}\n'
        """
        try:
            features = self.row.get("features")
            if features is None:
                return _write({"kind": self.kind, "row": self.row}) + b"\n"
            text = features.encode() if isinstance(features, str) else _write_features(features)
            rest = {name: value for name, value in self.row.items() if name != "features"}
            return _write({"kind": self.kind, "row": rest})[:-2] + _FEATURES + text[1:] + b"}}\n"
        except (ValueError, TypeError) as error:
            raise StoreError(
                f"A {self.kind} cannot be kept: {error}. This is a fault of the program; tell who runs it."
            ) from None

    @classmethod
    def from_line(cls, line: bytes) -> Record:
        """The record of a line. What the model looked at stays the text that it is: nobody takes it apart on its way.

        Raises:
            ValueError: The line holds none.

        >>> Record.from_line(b'{"kind":"erase","row":{"lead_id":"A17","erased_at":"2026-07-01T00:00:00+00:00"}}').made_at.year
        2026
        """
        try:
            line, _, features = line.rstrip().partition(_FEATURES)  # stands once: in texts, quotes are escaped
            content = json.loads(line + b"}}" if features else line)
            if features:
                content["row"]["features"] = f"{{{features[:-2].decode()}"
            moments = _MOMENTS[content["kind"]]
            row = {
                name: datetime.fromisoformat(value) if name in moments and value is not None else value
                for name, value in content["row"].items()
            }
            record = cls(content["kind"], row)
            whole = record.made_at.utcoffset() is not None and isinstance(row["lead_id"], str)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"no record can be read: {type(error).__name__}") from None
        if not whole:
            raise ValueError("no record can be read: a lead, and a moment with its zone, must be there")
        return record


def record_score(given: Answered, *, scored_at: datetime, model: str) -> Record:
    """The record of an answer.

    Args:
        given: What was answered.
        scored_at: When, with a zone.
        model: The version of the model that answered.
    """
    answer = given.answer
    low, high = answer.interval
    points = answer.points
    row = {
        "answer_id": given.answer_id, "lead_id": answer.lead_id, "as_of": given.as_of, "scored_at": scored_at,
        "probability": answer.probability, "low": low, "high": high, "threshold": answer.threshold,
        "decision": answer.decision, "grade": answer.grade,
        "points": None if points is None else points.total, "points_decision": None if points is None else points.decision,
        "model": model, "explore": given.explore, "explore_rate": given.explore_rate, "challenger": given.challenger,
        "challenger_probability": given.challenger_probability, "features": answer.features,
    }  # fmt: skip
    return Record("score", row)


def _write_features(features: Mapping[str, Any]) -> bytes:
    """What a model looked at: most of a record, so it is written the quickest way, which has null for what is no number."""
    try:
        return orjson.dumps(features)
    except TypeError:  # half a character
        return _write(features)


def _write(content: Mapping[str, Any]) -> bytes:
    """Content as JSON. The strict way, four times as slow, is for what the quick one refuses, or has no number for."""
    with suppress(ValueError):
        text = to_json(content, inf_nan_mode="constants")
        if b"NaN" not in text and b"Infinity" not in text:
            return text
    return json.dumps(content, separators=(",", ":"), allow_nan=False, default=_write_moment).encode()


def _write_moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON")
