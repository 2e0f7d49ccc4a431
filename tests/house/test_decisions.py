"""A decision is one short file: a number of its own, a title, a date, a status, context, choice and cost."""

import re

import pytest
from house.decisions import list_decisions, read_decision
from house.documents import list_links, read


@pytest.mark.parametrize("path", list_decisions(), ids=lambda path: path.stem)
def test_it_is_short_and_has_its_parts(path):
    number, title, _, status = read_decision(path)
    text = read(path)
    assert path.name.startswith(f"{number}-"), f"{path.name} calls itself {number} {title}"
    assert re.findall(r"^\*\*(\w+)\.\*\* ", text, flags=re.MULTILINE) == ["Context", "Choice", "Cost"]
    assert len(text.split()) < 250, "a decision is a few lines; what is longer belongs into a page"
    assert status.startswith(("Accepted", "Superseded by [", "Superseded in part by [")), status


def test_numbers_are_consecutive():
    assert [int(read_decision(path)[0]) for path in list_decisions()] == list(range(1, len(list_decisions()) + 1))


def test_a_superseded_decision_links_to_a_later_one():
    for path in list_decisions():
        status = read_decision(path)[3]
        later = list_links(status)
        assert bool(later) == status.startswith("Superseded"), path.name
        assert all(name > path.name for name in later), path.name
