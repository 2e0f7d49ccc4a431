"""Leads read as training read its table: our names, blanks for 'not known', only the kind of mailbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from predictor.core.cell_formats import SET_FORMATS
from predictor.core.errors import Finding, ScoringError, count, list_names
from predictor.core.settings import Settings
from predictor.data.accounts import ACCOUNT_NAMES, find_account
from predictor.data.detect_formats import to_plain_frame
from predictor.data.email_domains import domain_of, kind_of_domain
from predictor.data.events.history import EventHistory, EventHistoryReader
from predictor.data.formats import EPOCH_BY_SIZE, to_plain_format
from predictor.data.job_titles import PARTS, add_title_parts, find_title, read_title
from predictor.data.leads import reduce_email
from predictor.data.missing import blank_missing
from predictor.data.parse import parse_numbers
from predictor.data.values import normal_text, to_number
from predictor.features.encode import FeatureSet
from predictor.points.rule import EventCondition
from predictor.points.rulebook import RuleBook
from predictor.scoring.answer import Lead
from predictor.scoring.names import AttributeNames

_NO_HISTORY = EventHistoryReader().read((), datetime(1970, 1, 1, tzinfo=UTC))  # where leads carry no dates


class LeadReader:
    """Reads one lead, or a table of leads, for one model.

    Attributes:
        attributes: The names that features and rules may use: those of the training.
        points: The columns of the CRM's own scores.
        names: Resolves the names that leads carry.
        reasons: The words for why sales sends leads back, as features know them.
    """

    def __init__(self, settings: Settings, features: FeatureSet, book: RuleBook | None) -> None:
        named = [feature.attribute for feature in features.features if feature.attribute is not None]
        self.attributes = list(dict.fromkeys([*named, *features.visible]))
        self.points = settings.roles.points
        self.reasons = settings.serve.reasons
        self._used = frozenset((*self.attributes, *self.points, "email", "email_domain"))
        self._features = features
        self._set_formats = dict(features.formats)
        points = {} if features.amount_format is None else dict.fromkeys(self.points, features.amount_format)
        dates = [feature.attribute for feature in features.features if feature.kind == "days_since" and feature.attribute]
        self._formats = points | dict.fromkeys(dates, EPOCH_BY_SIZE) | features.attribute_formats
        self._field_formats = self._list_field_formats()
        self.names = AttributeNames(settings, self.attributes)
        self._title = find_title(self.attributes)
        self._history = EventHistoryReader(features.is_missing)
        self._event_types = {normal_text(kind) for kind in (*features.event_types, *(features.featured_types or ()))}
        for rule in book.rules if book else ():
            self._event_types |= rule.condition.types if isinstance(rule.condition, EventCondition) else set()

    def list_unknown(self, names: Iterable[str]) -> list[str]:
        """The names that are neither in the training data, nor in the settings, nor on the list of denied ones."""
        return [name for name in names if not self.names.is_known(name)]

    def takes_list(self, name: str) -> bool:
        """Whether an attribute may be a list: it has several values, or the model does not use it."""
        known = self.names.resolve(name)
        return self._formats.get(known) in SET_FORMATS or known not in self._used

    def read(self, lead: Lead) -> tuple[dict[str, Any], EventHistory, list[Finding]]:
        """The known values of a lead by our names, its events up to `as_of`, and warnings.

        Raises:
            ScoringError: An attribute is an object, is a list although it has one value, or is sent twice.
        """
        values = self._name_values(lead.attributes)
        self._convert(values)
        lists = [name for name, value in values.items() if isinstance(value, (list, tuple, dict))]
        if lists and (nested := [name for name in self.attributes if name in lists]):
            what = f"{list_names(nested)} must be single values, not lists or objects"
            raise ScoringError(f"LEAD022 {what}. Send one value of each.")
        kind = kind_of_domain(domain_of(values.get("email_domain", values.get("email"))))
        if kind is not None:
            values["email_domain_kind"] = kind
        self._add_title_parts(values)
        history = self._history.read(lead.events, lead.as_of) if self._features.dated else _NO_HISTORY
        return values, history, self._check(lead, values, history)

    def _convert(self, values: dict[str, Any]) -> None:
        """Convert values to the plain format, in place; those that mean 'not known' there are removed."""
        for name, column_format in self._formats.items():
            value = values.get(name)
            if value is None or (plain := to_plain_format(value, column_format)) is value:
                continue
            if self._features.is_missing(plain):
                del values[name]
            else:
                values[name] = plain

    def _name_values(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """The values that are known, by our names.

        Raises:
            ScoringError: Two attributes have the same name but for case, blanks, `_` and `-`.
        """
        resolve, is_missing = self.names.resolve, self._features.is_missing
        known = {name: value for name, value in attributes.items() if not is_missing(value)}
        values = {resolve(name): value for name, value in known.items()}
        if len(values) < len(known):
            sent = Counter(map(resolve, known))
            names = [name for name in known if sent[resolve(name)] > 1 and resolve(name) in self._used]
            if names:
                raise ScoringError(f"LEAD022 {list_names(names)} are the same attribute. Send it once.")
        return values

    def read_account(self, attributes: Mapping[str, Any]) -> str | None:
        """The account of a lead, as training read it; None where it has none, or the model uses none.

        Args:
            attributes: As the lead carries them.
        """
        if not self._features.uses_accounts:
            return None
        named = {self.names.resolve(name): value for name, value in attributes.items()}
        return find_account({name: named[name] for name in ACCOUNT_NAMES if not self._features.is_missing(named.get(name))})

    def read_points(self, lead: Lead, values: Mapping[str, Any]) -> dict[str, float]:
        """The CRM's scores by column; where there is one column, `points` of the lead goes before it.

        Raises:
            ScoringError: A score is not a number.
        """
        if len(self.points) == 1 and lead.points is not None:
            values = {self.points[0]: self.read_field("points", lead.points)}
        try:
            return {name: to_number(values.get(name)) for name in self.points}
        except ValueError as error:
            raise ScoringError(
                f"LEAD022 {list_names(self.points)} must be numbers, but {error}. Send numbers, or leave them out."
            ) from None

    def read_table(self, leads: pd.DataFrame) -> pd.DataFrame:
        """The same of a table of leads: `lead_id`, the CRM's scores and the attributes, each where the table has it.

        Args:
            leads: One row a lead, under our names, as texts or typed.
        """
        plain = blank_missing(leads.drop(columns=["as_of"], errors="ignore"), self._features.missing_values)
        known = add_title_parts(reduce_email(plain), self.attributes)
        names = dict.fromkeys(["lead_id", *self.points, *self.attributes])
        used = known[[name for name in names if name in known]]
        formats = {name: form for name, form in self._formats.items() if name in used and self._is_needed(name, used[name])}
        return to_plain_frame(used, formats, self._features.missing_values)

    def _is_needed(self, name: str, column: pd.Series) -> bool:
        """Whether a column must be converted: it was not plain in training, or it is not now."""
        if self._formats[name] == EPOCH_BY_SIZE:
            return not pd.api.types.is_datetime64_any_dtype(column) and bool(parse_numbers(column)[0].notna().any())
        return name in self._set_formats or bool(parse_numbers(column)[1].any())

    def read_field(self, field: str, value: object) -> Any:  # noqa: ANN401  JSON
        """A value of a request that is no attribute, in the plain format; None where it means 'not known'.

        Args:
            field: `as_of`, `occurred_at` and `value` of events, or `points`.
            value: Anything.
        """
        if self._features.is_missing(value):
            return None
        plain = to_plain_format(value, self._field_formats.get(field))
        return None if self._features.is_missing(plain) else plain

    def _list_field_formats(self) -> dict[str, str | None]:
        features, formats, amount = self._features, self._set_formats, self._features.amount_format
        mql_at, points = formats.get("mql_at"), self.points[0] if len(self.points) == 1 else ""
        return {
            "as_of": mql_at,
            "mql_at": mql_at,
            **{name: formats.get(name, mql_at) for name in ("sql_at", "recycled_at", "opportunity_at")},
            "occurred_at": features.event_formats.get("occurred_at", mql_at),
            "value": features.event_formats.get("value", amount),
            "points": formats.get(points, amount),
        }

    def _add_title_parts(self, values: dict[str, Any]) -> None:
        """Add seniority and function from the job title, where the model uses them and they were not sent."""
        if self._title is None or self._title not in values:
            return
        text = normal_text(values[self._title])
        for name, part in PARTS.items():
            if name in self.attributes and name not in values and (value := read_title(text, part)) is not None:
                values[name] = value

    def _check(self, lead: Lead, values: Mapping[str, Any], history: EventHistory) -> list[Finding]:
        warnings = []
        if unknown := self.list_unknown(values):
            warnings.append(("LEAD020", f"Not used by this model: {list_names(unknown)}."))
        if lead.points is not None and len(self.points) != 1:
            columns = list_names(self.points)
            use = f"it takes {columns} among the attributes" if columns else "its points come from the rule book"
            warnings.append(("LEAD026", f"Not used by this model: points; {use}."))
        if lead.events and not self._features.dated:
            warnings.append(("LEAD027", "Not used: the events, since the training data do not say when leads became MQLs."))
        warnings += self._check_past(lead)
        if history.later:
            warnings.append(("LEAD023", f"Not used: {count(history.later, 'event')} dated after as_of."))
        if history.untyped:
            warnings.append(("EVENT006", f"Not used: {count(history.untyped, 'event')} without a type."))
        if unknown := [spelling for spelling, kind in history.types.items() if kind not in self._event_types]:
            warnings.append(("EVENT010", f"Events of types never seen in training: {list_names(unknown)}."))
        return [Finding(code, "warning", text, do="") for code, text in warnings]

    def _check_past(self, lead: Lead) -> list[tuple[str, str]]:
        """What of the past of the lead is sent in vain, and what the model uses and is not known."""
        features, found = self._features, list[tuple[str, str]]()
        for name, sent, is_used in (
            ("earlier_episodes", lead.earlier_episodes, features.uses_episodes),
            ("account_episodes", lead.account_episodes, features.uses_accounts),
        ):
            if sent and not is_used:
                found.append(("LEAD020", f"Not used by this model: {name}."))
        episodes = lead.earlier_episodes or () if features.uses_episodes else ()
        if undated := sum(one.recycle_reason is not None and one.recycled_at is None for one in episodes):
            found.append(("LEAD049", f"Not used: the reason of {count(undated, 'earlier episode')} without recycled_at."))
        if lead.earlier_episodes is None and features.uses_episodes:
            found.append(("LEAD045", "Not known: the earlier episodes of the lead."))
        if lead.account_episodes is None and self.read_account(lead.attributes) is not None:
            found.append(("LEAD047", "Not known: the other leads of the account."))
        return found
