"""What a table of leads tells of the past of each of its leads: the features over earlier episodes, each row as of its moment."""

from __future__ import annotations

from typing import Final

import pandas as pd

from predictor.data.lead_keys import as_keys
from predictor.data.leads import EPISODES_PREFIX
from predictor.features.earlier_episodes import compute_earlier_columns
from predictor.scoring.scorer import Scorer

EPISODE_TIMES: Final = ("mql_at", "sql_at", "recycled_at")
_PREFIXES = (EPISODES_PREFIX,)


def add_history(
    scorer: Scorer, leads: pd.DataFrame, *, as_of: pd.Series | None, table: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The leads with a column for each feature over the past that the model uses; as they are where it uses none.

    Args:
        scorer: The bundle.
        leads: With `lead_id`. A row's own episode began at its `mql_at`, or at its moment where it has none.
        as_of: The moment of each row; None where leads carry no dates.
        table: All episodes, a row each, with times in UTC; None: they are other rows of `leads`.
    """
    if not scorer.features.uses_episodes or as_of is None or list_history(leads):
        return leads
    moments = as_of.astype("datetime64[us, UTC]")
    began = leads["mql_at"].fillna(moments) if "mql_at" in leads else moments
    rows = pd.DataFrame({"lead_id": as_keys(leads["lead_id"]), "mql_at": began, "as_of": moments})
    source = leads if table is None else table
    names = [name for name in (*EPISODE_TIMES, "recycle_reason") if name in source]
    episodes = source[names].assign(lead_id=as_keys(source["lead_id"]))
    columns = compute_earlier_columns(rows, episodes, scorer.reader.reasons)
    return leads.assign(**{str(name): columns[name] for name in columns})


def list_history(leads: pd.DataFrame) -> list[str]:
    """The columns that `add_history` added."""
    return [name for name in map(str, leads) if name.startswith(_PREFIXES)]
