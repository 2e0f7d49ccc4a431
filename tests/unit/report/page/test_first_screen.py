"""The first screen of the page: the verdict, what happens today, and what to do, each with its figures."""

import re
from dataclasses import replace

import numpy as np
import pytest
from unit.report.page.page_reader import read

from predictor.model.threshold.gate import judge_gate
from predictor.report.headline import make_headline
from predictor.report.page.render import render_page
from predictor.report.table_cells import BETTER, SAME, WORSE


@pytest.fixture(scope="module")
def reader(data):
    return read(render_page(data))


def test_first_screen_gives_the_verdict(data, reader):
    first = reader.text[: reader.text.index("Choose how many leads go to sales")]
    assert "The model finds more SQLs than your points, with the same number of leads" in first
    # the gate: 40 leads in 10 weeks, 20 of them among the 60 SQLs
    assert (
        "Today The points gate hands over 4 a week, 20 % of all, of which 50 % (35 to 65 %) become SQLs: 33 % of all SQLs."
        in first
    )
    assert re.search(
        r"Points or model With 40 leads each, the model is better than the points: \+20(\.0)? \(95 %: \+\d\d(\.\d)? to \+\d\d",
        first,
    )
    # 60 leads in 10 weeks at 0.2 or more convert wholly, so the threshold nearest the band is 0: all 200, 60 SQLs
    assert (
        "What to do Hand over every lead. In the test the same rule chose 0 (every lead): 30 % (24 to 37 %) "
        "of the test leads became SQLs." in first
    )
    assert "on the same 200 leads, all newer than the training leads" in first
    again = "After this test the model that serves was trained again, with the test leads too."
    assert f"SQL within 42 days. Candidate 'lightgbm'. {again} Fitted on 1,234 leads with known outcomes" in first
    assert "from 2025-01-02 through 2026-09-30; 7 pending leads were left out." in first
    assert data.verdict.text in reader.text
    assert "By this test it may serve: its log loss is lower than that of 'points'." in reader.text


@pytest.mark.parametrize("judgement", [SAME, ""])
def test_a_gain_at_the_threshold_alone_is_titled_by_its_own_number_of_leads(data, judgement):
    """The gate's number of leads shows no clear difference, or the gate passes nobody: the title is for the threshold."""
    tables = data.comparison.tables
    volume = tables["volume"].assign(told=lambda table: np.where(table["against"] == "", "", judgement))
    steps = tables["steps"].assign(points_told=BETTER)
    step = steps.iloc[1]
    comparison = data.comparison.with_tables({"volume": volume, "steps": steps})
    headline = make_headline(comparison, float(step["threshold"]))
    assert headline.title == f"With the same {step['leads']:,.0f} leads the model finds more SQLs than your points"
    assert headline.sentences[0].startswith("The points gate hands over 4 a week")


@pytest.mark.parametrize(
    ("judgement", "title", "action"),
    [
        (BETTER, "The model finds more SQLs than your points", "Hand over every lead: 30 % (24 to 37 %)"),
        (
            SAME,
            "There is no clear difference",
            "Keep your points: the model is not clearly better. If it decides instead: hand over ",
        ),
        (
            WORSE,
            "Your points find more SQLs",
            "Keep your points: they choose better than the model. If it decides instead: hand over ",
        ),
    ],
)
def test_what_to_do_follows_from_the_title(data, judgement, title, action):
    tables = data.comparison.tables
    volume = tables["volume"].assign(told=lambda table: np.where(table["against"] == "", "", judgement))
    comparison = data.comparison.with_tables({"volume": volume, "steps": tables["steps"].assign(points_told=judgement)})
    headline = make_headline(comparison, 0.0)
    assert headline.title.startswith(title)
    assert headline.sentences[2].startswith(action)


def test_figures_of_test_leads_are_those_of_the_threshold_that_was_tested(data):
    """The one that serves was chosen from these leads too: it is named, and neither sliders nor title use it."""
    text = render_page(replace(data, advice=replace(data.advice, threshold=0.5)))
    reader, steps = read(text), data.comparison.tables["steps"]
    assert reader.content["slider"]["start"] == 0 == steps["threshold"].iloc[0]
    named = "The final model's threshold is 0.5, chosen on all leads by the same rule."
    assert "What to do Hand over leads to which the final model gives 0.5 or more. In the test the same rule chose" in reader.text
    assert f"The sliders start at the tested threshold. {named}" in reader.text
    assert "Tested threshold As many as today's gate" in reader.text
    tested = replace(data.verdict.threshold, threshold=0.6)
    verdict, comparison = replace(data.verdict, threshold=tested), data.comparison
    moved = read(render_page(replace(data, verdict=verdict, comparison=comparison)))
    gate = judge_gate(data.verdict.outcome, data.verdict.probability["lightgbm"] >= 0.6, weeks=10.0)
    assert f"chose 0.6: {gate.leads_per_week:.1f} test leads a week, of which {gate.conversion:.0%}" in (
        moved.text.replace(" %", "%")
    )


def test_candidate_that_has_not_earned_its_place(data):
    difference = replace(data.verdict.differences["points"], mean=0.1, low=0.05, high=0.2)
    verdict = replace(data.verdict, differences={"points": difference})
    text = read(render_page(replace(data, verdict=verdict))).text
    assert "By this test it may not serve: its log loss is not clearly lower than that of 'points'." in text
    assert "the chosen is worse" in text
