"""The dataset of the tables that the settings name: read, checked, and assembled to one row an MQL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, Findings, RuleBookError, TrainingError
from predictor.core.settings import Settings, load_settings
from predictor.data.denied_columns import deny_reason
from predictor.data.lead_facts import LEAD_FACTS
from predictor.data.leads import Leads
from predictor.data.load import load_tables
from predictor.features.accounts import MQLS, compute_account_columns
from predictor.features.assemble import assemble_table
from predictor.features.earlier_episodes import EARLIER, compute_earlier_columns
from predictor.features.event_features import EventFeature, choose_event_types, list_event_features
from predictor.features.own_attributes import AttributeReader
from predictor.features.own_check import check_own_features
from predictor.features.own_features import OwnFeatures, load_functions
from predictor.model.outcomes import check_gap, check_unweighted, label_outcomes
from predictor.model.represented import check_balance, check_represented, compute_represented
from predictor.points.rule import EventCondition
from predictor.points.rulebook import RuleBook, load_rule_book
from predictor.points.unseen_names import check_unseen_names
from predictor.scoring.batch import award_leads, compute_event_features, compute_own_features
from predictor.training.dataset import Dataset
from predictor.training.lead_points import make_points

if TYPE_CHECKING:
    from predictor.data.events.contract import Events

_TRIED_TYPES = 10  # of events, on which own functions are tried


def load_dataset(
    settings: Settings | Path | str,
    *,
    leads: pd.DataFrame | None = None,
    events: pd.DataFrame | None = None,
    now: pd.Timestamp | None = None,
    book: RuleBook | None = None,
    allow_one_class: bool = False,
) -> Dataset:
    """The dataset of the tables that the settings name, or of frames.

    Args:
        settings: A firm's settings, or the file that holds them.
        leads: Leads as an export has them, a row an episode, with the names of columns that the settings know; read as a file of
            the same columns is. None means the tables that the settings name.
        events: Their events, a row an event; None means that `leads` have none.
        now: The moment after which nothing can have happened yet; None means the clock's.
        book: The rule book; None means the one that the settings name.
        allow_one_class: Whether leads of whom none or all were accepted will do, as for a comparison that fits nothing.

    Raises:
        TypeError: Events without leads, or a table that is no frame.
        TableError: A table that breaks the contract.
        RuleBookError: A rule book that cannot be used.
        SettingsError: A function of `features.own` is not there.
        TrainingError: No lead is mature, or none or all of them were accepted.
    """
    settings = settings if isinstance(settings, Settings) else load_settings(settings)
    if leads is not None or events is not None:
        _check_frames(leads, events)
        data = settings.data.model_copy(update={"leads": "", "events": "", "files": ()})
        settings = settings.model_copy(update={"data": data})
    now = pd.Timestamp.now("UTC") if now is None else now
    if book is None and settings.points.rule_book:
        book = load_rule_book(settings.points.rule_book, settings.folder)
    checked, found, findings = load_tables(settings, now, leads=leads, events=events)
    return _assemble(checked, found, findings, settings=settings, book=book, allow_one_class=allow_one_class)


def _check_frames(leads: object, events: object) -> None:
    if leads is None:
        raise TypeError("load_dataset() got events without their leads. Give both frames, or name both tables in the settings.")
    for name, table in (("leads", leads), ("events", events)):
        if table is not None and not isinstance(table, pd.DataFrame):
            raise TypeError(f"load_dataset() takes {name} as a pandas DataFrame, not {type(table).__name__}.")


def _assemble(
    leads: Leads,
    events: Events | None,
    findings: tuple[Finding, ...],
    *,
    settings: Settings,
    book: RuleBook | None,
    allow_one_class: bool,
) -> Dataset:
    """The dataset of checked leads and events."""
    book = None if book is None else book.read_as(leads.formats)
    book_findings = () if book is None else check_book(book, leads, settings)
    if book is not None:
        types = () if events is None else events.types
        book_findings += tuple(check_unseen_names(book, leads.frame, types, leads.formats))
    as_of = leads.frame["mql_at"] if leads.dated else None
    table = None if events is None else events.table
    awards = award_leads(book, leads.frame[["lead_id", *leads.attributes]], as_of=as_of, events=table)
    event_features = _list_event_features(events, settings) if leads.dated and events is not None else ()
    history = compute_event_features(event_features, leads.frame, as_of=as_of, events=table)
    if settings.features.own:
        own = _compute_own(settings, leads, events)
        history = own if history is None else pd.concat([history, own], axis="columns")
    earlier, accounts = _compute_earlier(settings, leads), _compute_accounts(settings, leads)
    parts = [part for part in (history, earlier, accounts) if part is not None]
    history = pd.concat(parts, axis="columns") if parts else None
    rows = assemble_table(leads.frame, list(leads.attributes), crm_points=leads.points, awards=awards, history=history)
    outcomes = label_outcomes(leads, settings, allow_one_class=allow_one_class)
    known, weight = outcomes.mature, settings.roles.weight
    represented = compute_represented(
        outcomes.outcome, known, weight=leads.frame[weight] if weight else None, base_rate=settings.label.base_rate
    )
    noticed = (
        *findings,
        *book_findings,
        *_check_undated_events(leads, events),
        *_check_earlier(earlier, settings),
        *_check_accounts(accounts, settings),
        *check_unweighted(leads, settings),
        *check_gap(leads, settings, outcomes.horizon_days),
        *check_represented(represented, outcomes.outcome, known),
        *check_balance(
            outcomes.outcome, known, np.arange(len(known), dtype=float) if outcomes.shuffled else outcomes.order, settings
        ),
    )
    return Dataset(
        settings=settings,
        leads=leads,
        outcomes=outcomes,
        rows=rows,
        event_features=event_features,
        points=make_points(rows, leads, settings, book=book, awards=awards),
        events=events,
        represented=represented,
        findings=Findings(noticed),
    )


def _list_event_features(events: Events, settings: Settings) -> tuple[EventFeature, ...]:
    """The features over events: of the types that the settings name, or of those that enough leads have."""
    wanted: Sequence[str] = settings.features.event_types
    if not wanted:
        leads = {event_type: leads for event_type, (_, leads) in events.types.items()}
        wanted = choose_event_types(leads, settings.features.min_support)
    return list_event_features(wanted, settings.features.windows_days)


def _compute_own(settings: Settings, leads: Leads, events: Events | None) -> pd.DataFrame:
    """The features of the firm's own functions, which are tried on made-up leads first.

    Raises:
        SettingsError: A function is not there.
        TrainingError: Leads carry no dates, or a function looks at more than its lead.
    """
    reader = AttributeReader(leads.attributes, settings.data.missing_values, settings.data.timezone)
    own = OwnFeatures(load_functions(settings.features.own, settings.folder), reader)
    if not leads.dated:
        raise TrainingError("features.own needs the moment of decision of each lead, but the leads carry no dates. Map mql_at.")
    check_own_features(own, () if events is None else tuple(events.types)[:_TRIED_TYPES], leads.frame)
    table = None if events is None else events.table
    return compute_own_features(own, leads.frame, leads.frame, as_of=leads.frame["mql_at"], events=table)


def _compute_earlier(settings: Settings, leads: Leads) -> pd.DataFrame | None:
    """The features over earlier episodes; None where they are not asked for, or no lead has one that sales has ended."""
    if not settings.features.earlier_episodes or not leads.dated or "recycled_at" not in leads.frame:
        return None
    frame = leads.frame.assign(as_of=leads.frame["mql_at"])
    columns = compute_earlier_columns(frame, leads.frame, settings.serve.reasons)
    return columns if columns[EARLIER].any() else None


def _check_earlier(earlier: pd.DataFrame | None, settings: Settings) -> tuple[Finding, ...]:
    if earlier is not None or not settings.features.earlier_episodes:
        return ()
    what = "features.earlier_episodes is on, but no lead became an MQL again after sales had ended an earlier episode."
    do = "Export a row for each episode, with mql_at and recycled_at, or leave the setting off."
    return (Finding("TRAIN018", "warning", what, do=do),)


def _compute_accounts(settings: Settings, leads: Leads) -> pd.DataFrame | None:
    """The features over other leads of the account; None where they are not asked for, or no account has several leads."""
    if not settings.features.accounts or not leads.dated:
        return None
    columns = compute_account_columns(leads.frame.assign(as_of=leads.frame["mql_at"]), leads.frame)
    return columns if columns[MQLS].any() else None


def _check_accounts(accounts: pd.DataFrame | None, settings: Settings) -> tuple[Finding, ...]:
    if accounts is not None or not settings.features.accounts:
        return ()
    what = "features.accounts is on, but no account has leads that became MQLs one after another."
    do = "Map account_id, or a column of e-mail addresses as email, and mql_at; or leave the setting off."
    return (Finding("TRAIN019", "warning", what, do=do),)


def check_book(book: RuleBook, leads: Leads, settings: Settings) -> tuple[Finding, ...]:
    """Findings about rules on a column that is missing from the export.

    Raises:
        RuleBookError: Rules on what came of a lead, what sales filled in, or a protected column.
    """
    conditions = [(rule.name, rule.condition.attribute) for rule in book.rules if not isinstance(rule.condition, EventCondition)]
    roles = settings.roles
    kept = {*LEAD_FACTS, *roles.points, *roles.protected, *roles.ignore}
    barred = [
        f"'{rule}' ('{column}')"
        for rule, column in conditions
        if column not in leads.attributes and (column in kept or deny_reason(column) is not None)
    ]
    if barred:
        raise RuleBookError(
            f"Rule book '{book.name}': these rules look at columns that are not known when a lead becomes an MQL, or that "
            f"must not decide: {', '.join(barred)}. Remove the rules, or name a column that was there before in roles.allow."
        )
    found = []
    if leads.points and settings.points.gate == "rule_book":
        what = "The CRM's scores are the points, and the rule book's gate does not speak of them: no gate is known."
        found.append(Finding("TRAIN005", "warning", what, do="Set points.gate to the score from which leads are handed over."))
    missing = [(rule, column) for rule, column in conditions if column not in leads.attributes]
    do = "Fix the rule book or the export."
    sees = "which the export does not have: it never fires"
    return (
        *found,
        *(Finding("TRAIN004", "warning", f"Rule '{rule}' asks for column '{name}', {sees}.", do=do) for rule, name in missing),
    )


def _check_undated_events(leads: Leads, events: Events | None) -> tuple[Finding, ...]:
    if leads.dated or events is None:
        return ()
    what = "The events are not looked at, because the leads do not say when they became MQLs."
    return (Finding("EVENT008", "warning", what, do="Map mql_at, so that it is known which events came before it."),)
