"""Tables through the whole of it: points by the rule book, features, and a scorer's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from ibis.expr.types import Table

from predictor.core.errors import Finding, list_names
from predictor.core.row_faults import Faults
from predictor.core.settings import Settings
from predictor.data.detect_formats import to_plain_frame
from predictor.data.events.contract import RawEvents, check_events
from predictor.data.events.table import tabulate_events
from predictor.data.job_titles import add_title_parts
from predictor.data.leads import reduce_email, rename_columns
from predictor.data.parse import blank_missing, parse_times
from predictor.data.read.event_sources import open_frame
from predictor.features.event_features import EventFeature
from predictor.features.table import compute_history
from predictor.points.award_table import award_table
from predictor.points.awards import Awards
from predictor.points.rulebook import OnEvents, RuleBook
from predictor.scoring.scorer import Scorer

_AT_ONCE = 100_000  # leads of a table that are in memory with all their features
_UNDATED = pd.Timestamp("2000-01-01", tz="UTC")  # stands for a moment that nothing depends on


def award_leads(book: RuleBook | None, frame: pd.DataFrame, *, as_of: pd.Series | None, events: Table | None) -> Awards | None:
    """What a rule book awards a table of leads; None where there is no book.

    Args:
        book: The rule book.
        frame: Leads with `lead_id` and attributes.
        as_of: The moment of each row; None where leads carry no dates, which rules on attributes do not need.
        events: The leads' dated acts, as `check_events` gives them; None for none.
    """
    if book is None:
        return None
    moments = pd.Series(_UNDATED, index=frame.index) if as_of is None else as_of
    return award_table(book, frame.assign(as_of=moments.astype("datetime64[us, UTC]")), events if as_of is not None else None)


def compute_event_features(
    features: Sequence[EventFeature], frame: pd.DataFrame, *, as_of: pd.Series | None, events: Table | None
) -> pd.DataFrame | None:
    """The event features of a table of leads, each row as of its moment; None where there are none to compute.

    Args:
        features: What to compute.
        frame: Leads with `lead_id`.
        as_of: The moment of each row; None where leads carry no dates.
        events: The leads' dated acts, as `check_events` gives them; None for none, which all these leads then have.
    """
    if not features or as_of is None:
        return None
    keys = frame["lead_id"].fillna("")  # a row without a key has no events, and is refused on its own
    leads = pd.DataFrame({"lead_id": keys, "as_of": as_of.astype("datetime64[us, UTC]")})
    return compute_history(features, leads, tabulate_events(None) if events is None else events)


def score_leads(
    scorer: Scorer, raw: pd.DataFrame, raw_events: RawEvents | pd.DataFrame | None, *, now: pd.Timestamp, reasons: int = 3
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The answers about leads as read from a file, and what was noticed.

    Args:
        scorer: The bundle that answers.
        raw: One row a lead, in the columns of the training export. The score speaks of `as_of` where that column is there
            and filled, else of `mql_at`, else of `now`.
        raw_events: Their events, a frame or what `open_events` gives; None for none.
        now: The moment that stands where a lead carries none.
        reasons: How many of the strongest reasons to give, up and down together.

    Raises:
        TableError: No column `lead_id`, no leads, or a column that events cannot do without is missing. Rows of leads that cannot
            be scored fail alone; faulty rows of events are left out, and counted in a finding.
    """
    forms = dict(scorer.features.forms)
    frame = read_leads_to_score(raw, scorer.settings, now, forms | {"as_of": forms["mql_at"]} if "mql_at" in forms else forms)
    events, noticed = None, _notice(scorer, frame, has_events=raw_events is not None)
    if raw_events is not None:
        source = open_frame(raw_events) if isinstance(raw_events, pd.DataFrame) else raw_events
        checked = check_events(source, scorer.settings, frame["lead_id"], now=now, drop=True)
        events, noticed = checked.table, (*noticed, *checked.findings)
    as_of = frame["as_of"]
    moments = as_of.fillna(now) if scorer.features.dated else None
    return score_frame(scorer, frame, as_of=as_of, moments=moments, events=events, reasons=reasons), noticed


def score_frame(
    scorer: Scorer,
    frame: pd.DataFrame,
    *,
    as_of: pd.Series | None,
    events: Table | None,
    moments: pd.Series | None = None,
    reasons: int = 0,
) -> pd.DataFrame:
    """The answers about leads under our names: what `Scorer.score_table` says, given their points and their past.

    Args:
        scorer: The bundle that answers.
        frame: Leads with `lead_id` and attributes.
        as_of: The moment each score speaks of.
        events: Their events, as `check_events` gives them; None for none.
        moments: The same, with one for every row; None means that `as_of` has one.
        reasons: How many of the strongest reasons to give, up and down together.
    """
    moments = as_of if moments is None and scorer.features.dated else moments
    parts = [slice(start, start + _AT_ONCE) for start in range(0, max(len(frame), 1), _AT_ONCE)]
    answers = [
        _score_part(scorer, frame[part], as_of=_cut(as_of, part), moments=_cut(moments, part), events=events, reasons=reasons)
        for part in parts
    ]
    return pd.concat(answers, ignore_index=True) if len(answers) > 1 else answers[0]


def _cut(column: pd.Series | None, part: slice) -> pd.Series | None:
    return None if column is None else column.iloc[part]


def _score_part(
    scorer: Scorer,
    frame: pd.DataFrame,
    *,
    as_of: pd.Series | None,
    moments: pd.Series | None,
    events: Table | None,
    reasons: int,
) -> pd.DataFrame:
    prepared = scorer.prepare(frame)
    awards = award_leads(scorer.book, prepared, as_of=moments, events=events)
    asked = scorer.features.event_features
    history = compute_event_features(asked, frame, as_of=moments, events=events) if events is not None else frame[[]]
    return scorer.score_table(frame, as_of=as_of, awards=awards, history=history, reasons=reasons, prepared=prepared)


def _notice(scorer: Scorer, frame: pd.DataFrame, *, has_events: bool) -> tuple[Finding, ...]:
    """Findings about the table as a whole: doubts about the model, columns that lack or that nothing knows, acts not sent."""
    findings = [] if scorer.calibration_warning is None else [scorer.calibration_warning]
    known = set(add_title_parts(reduce_email(frame.head(1)), scorer.attributes).columns)
    if lacking := [feature.name for feature in scorer.features.features if feature.is_attribute and feature.name not in known]:
        what = f"The table lacks {list_names(lacking)}, taken as not known in every row."
        findings.append(Finding("LEAD036", "warning", what, "Export the columns that the training had, under the same names."))
    if unknown := [name for name in scorer.reader.list_unknown(list(frame.columns)) if name != "as_of"]:
        findings.append(Finding("LEAD020", "warning", f"Not used by this model: {list_names(unknown)}.", ""))
    if not has_events and asks_events(scorer):
        what = "No events are given, so every lead is taken for one that did nothing."
        findings.append(Finding("EVENT011", "warning", what, "Give the events too, unless these leads have none."))
    return tuple(findings)


def asks_events(scorer: Scorer) -> bool:
    """Whether a bundle learned from events, or its rule book counts them: without them its answers are of other leads."""
    asks = scorer.book is not None and any(isinstance(rule.condition, OnEvents) for rule in scorer.book.rules)
    return bool((asks or scorer.features.event_features) and scorer.features.dated)


def read_leads_to_score(
    raw: pd.DataFrame, settings: Settings, now: pd.Timestamp, forms: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Leads as read, under our names, with `as_of` in UTC, missing where it is no date; what only training needs may be lacking.

    Args:
        raw: As read from a file.
        settings: Those of the bundle.
        now: The moment that stands where a lead carries none.
        forms: Column -> how its cells are spelled, as the training told; None for the plain way.

    Raises:
        TableError: No column `lead_id`, or no leads.
    """
    faults = Faults()
    frame = rename_columns(raw, settings, faults, needed=())
    if "lead_id" not in frame:
        faults.add("LEAD001", "There is no column 'lead_id'.", "Name it so, or map it in [columns] before training.")
    if frame.empty:
        faults.add("LEAD002", "The table of leads is empty.", "Export at least one lead.")
    faults.settle("leads", frame, drop=None)
    moments = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us, UTC]")
    wrong = pd.Series(data=False, index=frame.index)
    dates = blank_missing(frame[[name for name in ("as_of", "mql_at") if name in frame]], settings.data.missing_values)
    dates = to_plain_frame(dates, forms or {})
    for name in dates.columns:
        times, bad = parse_times(dates[name], settings.data.timezone)
        wrong |= bad & moments.isna()
        moments = moments.fillna(times)
    return frame.assign(as_of=moments.fillna(now).where(~wrong)).reset_index(drop=True)
