"""Records on their way to the database: a score, an outcome, an erasure or an entry of the audit log as one line of JSON."""

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
from predictor.data.lead_keys import to_key
from predictor.scoring.answer import Answer
from predictor.store.schema import AUDIT, ERASURES, OUTCOMES, SCORES, Moment

RecordKind = Literal["score", "outcome", "erase", "audit"]
_TABLES: dict[str, sa.Table] = {"score": SCORES, "outcome": OUTCOMES, "erase": ERASURES, "audit": AUDIT}
_MADE = {"score": "scored_at", "outcome": "told_at", "erase": "erased_at", "audit": "at"}
_FEATURES = b',"features":{'
_MOMENTS = {kind: {column.name for column in table.c if isinstance(column.type, Moment)} for kind, table in _TABLES.items()}


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer with everything that is stored with it.

    Attributes:
        answer: The answer.
        as_of: The moment for which the lead was scored, with a timezone.
        explore: Whether the lead went to sales at random, although the model would have held it back.
        explore_rate: The chance of that; None without exploration.
        challenger: The model that scored in the shadow; None for none.
        challenger_probability: Its probability.
        account: The account of the lead, where the model looks at its other leads.
        answer_id: Identifies the answer, so that it is stored once however often it is written.
    """

    answer: Answer
    as_of: datetime
    explore: bool = False
    explore_rate: float | None = None
    challenger: str | None = None
    challenger_probability: float | None = None
    account: str | None = None
    answer_id: str = field(default_factory=make_uuid)


@dataclass(frozen=True, slots=True)
class Record:
    """A score, an outcome or an audit entry, as the row of its table; or an erasure: the lead, and up to when."""

    kind: RecordKind
    row: Mapping[str, Any]

    @property
    def lead_id(self) -> str:
        """The key of the lead that the record is about; empty for an audit entry, which names none."""
        return to_key(str(self.row.get("lead_id", "")))

    @property
    def made_at(self) -> datetime:
        """When the record was made. An erasure of the lead after that deletes it."""
        moment: datetime = self.row[_MADE[self.kind]]
        return moment

    def to_line(self) -> bytes:
        r"""The record as a line of the spool.

        Raises:
            StoreError: It holds a value that JSON does not have, as NaN.

        >>> Record("outcome", {"lead_id": "A17", "told_at": datetime(2026, 7, 1)}).to_line()
        b'{"kind":"outcome","row":{"lead_id":"A17","told_at":"2026-07-01T00:00:00"}}\n'
        """
        try:
            features = self.row.get("features")
            if features is None:
                return _write({"kind": self.kind, "row": self.row}) + b"\n"
            text = features.encode() if isinstance(features, str) else _write_features(features)
            others = {name: value for name, value in self.row.items() if name != "features"}
            return _write({"kind": self.kind, "row": others})[:-2] + _FEATURES + text[1:] + b"}}\n"
        except (ValueError, TypeError) as error:
            raise StoreError(f"A {self.kind} cannot be stored: {error}. This is a bug; please report it.") from None

    @classmethod
    def from_line(cls, line: bytes) -> Record:
        """The record of a line. Features stay JSON text, because nothing reads them on the way to the database.

        Raises:
            ValueError: The line holds no record.

        >>> Record.from_line(b'{"kind":"erase","row":{"lead_id":"A17","erased_at":"2026-07-01T00:00:00+00:00"}}').made_at.year
        2026
        """
        try:
            line, _, features = line.rstrip().partition(_FEATURES)  # occurs once, because quotes in texts are escaped
            content = json.loads(line + b"}}" if features else line)
            if features:
                content["row"]["features"] = f"{{{features[:-2].decode()}"
            moments = _MOMENTS[content["kind"]]
            row = {
                name: datetime.fromisoformat(value) if name in moments and value is not None else value
                for name, value in content["row"].items()
            }
            record = cls(content["kind"], row)
            is_complete = record.made_at.utcoffset() is not None and (record.kind == "audit" or isinstance(row["lead_id"], str))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"no record can be read: {type(error).__name__}") from None
        if not is_complete:
            raise ValueError("no record can be read: a lead and a moment with a timezone are required")
        return record


def make_score_record(answered: Answered, *, scored_at: datetime, model: str) -> Record:
    """The record of an answer.

    Args:
        answered: The answer.
        scored_at: When it was given, with a timezone.
        model: The version of the model that answered.
    """
    answer = answered.answer
    low, high = answer.interval
    points = answer.points
    row = {
        "answer_id": answered.answer_id, "lead_id": answer.lead_id, "as_of": answered.as_of, "scored_at": scored_at,
        "probability": answer.probability, "low": low, "high": high, "threshold": answer.threshold,
        "decision": answer.decision, "grade": answer.grade,
        "points": None if points is None else points.total, "points_decision": None if points is None else points.decision,
        "model": model, "explore": answered.explore, "explore_rate": answered.explore_rate, "challenger": answered.challenger,
        "challenger_probability": answered.challenger_probability, "features": answer.features,
        "account": None if answered.account is None else answered.account[:200],
    }  # fmt: skip
    return Record("score", row)


def is_about_lead(line: bytes, lead_id: str, at: datetime) -> bool:
    """Whether a line is a score or an outcome of a lead up to a moment."""
    try:
        record = Record.from_line(line)
    except ValueError:
        return to_key(lead_id).encode() in line  # unreadable, so deleted if it names the lead
    return record.kind in {"score", "outcome"} and record.lead_id == to_key(lead_id) and record.made_at <= at


def _write_features(features: Mapping[str, Any]) -> bytes:
    """Features as JSON, with null for NaN. They are most of a record, so they are written by the fastest library."""
    try:
        return orjson.dumps(features)
    except TypeError:  # an unpaired surrogate
        return _write(features)


def _write(content: Mapping[str, Any]) -> bytes:
    """Content as JSON. `json`, four times as slow, writes what the fast library refuses, and raises for NaN and infinity."""
    with suppress(ValueError):
        text = to_json(content, inf_nan_mode="constants")
        if b"NaN" not in text and b"Infinity" not in text:
            return text
    return json.dumps(content, separators=(",", ":"), allow_nan=False, default=_write_moment).encode()


def _write_moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON")
