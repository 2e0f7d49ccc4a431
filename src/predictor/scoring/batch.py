"""Tables of leads: read, given their points and event features, and answered by a scorer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, count, list_names
from predictor.core.row_faults import Faults
from predictor.data.accounts import ACCOUNT_NAMES
from predictor.data.detect_formats import to_plain_frame
from predictor.data.job_titles import add_title_parts
from predictor.data.leads import reduce_email, rename_columns
from predictor.data.missing import blank_missing
from predictor.data.parse import ISO_HINT, parse_times
from predictor.features.event_features import EventFeature
from predictor.features.own_features import OwnFeatures
from predictor.points.award import Awards
from predictor.points.rule import EventCondition
from predictor.points.rulebook import RuleBook
from predictor.scoring.history import EPISODE_TIMES, add_history, list_history

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from predictor.data.events.contract import RawEvents
    from predictor.scoring.scorer import Scorer

_AT_ONCE = 100_000  # leads of a table that are in memory with all their features
_MOST_NAMED = 8  # columns in a finding
ANY_MOMENT = pd.Timestamp("2000-01-01", tz="UTC")  # where nothing depends on it


def score_leads(
    scorer: Scorer, raw: pd.DataFrame, raw_events: RawEvents | pd.DataFrame | None, *, now: pd.Timestamp, reasons: int = 3
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The answers about leads as read from a file, and findings about the table.

    Args:
        scorer: The bundle that answers.
        raw: One row a lead, in the columns of the training export. The moment of a score is `as_of` where that column is there
            and filled, else `mql_at`, else `now`.
        raw_events: Their events, a frame or what `open_events` gives; None for none.
        now: The moment of leads without one.
        reasons: How many of the strongest reasons to give, up and down together; 0 leaves out the grades of fit and engagement
            too.

    Raises:
        TableError: No column `lead_id`, no leads, or a column that events need is missing. Rows of leads that cannot be scored
            fail alone; faulty rows of events are left out, and counted in a finding.
    """
    renamed, names = rename_similar(scorer, raw)
    leads, unread = read_leads(scorer, renamed, now)
    events, findings = None, (*names, *unread, *check_table(scorer, leads, has_events=raw_events is not None))
    if raw_events is not None:
        from predictor.data.events.contract import check_events  # noqa: PLC0415  leads without events need no history backend
        from predictor.data.read.event_sources import open_frame  # noqa: PLC0415

        source = open_frame(raw_events) if isinstance(raw_events, pd.DataFrame) else raw_events
        formats = scorer.features.event_formats
        checked = check_events(source, scorer.settings, leads["lead_id"], now=now, drop=True, formats=formats)
        events, findings = checked.table, (*findings, *checked.findings)
    answers = score_frame(scorer, leads, as_of=leads["as_of"], events=events, reasons=reasons, with_sides=reasons > 0)
    return answers, findings


def score_frame(
    scorer: Scorer,
    leads: pd.DataFrame,
    *,
    as_of: pd.Series | None,
    events: Table | None,
    reasons: int = 0,
    with_sides: bool = False,
) -> pd.DataFrame:
    """The answers about leads under our names, with the columns of `Scorer.score_table`.

    Args:
        scorer: The bundle that answers.
        leads: With `lead_id` and attributes. Their earlier episodes are other rows, unless `add_history` was called before.
        as_of: The moment of each score; a row without one cannot be scored. None where leads carry no dates.
        events: Their events, as `check_events` gives them; None for none.
        reasons: How many of the strongest reasons to give, up and down together.
        with_sides: Whether to grade fit and engagement.
    """
    leads = add_history(scorer, leads, as_of=as_of)
    parts = [
        (places[start : start + _AT_ONCE], part)
        for places, part in _split(leads, events)
        for start in range(0, max(len(places), 1), _AT_ONCE)
    ]
    answers = [
        _score_part(
            scorer,
            leads.iloc[places],
            as_of=None if as_of is None else as_of.iloc[places],
            events=part,
            reasons=reasons,
            with_sides=with_sides,
        )
        for places, part in parts
    ]
    if len(answers) == 1:
        return answers[0]
    return pd.concat(answers).iloc[np.argsort(np.concatenate([places for places, _ in parts]))].reset_index(drop=True)


def _split(leads: pd.DataFrame, events: Table | None) -> Iterable[tuple[np.ndarray, Table | None]]:
    """The places of the leads, in buckets with their events."""
    if events is None:
        return [(np.arange(len(leads)), None)]
    from predictor.data.events.buckets import split_by_lead  # noqa: PLC0415  leads without events need no history backend

    return split_by_lead(leads["lead_id"], events)


def _score_part(
    scorer: Scorer, leads: pd.DataFrame, *, as_of: pd.Series | None, events: Table | None, reasons: int, with_sides: bool
) -> pd.DataFrame:
    """One way: read, points and event features as of each moment, answers."""
    known = scorer.reader.read_table(leads)
    moments = as_of.fillna(ANY_MOMENT) if as_of is not None and scorer.features.dated else None
    awards = award_leads(scorer.book, known, as_of=moments, events=events)
    if events is None:
        event_features: pd.DataFrame | None = leads[[]]  # the scorer knows the features of a lead without events
    else:
        event_features = compute_event_features(scorer.features.event_features, leads, as_of=moments, events=events)
    if scorer.own is not None and moments is not None:
        own = compute_own_features(scorer.own, leads, known, as_of=moments, events=events)
        event_features = own if event_features is None else pd.concat([event_features, own], axis="columns")
    if history := list_history(leads):
        event_features = leads[history] if event_features is None else pd.concat([event_features, leads[history]], axis="columns")
    answers = scorer.score_table(
        known, as_of=as_of, awards=awards, event_features=event_features, reasons=reasons, with_sides=with_sides
    )
    return answers.assign(lead_id=leads["lead_id"].to_numpy())  # a key that means 'not known' is shown as it was exported


def award_leads(book: RuleBook | None, leads: pd.DataFrame, *, as_of: pd.Series | None, events: Table | None) -> Awards | None:
    """What a rule book gives a table of leads; None where there is no book.

    Args:
        book: The rule book.
        leads: With `lead_id` and attributes.
        as_of: The moment of each row; None where leads carry no dates, which rules on attributes do not need.
        events: The leads' events, as `check_events` gives them; None for none.
    """
    if book is None:
        return None
    from predictor.points.award_table import award_table  # noqa: PLC0415  leads without a book need no history backend

    moments = pd.Series(ANY_MOMENT, index=leads.index) if as_of is None else as_of
    return award_table(book, leads.assign(as_of=moments.astype("datetime64[us, UTC]")), events if as_of is not None else None)


def compute_event_features(
    features: Sequence[EventFeature], leads: pd.DataFrame, *, as_of: pd.Series | None, events: Table | None
) -> pd.DataFrame | None:
    """The event features of a table of leads, each row as of its moment; None where there are none to compute.

    Args:
        features: What to compute.
        leads: With `lead_id`.
        as_of: The moment of each row; None where leads carry no dates.
        events: The leads' events, as `check_events` gives them; None where these leads have none.
    """
    if not features or as_of is None:
        return None
    from predictor.data.events.table import tabulate_events  # noqa: PLC0415  leads without events need no history backend
    from predictor.features.table import compute_event_columns  # noqa: PLC0415

    keys = leads["lead_id"].fillna("")  # a row without a key has no events, and is refused on its own
    moments = pd.DataFrame({"lead_id": keys, "as_of": as_of.astype("datetime64[us, UTC]")})
    return compute_event_columns(features, moments, tabulate_events(None) if events is None else events)


def compute_own_features(
    own: OwnFeatures, leads: pd.DataFrame, attributes: pd.DataFrame, *, as_of: pd.Series, events: Table | None
) -> pd.DataFrame:
    """The features of the firm's own of a table of leads, each row as of its moment.

    Args:
        own: What to compute.
        leads: With `lead_id`.
        attributes: Of the same rows, in the plain format.
        as_of: The moment of each row.
        events: The leads' events, as `check_events` gives them; None where these leads have none.

    Raises:
        ScoringError: A function fails, or does not give numbers.
    """
    from predictor.features.own_table import compute_own_columns  # noqa: PLC0415  most need no history backend for it

    keys = leads["lead_id"].fillna("")  # a row without a key has no events, and is refused on its own
    moments = pd.DataFrame({"lead_id": keys, "as_of": as_of.astype("datetime64[us, UTC]")})
    return compute_own_columns(own, moments, attributes, events)


def uses_events(scorer: Scorer) -> bool:
    """Whether the features or the rule book of a bundle need events: without them the answers are those of other leads."""
    has_rules = scorer.book is not None and any(isinstance(rule.condition, EventCondition) for rule in scorer.book.rules)
    return bool((has_rules or scorer.features.event_features or scorer.own) and scorer.features.dated)


def check_table(scorer: Scorer, leads: pd.DataFrame, *, has_events: bool) -> tuple[Finding, ...]:
    """Findings about the model and the table as a whole: columns that are missing or unknown, events that are not given."""
    findings = list(scorer.model_warnings)
    columns = set(add_title_parts(reduce_email(leads.head(1)), scorer.attributes).columns)
    needed = dict.fromkeys(feature.attribute for feature in scorer.features.features if feature.attribute is not None)
    if missing := [name for name in needed if name not in columns]:
        what = f"Missing from the table, and not known in any row: {list_names(missing)}."
        findings.append(Finding("LEAD036", "warning", what, do="Export the columns that the training had, under the same names."))
    if unknown := [name for name in scorer.reader.list_unknown(leads.columns) if name != "as_of"]:
        findings.append(Finding("LEAD020", "warning", f"Not used by this model: {list_names(unknown)}.", do=""))
    if scorer.features.uses_episodes and "recycled_at" not in leads:
        what = "The table has no column 'recycled_at', so every lead is scored as one without an earlier episode."
        do = "Export the earlier episodes too, a row each with mql_at and recycled_at, unless these leads have none."
        findings.append(Finding("LEAD046", "warning", what, do=do))
    if scorer.features.uses_accounts and not {*ACCOUNT_NAMES} & {*leads.columns}:
        what = "The table has neither 'account_id' nor a column of e-mail addresses, so no lead is known to have an account."
        findings.append(Finding("LEAD048", "warning", what, do="Export one of them."))
    if not has_events and uses_events(scorer):
        what = "No events are given, so every lead is scored as one without events."
        findings.append(Finding("EVENT011", "warning", what, do="Give the events too, unless these leads have none."))
    return tuple(findings)


def rename_similar(scorer: Scorer, raw: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The table with the names of the training data where it writes them in another case, and a tip that says so.

    Raises:
        TableError: Two columns would have the same name.
    """
    renamed = scorer.reader.names.list_similar(map(str, raw.columns), also="as_of")
    if not renamed:
        return raw, ()
    faults = Faults()
    for name in dict.fromkeys(renamed.values()):
        if len(same := [theirs for theirs, other in renamed.items() if other == name]) > 1:
            faults.add("LEAD012", f"{list_names(same)} are both the column '{name}'.", "Rename or remove one of them.")
    faults.settle("leads", raw, drop=None)
    listed = [f"'{theirs}' as '{name}'" for theirs, name in renamed.items()]
    more = f" and {len(listed) - _MOST_NAMED} more" if len(listed) > _MOST_NAMED else ""
    what = f"Columns are written in another way than in training, and read as the same: {', '.join(listed[:_MOST_NAMED])}{more}."
    return raw.rename(columns=renamed), (Finding("LEAD071", "tip", what, do="Rename them if they are other columns."),)


def read_leads(scorer: Scorer, raw: pd.DataFrame, now: pd.Timestamp) -> tuple[pd.DataFrame, list[Finding]]:
    """Leads under our names, with `as_of` in UTC, missing where it is not a date; and findings about dates of episodes.

    The dates of episodes are read where the model uses earlier ones. Only training needs the other columns.

    Raises:
        TableError: No column `lead_id`, or no leads.
    """
    settings, formats = scorer.settings, dict(scorer.features.formats)
    faults = Faults()
    leads = rename_columns(raw, settings, faults, needed=())
    if "lead_id" not in leads:
        faults.add("LEAD001", "There is no column 'lead_id'.", "Name it so, or map it in [columns] before training.")
    if leads.empty:
        faults.add("LEAD002", "The table of leads is empty.", "Export at least one lead.")
    faults.settle("leads", leads, drop=None)
    as_of = pd.Series(pd.NaT, index=leads.index, dtype="datetime64[us, UTC]")
    unreadable = pd.Series(data=False, index=leads.index)
    uses_past = scorer.features.uses_episodes or scorer.features.uses_accounts
    read = EPISODE_TIMES if uses_past else ("mql_at",)
    dates = blank_missing(leads[[name for name in ("as_of", *read) if name in leads]], settings.data.missing_values)
    if "mql_at" in formats:  # `as_of` is written as `mql_at` is
        others = {name: formats.get(name, formats["mql_at"]) for name in dates.columns}
        dates = to_plain_frame(dates, others, settings.data.missing_values)
    parsed = {str(name): parse_times(dates[name], settings.data.timezone) for name in dates.columns}
    for name in ("as_of", "mql_at"):
        if name in parsed:
            times, faulty = parsed[name]
            unreadable |= faulty & as_of.isna()
            as_of = as_of.fillna(times)
    known = {name: parsed[name] for name in read if name in parsed and uses_past}
    findings = [
        Finding(
            "LEAD003",
            "warning",
            f"Column '{name}' holds no date in {count(int(bad.sum()), 'row')}: not known there.",
            do=ISO_HINT,
        )
        for name, (_, bad) in known.items()
        if name != "mql_at" and bad.any()
    ]
    moments = {name: column for name, (column, _) in known.items()}
    return leads.assign(**moments, as_of=as_of.fillna(now).where(~unreadable)).reset_index(drop=True), findings
