"""Segments: the same by every way to ask, said in every answer, and no trace of them where the settings name none."""

import json
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from helpers import draw_leads, make_firm, refuse

from api.app import create_app
from predictor.core.errors import BundleError, SettingsError, TrainingError
from predictor.core.settings import load_settings, make_settings
from predictor.scoring.answer import Lead, SegmentAnswer
from predictor.scoring.batch import read_leads, score_leads
from predictor.scoring.bundle.decision_rules import DecisionRule
from predictor.scoring.sql.query import write_sql
from predictor.scoring.threshold_advice import apply_rule, describe_rule
from predictor.training.tracking.frame import score_frame
from predictor.training.tracking.model import sign
from predictor.training.train import train

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
REGIONS = np.array(["EMEA", "Americas", "APAC"])
SEGMENTS = {"column": "region", "values": ["emea", "Americas"]}


def draw_regions(n=4000, seed=0):
    """Leads of three regions. Software firms convert well in the Americas and APAC, and worse than others in EMEA."""
    leads, draw = draw_leads(n, seed), np.random.default_rng(seed)
    region = REGIONS[draw.integers(0, 3, n)]
    software, emea = leads["industry"].eq("Software"), region == "EMEA"
    accepted = draw.random(n) < np.where(emea, np.where(software, 0.1, 0.4), np.where(software, 0.7, 0.15))
    began = pd.to_datetime(leads["mql_at"])
    sql_at = (began + pd.to_timedelta(draw.integers(1, 20, n), unit="D")).where(accepted)
    return leads.assign(sql_at=pd.Series(sql_at).dt.strftime("%Y-%m-%dT%H:%M:%SZ"), region=region)


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    sections = {"segments": SEGMENTS, "model": {"candidates": ["constant", "logistic"]}, "roles": {"points": ["score"]}}
    return make_firm(tmp_path_factory.mktemp("segments"), draw_regions(), **sections)


@pytest.fixture(scope="module")
def unscored():
    leads = draw_regions(60, seed=5).drop(columns="sql_at")
    return leads.assign(region=[*leads["region"][:57], None, " EMEA ", "Antarctica"])


def test_a_segment_in_which_the_score_says_less_has_a_curve_of_its_own(trained):
    rows = trained.report.metrics["segments"]["rows"]
    assert [row["name"] for row in rows] == ["emea", "Americas", None]
    emea = rows[0]
    assert emea["decides"].startswith("own ")
    assert emea["log_loss"] < emea["single_log_loss"]
    assert "was surely better on the forward folds" in emea["text"]
    assert sum(row["leads"] for row in rows) == len(trained.verdict.outcome)
    probability = trained.verdict.probability[trained.verdict.chosen]
    promised = sum(row["promised"] * row["leads"] for row in rows)
    assert promised == pytest.approx(probability.sum(), abs=1e-9)
    assert "Segments by &#39;region&#39; in the forward test" in trained.files["report.html"]


def test_every_way_to_ask_gives_the_same_and_says_which_segment(scorer, firm, unscored, tmp_path):
    file, _ = score_leads(scorer, unscored, None, now=pd.Timestamp(NOW))
    names = ["industry", "employees", "score", "region"]
    leads = [
        {
            "lead_id": row.lead_id,
            "as_of": row.mql_at,
            "attributes": {name: value for name in names if not pd.isna(value := getattr(row, name))},
        }
        for row in unscored.itertuples()
    ]
    bundle, database = firm.parent / "models" / scorer.version, f"sqlite:///{tmp_path / 'x.db'}"
    with TestClient(create_app(bundle=bundle, store_url=database)) as client:
        batch = client.post("/v1/score/batch", json={"leads": leads}).json()["answers"]
        alone = [client.post("/v1/score", json=lead).json() for lead in leads[-4:]]
    framed = score_frame(scorer, unscored[["lead_id", "mql_at", *names]], now=NOW)
    for column in ("probability", "threshold"):
        expected = file[column].to_numpy()
        for answers in (batch, framed.to_dict("records")):
            np.testing.assert_allclose([answer[column] for answer in answers], expected, rtol=0, atol=1e-9)
        np.testing.assert_allclose([answer[column] for answer in alone], expected[-4:], rtol=0, atol=1e-9)
    own, americas = scorer.segments.segments
    known = {"EMEA": ("emea", own.decides), "Americas": ("Americas", americas.decides)}
    for place, region in enumerate(unscored["region"]):
        name, decides = known.get("" if pd.isna(region) else region.strip(), (None, None))
        assert batch[place]["segment"] == (None if name is None else {"name": name, "decides": decides})
        for table in (file, framed):
            answered = table.loc[place, ["segment", "segment_decides"]].tolist()
            assert [None if pd.isna(cell) else cell for cell in answered] == [name, decides]
    assert [spec.name for spec in sign(scorer).outputs][-2:] == ["segment", "segment_decides"]
    assert file["segment"].isna().sum() > 10


def test_the_matrix_of_stored_leads_gives_the_same(scorer, unscored):
    file, _ = score_leads(scorer, unscored, None, now=pd.Timestamp(NOW))
    rows = scorer.reader.read_table(unscored.assign(as_of=pd.to_datetime(unscored["mql_at"])))
    answers = scorer.score_table(rows, as_of=pd.to_datetime(unscored["mql_at"]), event_features=unscored[[]])
    np.testing.assert_array_equal(answers["probability"], file["probability"])
    single = scorer.calibrator.predict(scorer.model.score(np.zeros((1, len(scorer.features.names)))))
    assert len(single) == 1
    by_single = scorer._decide_segment(None)
    assert by_single.calibrator is scorer.calibrator


def test_a_rule_that_was_set_without_training_decides_about_all_leads_alike(scorer, unscored):
    emea = replace(scorer.segments.segments[0], threshold=0.25)
    segmented = copy(scorer)
    segmented.segments = replace(scorer.segments, segments=(emea, scorer.segments.segments[1]))
    assert describe_rule(segmented)["text"].endswith("; segments with thresholds of their own: emea 25 %")
    answers, _ = score_leads(segmented, unscored, None, now=pd.Timestamp(NOW))
    assert set(answers.loc[answers["segment"].eq("emea"), "threshold"]) == {0.25}
    assert set(answers.loc[answers["segment"].ne("emea"), "threshold"]) == {scorer.threshold}
    assert set(answers.loc[answers["segment"].eq("emea"), "segment_decides"]) == {f"{emea.way}, own threshold"}
    scorer = segmented
    ruled = apply_rule(scorer, DecisionRule(threshold={"policy": "precision", "precision": 0.3}))
    answers, _ = score_leads(ruled, unscored, None, now=pd.Timestamp(NOW))
    assert set(answers["threshold"]) == {ruled.threshold}
    assert describe_rule(ruled)["text"] == "Conversion of at least 30 %"
    assert not answers["segment_decides"].dropna().str.contains("threshold").any()


def test_sql_refuses_segments_with_something_of_their_own(scorer):
    with pytest.raises(BundleError, match="Segments of 'region' have calibrators or thresholds of their own, which SQL does not"):
        write_sql(scorer, "duckdb")


def test_without_segments_a_bundle_says_nothing_of_them(firm, scorer):
    off = train(load_settings(firm, {"segments": {"column": "", "values": []}}))
    assert not [name for name, text in off.files.items() if "segment" in name or "[segments]" in text]
    assert "segments" not in json.loads(off.files["metrics.json"])
    answer = scorer.score_lead(Lead("A", NOW, attributes={"region": "americas"}), reasons=0)
    assert answer.segment == SegmentAnswer(name="Americas", decides=scorer.segments.segments[1].decides)


@pytest.mark.parametrize(
    ("segments", "error", "text"),
    [
        ({"column": "regoin", "values": ["EMEA"]}, TrainingError, r"segments\.column names 'regoin'.*Did you mean 'region'"),
        (
            {"column": "region", "values": ["EMEA", "MEA"]},
            TrainingError,
            r"names 'MEA', but fewer than 20 training leads have that",
        ),
    ],
)
def test_what_the_leads_do_not_have_is_refused_before_anything_is_fitted(tmp_path, segments, error, text):
    refuse(make_firm(tmp_path, draw_regions(400), segments=segments), error, text)


@pytest.mark.parametrize(
    ("sections", "text"),
    [
        ({"segments": {"column": "region"}}, "segments need both a column and its values"),
        ({"segments": {"column": "region", "values": ["EMEA", " emea "]}}, "' emea ' is named twice"),
        ({"segments": {"column": "region", "values": [""]}}, "a segment must have a value, but one is empty"),
        ({"segments": {"column": "region", "values": [str(number) for number in range(11)]}}, "segments.values"),
        (
            {"segments": {"column": "region", "values": ["EMEA"]}, "roles": {"protected": ["region"]}},
            r"segments\.column 'region' is named in roles\.protected too, so it must not decide",
        ),
        (
            {"segments": {"column": "region", "values": ["EMEA"]}, "roles": {"ignore": ["region"]}},
            r"segments\.column 'region' is named in roles\.ignore too, so it is not looked at",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(sections, text):
    with pytest.raises(SettingsError, match=text):
        make_settings(sections)


def test_the_workers_of_spark_give_the_columns_of_segments_too(scorer, unscored):
    answer_part = pytest.importorskip("predictor.scoring.spark_table").answer_part
    file, _ = score_leads(scorer, unscored, None, now=pd.Timestamp(NOW), reasons=0)
    leads, _ = read_leads(scorer, unscored, pd.Timestamp(NOW))
    answers = answer_part(scorer, leads, leads[[]], {}, 0)
    assert list(answers) == list(file)
    np.testing.assert_array_equal(answers["probability"], file["probability"])
    assert answers["segment_decides"].tolist() == [None if pd.isna(cell) else cell for cell in file["segment_decides"]]
