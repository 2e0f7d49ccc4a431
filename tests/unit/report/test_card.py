"""The model card: its figures, its limits, and that text stays text."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from predictor.core.errors import Finding
from predictor.report.card import escape_markdown, write_card
from predictor.report.tables_text import describe_fit

FACTS = {
    "versions": {"python": "3.11.9", "numpy": "2.4.1"},
    "data": {"leads": "ab12cd", "events": None},
    "git_commit": "deadbeef+",
    "folder": "/home/somebody/leads.csv",
}


def test_card_says_what_the_model_is(data):
    card = write_card(data, facts=FACTS)
    assert card.startswith("# Model card: lightgbm\n\nThe probability that an MQL becomes an SQL within 42 days. Fitted on 1,234")
    for heading in ("Forward test", "Threshold", "Points gate", "Calibration", "Findings", "Limits", "Versions and data"):
        assert f"\n## {heading}\n" in card
    assert data.verdict.text in card
    assert "| **lightgbm<br>chosen before the test** |" in card
    assert "- Expected conversion: 30 % (24 to 37 %)\n- Leads a week: 20.0\n" in card
    assert "\n## Decision\n\nUse the model to choose leads, in place of your points. 4.0 leads a week, as today: 4.0 SQLs" in card
    assert re.search(r"With as many leads as today, the model surely finds more: \d\.\d to \d\.\d SQLs a week", card)
    assert "\n- Work leads in the order of the model, the best first" in card
    assert "\n## Points gate\n\nThe points gate hands over 4 a week, 20 % of all, of which 50 % (35 to 65 %) become SQLs" in card
    assert "- AUDIT003 (warning): Column 'page\\_views' is suspect. Map it to 'ignore'." in card


def test_card_says_where_it_comes_from_and_nothing_else(data):
    card = write_card(data, facts=FACTS)
    assert "- numpy 2.4.1\n- Fingerprint (sha256) of leads: `ab12cd`\n- Fingerprint (sha256) of events: none\n" in card
    assert card.endswith("- Commit: `deadbeef+`\n")
    assert "somebody" not in card


def test_tables_are_tables(data):
    lines = write_card(data, facts=FACTS).splitlines()
    for before, rule in pairwise(lines):
        if rule.startswith("|---"):
            assert before.count("|") == rule.count("|")


def test_card_of_a_bare_firm(bare):
    card = write_card(bare, facts={})
    assert "the outcomes have no dates" in card
    assert "What today's points gate does is unknown: no points or no gate are named." in card
    assert "## Findings\n\nNo findings." in card
    assert "Fingerprint (sha256) of data: none\n- Commit: none\n" in card
    assert "nan" not in card
    assert "None" not in card


def test_card_of_a_test_block_without_sqls(make):
    card = write_card(make(outcome=np.zeros(200)), facts=FACTS)
    assert "Not enough leads to decide: 0 SQLs among 200 test leads." in card
    assert "nan" not in card


def test_what_it_uses_most_and_no_more_than_fifteen(data):
    ranked = [{"group": f"Group | {place}", "rise": 0.1 / (place + 1), "spread": 0.01} for place in range(20)]
    card = write_card(replace(data, metrics={**data.metrics, "importance": ranked}), facts=FACTS)
    table = card.split("## What it uses most\n")[1].split("\n## ")[0]
    assert r"| Group \| 0 | +0.1000 | 0.0100 |" in table
    assert table.count("Group") == 15
    assert "What it uses most" not in write_card(data, facts=FACTS)
    nothing = [{"group": "Industry", "rise": 0.0, "spread": 0.0}]
    assert "What it uses most" not in write_card(replace(data, metrics={**data.metrics, "importance": nothing}), facts=FACTS)


def test_text_stays_text(make):
    finding = Finding("LEAD021", "tip", "Category '<b>*x*</b> | `y`\n# z' is unknown.", do="")
    card = write_card(make(findings=(finding,)), facts=FACTS)
    assert r"- LEAD021 (tip): Category '&lt;b&gt;\*x\*&lt;/b&gt; \| \`y\` \# z' is unknown." in card
    assert escape_markdown("[a](b)") == r"\[a\](b)"


def test_same_data_give_the_same_card(data, make):
    assert write_card(data, facts=FACTS) == write_card(make(), facts=FACTS)


@pytest.mark.parametrize(
    ("pending", "text"),
    [
        (0, "Fitted on 200 leads with known outcomes; 12 pending leads were left out."),
        (1, "Fitted on 200 leads; one of them is pending and counts by what is known so far."),
        (12, "Fitted on 200 leads; 12 of them are pending and count by what is known so far."),
    ],
)
def test_what_it_was_fitted_on(pending, text):
    assert describe_fit({"fit": {"n": 200, "pending": pending, "from": "1", "through": "200"}, "pending": 12}) == text
