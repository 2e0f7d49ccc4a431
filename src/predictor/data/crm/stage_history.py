"""Episodes from a CRM's history: Salesforce's LeadHistory, Marketo's changes of a data value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from predictor.core.errors import Finding, TableError, count, list_names
from predictor.core.settings import Settings
from predictor.data.column_format import detect_format
from predictor.data.crm.export_maps import find_columns
from predictor.data.crm.field_maps import Names
from predictor.data.crm.stages import make_episodes, name_stages
from predictor.data.detect_formats import to_plain_column
from predictor.data.parse import ISO_HINT, parse_times
from predictor.data.unread_dates import describe_unread

_PARTS = ("lead_id", "at", "field", "old", "new")


def read_episodes(history: pd.DataFrame, leads: pd.DataFrame, kind: Mapping[str, Any], settings: Settings) -> pd.DataFrame:
    """The episodes in the changes of status; `lead_id` as in the leads.

    A lead whose first known change starts from MQL has been one since it was created, unless the history begins later.

    Args:
        history: One row per change.
        leads: lead_id, and `created` and `status` where the export has them.
        kind: The entry of the CRM's map for the history.
        settings: Sections stages and data are used.

    Raises:
        TableError: A change has no readable date.
    """
    names = {part: columns[0] for part in _PARTS if (columns := find_columns(list(map(str, history)), kind[part]))}
    rows = pd.DataFrame({part: history[name] for part, name in names.items()}).reset_index(drop=True)
    rows["at"] = _read_times(rows["at"], settings)
    rows["key"] = _shorten(rows["lead_id"])
    keyed = leads.assign(key=_shorten(leads["lead_id"])).drop_duplicates("key").set_index("key")
    changes = pd.concat([*_list_changes(rows, kind, settings), _list_first_mqls(rows, keyed, kind, settings)], ignore_index=True)
    changes = changes[changes["lead_id"].isin(keyed.index)]
    episodes = make_episodes(changes)
    return episodes.assign(lead_id=keyed["lead_id"].reindex(episodes["lead_id"]).to_numpy())


def check_unnamed_stages(history: pd.DataFrame, kind: Mapping[str, Any], settings: Settings) -> tuple[Finding, ...]:
    """A finding where no change of status makes a lead an MQL or an SQL, with the statuses that have no stage.

    Args:
        history: One row per change.
        kind: The entry of the CRM's map for the history.
        settings: Section stages is used.
    """
    names = [find_columns(list(map(str, history)), kind[part])[:1] for part in ("field", "new")]
    if not all(names):
        return ()
    field, new = (history[name].astype("str") for (name,) in names)
    status = new[_is_named(field, kind["status_fields"])]
    stages = name_stages(status, settings.stages)
    missing = [stage for stage in ("mql", "sql") if not stages.eq(stage).any()]
    unnamed = status[stages.isna()].str.strip().value_counts().index
    if not missing or not len(unnamed):
        return ()
    what = f"No change of status makes a lead an {' or an '.join(map(str.upper, missing))}; they change to {list_names(unnamed)}."
    do = f'Name your own statuses in [stages], as {missing[0]} = ["..."].'
    return (Finding("LEAD043", "warning", what, do=do),)


def _shorten(ids: pd.Series) -> pd.Series:
    """Ids of 18 characters shortened to 15, as in reports."""
    texts = ids.astype("str").str.strip()
    return texts.where(texts.str.len() != 18, texts.str[:15])


def _read_times(column: pd.Series, settings: Settings) -> pd.Series:
    order = settings.data.date_order
    detected = detect_format(column, dated=True, order=None if order == "auto" else f"date {order}")  # type: ignore[arg-type]
    plain = column if detected is None or detected.format is None else to_plain_column(column, detected.format)
    times, bad = parse_times(plain, settings.data.timezone)
    faulty = bad | times.isna()
    if faulty.any():
        where = f"{count(int(faulty.sum()), 'row')} (first in row {int(faulty.to_numpy().argmax()) + 1:,})"
        do = f"{ISO_HINT}; where no day is above 12, set data.date_order."
        looks = f": {describe_unread(plain[bad]).looks}" if bad.any() else ""
        raise TableError("leads", [Finding("LEAD003", "error", f"The history of leads holds no date in {where}{looks}.", do=do)])
    return times


def _list_changes(rows: pd.DataFrame, kind: Mapping[str, Any], settings: Settings) -> Sequence[pd.DataFrame]:
    """Changes of status, changes of the recycle reason, and conversions."""
    status_rows = rows[_is_named(rows["field"], kind["status_fields"])]
    status = _make_changes(status_rows, name_stages(status_rows["new"], settings.stages))
    reasons = _make_changes(rows[_is_named(rows["field"], settings.stages.reason)], "reason")
    conversions = _make_changes(rows[_is_named(rows["field"], kind["converted_fields"])], "opportunity")
    return [status[status["stage"].notna()], reasons, conversions]


def _is_named(fields: pd.Series, names: Iterable[str]) -> pd.Series:
    """Whether each field has one of the names."""
    known = Names(names)
    return fields.astype("str").map(lambda name: name in known)


def _make_changes(rows: pd.DataFrame, stage: pd.Series | str) -> pd.DataFrame:
    return pd.DataFrame({"lead_id": rows["key"], "at": rows["at"], "stage": stage, "value": rows["new"]})


def _list_first_mqls(rows: pd.DataFrame, keyed: pd.DataFrame, kind: Mapping[str, Any], settings: Settings) -> pd.DataFrame:
    """Leads that were MQLs when created: by the old value of their first change, or by their status without one."""
    empty = pd.DataFrame({"lead_id": [], "at": pd.to_datetime([], utc=True), "stage": [], "value": []})
    if "created" not in keyed:
        return empty
    created = _read_times(keyed["created"], settings)
    changes = rows[_is_named(rows["field"], kind["status_fields"])]
    first = changes.sort_values("at", kind="stable").drop_duplicates("key").set_index("key")["old"]
    before = first.reindex(keyed.index)
    if "status" in keyed:
        before = before.where(keyed.index.isin(first.index), keyed["status"])
    in_history = created >= rows["at"].min() if len(rows) else created.notna()
    is_mql = (name_stages(before, settings.stages) == "mql") & in_history
    if not is_mql.any():
        return empty
    return pd.DataFrame({"lead_id": keyed.index[is_mql], "at": created[is_mql].array, "stage": "mql", "value": None})
