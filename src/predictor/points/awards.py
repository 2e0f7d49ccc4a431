"""What a rule book awards a table of leads; its making, which loads Ibis, is in `award_table`."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from predictor.points.rulebook import RuleBook


@dataclass(frozen=True)
class Awards:
    """The points of a table of leads; everything bears the index of the leads.

    Attributes:
        book: The rule book that awarded them.
        rules: One column per rule, points awarded; 0.0 where the rule did not fire.
        total: Sum of the points of a row.
        qualifies: A rule fired that makes a lead qualified by itself.
        times: One column per rule, how many times its points were due before cap, as `Award.times` says.
    """

    book: RuleBook
    rules: pd.DataFrame
    total: pd.Series
    qualifies: pd.Series
    times: pd.DataFrame

    def groups(self) -> pd.DataFrame:
        """Points by group, one column for every group of the book."""
        names = {group: [rule.name for rule in self.book.rules if rule.group == group] for group in self.book.groups}
        return pd.DataFrame({group: self.rules[rules].sum(axis=1) for group, rules in names.items()}, index=self.rules.index)
