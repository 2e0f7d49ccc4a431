"""The names that leads carry, resolved to those of the training data: case, blanks, `_` and `-` do not matter."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from predictor.core.settings import Settings
from predictor.data.denied_columns import deny_reason
from predictor.data.lead_facts import LEAD_FACTS

_MOST_NAMES, _LONGEST_NAME = 5_000, 200  # that are remembered; more come from a mistaken client


class AttributeNames:
    """Resolves the names of one model's attributes.

    A name of the training data or the settings stays as it is. Any other is that of the only such name that differs in nothing
    but case, blanks, `_`, `-`, the `__c` of Salesforce and the prefix that the training left off (`data.prefix`); where there are
    several or none, it stays unknown.

    >>> from predictor.core.settings import make_settings
    >>> names = AttributeNames(make_settings({"columns": {"email": "Work Mail"}}), ["Lead Source", "Plan", "plan"])
    >>> [names.resolve(name) for name in ("LEAD_SOURCE", "lead source", "Plan", "PLAN", "work_mail")]
    ['Lead Source', 'Lead Source', 'Plan', 'PLAN', 'email']
    >>> names.is_known("Lead Source"), names.is_known("PLAN")
    (True, False)
    """

    def __init__(self, settings: Settings, attributes: Sequence[str]) -> None:
        roles = settings.roles
        ours = {theirs: our_name for our_name, theirs in settings.columns.items()}
        names = (*attributes, *roles.points, *roles.ignore, *roles.protected, *LEAD_FACTS, *ours)
        self._exact: Mapping[str, str] = {name: ours.get(name, name) for name in names}
        self._similar, self._prefix = _find_similar(self._exact), settings.data.prefix
        self._resolved, self._known = dict[str, str](), dict[str, bool]()

    def resolve(self, name: str) -> str:
        """Our name or that of the training data; the name itself where there is none."""
        found = self._resolved.get(name)
        if found is None:
            found = self._exact.get(name) or self._get_similar(name) or name
            if len(self._resolved) < _MOST_NAMES and len(name) <= _LONGEST_NAME:
                self._resolved[name] = found
        return found

    def is_known(self, name: str) -> bool:
        """Whether the model, the settings or the list of denied names knows a resolved name."""
        found = self._known.get(name)
        if found is None:
            found = name in self._exact or deny_reason(name) is not None
            if len(self._known) < _MOST_NAMES and len(name) <= _LONGEST_NAME:
                self._known[name] = found
        return found

    def list_similar(self, names: Iterable[str], *, also: str = "") -> dict[str, str]:
        """Of the columns of a table, those that are written in another way -> our name or that of the training data.

        Args:
            names: The columns.
            also: One more name that is known.
        """
        names = list(names)
        taken = {self._exact.get(name, name) for name in names if name in self._exact or name == also}
        others = [name for name in names if name not in self._exact and name != also]
        found = {name: self._get_similar(name) or (also if simplify_name(name) == simplify_name(also) else "") for name in others}
        return {name: ours for name, ours in found.items() if ours and ours not in taken}

    def _get_similar(self, name: str) -> str:
        """Our name or that of the training data for a name that is written in another way; empty for none."""
        found = self._similar.get(simplify_name(name), "")
        if found or not self._prefix or not name.startswith(self._prefix):
            return found
        return self._similar.get(simplify_name(name.removeprefix(self._prefix)), "")


def _find_similar(exact: Mapping[str, str]) -> dict[str, str]:
    """Simple name -> the only name that it can stand for."""
    similar = dict[str, set[str]]()
    for name, ours in exact.items():
        similar.setdefault(simplify_name(name), set()).add(ours)
    return {simple: next(iter(names)) for simple, names in similar.items() if simple and len(names) == 1}


def simplify_name(name: str) -> str:
    """A name without case, blanks, `_` and `-`, and without the `__c` of Salesforce.

    >>> simplify_name("Demo_Wanted__c"), simplify_name(" Demo wanted")
    ('demowanted', 'demowanted')
    """
    plain = unicodedata.normalize("NFC", name).casefold().strip().removesuffix("__c")
    return "".join(letter for letter in plain if letter not in "_-" and not letter.isspace())
