"""Features of the firm's own for a whole table: the past events of each row are cut where they are, then handed over."""

from __future__ import annotations

import pandas as pd
from ibis.expr.types import Table

from predictor.data.events.table import TEXTS, complete_events, list_odd_spellings, list_rows, select_past_events, tabulate_events
from predictor.features.own_features import OwnFeatures


def compute_own_columns(own: OwnFeatures, leads: pd.DataFrame, attributes: pd.DataFrame, events: Table | None) -> pd.DataFrame:
    """The features of every row of leads as they stood at its `as_of`, under the index of leads.

    Args:
        own: What to compute.
        leads: Columns lead_id and as_of (with a zone, none missing); a lead may have several rows.
        attributes: Of the same rows, in the plain format, where they are known.
        events: As `compute_event_columns` takes them; None where these leads have none.

    Raises:
        ValueError: A row of leads has no as_of.
        ScoringError: A function fails, or does not give numbers.
    """
    events = tabulate_events(None) if events is None else events
    rows = list_rows(leads["lead_id"], leads["as_of"])
    odd = list_odd_spellings(complete_events(events).select(*TEXTS))
    known, past = select_past_events(rows, events, odd)
    seen = known.join(past, [known.lead == past.lead, past.at_us <= known.as_of_us])
    found = seen.select(seen.row.name("position"), "at_us", *TEXTS, "value").to_pyarrow()
    frame = pd.DataFrame({name: found[name].to_numpy() for name in found.column_names}).rename(columns={"position": "lead"})
    moments = leads["as_of"].dt.as_unit("us").astype("int64").to_numpy()
    return own.compute(moments, frame, attributes).set_axis(leads.index, axis="index")
