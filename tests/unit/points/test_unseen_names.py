"""Rules on names that never occur are found, with the name that was meant; rules that fire are not."""

import pandas as pd
import pytest

from predictor.points.rulebook import parse_rule_book
from predictor.points.unseen_names import check_unseen_names

FRAME = pd.DataFrame({"industry": ["Software", "Retail", None], "newsletter": ["yes", "no", "yes"], "topics": ["a; b", "b", "c"]})
TYPES = {"pricing_page_view", "webinar_attended", "blog_view"}
FORMATS = {"newsletter": "yes/no", "topics": "set ;"}


def find(rule, types=TYPES):
    book = parse_rule_book(f'name = "b"\ngate = 10\nrules = [{{name = "R", points = 5, {rule}}}]', "b")
    return [(found.severity, found.what) for found in check_unseen_names(book, FRAME, types, FORMATS)]


@pytest.mark.parametrize(
    ("rule", "severity", "meant"),
    [
        ('event = "pricing_pag_view"', "warning", "Did you mean 'pricing_page_view'?"),
        ('event = ["webinar", "webinar_atended"]', "warning", "Did you mean 'webinar_attended'?"),
        ('event = ["blog_view", "pricing_page_veiw"]', "warning", "Did you mean 'pricing_page_view'?"),
        ('event = "fax_sent"', "warning", "the event type 'fax_sent' never occurs."),
        ('attribute = "industry", equals = "Sofware"', "warning", "Did you mean 'software'?"),
        ('attribute = "industry", in = ["Retial", "Software"]', "warning", "Did you mean 'retail'?"),
        ('attribute = "industry", equals = "Zoo"', "tip", "the value 'zoo' never occurs in column 'industry'."),
    ],
)
def test_name_that_never_occurs_is_found(rule, severity, meant):
    [(level, what)] = find(rule)
    assert level == severity
    assert meant in what
    assert what.startswith("Rule 'R' ")


@pytest.mark.parametrize(
    "rule",
    [
        'event = "Pricing_Page_View"',
        'event = ["blog_view", "fax_sent"]',
        'attribute = "industry", in = ["software", "Zoo"]',
        'attribute = "industry", present = true',
        'attribute = "newsletter", equals = "true"',
        'attribute = "topics", equals = "d"',
        'attribute = "elsewhere", equals = "x"',
    ],
)
def test_rule_that_can_fire_is_not(rule):
    assert find(rule) == []


def test_without_events_nothing_is_said_of_them():
    assert find('event = "pricing_pag_view"', types=()) == []
