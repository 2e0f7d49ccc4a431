"""The changes of leads that a CRM keeps, as stages: Salesforce's LeadHistory, Marketo's changes of a data value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from predictor.core.errors import Finding, TableError, count, list_names
from predictor.core.settings import Settings
from predictor.data.crm.export_maps import find_columns
from predictor.data.crm.field_maps import Names
from predictor.data.crm.stages import make_episodes, name_stages
from predictor.data.detect_formats import detect_format, to_plain_column
from predictor.data.parse import ISO_HINT, parse_times

_PARTS = ("lead_id", "at", "field", "old", "new")


def read_episodes(history: pd.DataFrame, leads: pd.DataFrame, kind: Mapping[str, Any], settings: Settings) -> pd.DataFrame:
    """The episodes that changes of status tell; `lead_id` as the leads have it.

    A lead whose first known change starts from MQL was one since it was created, unless the history begins later than that.

    Args:
        history: One row a change.
        leads: lead_id, and `created` and `status` where the export tells them.
        kind: What the CRM's map says of the history.
        settings: Sections stages and data are used.

    Raises:
        TableError: A change without a readable date.
    """
    found = {part: columns[0] for part in _PARTS if (columns := find_columns(list(map(str, history)), kind[part]))}
    rows = pd.DataFrame({part: history[name] for part, name in found.items()}).reset_index(drop=True)
    rows["at"] = _read_times(rows["at"], settings)
    rows["key"] = _shorten(rows["lead_id"])
    keyed = leads.assign(key=_shorten(leads["lead_id"])).drop_duplicates("key").set_index("key")
    changes = pd.concat([*_list_changes(rows, kind, settings), _find_first(rows, keyed, kind, settings)], ignore_index=True)
    changes = changes[changes["lead_id"].isin(keyed.index)]
    episodes = make_episodes(changes)
    return episodes.assign(lead_id=keyed["lead_id"].reindex(episodes["lead_id"]).to_numpy())


def check_unnamed_stages(history: pd.DataFrame, kind: Mapping[str, Any], settings: Settings) -> tuple[Finding, ...]:
    """A finding where no change of status makes a lead an MQL, or an SQL, with the statuses that mean nothing to us.

    Args:
        history: One row a change.
        kind: What the CRM's map says of the history.
        settings: Section stages is used.
    """
    found = [find_columns(list(map(str, history)), kind[part])[:1] for part in ("field", "new")]
    if not all(found):
        return ()
    field, new = (history[name].astype("str") for (name,) in found)
    status = new[field.map(lambda name: name in Names(kind["status_fields"]))]
    stages = name_stages(status, settings.stages)
    lacking = [stage for stage in ("mql", "sql") if not stages.eq(stage).any()]
    unnamed = status[stages.isna()].str.strip().value_counts().index
    if not lacking or not len(unnamed):
        return ()
    what = f"No change of status makes a lead an {' or an '.join(map(str.upper, lacking))}; they change to {list_names(unnamed)}."
    do = f'Name in [stages] what your own are called, as {lacking[0]} = ["..."].'
    return (Finding("LEAD043", "warning", what, do),)


def _shorten(ids: pd.Series) -> pd.Series:
    """Ids of 18 letters as reports write them, with 15."""
    texts = ids.astype("str").str.strip()
    return texts.where(texts.str.len() != 18, texts.str[:15])


def _read_times(column: pd.Series, settings: Settings) -> pd.Series:
    order = settings.data.date_order
    form = detect_format(column, dated=True, order=None if order == "auto" else f"date {order}")  # type: ignore[arg-type]
    plain = column if form is None or form.form is None else to_plain_column(column, form.form)
    times, bad = parse_times(plain, settings.data.timezone)
    lacking = bad | times.isna()
    if lacking.any():
        where = f"{count(int(lacking.sum()), 'row')} (first in row {int(lacking.to_numpy().argmax()) + 1:,})"
        do = f"{ISO_HINT}; where no day is above 12, set data.date_order."
        raise TableError("leads", [Finding("LEAD003", "error", f"The history of leads holds no date in {where}.", do)])
    return times


def _list_changes(rows: pd.DataFrame, kind: Mapping[str, Any], settings: Settings) -> Sequence[pd.DataFrame]:
    """Changes of the status, of the reason, and conversions."""
    fields = rows["field"].astype("str")
    of_status = fields.map(lambda name: name in Names(kind["status_fields"]))
    of_reason = fields.map(lambda name: name in Names(settings.stages.reason))
    converted = fields.map(lambda name: name in Names(kind["converted_fields"]))
    status = _make(rows[of_status], name_stages(rows.loc[of_status, "new"], settings.stages))
    return [status[status["stage"].notna()], _make(rows[of_reason], "reason"), _make(rows[converted], "opportunity")]


def _make(rows: pd.DataFrame, stage: pd.Series | str) -> pd.DataFrame:
    return pd.DataFrame({"lead_id": rows["key"], "at": rows["at"], "stage": stage, "value": rows["new"]})


def _find_first(rows: pd.DataFrame, keyed: pd.DataFrame, kind: Mapping[str, Any], settings: Settings) -> pd.DataFrame:
    """Leads that were MQLs from the start: by what their first change changed, or by their status where none is known."""
    empty = pd.DataFrame({"lead_id": [], "at": pd.to_datetime([], utc=True), "stage": [], "value": []})
    if "created" not in keyed:
        return empty
    created = _read_times(keyed["created"], settings)
    of_status = rows[rows["field"].astype("str").map(lambda name: name in Names(kind["status_fields"]))]
    first = of_status.sort_values("at", kind="stable").drop_duplicates("key").set_index("key")["old"]
    before = first.reindex(keyed.index)
    if "status" in keyed:
        before = before.where(keyed.index.isin(first.index), keyed["status"])
    known = created >= rows["at"].min() if len(rows) else created.notna()
    at_once = (name_stages(before, settings.stages) == "mql") & known
    if not at_once.any():
        return empty
    return pd.DataFrame({"lead_id": keyed.index[at_once], "at": created[at_once].array, "stage": "mql", "value": None})
