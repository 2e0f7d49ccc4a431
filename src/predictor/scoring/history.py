"""What a table of leads tells of the past: features over earlier episodes and other leads of the account, as of each row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from predictor.data.accounts import ACCOUNT, ACCOUNT_NAMES, read_accounts
from predictor.data.lead_keys import as_keys
from predictor.data.leads import ACCOUNT_PREFIX, EPISODES_PREFIX
from predictor.data.missing import blank_missing
from predictor.features.accounts import ACCOUNT_TIMES, compute_account_columns
from predictor.features.earlier_episodes import compute_earlier_columns

if TYPE_CHECKING:
    from predictor.scoring.scorer import Scorer

EPISODE_TIMES: Final = ACCOUNT_TIMES
_PREFIXES = (EPISODES_PREFIX, ACCOUNT_PREFIX)


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
    features = scorer.features
    if not (features.uses_episodes or features.uses_accounts) or as_of is None or list_history(leads):
        return leads
    moments = as_of.astype("datetime64[us, UTC]")
    began = leads["mql_at"].fillna(moments) if "mql_at" in leads else moments
    rows = pd.DataFrame({"lead_id": as_keys(leads["lead_id"]), "mql_at": began, "as_of": moments})
    source = leads if table is None else table
    names = [name for name in (*EPISODE_TIMES, "recycle_reason") if name in source]
    episodes = source[names].assign(lead_id=as_keys(source["lead_id"]))
    parts = [compute_earlier_columns(rows, episodes, scorer.reader.reasons)] if features.uses_episodes else []
    if features.uses_accounts:
        rows[ACCOUNT], episodes[ACCOUNT] = (read_table_accounts(scorer, frame) for frame in (leads, source))
        parts.append(compute_account_columns(rows, episodes))
    return leads.assign(**{str(name): part[name] for part in parts for name in part})


def read_table_accounts(scorer: Scorer, frame: pd.DataFrame) -> pd.Series:
    """The account of each row; leads that training has read hold it, and no address any more."""
    if ACCOUNT in frame:
        return frame[ACCOUNT]
    names = [name for name in ACCOUNT_NAMES if name in frame]
    return read_accounts(blank_missing(frame[names], scorer.features.missing_values))


def list_history(leads: pd.DataFrame) -> list[str]:
    """The columns that `add_history` added."""
    return [name for name in map(str, leads) if name.startswith(_PREFIXES) and name != ACCOUNT]
