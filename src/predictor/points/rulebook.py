"""A rule book: the table by which marketing operations awards points.

A rule book is a TOML file. It begins with the name and the gate (the points from which a lead is handed to sales); then
comes one table a rule:

    name = "b2b"
    gate = 60

    [[rules]]
    name = "Decision maker"              # each rule has a name of its own
    group = "title"                      # rules on the same subject; left out, the rule is a group by itself
    attribute = "seniority"              # the column to test, with exactly one of equals, in, range, present
    in = ["C-level", "VP"]
    points = 20                          # may be negative

    [[rules]]
    name = "Pricing page visit"
    group = "pricing page"
    event = "pricing_page_view"          # the event type, or a list of types
    points = 20
    per_event = true                     # each event counts; left out, the points are given once
    cap = 40                             # at most 40 points (or -40) from this rule
    expires_days = 60                    # an event older than 60 days counts nothing

Conditions on an attribute:

    equals = "Director"                  # text, number, true or false; spaces around and case do not matter
    in = ["yes", true]                   # equal to one of these
    range = [200, 5000]                  # 200 <= value < 5000; an open end is inf or -inf: [5000, inf]
    present = true                       # there is a value; false: there is none (blank text is none)

A missing value, or one that is no number, lies in no range. Keys of a rule on events:

    event = ["page_view", "blog_view"]   # spaces around and case do not matter; types that never occur are allowed
    asset = "ROI guide"                  # only events with this asset (or one of a list); campaign = ... likewise
    per_event = true                     # once (false) unless given
    cap = 40                             # largest total of the rule without its sign; needs per_event = true
    at_least = 3                         # a burst: the rule fires at an event when at least 3 matching events, that
    within_days = 7                      # one and those of its moment included, lie in the 7 days that end at it
    expires_days = 30                    # a firing event counts while it is at most 30 days old
    half_life_days = 14                  # a firing event's points halve every 14 days; once: the latest event decides

On either kind, `qualifies = true` means that the rule alone makes the lead qualified, as a direct request for sales
does. Edges: an event at the moment of `as_of` counts and a later one never does; an event exactly as old as
`expires_days` counts; an event exactly `within_days` before another lies in its window; a day is 24 hours.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from predictor.core.errors import RuleBookError, count, list_names
from predictor.points.rule import Rule, make_rule
from predictor.points.rulebook_errors import check_rule_book


@dataclass(frozen=True)
class RuleBook:
    """A checked rule book.

    Attributes:
        name: What the firm calls it.
        gate: Points from which a lead goes to sales.
        rules: In the order of the file.
        text: The TOML as it was read, so that a bundle can keep it.
    """

    name: str
    gate: float
    rules: tuple[Rule, ...]
    text: str

    def read_as(self, formats: Mapping[str, str]) -> RuleBook:
        r"""The book whose rules write yes, no and sets as leads hold them once they are read.

        Args:
            formats: Column -> its format in the export.

        >>> text = 'name="x"\ngate=1\n[[rules]]\nname="Opt-in"\nattribute="news"\nequals=true\npoints=5'
        >>> parse_rule_book(text, "x.toml").read_as({"news": "yes/no"}).rules[0].condition.texts
        frozenset({'yes'})
        """
        return replace(self, rules=tuple(rule.read_as(formats) for rule in self.rules))

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """The groups of the rules, each once, in the order of the book."""
        return tuple(dict.fromkeys(rule.group for rule in self.rules))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the rules, in the order of the book."""
        return tuple(rule.name for rule in self.rules)

    @cached_property
    def qualifying(self) -> tuple[str, ...]:
        """The rules that make a lead qualified by themselves."""
        return tuple(rule.name for rule in self.rules if rule.qualifies)


def parse_rule_book(text: str, source: str) -> RuleBook:
    r"""The rule book that a TOML text holds.

    Args:
        text: The TOML; the docstring of this file describes the format.
        source: Its name in messages, as its path.

    Raises:
        RuleBookError: The text is no TOML, or breaks the format; one text lists all faults.

    >>> book = parse_rule_book('name="x"\ngate=60\n[[rules]]\nname="Demo"\nevent="demo_requested"\npoints=50', "x.toml")
    >>> book.gate, book.rules[0].points, book.groups
    (60.0, 50.0, ('Demo',))
    >>> parse_rule_book('name="x"\ngate="60"\n[[rules]]\nname="Demo"\npoints=50', "x.toml")
    Traceback (most recent call last):
    predictor.core.errors.RuleBookError: Rule book 'x.toml' cannot be used (2 faults):
      The book: 'gate' must be a number from -1,000,000 to 1,000,000, but is '60'.
      Rule 1 'Demo': has no condition; add 'attribute' or 'event'.
    """
    try:
        book = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RuleBookError(f"Rule book '{source}' is no TOML: {error}. Correct that line.") from error
    if faults := check_rule_book(book):
        listed = "\n".join(f"  {fault}" for fault in faults)
        raise RuleBookError(f"Rule book '{source}' cannot be used ({count(len(faults), 'fault')}):\n{listed}")
    return RuleBook(name=book["name"].strip(), gate=float(book["gate"]), rules=tuple(map(make_rule, book["rules"])), text=text)


def load_rule_book(name_or_path: str, folder: Path) -> RuleBook:
    """The shipped rule book of that name, else the one at that path.

    Args:
        name_or_path: `b2b` or `content`, or a path to a TOML file.
        folder: Where a relative path starts.

    Raises:
        RuleBookError: There is no such book, it cannot be read, or it breaks the format.

    >>> load_rule_book("b2b", Path()).gate
    60.0
    >>> load_rule_book("b2c", Path("conf"))
    Traceback (most recent call last):
    predictor.core.errors.RuleBookError: There is no rule book 'b2c': no file 'conf/b2c', and the shipped ones are 'b2b', \
'content'. Name one of these, or correct the path.
    """
    shipped = _list_shipped()
    if name_or_path in shipped:
        return parse_rule_book(shipped[name_or_path], name_or_path)
    path = folder / name_or_path
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise RuleBookError(
            f"There is no rule book '{name_or_path}': no file '{path.as_posix()}', and the shipped ones are "
            f"{list_names(shipped)}. Name one of these, or correct the path."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RuleBookError(f"Rule book '{path.as_posix()}' cannot be read: {error}. Save it as text in UTF-8.") from error
    return parse_rule_book(text, path.as_posix())


def choose_gate(setting: float | str, book: RuleBook | None, crm_points: Sequence[str]) -> float | None:
    """Points from which a firm hands a lead over; None where no gate is set for the points in use.

    Args:
        setting: `points.gate`: a number, or `rule_book` for the book's own.
        book: The rule book; None for none.
        crm_points: Columns of the CRM's scores; where there are any, their sum is the total and the book's gate does not apply.

    >>> choose_gate("rule_book", None, []), choose_gate(40.0, None, ["Score"])
    (None, 40.0)
    """
    if not isinstance(setting, str):
        return setting
    return book.gate if book is not None and not crm_points else None


def _list_shipped() -> dict[str, str]:
    books = sorted(files("predictor.points").joinpath("books").iterdir(), key=lambda file: file.name)
    return {book.name.removesuffix(".toml"): book.read_text(encoding="utf-8") for book in books if book.name.endswith(".toml")}
