"""The event features of a whole table, each row as of its own moment: one Ibis expression, equal to what `one_lead` computes.

It runs where the events are (DuckDB by default, Spark as well) and returns one line for each row of leads. The plan: what
depends on an event alone (its texts, whether it is the first of a day, how many events are in the week before it) is
computed once for each event; then the join as of each row; then one line a row and type; then one line a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis.expr.types import NumericValue, Table, Value
from numpy.typing import NDArray

from predictor.data.events.buckets import split_by_lead
from predictor.data.events.table import TEXTS, complete_events, list_odd_spellings, list_rows, select_past_events
from predictor.data.parse import DAY_US
from predictor.features.event_features import TREND_US, WEEK_US, ZERO_WITHOUT_EVENTS, EventFeature

_NO_TYPE = -1  # the code of types without features of their own


def compute_event_columns(features: Sequence[EventFeature], leads: pd.DataFrame, events: Table) -> pd.DataFrame:
    """The event features of every row of leads as they stood at its `as_of`, under the index of leads.

    Numbers are floats, NaN where missing; first touches are texts, None where missing.

    Args:
        features: What to compute, see `event_features`.
        leads: Columns lead_id and as_of (with a zone, none missing); a lead may have several rows.
        events: A table of any Ibis backend, in any order: lead_id, at_us (microseconds since 1970 in UTC), event_type, and
            where known asset, campaign (texts) and value (a number). It is never loaded as a whole.

    Raises:
        ValueError: A row of leads has no as_of.

    >>> from predictor.features.event_features import list_event_features
    >>> leads = pd.DataFrame({"lead_id": ["A", "B"], "as_of": pd.to_datetime(["2026-05-02", "2026-05-02"], utc=True)})
    >>> columns = {"lead_id": ["A", "A"], "at_us": [1_777_593_600_000_000] * 2, "event_type": ["page_view", "Call"]}
    >>> events = ibis.memtable(pa.table(columns))
    >>> compute_event_columns(list_event_features(["call"], [7]), leads, events)["events/call/count_7d"].tolist()
    [1.0, 0.0]
    >>> compute_event_columns([], leads.assign(as_of=pd.NaT), events)
    Traceback (most recent call last):
    ValueError: Column 'as_of' must hold a date in every row, but 2 have none. Leave these rows out.
    """
    parts = [
        (places, _compute_part(features, leads.iloc[places], part)) for places, part in split_by_lead(leads["lead_id"], events)
    ]
    if len(parts) == 1:
        return parts[0][1]
    places = np.concatenate([places for places, _ in parts])
    return pd.concat([part for _, part in parts]).iloc[np.argsort(places)]


def _compute_part(features: Sequence[EventFeature], leads: pd.DataFrame, events: Table) -> pd.DataFrame:
    rows = list_rows(leads["lead_id"], leads["as_of"])
    odd = list_odd_spellings(complete_events(events).select(*TEXTS))
    table = select_event_features(features, rows, events, odd).to_pyarrow()
    order = np.argsort(table["row"].to_numpy())
    columns = {feature.name: _to_series(table[feature.name], feature, order, leads.index) for feature in features}
    return pd.DataFrame(columns, index=leads.index, copy=False)


def select_event_features(
    features: Sequence[EventFeature], rows: Table, events: Table, odd_spellings: Mapping[str, str]
) -> Table:
    """The one expression: `row` and every feature under its name, a line for each row, in no order."""
    known, past_events = select_past_events(rows, events, odd_spellings)
    lines = _sum_types(features, known, _mark_events(features, past_events))
    if any(feature.is_category for feature in features):
        lines = lines.join(_choose_touches(features, known, past_events), "row")
    return lines.select("row", **{feature.name: lines[f"f{place}"] for place, feature in enumerate(features)})


def _mark_events(features: Sequence[EventFeature], events: Table) -> Table:
    """The events with a number for their type, and marks against earlier events of their type (`_0`) and of all types (`_1`).

    `day`, `asset`: whether it is the first of its date or asset; `week`: how many events the 7 days up to it hold.
    """
    codes = _code_types(features)
    code = events.event_type.cases(*codes.items(), else_=_NO_TYPE) if codes else ibis.literal(_NO_TYPE)
    events = events.mutate(code=code.cast("int32"), date=events.at_us - (events.at_us % DAY_US + DAY_US) % DAY_US)
    marks: dict[str, Value] = {}
    for overall, keys in enumerate((["lead", "code"], ["lead"])):
        kinds = {feature.kind for feature in features if (feature.event_type is None) == bool(overall)}
        if "active_days" in kinds:
            before = events.date.lag().over(group_by=keys, order_by="at_us")
            marks[f"day_{overall}"] = (before != events.date).fill_null(True)
        if "assets" in kinds:
            place = ibis.row_number().over(group_by=[*keys, "asset"], order_by="at_us")
            marks[f"asset_{overall}"] = (events.asset != "") & (place == 0)  # empty texts are NULL here
        if "most_in_week" in kinds:
            window = ibis.range_window(preceding=WEEK_US, following=0, group_by=keys, order_by="at_us")
            marks[f"week_{overall}"] = events.count().over(window)
    return events.select("lead", "at_us", "code", "value", **marks)


def _sum_types(features: Sequence[EventFeature], known: Table, marked: Table) -> Table:
    """The numbers of each row, its types side by side.

    It makes one line a row and type and joins them, which is far cheaper than one wide aggregation with a filter a feature.
    """
    seen = known.join(marked, [known.lead == marked.lead, marked.at_us <= known.as_of_us])
    seen = seen.select("row", "code", "value", *_list_marks(marked), age=seen.as_of_us - seen.at_us)
    # The type once more as a sum: no filter on it is pushed below the sums, so that Spark makes them once for all types.
    lines = seen.group_by("row", "code").aggregate(of=seen.code.max(), **_list_sums(features, seen))
    lines_by_row = known.select("row")
    for event_type, code in [(None, _NO_TYPE), *_code_types(features).items()]:
        chosen = {
            f"f{place}": feature
            for place, feature in enumerate(features)
            if feature.event_type == event_type and not feature.is_category
        }
        if not chosen:
            continue
        part = lines.group_by("row").aggregate(**_add_up(lines)) if event_type is None else lines.filter(lines.of == code)
        part = part.select(
            part.row.name(f"row_{code}"), **{name: _compute_value(feature, part) for name, feature in chosen.items()}
        )
        lines_by_row = lines_by_row.left_join(part, lines_by_row.row == part[f"row_{code}"])
    zero = {
        f"f{place}": lines_by_row[f"f{place}"].fill_null(0.0)
        for place, feature in enumerate(features)
        if feature.kind in ZERO_WITHOUT_EVENTS
    }
    return lines_by_row.mutate(**zero)


def _list_marks(marked: Table) -> list[str]:
    return [name for name in marked.columns if name.endswith(("_0", "_1"))]


def _list_sums(features: Sequence[EventFeature], seen: Table) -> dict[str, Value]:
    """The sums over the events of one row and type."""
    spans = {feature.window_days * DAY_US for feature in features if feature.window_days is not None}
    sums: dict[str, Value] = {f"count_{span}": seen.count(where=seen.age <= span) for span in sorted(spans | {*TREND_US})}
    sums |= {"count": seen.count(), "last": seen.age.min(), "first": seen.age.max()}
    sums |= {"value_sum": seen.value.sum(), "value_max": seen.value.max()}
    for mark in _list_marks(seen):
        sums[mark] = seen[mark].max() if mark.startswith("week") else seen.count(where=seen[mark])
    return sums


def _add_up(lines: Table) -> dict[str, Value]:
    """The lines of a row as one, over all its types."""
    aggregates = {"last": "min", "first": "max", "value_max": "max", "week_0": "max", "week_1": "max"}
    return {
        name: getattr(lines[name], aggregates.get(name, "sum"))() for name in lines.columns if name not in ("row", "code", "of")
    }


def _compute_value(feature: EventFeature, line: Table) -> NumericValue:
    """A feature from the line of its row."""
    overall = int(feature.event_type is None)
    if feature.kind == "trend":
        week, month = (line[f"count_{span}"].cast("float64") for span in TREND_US)
        return week / 7.0 - (month - week) / 23.0
    if feature.kind == "count" and feature.window_days is not None:
        return line[f"count_{feature.window_days * DAY_US}"].cast("float64")
    if feature.kind in ("days_since_last", "days_since_first"):
        return line[feature.kind.removeprefix("days_since_")].cast("float64") / 1e6 / 86_400.0
    names = {"count_ever": "count", "active_days": f"day_{overall}", "assets": f"asset_{overall}"}
    names["most_in_week"] = f"week_{overall}"
    return line[names.get(feature.kind, feature.kind)].cast("float64")


def _choose_touches(features: Sequence[EventFeature], known: Table, events: Table) -> Table:
    """The first touches of each row: a lead has one for all its rows, known from its moment on."""
    texts = {
        f"f{place}": events.campaign if feature.kind == "first_campaign" else events.event_type
        for place, feature in enumerate(features)
        if feature.is_category
    }
    of_type = {f"f{place}": feature.event_type for place, feature in enumerate(features)}
    with_texts = events.select("lead", "at_us", **{
        name: text if of_type[name] is None else ibis.ifelse(events.event_type == of_type[name], text, None)
        for name, text in texts.items()
    })  # fmt: skip
    moments = {f"at_{name}": with_texts.at_us.min(where=with_texts[name].notnull()) for name in texts}
    firsts = with_texts.group_by("lead").aggregate(**moments)
    known_firsts = known.join(firsts, "lead")
    places = [known_firsts.lead == with_texts.lead, with_texts.at_us <= known_firsts.as_of_us]
    touched = known_firsts.join(with_texts, [*places, ibis.or_(*(with_texts.at_us == known_firsts[name] for name in moments))])
    chosen = touched.group_by("row").aggregate(
        **{name: touched[name].min(where=touched.at_us == touched[f"at_{name}"]) for name in texts}
    )
    rows = known.select("row").left_join(chosen, "row")
    return rows.select("row", *texts)


def _code_types(features: Sequence[EventFeature]) -> dict[str, int]:
    """A number for each type that has features, which groups faster than its name."""
    types = dict.fromkeys(feature.event_type for feature in features if feature.event_type is not None)
    return {event_type: code for code, event_type in enumerate(types)}


def _to_series(column: pa.ChunkedArray, feature: EventFeature, order: NDArray[np.intp], index: pd.Index) -> pd.Series:
    if feature.is_category:
        return pd.Series(np.array(column.to_pylist(), dtype=object)[order], index=index, dtype=object)
    return pd.Series(column.to_numpy()[order], index=index)
