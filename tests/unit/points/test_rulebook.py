import re
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.core.errors import RuleBookError
from predictor.points import rulebook
from predictor.points import rulebook_errors as faults
from predictor.points.rule import EventCondition, InRange, OneOf, Present, Rule
from predictor.points.rulebook import load_rule_book, parse_rule_book

HEAD = 'name = "x"\ngate = 60\n'
GOOD = '[[rules]]\nname = "Demo"\nevent = "demo_requested"\npoints = 50\n'
DAY = 86_400_000_000


def parse_one(lines: str) -> Rule:
    return parse_rule_book(f"{HEAD}[[rules]]\n{lines}", "x.toml").rules[0]


def refuse(text: str) -> str:
    with pytest.raises(RuleBookError, match=r"Rule book 'x\.toml'") as caught:
        parse_rule_book(text, "x.toml")
    return str(caught.value)


def test_attribute_rules_are_read():
    rest = "\nname = ' A '\npoints = -5\nattribute = 'size'"
    assert parse_one("equals = ' VP '" + rest) == Rule(
        name="A", group="A", points=-5.0, condition=OneOf("size", frozenset({"vp"}))
    )
    assert parse_one("in = ['yes', true, 3]" + rest).condition == OneOf("size", frozenset({"yes", "true", "3"}))
    assert parse_one("range = [200, 5000]" + rest).condition == InRange("size", 200.0, 5000.0)
    assert parse_one("range = [-inf, inf]" + rest).condition == InRange("size", float("-inf"), float("inf"))
    assert parse_one("present = false" + rest).condition == Present("size", present=False)


def test_event_rules_are_read_with_times_in_microseconds():
    rule = parse_one(
        "name = 'A'\ngroup = 'g'\npoints = 5\nqualifies = true\nevent = ['Blog_View', 'x']\nasset = 'ROI guide'\n"
        "campaign = ['c', 'd']\nper_event = true\ncap = 20\nat_least = 3\nwithin_days = 7\n"
        "expires_days = 0.5\nhalf_life_days = 14"
    )
    condition = EventCondition(
        types=frozenset({"blog_view", "x"}),
        assets=frozenset({"roi guide"}),
        campaigns=frozenset({"c", "d"}),
        per_event=True,
        cap=20.0,
        at_least=3,
        within=7 * DAY,
        expires=DAY // 2,
        half_life=14.0 * DAY,
    )
    assert rule == Rule(name="A", group="g", points=5.0, condition=condition, qualifies=True)


def test_left_out_keys_mean_once_without_limit():
    expected = EventCondition(
        frozenset({"demo_requested"}), None, None, per_event=False, cap=None, at_least=1, within=0, expires=None, half_life=None
    )
    assert parse_rule_book(HEAD + GOOD, "x.toml").rules == (Rule(name="Demo", group="Demo", points=50.0, condition=expected),)


def test_groups_keep_the_order_of_the_book_and_the_text_is_kept():
    text = HEAD + "".join(f"[[rules]]\nname='{n}'\ngroup='{g}'\nevent='e'\npoints=1\n" for n, g in ["ab", "cd", "eb"])
    book = parse_rule_book(text, "x.toml")
    assert book.groups == ("b", "d")
    assert book.text == text
    assert parse_rule_book(book.text, "again") == book


def test_the_documented_format_is_the_format():
    blocks = textwrap.dedent(rulebook.__doc__ or "").split("\n\n")
    code = [textwrap.dedent(block) for block in blocks if block.startswith("    ")]
    book = parse_rule_book("\n".join(code[:3]), "doc")
    assert [rule.name for rule in book.rules] == ["Decision maker", "Pricing page visit"]
    keys = {line.split(" = ")[0] for line in "\n".join(code[3:]).splitlines()}
    assert keys >= {"equals", "in", "range", "present", "event", "asset", "per_event", "cap", "at_least", "within_days"}
    for test in code[3].splitlines():
        parse_one(f"name='A'\npoints=1\nattribute='a'\n{test}")
    parse_one(f"name='A'\npoints=1\n{code[4]}")


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ("event='e'\npoints=1", r"Rule 1: 'name' is missing; add name = a text"),
        ("name='A'\nevent='e'", r"Rule 1 'A': 'points' is missing; add points = a number"),
        ("name=''\nevent='e'\npoints=1", r"'name' must be a text that is not empty, but is ''\."),
        ("name='A'\nevent='e'\npoints='9'", r"'points' must be a number from -1,000,000 to 1,000,000, but is '9'\."),
        ("name='A'\nevent='e'\npoints=true", r"'points' must be a number .* but is True\."),
        ("name='A'\nevent='e'\npoints=nan", r"'points' must be a number .* but is nan\."),
        ("name='A'\nevent='e'\npoints=-inf", r"'points' must be a number .* but is -inf\."),
        ("name='A'\npoints=1", r"Rule 1 'A': has no condition; add 'attribute' or 'event'\."),
        ("name='A'\npoints=1\nattribute='a'\nequals='b'\nevent='e'", r"has both 'attribute' and 'event', .*; split it in two\."),
        ("name='A'\npoints=1\nattribute='a'", r"exactly one of 'equals', 'in', 'range', 'present', but has none; keep one\."),
        ("name='A'\npoints=1\nattribute='a'\nequals=1\npresent=true", r"but has 'equals', 'present'; keep one\."),
        ("name='A'\npoints=1\nattribute='a'\nequals=1\nexpires_days=3", r"'expires_days' needs 'event'"),
        ("name='A'\npoints=1\nevent='e'\nequals=1", r"'equals' needs 'attribute'"),
        (
            "name='A'\npoints=1\nattribute='a'\nequals=nan",
            r"'equals' must be one text, .* for missing present = false, but is nan\.",
        ),
        ("name='A'\npoints=1\nattribute='a'\nequals=['b']", r"for several write in = \[\.\.\.\]"),
        ("name='A'\npoints=1\nattribute='a'\nequals=2026-01-01", r"'equals' must be one text"),
        ("name='A'\npoints=1\nattribute='a'\nin=[]", r"'in' must be a list .* with at least one of them, but is \[\]\."),
        ("name='A'\npoints=1\nattribute='a'\nin='b'", r"'in' must be a list"),
        (
            "name='A'\npoints=1\nattribute='a'\nrange=[9, 1]",
            r"'range' must be \[low, high\] with low below high; .* inf or -inf, but is \[9, 1\]\.",
        ),
        ("name='A'\npoints=1\nattribute='a'\nrange=[1, 1]", r"'range' must be"),
        ("name='A'\npoints=1\nattribute='a'\nrange=[1]", r"'range' must be"),
        ("name='A'\npoints=1\nattribute='a'\nrange=[0, nan]", r"'range' must be"),
        (f"name='A'\npoints=1\nattribute='a'\nrange=[0, 1{'0' * 400}]", r"'range' must be"),
        ("name='A'\npoints=1\nattribute='a'\npresent='yes'", r"'present' must be true or false, but is 'yes'\."),
        ("name='A'\npoints=1\nevent=[]", r"'event' must be an event type or a list of them, but is \[\]\."),
        ("name='A'\npoints=1\nevent='e'\ncap=9", r"'cap' limits the sum over events; add per_event = true"),
        ("name='A'\npoints=1\nevent='e'\nper_event=true\ncap=-9", r"'cap' must be a number above 0"),
        ("name='A'\npoints=1\nevent='e'\nat_least=3", r"'at_least' needs 'within_days'"),
        ("name='A'\npoints=1\nevent='e'\nwithin_days=3", r"'within_days' needs 'at_least'"),
        (
            "name='A'\npoints=1\nevent='e'\nat_least=2.5\nwithin_days=3",
            r"'at_least' must be a whole number from 1, but is 2\.5\.",
        ),
        ("name='A'\npoints=1\nevent='e'\nexpires_days=0", r"'expires_days' must be a number of days above 0 and up to 36,500"),
        (
            "name='A'\npoints=1\nevent='e'\nhalf_life_days=inf",
            r"'half_life_days' must be .*; leave it out for no limit, but is inf\.",
        ),
        ("name='A'\npoints=1\nevent='e'\nexpire_days=3", r"key 'expire_days' is unknown; .* Did you mean 'expires_days'\?"),
        ("name='A'\npoints=1\nevent='e'\nqualifies=1", r"'qualifies' must be true or false, but is 1\."),
    ],
)
def test_a_faulty_rule_is_refused(rule, fault):
    text = refuse(f"{HEAD}[[rules]]\n{rule}")
    assert re.search(fault, text), text
    assert "(1 fault)" in text, text


@pytest.mark.parametrize(
    ("book", "fault"),
    [
        ("", r"'name' is missing.*'gate' is missing.*The book has no rule; write each one"),
        (HEAD, r"The book has no rule; write each one as a table that begins with \[\[rules\]\]\."),
        (HEAD + GOOD.replace("[[", "[").replace("]]", "]"), r"rules must be tables; begin each one with \[\[rules\]\]\."),
        (HEAD + GOOD.replace("rules", "rule"), r"key 'rule' is unknown; .* Did you mean 'rules'\?"),
        (HEAD.replace("60", "inf") + GOOD, r"The book: 'gate' must be a number"),
        (HEAD + GOOD + GOOD.replace("Demo", " demo "), r"Rule 2 ' demo ': has the name of rule 1; give each"),
        (HEAD + GOOD + "points = 3\n", r"is no TOML: .*line 7"),
        ("name = \n", r"is no TOML: .*line 1"),
    ],
)
def test_a_faulty_book_is_refused(book, fault):
    text = refuse(book)
    assert re.search(fault, text, re.DOTALL), text


def test_all_faults_are_told_at_once():
    text = refuse("gate = 'high'\n[[rules]]\nname='A'\npoints=nan\nevent='e'\ncap=1\nfoo=1\n[[rules]]\nname='A'\npoints=1")
    assert "(7 faults)" in text
    for fault in (
        "'name' is missing",
        "'gate' must",
        "'foo' is unknown",
        "'points' must",
        "'cap' limits",
        "no condition",
        "name of rule 1",
    ):
        assert fault in text


def test_a_book_is_loaded_by_name_or_path(tmp_path):
    (tmp_path / "own.toml").write_text("\ufeff" + HEAD + GOOD, encoding="utf-8")
    assert load_rule_book("own.toml", tmp_path).rules[0].name == "Demo"
    assert load_rule_book(str(tmp_path / "own.toml"), Path("elsewhere")).gate == 60
    assert load_rule_book("content", tmp_path).gate == 100


def test_a_book_that_is_not_there_names_what_is(tmp_path):
    tried = re.escape((tmp_path / "b2x.toml").as_posix())
    with pytest.raises(RuleBookError, match=rf"no file '{tried}', and the shipped ones are 'b2b', 'content'"):
        load_rule_book("b2x.toml", tmp_path)


def test_a_book_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "latin.toml").write_bytes(b"name = '\xe9'")
    with pytest.raises(RuleBookError, match=r"latin\.toml' cannot be read: .* Save it as text in UTF-8"):
        load_rule_book("latin.toml", tmp_path)
    with pytest.raises(RuleBookError, match=r"cannot be read"):
        load_rule_book(".", tmp_path)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**400, 10**401)
    | st.floats()
    | st.text(max_size=3)
    | st.datetimes(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
KEYS = st.sampled_from(faults.RULE_KEYS)


@given(st.dictionaries(KEYS, VALUES, max_size=8), VALUES)
def test_whatever_toml_holds_gets_an_answer(rule, gate):
    found = faults.check_rule_book({"name": "x", "gate": gate, "rules": [rule]})
    assert all(fault.startswith(("The book", "Rule 1")) for fault in found), "each says where it is"
