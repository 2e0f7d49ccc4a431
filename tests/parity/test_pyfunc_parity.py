"""The model that MLflow loads answers as `Scorer.score_lead` does, to 1e-12, points from events included."""

from __future__ import annotations

import importlib
import json
import sys

import numpy as np
import pandas as pd
import pytest
from unit.training.tracking.records import draw_tables, make_record

from predictor.data.values import Event
from predictor.scoring.answer import Lead
from predictor.scoring.batch import score_leads
from predictor.scoring.scorer import Scorer
from predictor.training.tracking.track import track_training

pytestmark = [
    # MLflow warns of its own types when it is imported, and hides that in a way that 'error' goes round.
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning"),
    # MLflow 3.17 maps its tables with an option that SQLAlchemy 2.1 retires.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy:sqlalchemy.exc.SADeprecationWarning"),
    # MLflow 3.17 compares columns with a range, which pandas 3 retires.
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:pandas.errors.Pandas4Warning"),
]
ATTRIBUTES = ("seniority", "employees", "industry", "first_seen")
NUMBERS = ["probability", "low", "high", "threshold", "points"]
WORDS = ["lead_id", "decision", "grade", "points_decision"]


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    return tmp_path_factory.mktemp("firm")


@pytest.fixture(scope="module", params=["logistic", "lightgbm"])
def model(request, firm):
    """What MLflow loads by the alias, and the scorer of the bundle itself."""
    record, settings = make_record(firm, champion=request.param)
    tracked = track_training(record, settings=settings)
    pyfunc, client = importlib.import_module("mlflow.pyfunc"), importlib.import_module("mlflow").MlflowClient
    registry = client(tracked.uri, registry_uri=tracked.uri)
    champion = registry.get_model_version_by_alias("lead-conversion", "champion").version
    path = list(sys.path)
    yield pyfunc.load_model(registry.get_model_version_download_uri("lead-conversion", champion)), Scorer.load(record.folder)
    sys.path[:] = path  # MLflow puts the code of the model in front


@pytest.fixture(scope="module")
def tables():
    """Leads with values that the training knows, does not know and lacks; and their events by lead, some after `as_of`."""
    leads, events = draw_tables(60, seed=7)
    leads.loc[3, "industry"] = "Never seen"
    leads.loc[4, list(ATTRIBUTES)] = None
    return leads, events


def write_events(events: pd.DataFrame, lead_id: str) -> list[dict[str, object]]:
    own = events[events["lead_id"] == lead_id]
    kept = zip(own["occurred_at"], own["event_type"], strict=True)
    return [{"occurred_at": at.isoformat(), "event_type": kind} for at, kind in kept]


def make_frame(leads: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    return leads.assign(events=[json.dumps(write_events(events, lead_id)) for lead_id in leads["lead_id"]])


def score_singly(scorer: Scorer, leads: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The second answer: leads built by hand, scored one by one."""
    answers = []
    for row in leads.itertuples():
        own = events[events["lead_id"] == row.lead_id]
        kept = [Event(at.to_pydatetime(), kind) for at, kind in zip(own["occurred_at"], own["event_type"], strict=True)]
        values = {name: getattr(row, name) for name in ATTRIBUTES if not pd.isna(getattr(row, name))}
        values |= {"first_seen": values["first_seen"].isoformat()} if "first_seen" in values else {}
        answer = scorer.score_lead(Lead(row.lead_id, row.as_of.to_pydatetime(), values, points=None, events=kept))
        answers.append({
            "lead_id": row.lead_id, "probability": answer.probability, "low": answer.interval[0], "high": answer.interval[1],
            "threshold": answer.threshold, "decision": answer.decision, "grade": answer.grade,
            "points": answer.points.total, "points_decision": answer.points.decision,
        })  # fmt: skip
    return pd.DataFrame(answers)


def assert_same(answers: pd.DataFrame, expected: pd.DataFrame) -> None:
    np.testing.assert_allclose(answers[NUMBERS].to_numpy(), expected[NUMBERS].to_numpy(), rtol=0, atol=1e-12)
    assert answers[WORDS].to_numpy().tolist() == expected[WORDS].to_numpy().tolist()


def test_pyfunc_is_the_scorer_points_from_events_included(model, tables):
    pyfunc, scorer = model
    answers, expected = pyfunc.predict(make_frame(*tables)), score_singly(scorer, *tables)
    assert_same(answers, expected)
    without = score_singly(scorer, tables[0], tables[1].iloc[:0])
    assert (answers["points"] != without["points"]).mean() > 0.5  # so events were looked at
    assert expected["points"].nunique() > 20
    assert answers.columns.tolist() == [*WORDS[:1], *NUMBERS[:4], *WORDS[1:3], "points", "points_decision", "warnings"]


def test_pyfunc_is_the_batch(model, tables):
    pyfunc, scorer = model
    leads, events = tables
    batch, _ = score_leads(scorer, leads, events, now=pd.Timestamp("2026-05-01", tz="UTC"))
    assert_same(pyfunc.predict(make_frame(leads, events)), batch)


def test_what_a_scoring_server_reads_from_json_answers_the_same(model, tables):
    pyfunc, _ = model
    frame = make_frame(*tables)
    parse = importlib.import_module("mlflow.pyfunc.scoring_server")._parse_json_data
    body = json.dumps({"dataframe_records": json.loads(frame.to_json(orient="records", date_format="iso", date_unit="us"))})
    read = parse(body, pyfunc.metadata, pyfunc.metadata.get_input_schema())
    assert_same(pyfunc.predict(read.data), pyfunc.predict(frame))


def test_order_size_index_and_types_of_the_table_change_nothing(model, tables):
    pyfunc, _ = model
    frame = make_frame(*tables)
    whole = pyfunc.predict(frame)
    turned = pyfunc.predict(frame.iloc[::-1])
    assert turned.index.tolist() == frame.index[::-1].tolist()
    assert_same(turned.iloc[::-1], whole)
    assert_same(pd.concat([pyfunc.predict(frame.iloc[[at]]) for at in range(8)]), whole.iloc[:8])
    texts = frame.assign(employees=[None if pd.isna(value) else f"{value:.0f}" for value in frame["employees"]])
    texts["as_of"] = [moment.isoformat() for moment in frame["as_of"]]
    texts["events"] = [json.loads(cell) for cell in frame["events"]]
    assert_same(pyfunc.predict(texts), whole)
    whole_numbers = frame[frame["employees"].notna()].astype({"employees": "int64"})
    assert_same(pyfunc.predict(whole_numbers), whole.loc[whole_numbers.index])


def test_the_example_gives_the_golden_answers(model):
    pyfunc, scorer = model
    answers = pyfunc.predict(pyfunc.input_example)
    assert answers["lead_id"].tolist() == [f"golden-{number}" for number in range(8)]
    assert answers["probability"].notna().all()
    assert answers["threshold"].tolist() == [scorer.threshold] * 8


def test_only_the_key_is_needed(model):
    pyfunc, _ = model
    answer = pyfunc.predict(pd.DataFrame({"lead_id": [17, 18]}))
    assert answer["lead_id"].tolist() == ["17", "18"]
    assert answer["probability"].between(0, 1).all()
    with pytest.raises(Exception, match="lead_id"):
        pyfunc.predict(pd.DataFrame({"employees": [5.0]}))


@pytest.mark.parametrize(
    ("column", "value", "match"),
    [
        ("employees", "many", "LEAD022 Attribute 'employees' must be a number, but this text is no number."),
        ("as_of", "soon", "LEAD003 'as_of' must be a date, but is none."),
        ("events", "[{", "LEAD025 'events' must be JSON, but cannot be read."),
        ("events", '{"a": 1}', "LEAD025 'events' must be a list of events, but is not."),
        ("events", '[{"event_type": "x"}]', "LEAD025 Each of the events must have occurred_at, but one has not."),
        ("events", '[{"event_type": "x", "occurred_at": "soon"}]', "LEAD003 'occurred_at' must be a date, but is none."),
        ("lead_id", None, "LEAD001 The row has no lead_id."),
    ],
)
def test_one_bad_row_fails_alone_and_says_why(model, tables, column, value, match):
    pyfunc, _ = model
    frame = make_frame(*tables).iloc[:5].astype({column: object})
    frame[column] = [value if at == 2 else cell for at, cell in enumerate(frame[column])]
    answers = pyfunc.predict(frame)
    assert match in answers.loc[2, "warnings"]
    assert answers.loc[2, ["probability", "decision", "grade", "points", "points_decision"]].isna().all()
    assert_same(answers.drop(index=2), pyfunc.predict(make_frame(*tables)).loc[[0, 1, 3, 4]])


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")  # MLflow 3.17 on pandas 3
def test_mlflow_evaluates_the_model(model, firm, tables, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{firm / 'mlflow.db'}")
    monkeypatch.chdir(tmp_path)  # where MLflow keeps the run
    pyfunc, scorer = model
    leads, events = tables
    outcome = (np.arange(len(leads)) % 3 == 0).astype(float)
    evaluate = importlib.import_module("mlflow.models").evaluate
    options = {"evaluator_config": {"log_model_explainability": False}}  # MLflow's explainer takes numbers alone
    frame = make_frame(leads, events).assign(outcome=outcome)
    found = evaluate(pyfunc, frame, targets="outcome", predictions="probability", model_type="regressor", **options).metrics
    brier = float(np.mean((score_singly(scorer, leads, events)["probability"] - outcome) ** 2))
    assert found["mean_squared_error"] == pytest.approx(brier, abs=1e-12)


def test_trees_are_read_by_the_flavour_of_their_kind(model):
    """`mlflow.lightgbm` gives the Booster of the model whose trees MLflow holds, and no other model has that flavour."""
    pyfunc, scorer = model
    flavors = pyfunc.metadata.flavors
    assert ("lightgbm" in flavors) == hasattr(scorer.model, "booster_")
    if "lightgbm" in flavors:
        booster = importlib.import_module("mlflow.lightgbm").load_model(pyfunc.metadata.artifact_path)
        matrix = np.random.default_rng(3).integers(0, 5, size=(50, booster.num_feature())).astype(float)
        np.testing.assert_allclose(booster.predict(matrix, raw_score=True), scorer.model.score(matrix), rtol=0, atol=1e-12)
