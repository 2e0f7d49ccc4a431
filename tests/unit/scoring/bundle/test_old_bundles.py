"""A bundle that version 0.1.0 wrote still loads, replays its golden rows, and gives the very probabilities of then."""

import json
from pathlib import Path

from predictor.scoring.golden import read_golden_lead
from predictor.scoring.scorer import Scorer

BUNDLE = Path(__file__).with_name("version_0_1_0")


def test_a_bundle_of_version_0_1_0_answers_as_it_did():
    scorer = Scorer.load(BUNDLE)  # checks the manifest and replays the golden rows
    rows = [json.loads(line) for line in (BUNDLE / "golden.jsonl").read_text().splitlines()]
    answers = [scorer.score_lead(read_golden_lead(row["lead"])) for row in rows]
    assert len(rows) == 8
    assert [answer.probability for answer in answers] == [row["probability"] for row in rows]
    assert [answer.decision for answer in answers] == [row["decision"] for row in rows]
    assert any(answer.reasons for answer in answers)
    assert {(answer.fit_grade, answer.engagement_grade) for answer in answers} == {(None, None)}  # which it did not keep
