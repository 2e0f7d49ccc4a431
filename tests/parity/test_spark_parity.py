"""On Spark, the expression that DuckDB runs gives the same frame, and a bundle as SQL the answers of the scorer."""

import importlib.util
import os
import re
import sys
from types import SimpleNamespace

import ibis
import numpy as np
import pandas as pd
import pytest
from helpers import draw_leads, make_firm
from parity import odd_tables
from parity.event_lists import BOOK, FEATURES, assert_same, compute_singly, draw_firm, make_events, make_leads
from parity.odd_tables import BUNDLE, NOW
from sklearn.ensemble import RandomForestClassifier
from typer.testing import CliRunner

from predictor.cli.app import app
from predictor.core.errors import ScoringError
from predictor.core.settings import load_settings
from predictor.features.table import compute_event_columns
from predictor.points.award_table import award_table
from predictor.points.rulebook import parse_rule_book
from predictor.scoring.batch import score_leads
from predictor.scoring.scorer import Scorer
from predictor.scoring.sql.query import write_sql
from predictor.training.tracking.model import save_model
from predictor.training.train import save_trained, train

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # PySpark 4.0 on pandas 3 and Python 3.11
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # PySpark 4.0 leaves the pipes of its Java process to its end
]


@pytest.fixture(scope="module")
def spark():
    if importlib.util.find_spec("pyspark") is None:
        if os.environ.get("PREDICTOR_MUST_NOT_SKIP"):
            pytest.fail("PySpark is not installed. Install the extra [spark].")
        pytest.skip("PySpark is not installed: pip install '.[spark]'")
    from pyspark.sql import SparkSession  # noqa: PLC0415  it is not always there

    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "4",
        "spark.ui.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",  # compiling takes longer than these few rows
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def on_spark(spark):
    """A connection of Ibis, and what makes events a table of it."""
    connection = ibis.pyspark.connect(spark)

    def place(events):
        spark.createDataFrame(make_events(events)).createOrReplaceTempView("events")
        return connection.table("events")

    return place


@pytest.mark.parametrize("seed", [1, 2])
def test_spark_gives_the_frame_of_duckdb_and_of_each_lead_alone(on_spark, seed):
    rows, events = draw_firm(seed, leads=200)
    frame = compute_event_columns(FEATURES, make_leads(rows), on_spark(events))
    assert_same(frame, compute_event_columns(FEATURES, make_leads(rows), ibis.memtable(make_events(events))))
    assert_same(frame, compute_singly(FEATURES, rows, events))


def test_plain_ascii_and_no_events_at_all_are_computed_too(on_spark):
    rows, events = draw_firm(3)
    plain = [(key, act) for key, act in events if all((text or "").isascii() for text in act[1:4])]
    for some in (plain, []):
        assert_same(compute_event_columns(FEATURES, make_leads(rows), on_spark(some)), compute_singly(FEATURES, rows, some))


def test_spark_awards_the_points_of_duckdb(on_spark):
    rows, events = draw_firm(5, leads=150)
    book, leads = parse_rule_book(BOOK, "book.toml"), make_leads(rows)
    awards = award_table(book, leads, on_spark(events))
    assert (awards.rules != 0).sum().min() > 10
    expected = award_table(book, leads, ibis.memtable(make_events(events)))
    pd.testing.assert_frame_equal(awards.rules, expected.rules, rtol=0, atol=1e-9)


def test_a_bundle_as_sql_gives_the_answers_of_the_scorer(spark, odd, tmp_path):
    for name, table in {"crm_leads": odd.leads, "crm_events": odd.events}.items():
        table.to_parquet(tmp_path / f"{name}.parquet")
        spark.read.parquet(str(tmp_path / f"{name}.parquet")).createOrReplaceTempView(name)
    text = write_sql(odd.scorer, "spark", tables=odd_tables.CRM).text.rstrip().removesuffix(";")
    odd_tables.assert_same(spark.sql(text).toPandas(), odd)


NUMBERS = ["probability", "low", "high", "threshold", "points"]


def assert_same_answers(answers, expected):
    assert list(answers.columns) == list(expected.columns)
    np.testing.assert_allclose(answers[NUMBERS].to_numpy("float64"), expected[NUMBERS].to_numpy("float64"), rtol=0, atol=1e-9)
    for name in expected.columns.difference(NUMBERS):
        ours, theirs = (table[name].astype(object).where(table[name].notna(), "").tolist() for table in (answers, expected))
        assert ours == theirs, name


def describe(findings):
    """The findings, without the place of the first row."""
    return [(finding.code, re.sub(r" \(first [^)]*\)", "", finding.what)) for finding in findings]


def test_every_column_of_the_answers_is_that_of_predictor_score(spark, odd, tmp_path):
    from predictor.scoring.spark import score_spark  # noqa: PLC0415  where PySpark is

    expected, found = score_leads(odd.scorer, odd.leads, odd.events, now=NOW)
    for name, table in (("leads", odd.leads), ("events", odd.events)):
        table.to_parquet(tmp_path / name, index=False)
    leads, events = (spark.read.parquet(str(tmp_path / name)).repartition(3) for name in ("leads", "events"))
    answers, findings = score_spark(leads, events, BUNDLE, now=NOW)
    order = ["lead_id", "probability", "points", "warnings"]
    assert_same_answers(*(table.sort_values(order, ignore_index=True) for table in (answers.toPandas(), expected)))
    assert describe(findings) == describe(found)
    assert (expected["reasons"].str.len() > 0).sum() > 100
    assert (expected["warnings"].str.len() > 0).sum() > 100


@pytest.mark.usefixtures("spark")
def test_files_are_scored_by_spark_in_their_order(odd, tmp_path):
    leads, events = tmp_path / "leads.csv", tmp_path / "events.csv"
    odd.leads.dropna(subset=["lead_id", "mql_at"]).head(150).to_csv(leads, index=False)
    odd.events.head(400).to_csv(events, index=False)
    for engine in ("duckdb", "spark"):
        options = ["--model", str(BUNDLE), "--out", str(tmp_path / f"{engine}.csv"), "--engine", engine]
        result = CliRunner().invoke(app, ["score", "--leads", str(leads), "--events", str(events), *options])
        assert "could not be scored" in result.output, result.output
    answers, expected = (pd.read_csv(tmp_path / f"{engine}.csv") for engine in ("spark", "duckdb"))
    assert_same_answers(answers, expected)


@pytest.mark.filterwarnings("ignore::UserWarning")  # MLflow 3.17 of its own types
@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")  # and of how it maps its tables
@pytest.mark.filterwarnings("ignore::FutureWarning")  # and of what Spark may run
def test_mlflow_scores_tables_of_spark_with_a_classifier_of_the_firm_s_own(spark, tmp_path):
    pyfunc, description = importlib.import_module("mlflow.pyfunc"), importlib.import_module("mlflow.models").Model
    settings = load_settings(make_firm(tmp_path, draw_leads(400), model={"candidates": ["constant"], "min_outcomes": 20}))
    trained = train(settings, candidates={"mine": RandomForestClassifier(20, min_samples_leaf=10)})
    assert trained.verdict.chosen == "mine"
    bundle = save_trained(trained, tmp_path / "models", now=NOW.to_pydatetime()).folder
    save_model(tmp_path / "model", bundle, description())
    leads = pd.read_csv(tmp_path / "leads.csv", dtype=str).drop(columns="sql_at").head(40)
    from pyspark.sql.functions import struct  # noqa: PLC0415  it is not always there

    table = spark.createDataFrame(leads.to_dict("records"))
    score = pyfunc.spark_udf(spark, str(tmp_path / "model"), env_manager="local")
    rows = [row["answer"] for row in table.select(score(struct(*table.columns)).alias("answer")).collect()]
    found = {row["lead_id"]: row["probability"] for row in rows}
    expected, _ = score_leads(Scorer.load(bundle), leads, None, now=NOW)
    assert expected["probability"].nunique() > 5
    np.testing.assert_allclose([found[key] for key in leads["lead_id"]], expected["probability"], rtol=0, atol=1e-9)


@pytest.mark.usefixtures("spark")
def test_own_features_are_refused(monkeypatch):
    from predictor.scoring.spark import score_spark  # noqa: PLC0415  where PySpark is

    monkeypatch.setattr("predictor.scoring.spark.load_scorer", lambda _: SimpleNamespace(own=object()))
    with pytest.raises(ScoringError, match="Features of your own are not computed on Spark"):
        score_spark(None, None, BUNDLE)
