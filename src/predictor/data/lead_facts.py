"""Our own columns of a table of leads, in their types: times in UTC, numbers as floats, the outcome as 1 or 0."""

from __future__ import annotations

import pandas as pd

from predictor.core.row_faults import Faults
from predictor.core.settings import Settings
from predictor.core.shared_facts import BIASED
from predictor.data.missing import read_missing
from predictor.data.parse import ISO_HINT, parse_numbers, parse_order, parse_outcome, parse_times
from predictor.data.unread_dates import describe_unread

LEAD_TIMES = ("mql_at", "sql_at", "recycled_at", "opportunity_at")
LEAD_FACTS = (
    "lead_id", "account_id", *LEAD_TIMES, "recycle_reason", "amount", "outcome", "order_by", "email", "email_domain",
)  # fmt: skip
_NO_POINTS = (
    "Points must be numbers. Take it out of roles.points, so that it is an attribute, or write a rule book with a rule for each "
    "of its texts (points.rule_book)."
)
_UNREAD = "they are dates, and often all those of some months or of one source are written like that"


def parse_facts(frame: pd.DataFrame, settings: Settings, faults: Faults) -> pd.DataFrame:
    """Our own columns in their types: times in UTC, numbers as floats."""
    parsed, timezone, missing = frame.copy(), settings.data.timezone, read_missing(settings.data.missing_values)
    for name in LEAD_TIMES:
        if name in frame:
            times, bad = parse_times(frame[name], timezone)
            parsed[name] = times.mask(missing.mark_days(times.dt.tz_convert(timezone)))
            if bad.any():
                unread = describe_unread(frame.loc[bad, name])
                do = f"{ISO_HINT}.{f' {BIASED}: {_UNREAD}.' if unread.is_date else ''}"
                faults.add_rows("LEAD003", bad, f"Column '{name}' holds no date in {{rows}}: {unread.looks}.", do)
    for name in (*list_amounts(frame), *settings.roles.points):
        if name in frame:
            parsed[name], bad = parse_numbers(frame[name])
            is_text = name in settings.roles.points and bad.sum() == frame[name].notna().sum()
            do = _NO_POINTS if is_text else "Write plain numbers."
            faults.add_rows("LEAD009", bad, f"Column '{name}' holds no number in {{rows}}.", do)
    if (weight := settings.roles.weight) and weight in frame:
        parsed[weight], _ = parse_numbers(frame[weight])
        bad = ~(parsed[weight] > 0)
        do = "Write how many leads each row represents, or leave roles.weight empty."
        faults.add_rows("LEAD009", bad, f"Column '{weight}' (roles.weight) holds no number above 0 in {{rows}}.", do)
    if "outcome" in frame:
        parsed["outcome"], bad = _parse_outcome(frame["outcome"], settings)
        do = "Write yes and no, or list your texts in label.outcome_yes, label.outcome_no and label.outcome_pending; "
        do += "blank means pending."
        faults.add_rows("LEAD008", bad, "Column 'outcome' holds neither yes nor no in {rows}.", do)
    if "order_by" in frame:
        parsed["order_by"], bad = parse_order(frame["order_by"], settings.data.timezone)
        do = "Map order_by to a column of numbers or dates that grows with time."
        bad |= parsed["order_by"].isna()
        faults.add_rows("LEAD010", bad, "Column 'order_by' holds neither number nor date in {rows}.", do)
    return parsed


def _parse_outcome(column: pd.Series, settings: Settings) -> tuple[pd.Series, pd.Series]:
    """The outcome as 1.0, 0.0 or missing, and a mask of the cells that are neither; undecided leads are missing."""
    label = settings.label
    pending = column.astype("str").str.strip().str.casefold().isin([word.casefold() for word in label.outcome_pending])
    outcome, bad = parse_outcome(column, label.outcome_yes, label.outcome_no)
    return outcome.mask(pending), bad & ~pending


def list_amounts(frame: pd.DataFrame) -> list[str]:
    """`amount` where it is that of an opportunity; without opportunities it is an attribute like any other."""
    return ["amount"] if "amount" in frame and "opportunity_at" in frame else []


def parse_observed_until(settings: Settings, faults: Faults) -> pd.Timestamp | None:
    """The moment up to which outcomes are known as the settings name it; None where they leave it to the data.

    A fault is added where it is no date.
    """
    text = settings.data.observed_until
    if not text:
        return None
    times, bad = parse_times(pd.Series([text]), settings.data.timezone)
    if bad.any():
        faults.add("LEAD003", f"data.observed_until is no date: '{text}'.", ISO_HINT + ".")
    until: pd.Timestamp = times.iloc[0]
    return until


def compute_latest_time(frame: pd.DataFrame) -> pd.Timestamp | None:
    """The latest time of the leads; None where they have no dates."""
    if "mql_at" not in frame:
        return None
    latest: pd.Timestamp = max(frame[name].max() for name in LEAD_TIMES if name in frame and frame[name].notna().any())
    return latest
