"""Names in a rule book that the data never hold: a rule on one never fires, mostly because of a slip of the pen."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping

import pandas as pd

from predictor.core.cell_formats import SET_FORMATS, YES_NO_FORMATS
from predictor.core.errors import Finding, list_names, name_nearest
from predictor.data.values import normal_texts
from predictor.points.rule import EventCondition, OneOf, Rule
from predictor.points.rulebook import RuleBook

CODE = "TRAIN017"
_OTHERS = (*SET_FORMATS, *YES_NO_FORMATS)  # whose cells are not the names that rules use
_SLIP = 0.8  # likeness of two names from which one is taken for a slip of the other
_DO = "Fix the name in the rule book, or remove the rule."


def check_unseen_names(
    book: RuleBook, frame: pd.DataFrame, event_types: Collection[str], formats: Mapping[str, str]
) -> Iterator[Finding]:
    r"""Findings about rules that name an event type, or a value of a column, that never occurs.

    A rule none of whose names occurs never fires: a warning, or a tip where no name like it occurs either. One that lists several
    names is found too where a missing one looks like a slip of a name that occurs and that the rule does not list.

    Args:
        book: The rule book.
        frame: The leads.
        event_types: The types of events that occur, as `normal_text`; empty where there are no events.
        formats: Column -> its format: columns of yes and no, or of sets, are left out.

    >>> from predictor.points.rulebook import parse_rule_book
    >>> book = parse_rule_book('name="b"\ngate=1\nrules=[{name="Price", event="pricing_pag_view", points=20}]', "b")
    >>> [finding] = check_unseen_names(book, pd.DataFrame(), {"pricing_page_view"}, {})
    >>> print(finding.what)
    Rule 'Price' gives no points: the event type 'pricing_pag_view' never occurs. Did you mean 'pricing_page_view'?
    """
    for rule in book.rules:
        condition = rule.condition
        if isinstance(condition, EventCondition) and event_types:
            yield from _check_names(rule, condition.types, event_types, "event type", "")
        if isinstance(condition, OneOf) and condition.attribute in frame and formats.get(condition.attribute) not in _OTHERS:
            values = normal_texts(frame[condition.attribute]).dropna().unique().tolist()
            yield from _check_names(rule, condition.texts, values, "value", f" in column '{condition.attribute}'")


def _check_names(rule: Rule, names: Collection[str], seen: Collection[str], kind: str, where: str) -> Iterator[Finding]:
    missing, known = sorted(set(names) - set(seen)), sorted(seen)
    if not missing or not known:
        return
    kinds = f"{kind}s" if len(missing) > 1 else kind
    verb = "never occur" if len(missing) > 1 else "never occurs"
    if len(missing) == len(set(names)):
        near = "".join(dict.fromkeys(name_nearest(name, known) for name in missing))
        what = f"Rule '{rule.name}' gives no points: the {kinds} {list_names(missing)} {verb}{where}."
        yield Finding(CODE, "warning" if near or kind == "event type" else "tip", f"{what}{near}", do=_DO)
        return
    others = sorted(set(known) - set(names))
    words = [name for name in missing if not any(letter.isdigit() for letter in name)]  # '1-10' is no slip of '1-100'
    for name in (name for name in words if difflib.get_close_matches(name, others, n=1, cutoff=_SLIP)):
        what = f"Rule '{rule.name}' names the {kind} '{name}', which never occurs{where}.{name_nearest(name, others)}"
        yield Finding(CODE, "warning", what, do=_DO)
