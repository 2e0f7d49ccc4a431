"""A dataset from the store: the stored rows, as the models that answered saw them, in place of leads and events."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from predictor.core.cell_formats import SET_FORMATS, YES_NO_FORMATS, Format
from predictor.core.errors import Findings, TrainingError
from predictor.core.row_faults import Faults
from predictor.core.settings import Settings
from predictor.data.detect_formats import detect_formats, to_plain_frame
from predictor.data.lead_facts import parse_observed_until
from predictor.data.leads import EVENTS_PREFIX, FEATURE_PREFIXES, OWN_PREFIX, POINTS_PREFIX, Leads, list_formats
from predictor.data.parse import Kind
from predictor.data.roles import read_kind
from predictor.features.accounts import ACCOUNT_LABELS
from predictor.features.assemble import BOOK_TOTAL, TOTAL
from predictor.features.earlier_episodes import LABELS, LAST_END
from predictor.features.event_features import EventFeature, list_event_features
from predictor.features.snapshot import read_event_features
from predictor.model.outcomes import check_unweighted, label_outcomes
from predictor.points.rulebook import RuleBook, load_rule_book
from predictor.store.database import Database
from predictor.store.episodes import Episodes, check_episodes, compute_episodes
from predictor.training.dataset import Dataset, StoredLeads
from predictor.training.lead_points import LeadPoints, make_points

_DETECTED = (*YES_NO_FORMATS, *SET_FORMATS)


def load_stored_dataset(settings: Settings, database: Database) -> Dataset:
    """The dataset of stored scores and outcomes.

    Only leads that sales got are used; see `compute_episodes`. A feature is known for the leads whose model used it.

    Args:
        settings: A firm's settings; rule book, roles of points and windows must be those that the scores were computed with.
        database: Where they are stored.

    Raises:
        StoreError: The database cannot be used.
        TrainingError: No stored score can be used for training, no lead is mature, or none or all of them were accepted.
    """
    outcomes = database.load_outcomes(timezone=settings.data.timezone)
    scores = database.load_scores(features=True)
    episodes = compute_episodes(scores, outcomes, timezone=settings.data.timezone)
    if episodes.frame.empty:
        reasons = [finding.what for finding in check_episodes(episodes)[1:]]
        do = "Let the server score leads, or train from the tables of the CRM."
        raise TrainingError(" ".join(["The store holds no score to train on.", *reasons, do]))
    until = _choose_observed_until(settings, scores, outcomes)
    book = load_rule_book(settings.points.rule_book, settings.folder) if settings.points.rule_book else None
    stored = pd.DataFrame(list(episodes.frame["features"]))
    event_features = _list_event_features(stored, settings)
    formats = _list_formats(stored, settings)
    attributes, kinds = _read_attributes(stored, formats, settings)
    own = stored[[name for name in stored if str(name).startswith(OWN_PREFIX)]].apply(pd.to_numeric)
    parts = [_read_points(stored, settings, book), read_event_features(stored, event_features), own]
    rows = pd.concat([attributes, *parts, _read_history(stored, settings)], axis=1)
    leads = Leads(
        frame=pd.concat([episodes.frame[["lead_id", "mql_at", "sql_at"]], attributes], axis=1),
        attributes=kinds,
        points=settings.roles.points,
        observed_until=until,
        formats=formats,
    )
    return _make_dataset(
        settings, leads, make_points(rows, leads, settings, book=book, awards=None), rows, event_features, episodes
    )


def _make_dataset(
    settings: Settings,
    leads: Leads,
    points: LeadPoints,
    rows: pd.DataFrame,
    event_features: tuple[EventFeature, ...],
    episodes: Episodes,
) -> Dataset:
    weight = episodes.frame["sample_weight"].to_numpy()
    return Dataset(
        settings=settings,
        leads=leads,
        outcomes=label_outcomes(leads, settings),
        rows=rows,
        event_features=event_features,
        points=points,
        stored=StoredLeads(weight if (weight != 1).any() else None, 0 if episodes.explored else episodes.held_back),
        findings=Findings((*check_episodes(episodes), *check_unweighted(leads, settings))),
    )


def _choose_observed_until(settings: Settings, scores: pd.DataFrame, outcomes: pd.DataFrame) -> pd.Timestamp:
    """The moment up to which outcomes are known: as the settings say, or the latest time that the store has seen."""
    faults = Faults()
    until = parse_observed_until(settings, faults)
    if faults.findings:
        raise TrainingError(str(faults.findings[0]))
    if until is not None:
        return until
    times = [scores["as_of"], outcomes["occurred_at"], outcomes["told_at"]]
    latest: pd.Timestamp = max(column.max() for column in times if len(column))
    return latest


def _list_attributes(stored: pd.DataFrame, settings: Settings) -> list[str]:
    """The names of what came from the CRM."""
    excluded = {*settings.roles.ignore, *settings.roles.protected}
    return [str(name) for name in stored if not str(name).startswith(FEATURE_PREFIXES) and name not in excluded]


def _list_formats(stored: pd.DataFrame, settings: Settings) -> dict[str, Format]:
    """The formats that the settings name, and those of yes and no and of sets, which stored values show."""
    named, names = list_formats(settings), _list_attributes(stored, settings)
    found, _ = detect_formats(stored, set_formats={}, times=(), others=[name for name in names if name not in named], order=None)
    return named | {name: format_name for name, format_name in found.items() if format_name in _DETECTED}


def _read_attributes(
    stored: pd.DataFrame, formats: Mapping[str, Format], settings: Settings
) -> tuple[pd.DataFrame, dict[str, Kind]]:
    """What came from the CRM, in the types that it shows, and the kind of each."""
    plain = to_plain_frame(stored, {name: format_name for name, format_name in formats.items() if format_name in _DETECTED})
    names = _list_attributes(stored, settings)
    typed = {name: read_kind(plain[name], formats.get(name), settings.data.timezone) for name in names}
    columns = {name: column for name, (_, column) in typed.items()}
    return pd.DataFrame(columns, index=stored.index), {name: kind for name, (kind, _) in typed.items()}


def _read_points(stored: pd.DataFrame, settings: Settings, book: RuleBook | None) -> pd.DataFrame:
    """The points that a new model can use: those of the CRM's columns and of the rule book that the settings name."""
    known = {TOTAL} if book is not None or settings.roles.points else set()
    known |= {f"{POINTS_PREFIX}{name}" for name in settings.roles.points}
    if book is not None:
        known |= {BOOK_TOTAL, *(f"{POINTS_PREFIX}{rule.group}" for rule in book.rules)}
    return pd.DataFrame({name: pd.to_numeric(stored[name]) for name in stored if name in known}, index=stored.index)


def _read_history(stored: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The features over earlier episodes and over accounts, of the leads whose model used them."""
    wanted = [*(LABELS if settings.features.earlier_episodes else ()), *(ACCOUNT_LABELS if settings.features.accounts else ())]
    known = [name for name in wanted if name in stored]
    return pd.DataFrame(
        {name: stored[name].astype("str") if name == LAST_END else pd.to_numeric(stored[name]) for name in known},
        index=stored.index,
    )


def _list_event_features(stored: pd.DataFrame, settings: Settings) -> tuple[EventFeature, ...]:
    """The event features of the types that some model used, or of those of them that the settings name."""
    places = {str(name).removeprefix(EVENTS_PREFIX).rpartition("/")[0] for name in stored if str(name).startswith(EVENTS_PREFIX)}
    types = sorted(_unquote(place) for place in places if place != "any")
    named = settings.features.event_types
    chosen = [event_type for event_type in types if event_type in named] if named else types
    return list_event_features(chosen, settings.features.windows_days) if places else ()


def _unquote(place: str) -> str:
    """The event type that a part of a name means; a type called 'any' is written in quotes."""
    return place[1:-1] if place.strip("'") == "any" else place
