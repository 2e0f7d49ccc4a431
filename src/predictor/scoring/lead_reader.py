"""One lead as it comes in, read as the training read its table: our names, what is not known, what nobody looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from predictor.core.errors import Finding, ScoringError, list_names
from predictor.core.settings import Settings
from predictor.data.denied_columns import deny_reason
from predictor.data.email_domains import domain_of, kind_of_domain
from predictor.data.events.history import EventHistory, EventHistoryReader
from predictor.data.formats import to_plain_format
from predictor.data.job_titles import PARTS, find_title, read_title
from predictor.data.leads import LEAD_FACTS
from predictor.data.values import normal_text, to_number
from predictor.features.encode import FeatureSet
from predictor.points.rulebook import OnEvents, RuleBook
from predictor.scoring.answer import Lead

_MOST_NAMES, _LONGEST_NAME = 5_000, 200  # of attributes that are remembered
_NOTHING = EventHistory(0, [], 0, 0, {})  # what is known of a past without dates


class LeadReader:
    """What a bundle knows of the words of its firm.

    Attributes:
        attributes: What features and rules may look at.
    """

    def __init__(self, settings: Settings, features: FeatureSet, attributes: Sequence[str], book: RuleBook | None) -> None:
        self.attributes = attributes
        self._features = features
        self._points = settings.roles.points
        self._ours = {theirs: ours for ours, theirs in settings.columns.items()}
        self._used = dict[str, bool]()
        self._forms = dict(features.forms)
        self._title = find_title(attributes)
        self._past = EventHistoryReader(features.is_missing)
        roles = settings.roles
        self._known = {*attributes, *roles.points, *roles.ignore, *roles.protected, *LEAD_FACTS, *self._ours}
        self.event_types = {normal_text(kind) for kind in (*features.event_types, *(features.acts or ()))}
        for rule in book.rules if book else ():
            self.event_types |= rule.condition.types if isinstance(rule.condition, OnEvents) else set()

    def list_unknown(self, names: Sequence[str]) -> list[str]:
        """The names that nothing knows: neither the training, nor the settings, nor the list of denied ones."""
        return [name for name in names if not self._is_known(name)]

    def _is_known(self, name: str) -> bool:
        """Remembered, since the leads of a firm bear the same names; more of them come from a mistaken client."""
        known = self._used.get(name)
        if known is None:
            known = name in self._known or deny_reason(name) is not None
            if len(self._used) < _MOST_NAMES and len(name) <= _LONGEST_NAME:
                self._used[name] = known
        return known

    def read(self, lead: Lead) -> tuple[dict[str, Any], EventHistory, list[Finding]]:
        """The attributes that are known, under our names, the e-mail reduced to a kind of mailbox; the past; and warnings.

        Raises:
            ScoringError: An attribute is a list or an object.
        """
        ours, is_missing = self._ours, self._features.is_missing
        values = {ours.get(name, name): value for name, value in lead.attributes.items()}
        values = {name: value for name, value in values.items() if not is_missing(value)}
        values |= {name: to_plain_format(values[name], form) for name, form in self._forms.items() if name in values}
        lists = [name for name, value in values.items() if isinstance(value, (list, tuple, dict))]
        if lists and (nested := [name for name in self.attributes if name in lists]):
            what = f"{list_names(nested)} must be single values, not lists or objects"
            raise ScoringError(f"LEAD022 {what}. Send one value of each.")
        kind = kind_of_domain(domain_of(values.get("email_domain", values.get("email"))))
        if kind is not None:
            values["email_domain_kind"] = kind
        self._read_title(values)
        past = self._past.read(lead.events, lead.as_of) if self._features.dated else _NOTHING
        return values, past, self._warn(lead, values, past)

    def _read_title(self, values: dict[str, Any]) -> None:
        """What the job title tells is added, where the model knows it and nobody sent it."""
        if self._title is None or self._title not in values:
            return
        text = normal_text(values[self._title])
        for name, part in PARTS.items():
            if name in self.attributes and name not in values and (told := read_title(text, part)) is not None:
                values[name] = told

    def read_points(self, lead: Lead, values: Mapping[str, Any]) -> dict[str, float]:
        """The CRM's scores by column; `points` of the lead stands for the column where there is only one.

        Raises:
            ScoringError: One of them is no number.
        """
        if len(self._points) == 1 and lead.points is not None:
            values = {self._points[0]: to_plain_format(lead.points, self._forms.get(self._points[0]))}
        try:
            return {name: to_number(values.get(name)) for name in self._points}
        except ValueError as error:
            raise ScoringError(
                f"LEAD022 {list_names(self._points)} must be numbers, but {error}. Send numbers, or leave them out."
            ) from None

    def _warn(self, lead: Lead, values: Mapping[str, Any], past: EventHistory) -> list[Finding]:
        warnings = []
        used = self._used
        if unknown := [name for name in values if not (used.get(name) or self._is_known(name))]:
            warnings.append(("LEAD020", f"Not used by this model: {list_names(unknown)}."))
        if lead.points is not None and len(self._points) != 1:
            held = list_names(self._points)
            take = f"it takes {held} among the attributes" if held else "its points come from the rule book"
            warnings.append(("LEAD026", f"Not used by this model: points; {take}."))
        if lead.events and not self._features.dated:
            warnings.append(("LEAD027", "Not looked at: the events, because the training did not know when leads became MQLs."))
        if past.later:
            warnings.append(("LEAD023", f"Not looked at: {past.later} of the events, dated after as_of."))
        if past.untyped:
            warnings.append(("EVENT006", f"Not looked at: {past.untyped} of the events, without a type."))
        if unknown := [spelled for spelled, kind in past.types.items() if kind not in self.event_types]:
            warnings.append(("EVENT010", f"Events of types never seen in training: {list_names(unknown)}."))
        return [Finding(code, "warning", text, "") for code, text in warnings]
