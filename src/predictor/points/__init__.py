"""Points: the hand-set score. A rule book awards it to one lead or to a whole table, to the same number.

The whole table is `predictor.points.history`; it is not imported here, since it loads Ibis and serving never needs it.
"""

from predictor.points.award import Award, Fired, award_lead
from predictor.points.rulebook import Rule, RuleBook, load_rule_book, parse_rule_book

__all__ = ["Award", "Fired", "Rule", "RuleBook", "award_lead", "load_rule_book", "parse_rule_book"]
