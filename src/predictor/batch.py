"""Tables through the whole of it: points by the rule book, features, and a scorer's answers."""

from __future__ import annotations

import pandas as pd

from predictor.config import Settings
from predictor.errors import Finding
from predictor.faults import Faults
from predictor.parse import ISO_HINT, blank_missing, parse_times
from predictor.points.history import Awards, award_table
from predictor.points.rulebook import RuleBook
from predictor.score import Scorer
from predictor.tables import check_events, rename_columns

_UNDATED = pd.Timestamp("2000-01-01", tz="UTC")  # stands for a moment that nothing depends on


def award_leads(
    book: RuleBook | None, frame: pd.DataFrame, *, as_of: pd.Series | None, events: pd.DataFrame | None
) -> Awards | None:
    """What a rule book awards a table of leads; None where there is no book.

    Args:
        book: The rule book.
        frame: Leads with `lead_id` and attributes.
        as_of: The moment of each row; None where leads carry no dates, which rules on attributes do not need.
        events: The leads' dated acts; None for none.
    """
    if book is None:
        return None
    moments = pd.Series(_UNDATED, index=frame.index) if as_of is None else as_of
    return award_table(book, frame.assign(as_of=moments.astype("datetime64[us, UTC]")), events if as_of is not None else None)


def score_leads(
    scorer: Scorer, raw: pd.DataFrame, raw_events: pd.DataFrame | None, *, now: pd.Timestamp, reasons: int = 3
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The answers about leads as read from a file, and what was noticed.

    Args:
        scorer: The bundle that answers.
        raw: One row a lead, in the columns of the training export. The score speaks of `as_of` where that column is there
            and filled, else of `mql_at`, else of `now`.
        raw_events: Their events as read; None for none.
        now: The moment that stands where a lead carries none.
        reasons: How many of the strongest reasons to give.

    Raises:
        TableError: No column `lead_id`, no leads, dates that are no dates, an events table that breaks the contract.
    """
    settings = scorer.settings
    frame = read_leads_to_score(raw, settings, now)
    events, noticed = check_events(raw_events, settings, frame["lead_id"]) if raw_events is not None else (None, ())
    awards = award_leads(scorer.book, scorer.prepare(frame), as_of=frame["as_of"], events=events)
    return scorer.score_table(frame, as_of=frame["as_of"], awards=awards, reasons=reasons), noticed


def read_leads_to_score(raw: pd.DataFrame, settings: Settings, now: pd.Timestamp) -> pd.DataFrame:
    """Leads as read, under our names, with `as_of` in UTC; what only training needs may be lacking."""
    faults = Faults()
    frame = rename_columns(raw, settings, faults, needed=())
    if "lead_id" not in frame:
        faults.add("LEAD001", "There is no column 'lead_id'.", "Name it so, or map it in [columns] before training.")
    if frame.empty:
        faults.add("LEAD002", "The table of leads is empty.", "Export at least one lead.")
    if faults.findings:
        faults.settle("leads", frame, drop=None)
    moments = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us, UTC]")
    dates = blank_missing(frame[[name for name in ("as_of", "mql_at") if name in frame]], settings.data.missing_values)
    for name in dates.columns:
        times, bad = parse_times(dates[name], settings.data.timezone)
        faults.add_rows("LEAD003", bad, f"Column '{name}' holds no date in {{rows}}.", ISO_HINT + ".")
        moments = moments.fillna(times)
    faults.settle("leads", frame, drop=None)
    return frame.assign(as_of=moments.fillna(now)).reset_index(drop=True)
