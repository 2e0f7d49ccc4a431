"""Points of one lead, worked by hand."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from predictor.data.formats import to_plain_format
from predictor.data.values import Event
from predictor.points.award import Award, FiredRule, award_lead
from predictor.points.award_table import award_table
from predictor.points.rulebook import parse_rule_book

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


def award(rule, *ages, attributes=None, kind="e", **fields) -> Award:
    """The award of a book with one rule, for events of these ages in days or as timedeltas."""
    book = parse_rule_book(f"name='x'\ngate=60\n[[rules]]\nname='A'\ngroup='g'\n{rule}", "x.toml")
    events = [Event(NOW - (age if isinstance(age, timedelta) else age * DAY), kind, **fields) for age in ages]
    return award_lead(book, attributes or {}, events, NOW)


@pytest.mark.parametrize(
    ("condition", "value", "fires"),
    [
        ("equals='VP'", " vp", True),
        ("equals='VP'", "SVP", False),
        ("equals=3", 3.0, True),
        ("equals=3", "3", True),
        ("equals=true", True, True),
        ("equals='VP'", None, False),
        ("in=['a', 'b']", "B", True),
        ("in=['a', 'b']", "c", False),
        ("range=[50, 200]", 50, True),
        ("range=[50, 200]", 200, False),
        ("range=[50, 200]", "199.9", True),
        ("range=[50, 200]", "many", False),
        ("range=[50, 200]", True, False),
        ("range=[-inf, inf]", None, False),
        ("range=[-inf, inf]", float("nan"), False),
        ("range=[0, inf]", float("inf"), False),
        ("range=[0, inf]", 10**400, False),
        ("range=[200, inf]", 1e12, True),
        ("present=true", "x", True),
        ("present=true", " ", False),
        ("present=true", 0, True),
        ("present=false", None, True),
        ("present=false", "x", False),
    ],
)
def test_attribute_conditions(condition, value, fires):
    got = award(f"attribute='a'\n{condition}\npoints=10", attributes={"a": value})
    assert got.fired == ((FiredRule(rule="A", group="g", points=10.0, count=1),) if fires else ())


def test_an_absent_attribute_is_missing():
    assert award("attribute='a'\npresent=false\npoints=10").total == 10
    assert award("attribute='a'\npresent=true\npoints=10").total == 0


def test_a_list_is_no_attribute():
    with pytest.raises(TypeError, match="a list is no single value"):
        award("attribute='a'\npresent=true\npoints=10", attributes={"a": []})


@pytest.mark.parametrize(
    ("rule", "ages", "points", "count"),
    [
        ("", [1, 2, 3], 10, 3),  # once
        ("per_event=true", [1, 2, 3], 30, 3),
        ("per_event=true", [1, 1], 10, 1),  # events alike in everything are one
        ("per_event=true\ncap=25", [1, 2, 3], 25, 3),
        ("per_event=true", [0, -TICK], 10, 1),  # at as_of counts, after it never
        ("per_event=true\nexpires_days=2", [1, 2, 2 * DAY + TICK], 20, 2),  # exactly two days old counts
        ("half_life_days=7", [7, 14], 5, 2),  # the latest decides
        ("per_event=true\nhalf_life_days=7", [0, 7, 14], 17.5, 3),  # 10 + 5 + 2.5
        ("per_event=true\nhalf_life_days=7\ncap=12", [0, 7, 14], 12, 3),
        ("per_event=true\nhalf_life_days=7\nexpires_days=7", [0, 7, 14], 15, 2),
        ("at_least=3\nwithin_days=7", [1, 2, 8], 10, 1),  # exactly seven days before lies in the window
        ("at_least=3\nwithin_days=7\nper_event=true", [1, 2, 3, 4], 20, 2),  # fires at the third and at the fourth
        ("at_least=3\nwithin_days=7\nexpires_days=3", [3, 4, 5], 10, 1),  # fires at age 3, helped by expired ones
        ("at_least=2\nwithin_days=1\nhalf_life_days=2", [0, 2, 3], 5, 1),  # fires at age 2 only: half is left
    ],
)
def test_event_conditions(rule, ages, points, count):
    for ordered in (ages, ages[::-1]):
        assert award(f"event='e'\npoints=10\n{rule}", *ordered).fired == (
            FiredRule(rule="A", group="g", points=float(points), count=count),
        )


@pytest.mark.parametrize(
    ("rule", "ages"),
    [
        ("", []),
        ("", [-TICK]),
        ("expires_days=2", [2 * DAY + TICK]),
        ("at_least=3\nwithin_days=7", [1, 2, 8 * DAY + TICK]),
        ("at_least=2\nwithin_days=7", [1, -TICK]),
        ("at_least=3\nwithin_days=7\nexpires_days=3", [2, 10, 11, 12]),
    ],
)
def test_events_that_fire_nothing(rule, ages):
    assert award(f"event='e'\npoints=10\n{rule}", *ages) == Award(0.0, (), qualifies=False, book_groups=("g",))


def test_a_cap_limits_lost_points_alike():
    assert award("event='e'\npoints=-10\nper_event=true\ncap=25", 1, 2, 3).total == -25


def test_types_assets_and_campaigns_are_compared_without_case():
    rule = "event=['e', 'f']\npoints=10\nasset='ROI guide'\ncampaign=['spring']"
    assert award(rule, 1, kind=" E ", asset="roi GUIDE", campaign="Spring").total == 10
    assert award(rule, 1, kind="f", asset="ROI guide", campaign="spring").total == 10
    assert award(rule, 1, asset="ROI guide").total == 0
    assert award(rule, 1, asset="other", campaign="spring").total == 0
    assert award(rule, 1, kind="g", asset="ROI guide", campaign="spring").total == 0


def test_a_qualifying_rule_qualifies_even_without_points():
    rule = "event='e'\npoints=0\nqualifies=true\nexpires_days=30"
    assert award(rule, 30).qualifies
    assert not award(rule, 31).qualifies
    assert not award("event='e'\npoints=99", 1).qualifies


def test_the_award_keeps_the_order_of_the_book_and_sums_groups():
    rules = [("B", "y", "e", 5), ("A", "x", "f", -3), ("C", "y", "e", 2), ("D", "z", "never", 9)]
    text = "".join(f"[[rules]]\nname='{n}'\ngroup='{g}'\nevent='{e}'\npoints={p}\n" for n, g, e, p in rules)
    book = parse_rule_book(f"name='x'\ngate=60\n{text}", "x.toml")
    got = award_lead(book, {}, [Event(NOW, "f"), Event(NOW, "e")], NOW)
    assert [fired.rule for fired in got.fired] == ["B", "A", "C"]
    assert got.groups() == {"y": 7.0, "x": -3.0, "z": 0.0}
    assert got.total == 4.0


def test_days_have_24_hours_where_the_clock_is_changed():
    berlin = ZoneInfo("Europe/Berlin")
    book = parse_rule_book("name='x'\ngate=60\n[[rules]]\nname='A'\nevent='e'\npoints=10\nexpires_days=1", "x.toml")
    as_of = datetime(2026, 3, 29, 12, tzinfo=berlin)  # the night before lost an hour
    noon_before = Event(datetime(2026, 3, 28, 12, tzinfo=berlin), "e")  # 23 hours ago
    eleven_before = Event(datetime(2026, 3, 28, 11, tzinfo=berlin), "e")  # 24 hours ago
    assert award_lead(book, {}, [noon_before], as_of).total == 10
    assert award_lead(book, {}, [eleven_before], as_of).total == 10
    assert award_lead(book, {}, [eleven_before], as_of + timedelta(seconds=1)).total == 0


@pytest.mark.parametrize(
    ("condition", "column_format", "values", "others"),
    [
        ("equals=true", "yes/no", [True, 1, "WAHR", "Yes"], [False, "no", None, "perhaps"]),
        ("equals='Ja'", "1/0", [True, 1.0, "1", "true"], [0, "nein", None]),
        ("in=['no', false]", "yes/no", [False, "0", "FALSCH"], [True, None]),
        (
            "equals='Pricing; API'",
            "set ;",
            ["API;Pricing", ["pricing", "api"], " Pricing ;API"],
            ["API", "API;Pricing;Support", []],
        ),
        ("in=['API', 'Pricing']", "set ,", ["api", ["Pricing"]], ["API, Pricing", None]),
    ],
)
def test_a_rule_sees_yes_and_no_and_sets_as_leads_are_read(condition, column_format, values, others):
    book = parse_rule_book(f"name='x'\ngate=1\n[[rules]]\nname='A'\nattribute='a'\n{condition}\npoints=1", "x.toml")
    read = book.read_as({"a": column_format})
    plain = [to_plain_format(value, column_format) for value in (*values, *others)]
    expected = [1.0] * len(values) + [0.0] * len(others)
    assert [award_lead(read, {"a": value}, [], NOW).total for value in plain] == expected
    table = pd.DataFrame({"lead_id": "L", "as_of": pd.to_datetime([NOW] * len(plain)), "a": pd.Series(plain, dtype=object)})
    assert award_table(read, table, None).total.tolist() == expected
    assert read.read_as({"a": column_format}) == read


def test_a_rule_on_a_range_or_an_amount_stays_as_it_is_written():
    book = parse_rule_book("name='x'\ngate=1\n[[rules]]\nname='A'\nattribute='a'\nequals='51-200'\npoints=1", "x.toml")
    assert book.read_as({"a": "range 1-10"}) == book
