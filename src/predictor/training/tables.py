"""The tables that a training read, as its record in MLflow names them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from predictor.data.events.contract import EVENT_COLUMNS
from predictor.training.dataset import Dataset
from predictor.training.tracking.record import TrainedTable, hide_password

_KINDS = {"b": "boolean", "i": "long", "u": "long", "f": "double", "M": "datetime"}  # by the kind of a dtype; all else is text
_EVENT_KINDS = {"occurred_at": "datetime", "value": "double"}


def describe_tables(dataset: Dataset, digests: Mapping[str, str | None]) -> tuple[TrainedTable, ...]:
    """The leads and, where there are any, the events: names and kinds of columns and how many rows, but no value.

    Args:
        dataset: What was trained on.
        digests: The fingerprints of `leads` and `events`.
    """
    data, frame = dataset.settings.data, dataset.leads.frame
    columns = {str(name): _name_kind(frame[name]) for name in frame}
    leads = "the store of scores" if dataset.stored else data.leads
    tables = [("leads", leads, columns, len(frame))]
    if dataset.events is not None:
        kinds = {name: _EVENT_KINDS.get(name, "string") for name in EVENT_COLUMNS}
        tables.append(("events", data.events, kinds, sum(events for events, _ in dataset.events.types.values())))
    return tuple(
        TrainedTable(name=name, source=hide_password(str(source)), digest=digests[name] or "", columns=kinds, rows=rows)
        for name, source, kinds, rows in tables
    )


def _name_kind(column: pd.Series) -> str:
    return _KINDS.get(column.dtype.kind, "string")
