"""Points against model as a whole: sentences, limitations, and that it reads back the same."""

import re

import numpy as np
import pandas as pd
import pytest
from unit.report.compared import PROBABILITY, PTS, TESTED, make_tested

from predictor.report.compare.comparison import SCORED, Comparison, compute_comparison
from predictor.report.summary import format_frame, write_summary
from predictor.report.table_cells import SAME


def test_a_comparison_is_the_same_when_read_back():
    comparison = compute_comparison(TESTED, resamples=20)
    again = Comparison.from_json(comparison.to_json())
    assert (again.sentences, again.limitations) == (comparison.sentences, comparison.limitations)
    assert set(comparison.tables) - set(again.tables) == {"swapped"}, "a bundle lists no lead"
    for name, table in again.tables.items():
        pd.testing.assert_frame_equal(table, comparison.tables[name], check_dtype=False)


def make_old(content, *sentences):
    """The content of a comparison as version 0.1 wrote it, with its sentences."""
    tables = {"none": {"columns": ["told"], "data": [[SAME]]}, **content["tables"]}
    old = {
        name: {**table, "data": [["not to be told apart" if cell == SAME else cell for cell in row] for row in table["data"]]}
        for name, table in tables.items()
    }
    return {**content, "tables": old, "sentences": list(sentences)}


def hide_figures(sentences):
    """Sentences without their figures, which a file rounds."""
    return [re.sub(r"[+-]?[\d.,]*\d", "#", sentence) for sentence in sentences]


def test_a_comparison_of_version_0_1_says_in_sentences_what_its_tables_say():
    """Half of the SQLs have no points; learned points catch one more and one less; on leads with points the model is as good."""
    outcome, probability = np.tile([1.0, 1, 0, 0, 0], 40), np.tile([0.9, 0.9, 0.5, 0.1, 0.1], 40)
    points = np.tile([70.0, np.nan, 70, 10, 10], 40)
    learned = np.concatenate([[5.0, 90.0], points[2:]])
    changes = {"outcome": outcome, "probability": probability, "points": points, "routed": points >= 60, "learned": learned}
    comparison = compute_comparison(make_tested(**changes), resamples=50)
    which = "With none but the 160 test leads that have points, and the 80 of them that the points gate hands over"
    old = "the learned points are not to be told apart from the points", "the model is not to be told apart from the points"
    again = Comparison.from_json(make_old(comparison.to_json(), f"Before, {old[0]}.", f"{which}, {old[1]}: +0.0 SQLs."))
    scored = "On the 160 test leads with points, with the 80 that the points gate hands over"
    assert again.sentences[-1] == f"{scored}, there is no clear difference between the model and the points: +0.0 SQLs."
    assert hide_figures(again.sentences[:-1]) == hide_figures(comparison.sentences[:-1])
    assert any(f"there is {SAME} between the learned points and the points" in sentence for sentence in again.sentences[:-1])


def test_sentences_say_what_the_tables_hold():
    comparison = compute_comparison(TESTED, resamples=50)
    assert comparison.sentences[0].startswith("The points gate hands over 8 a week, 40 % of all, of which 25 %")
    text = " ".join(comparison.sentences)
    assert "With the 80 test leads that the points gate hands over, the model is better than the points: +40.0 (95 %:" in text
    assert "For 20 SQLs sales works 20 leads by the model: -60 (95 %:" in text
    assert "The points rank at AUC" in text


def test_the_gate_is_the_end_of_a_band():
    points = np.where(PTS == 65, np.tile([62.0, 68.0], 100), PTS)
    bands = compute_comparison(make_tested(points=points, gate=67.0, routed=points >= 67), resamples=5).tables["bands"]
    at = bands["band"].tolist().index("67 to < 70")
    assert bands["band"].iloc[at - 1] == "60 to < 67"
    above = bands.iloc[at:][lambda rows: rows["band"] != "unknown"]
    assert above["leads"].sum() == (points >= 67).sum()


def test_leads_without_points_are_named_and_set_aside():
    """Half of the SQLs have no points: the model finds them, and among the others it is as good as the points."""
    outcome, probability = np.tile([1.0, 1, 0, 0, 0], 40), np.tile([0.9, 0.9, 0.5, 0.1, 0.1], 40)
    points = np.tile([70.0, np.nan, 70, 10, 10], 40)
    changes = {"outcome": outcome, "probability": probability, "points": points, "routed": points >= 60, "learned": None}
    comparison = compute_comparison(make_tested(**changes), resamples=50)
    without = (
        "40 of 200 test leads have no points: by points they come last, so what the model finds among them is part of its gain."
    )
    assert without in comparison.limitations
    text = " ".join(comparison.sentences)
    assert "With the 80 test leads that the points gate hands over, the model is better than the points: +40.0" in text
    which = "On the 160 test leads with points, with the 80 that the points gate hands over"
    assert (
        f"{which}, there is no clear difference between the model and the points: 0.0 (95 %: 0.0 to 0.0) SQLs."
        in comparison.sentences
    )
    better = make_tested(probability=np.where(np.isnan(PTS), 0.0, PROBABILITY))
    scored = [text for text in compute_comparison(better, resamples=50).sentences if text.startswith(SCORED)]
    assert scored[0].startswith("On the 180 test leads with points, with the 80 that the points gate")
    assert "the model is better than the points: +40.0 (95 %:" in scored[0]


@pytest.mark.parametrize(
    ("changes", "limitation"),
    [
        ({"points": None, "routed": None, "gate": None}, "The leads have no points, so there is nothing to compare"),
        ({"routed": None, "gate": None}, "No gate is named, so the page cannot show what today's gate does"),
        ({"routed": np.ones(200, dtype=bool)}, "The points gate hands over every test lead"),
        ({"routed": np.zeros(200, dtype=bool)}, "The points gate hands over no test lead"),
        ({"outcome": np.zeros(200)}, "No test lead became an SQL"),
        ({"outcome": np.ones(200)}, "Every test lead became an SQL"),
        ({"points": np.full(200, np.nan)}, "There is no rule book"),
        ({"sides": {"fit": np.full(200, "A")}}, "The model looks at no events, so engagement is not graded"),
        ({"sides": {}}, "The model looks at neither attributes nor events by themselves"),
        ({"learned": None, "learned_gate": None, "weeks": None}, "The leads have no dates"),
    ],
)
def test_limitations_are_named_and_the_rest_is_shown(changes, limitation):
    comparison = compute_comparison(make_tested(**changes), resamples=20)
    assert any(sentence.startswith(limitation) for sentence in comparison.limitations), comparison.limitations
    assert len(comparison.tables["gates"]) >= 1
    assert len(comparison.tables["gains"]) >= 100
    assert "nan" not in " ".join(comparison.sentences)
    rebuilt = Comparison.from_json(make_old(comparison.to_json())).sentences
    assert hide_figures(rebuilt) == hide_figures(text for text in comparison.sentences if not text.startswith(SCORED))
    assert write_summary(comparison, title="x")
    comparison.to_json()


def test_the_summary_holds_sentences_tables_and_the_warning():
    text = write_summary(compute_comparison(TESTED, resamples=20), title="Points *against* x", note="Newer leads, please.")
    assert text.startswith("# Points \\*against\\* x\n\n**Newer leads, please.**\n\n- The points gate hands over")
    assert "| points | 80 | 20.0 (" in text
    assert "Limits of these leads:" in text


def test_a_share_below_zero_is_a_percentage_too():
    frame = pd.DataFrame({"difference": [-0.021], "difference_low": [-0.05], "difference_high": [0.008]})
    assert format_frame("months", frame).rows == (("-2.1 % (-5.0 to 0.8 %)",),)


def test_points_are_ranked_on_all_leads_whose_outcome_is_known():
    points, outcome = np.tile([5.0, 3, 3, np.nan], 50), np.tile([1.0, 0, 1, 1], 50)
    comparison = compute_comparison(make_tested(ever=(points, outcome)), resamples=20)
    row = comparison.tables["rankings_ever"].iloc[0]
    assert (row["leads"], row["sqls"], row["auc"]) == (150, 100, pytest.approx(0.75))
    assert any(sentence.startswith("On all 150 leads with points and known outcomes") for sentence in comparison.sentences)
    assert compute_comparison(make_tested(ever=(points, np.zeros(200))), resamples=20).tables["rankings_ever"].empty
