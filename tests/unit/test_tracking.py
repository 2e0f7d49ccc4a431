"""Tracking against a real MLflow on a SQLite file: runs, figures, files, the registered model and its aliases."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import pickle
import pickletools
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest

from predictor.acts import tabulate_events
from predictor.batch import award_leads
from predictor.bundle import save_bundle
from predictor.config import Settings, make_settings
from predictor.errors import TrackingError
from predictor.features.assemble import assemble_table
from predictor.features.fit import fit_features
from predictor.model.block import Block
from predictor.model.recipe import Recipe, fit_recipe
from predictor.model.split import make_folds
from predictor.model.threshold import recommend_threshold
from predictor.model.verdict import judge_recipes, rehearse_thresholds
from predictor.pack import describe_verdict, dump, make_golden, pack_recipe
from predictor.points.rulebook import load_rule_book
from predictor.tracking import Tracked, TrainingRecord, move_alias, place, track_training
from predictor.tracking.place import find_place
from predictor.tracking.record import describe_params, describe_tags, hide_password

pytestmark = [
    # MLflow warns of its own types when it is imported, and hides that in a way that 'error' goes round.
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning"),
    # MLflow 3.17 maps its tables with an option that SQLAlchemy 2.1 retires.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy:sqlalchemy.exc.SADeprecationWarning"),
    # MLflow 3.17 compares columns with a range, which pandas 3 retires.
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:pandas.errors.Pandas4Warning"),
]

SENIORITIES = ["C-level", "VP", "Director", "Manager", "Student"]
EVENTS = ["pricing_page_view", "demo_page_view", "email_click", "webinar_attended", "unsubscribed", "page_view"]


def draw_tables(n: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leads with attributes, some missing, and their events, some of them after the moment of the score."""
    draw = np.random.default_rng(seed)
    as_of = pd.Series(pd.date_range("2025-01-01", periods=n, freq="12h", tz="UTC")).astype("datetime64[us, UTC]")
    leads = pd.DataFrame(
        {
            "lead_id": [f"L{number}" for number in range(n)],
            "as_of": as_of,
            "seniority": pd.Series(draw.choice(SENIORITIES, n)).where(draw.random(n) < 0.9),
            "employees": pd.Series(draw.integers(5, 9000, n).astype(float)).where(draw.random(n) < 0.8),
            "industry": draw.choice(["Software", "Retail", "Finance"], n),
            "first_seen": (as_of - pd.to_timedelta(draw.integers(-5, 300, n), unit="D")).where(draw.random(n) < 0.9),
        }
    )
    at = draw.integers(0, n, 5 * n)
    moments = as_of.iloc[at] - pd.to_timedelta(draw.integers(-1000, 40_000, 5 * n), unit="min").to_numpy()
    kinds = draw.choice(EVENTS, 5 * n)
    return leads, pd.DataFrame({
        "lead_id": leads["lead_id"].to_numpy()[at], "occurred_at": moments.to_numpy(), "event_type": kinds,
        "asset": None, "campaign": None, "value": np.nan,
    }).astype({"occurred_at": "datetime64[us, UTC]"})  # fmt: skip


def make_record(folder: Path, *, champion: str = "logistic") -> tuple[TrainingRecord, Settings]:
    """A bundle trained on random leads with the shipped rule book, and what training would hand over for tracking."""
    differing = {"points": {"rule_book": "b2b"}, "model": {"resamples": 20}, "columns": {"mql_at": "Became MQL"}}
    settings = make_settings(differing, folder=folder)
    book = load_rule_book("b2b", folder)
    leads, events = draw_tables(600, seed=1)
    awards = award_leads(book, leads, as_of=leads["as_of"], events=tabulate_events(events))
    kinds = {"seniority": "category", "industry": "category", "employees": "number", "first_seen": "date"}
    rows = assemble_table(leads, list(kinds), awards=awards)
    features, _ = fit_features(rows, kinds, min_support=20, missing_values=settings.data.missing_values)
    points = rows["points/total"].to_numpy()
    outcome = (np.random.default_rng(2).random(len(leads)) < 1 / (1 + np.exp(3.5 - points / 25))).astype(float)
    days = (leads["as_of"] - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
    block = Block(features.encode_table(rows, leads["as_of"]).matrix, outcome, days.to_numpy(), features, dated=True)
    fit, test = block.take(np.arange(400)), block.take(np.arange(430, 600))
    recipes = {name: learn(name, fit) for name in ("constant", "points", champion)}
    verdict = judge_recipes(recipes, champion, fit=fit, test=test, routed=points[430:] >= 60, settings=settings)
    thresholds = rehearse_thresholds(final := learn(champion, block), block, settings)
    advice = recommend_threshold(thresholds, settings.threshold)
    files = pack_recipe(final, block, settings=settings, book=book, thresholds=thresholds, advice=advice)
    span = {"n": 600, "from": "2025-01-01", "through": "2025-10-27"}
    files["metrics.json"] = dump(describe_verdict(verdict, champion=champion, horizon=30.0, pending=7, fit=span))
    files["golden.jsonl"] = make_golden(files, 0)
    facts = {"versions": {"numpy": "2.4"}, "data": {"leads": "ab12", "events": None}, "git_commit": "c0ffee"}
    saved = save_bundle(folder / "models", f"{champion}-20260501T000000Z", files, facts)
    figure = matplotlib.figure.Figure()
    figure.subplots().plot([0, 1], [0, 1])
    more = {"figures": {"reliability": figure}, "rehearsed": {champion: {"log_loss": 0.5}}}
    return TrainingRecord(saved, True, "It lost less.", json.loads(files["metrics.json"]), **facts, **more), settings


def learn(name: str, block: Block) -> Recipe:
    return fit_recipe(name, block, make_folds(block.order, folds=2, gap=5), 0)


@pytest.fixture(scope="module")
def mlflow():
    return importlib.import_module("mlflow.pyfunc") and importlib.import_module("mlflow")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[TrainingRecord, Settings]:
    return make_record(tmp_path_factory.mktemp("firm"))


@pytest.fixture(scope="module")
def tracked(made, mlflow) -> tuple[Any, Tracked, Tracked]:
    """Two trainings, of which the second earned no promotion, and a client that sees what they left."""
    record, settings = made
    first = track_training(record, settings=settings)
    second = track_training(dataclasses.replace(record, promoted=False, reason="It lost more."), settings=settings)
    return mlflow.MlflowClient(first.uri, registry_uri=first.uri), first, second


def list_nested(client, tracked: Tracked) -> list:
    experiment = client.get_experiment_by_name("lead conversion")
    return client.search_runs([experiment.experiment_id], f"tags.mlflow.parentRunId = '{tracked.run_id}'")


def test_one_run_for_the_training_and_one_for_each_candidate_below_it(tracked):
    client, first, _ = tracked
    nested = list_nested(client, first)
    assert {run.info.run_name: run.data.tags["chosen"] for run in nested} == {
        "constant": "false", "points": "false", "logistic": "true",
    }  # fmt: skip
    assert {run.info.status for run in [*nested, client.get_run(first.run_id)]} == {"FINISHED"}


def test_candidates_carry_their_test_metrics_with_intervals(made, tracked):
    record, _ = made
    client, first, _ = tracked
    nested = {run.info.run_name: run.data.metrics for run in list_nested(client, first)}
    for name, told in nested.items():
        assert told["log_loss"] == record.metrics["test"][name]["log_loss"]
        assert [told["auc_low"], told["auc_high"]] == pytest.approx(record.metrics["intervals"][name]["auc"] or [0.5, 0.5])
    assert nested["points"]["log_loss_difference"] == record.metrics["differences"]["points"]["mean"]
    assert nested["logistic"]["rehearsed_log_loss"] == 0.5
    assert "calibration_slope" not in nested["constant"]  # it cannot be told, so it is not told


def test_the_training_carries_params_metrics_and_tags(made, tracked):
    record, _ = made
    client, first, _ = tracked
    run = client.get_run(first.run_id).data
    assert run.params["threshold.band"] == "[0.2, 0.3]"
    assert run.params["columns"] == '{"mql_at": "Became MQL"}'
    assert not [name for name in run.params if name.startswith(("tracking", "store"))]
    advised = record.metrics["threshold"]["recommended"]
    assert run.metrics["threshold"] == advised["threshold"]
    assert run.metrics["threshold_conversion"] == advised["conversion"]
    assert run.metrics["brier"] == record.metrics["test"]["logistic"]["brier"]
    assert run.metrics["horizon_days"] == 30
    wanted = {"data.leads": "ab12", "git_commit": "c0ffee", "version.numpy": "2.4", "verdict": record.metrics["verdict"]}
    assert wanted.items() <= run.tags.items()
    assert "data.events" not in run.tags


def test_files_are_the_bundle_and_the_figures(made, tracked, tmp_path):
    record, settings = made
    client, first, _ = tracked
    assert [file.path for file in client.list_artifacts(first.run_id, "figures")] == ["figures/reliability.png"]
    fetched = Path(client.download_artifacts(first.run_id, "bundle", str(tmp_path)))
    assert {file.name: file.read_bytes() for file in fetched.iterdir()} == {
        file.name: file.read_bytes() for file in record.folder.iterdir()
    }
    assert sorted(entry.name for entry in settings.folder.iterdir()) == ["mlflow.db", "mlruns", "models"]


def test_the_champion_moves_only_to_one_that_earned_it(made, tracked):
    record, settings = made
    client, first, second = tracked
    assert [(each.model_version, each.alias) for each in (first, second)] == [(1, "champion"), (2, "challenger")]
    assert client.get_model_version_by_alias("lead-conversion", "champion").version == 1
    challenger = client.get_model_version_by_alias("lead-conversion", "challenger")
    assert (challenger.version, challenger.description, challenger.run_id) == (2, "It lost more.", second.run_id)
    third = track_training(record, settings=settings)
    assert client.get_model_version_by_alias("lead-conversion", "champion").version == third.model_version == 3


def find_model(client) -> Path:
    source = client.get_model_version_by_alias("lead-conversion", "challenger").source
    return Path(unquote(urlparse(source).path))


def is_pickle(content: bytes) -> bool:
    try:
        return bool(list(pickletools.genops(content)))  # read to its end, and not run
    except (ValueError, IndexError):
        return False


def test_the_model_folder_holds_no_pickle_and_no_path_of_this_machine(made, tracked):
    record, _ = made
    folder = find_model(tracked[0])
    assert is_pickle(pickle.dumps({"a": 1}))
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"MLmodel", "pyfunc_code.py", "input_example.json", "requirements.txt"} <= {path.name for path in files}
    assert not [path for path in files if path.suffix in {".pkl", ".pickle", ".joblib", ".pyc"} or is_pickle(path.read_bytes())]
    told = (folder / "MLmodel").read_text(encoding="utf-8")
    assert str(record.folder) not in told
    assert str(Path(__file__).parents[2]) not in told


def test_the_signature_asks_for_nothing_but_the_key_and_the_example_is_synthetic(tracked, mlflow):
    folder = find_model(tracked[0])
    signature = mlflow.models.Model.load(str(folder)).signature
    assert [name for name in signature.inputs.input_names() if signature.inputs.input_dict()[name].required] == ["lead_id"]
    assert {"as_of", "events", "employees", "seniority"} <= set(signature.inputs.input_names())
    example = json.loads((folder / "input_example.json").read_text(), parse_constant=pytest.fail)  # NaN is no JSON
    assert [row[0] for row in example["data"]] == [f"golden-{number}" for number in range(8)]


def test_requirements_are_what_scoring_imports(tracked):
    """In a process of its own: nothing that scoring imports directly is left out, and MLflow and Ibis are not among it."""
    code = (
        "import sys, json, predictor.score, predictor.tracking, predictor.tracking.frame;"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    loaded = set(json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout))
    assert not loaded & {"mlflow", "ibis", "matplotlib", "fastapi", "jinja2"}
    direct = {
        "lightgbm": "lightgbm", "numpy": "numpy", "pandas": "pandas", "pydantic": "pydantic", "sklearn": "scikit-learn",
        "scipy": "scipy", "tomli_w": "tomli-w", "sqlalchemy": "sqlalchemy",
    }  # fmt: skip
    required = (find_model(tracked[0]) / "requirements.txt").read_text().splitlines()
    assert {direct[name] for name in loaded & set(direct)} == {line.split("==")[0] for line in required} - {"mlflow"}


def test_nothing_global_is_left_and_nothing_is_told_or_written_where_the_command_runs(made, mlflow, tmp_path, monkeypatch, capfd):
    record, settings = made
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    before = {name: text for name, text in os.environ.items() if name.startswith("MLFLOW")} | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    track_training(record, settings=settings)
    assert {name: text for name, text in os.environ.items() if name.startswith("MLFLOW")} == before
    assert not list(tmp_path.iterdir())
    assert mlflow.active_run() is None
    assert not mlflow.is_tracking_uri_set()
    assert capfd.readouterr().out == ""


def refuse(record: TrainingRecord, uri: str, folder: Path, match: str) -> str:
    settings = make_settings({"tracking": {"uri": uri}}, folder=folder)
    with pytest.raises(TrackingError, match=match) as told:
        track_training(record, settings=settings)
    return str(told.value)


def test_a_server_that_is_not_there_is_refused_with_what_to_do_and_without_the_password(made, tmp_path):
    record, _ = made
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = refuse(record, f"http://ann:hush@127.0.0.1:{port}", tmp_path, r"cannot be reached \(nothing listens there\)")
    assert "hush" not in text
    assert f"The bundle '{record.folder.name}' is saved" in text
    assert "--no-track" in text


def test_a_server_that_never_answers_is_asked_once(made, tmp_path, monkeypatch):
    record, _ = made
    monkeypatch.setitem(place._FIRST_CALL, "MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        refuse(record, f"http://127.0.0.1:{silent.getsockname()[1]}", tmp_path, r"cannot be reached \(no answer in time\)")
        silent.settimeout(0)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError, match="unavailable"):
            silent.accept()  # MLflow by itself would have come seven times more


@pytest.mark.parametrize(
    ("uri", "match"),
    [
        ("sqlite:///models/x.txt/m.db", "could not keep the training: .*x.txt"),
        ("ftp://firm.example/runs", "unsupported URI 'ftp://firm.example/runs'"),
        ("runs", "could not keep the training: .*database"),
    ],
)
def test_a_place_that_cannot_be_used_is_refused(made, tmp_path, uri, match):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "x.txt").write_text("no folder")
    refuse(made[0], uri, tmp_path, match)


def test_a_name_that_mlflow_refuses_ends_the_run_as_failed(made, mlflow):
    record, settings = made
    tracking = {"registered_model": "lead/conversion", "experiment": "names"}
    differing = make_settings({"tracking": tracking}, folder=settings.folder)
    with pytest.raises(TrackingError, match="lead/conversion"):
        track_training(record, settings=differing)
    client = mlflow.MlflowClient(find_place(settings).uri)
    runs = client.search_runs([client.get_experiment_by_name("names").experiment_id])
    assert {run.info.run_name: run.info.status for run in runs if run.info.run_name == record.folder.name} == {
        record.folder.name: "FAILED"
    }


def test_a_deleted_experiment_is_told(made, mlflow):
    record, settings = made
    track_training(record, settings=(gone := make_settings({"tracking": {"experiment": "gone"}}, folder=settings.folder)))
    client = mlflow.MlflowClient(find_place(gone).uri)
    client.delete_experiment(client.get_experiment_by_name("gone").experiment_id)
    with pytest.raises(TrackingError, match="experiment 'gone' was deleted there; restore it"):
        track_training(record, settings=gone)


def test_where_no_one_tracks_nothing_is_made_and_mlflow_is_not_loaded(tmp_path):
    code = "import sys, predictor.tracking; print('mlflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == "False"
    assert not list(tmp_path.iterdir())


def test_what_is_shown_and_kept_holds_no_password(made):
    record, _ = made
    settings = make_settings({"data": {"leads": "postgresql://ann:hush@db/leads"}, "store": {"url": "mysql://ann:hush@db/s"}})
    told = [*describe_params(settings).values(), *describe_tags(record).values(), hide_password("http://ann:hush@firm/x")]
    assert not [text for text in told if "hush" in text]
    assert describe_params(settings)["data.leads"] == "postgresql://db/leads"


def test_artifacts_of_another_database_go_beside_the_settings_file(tmp_path):
    settings = make_settings({"tracking": {"uri": "postgresql+psycopg://u:p@db/runs"}}, folder=tmp_path)
    assert find_place(settings) == place.Place("postgresql+psycopg://u:p@db/runs", (tmp_path / "mlruns").as_uri())


def test_the_alias_follows_a_bundle_that_is_promoted_by_hand(made, tracked):
    record, settings = made
    client, *_ = tracked
    newest = client.get_model_version_by_alias("lead-conversion", "champion").version
    client.set_registered_model_alias("lead-conversion", "champion", 2)
    moved = move_alias(record.folder.name, settings)
    assert moved.model_version == client.get_model_version_by_alias("lead-conversion", "champion").version >= newest
    with pytest.raises(TrackingError, match="holds no version of 'lead-conversion' that was made of bundle 'nobody'"):
        move_alias("nobody", settings)
