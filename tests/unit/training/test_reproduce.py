"""A training done again: equal where nothing changed, and what differs where something did."""

import importlib
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from helpers import draw_leads, make_firm
from sklearn.dummy import DummyClassifier
from typer.testing import CliRunner

from predictor.cli.app import app
from predictor.core.errors import TrainingError
from predictor.model.candidates.own_candidate import make_own
from predictor.scoring.bundle.files import load_bundle
from predictor.scoring.bundle.registry import find_champion
from predictor.training.own_code import fingerprint_own
from predictor.training.reproduce import compare_training, read_settings, reproduce

CLI = CliRunner()


def run(*arguments):
    return CLI.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    """A firm whose training is in a bundle and in MLflow."""
    folder = tmp_path_factory.mktemp("firm")
    settings = make_firm(folder, tracking={"uri": "sqlite:///mlflow.db"})
    trained = run("train", "-c", settings, "--models", folder / "models", "--json")
    assert trained.exit_code == 0, trained.output
    (folder / "run").write_text(json.loads(trained.stdout)["run"]["run_id"])
    return folder


def test_nothing_changed_is_equal_by_run_by_folder_and_by_name(firm):
    settings, models = firm / "predictor.toml", firm / "models"
    for name in ((firm / "run").read_text(), models, find_champion(models).name):
        result = run("reproduce", name, "-c", settings, "--models", models)
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith("Equal: the data and all ")


def test_the_settings_are_those_of_the_bundle(firm):
    """Settings that have changed since do not matter, but for where the data are."""
    bundle = load_bundle(find_champion(firm / "models"))
    assert read_settings(bundle, firm).model.resamples == 20
    other = make_firm(firm / "moved", model={"resamples": 50})
    result = run("reproduce", firm / "models", "-c", other)
    assert result.exit_code == 0, result.output


def test_changed_data_are_named_with_the_figures_that_moved(firm, tmp_path):
    leads = draw_leads()
    leads.loc[7, "employees"] += 1
    make_firm(tmp_path, leads)
    result = run("reproduce", firm / "models", "-c", firm / "predictor.toml", "--data", tmp_path, "--json")
    assert result.exit_code == 1
    outcome = json.loads(result.stdout)
    assert list(outcome["data"]) == ["leads"]
    assert outcome["versions"] == {}
    assert "features.json" not in outcome["files"]
    assert "model.json" in outcome["files"]
    then, now = outcome["metrics"]["logistic log_loss"]
    assert then != now
    text = run("reproduce", firm / "models", "-c", firm / "predictor.toml", "--data", tmp_path)
    assert text.exit_code == 1
    assert f"{then:.6g}" in text.stdout
    assert f"({now - then:+.6g})" in text.stdout
    assert " differ. What else differs: data." in " ".join(text.stdout.split())


def test_another_version_is_named(firm):
    bundle = load_bundle(find_champion(firm / "models"))
    bundle.manifest["versions"]["lightgbm"] = "1.0"
    outcome = reproduce(bundle, read_settings(bundle, firm))
    assert outcome.equal
    assert outcome.versions["lightgbm"][0] == "1.0"


def test_code_that_was_handed_over_in_python_must_be_handed_over_again(firm):
    def always(outcome, probability, weight):  # noqa: ARG001
        return 1.0

    bundle = load_bundle(find_champion(firm / "models"))
    metrics = bundle.read_json("metrics.json")
    metrics["test"] |= {"mine": metrics["test"]["constant"] | {"own/profit": 1.0}}
    changed = replace(bundle, files={**bundle.files, "metrics.json": json.dumps(metrics)})
    settings = read_settings(bundle, firm)
    text = (
        "was trained with the candidates 'mine' and the metrics 'profit'.* import paths in model.own and model.metrics, or call"
    )
    with pytest.raises(TrainingError, match=text):
        reproduce(changed, settings)
    with pytest.raises(TrainingError, match="was trained with the candidates 'mine', which"):
        reproduce(changed, settings, metrics={"profit": always})
    with pytest.raises(TrainingError, match=r"Candidate 'mine' must be a scikit-learn classifier"):  # so it is handed on
        reproduce(changed, settings, candidates={"mine": 3}, metrics={"profit": always})


def test_changed_code_of_the_firm_s_own_is_named(tmp_path, monkeypatch):
    file = tmp_path / "own_code_that_changes.py"
    file.write_text("def profit(outcome, probability, weight):\n    return 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    metrics = {"profit": importlib.import_module("own_code_that_changes").profit}
    candidates = [make_own("mine", DummyClassifier()), make_own("nobody", DummyClassifier)]
    then = fingerprint_own(candidates, metrics, {})
    assert list(then) == ["candidate mine", "candidate nobody", "metric profit"]
    assert fingerprint_own(candidates, metrics, {}) == then
    file.write_text("def profit(outcome, probability, weight):\n    return 2.0\n")
    now = fingerprint_own([make_own("mine", DummyClassifier(strategy="uniform")), candidates[1]], metrics, {})
    assert [name for name in then if then[name] != now[name]] == ["candidate mine", "metric profit"]


def test_a_bundle_says_when_its_code_is_no_longer_the_same(firm):
    bundle = load_bundle(find_champion(firm / "models"))
    trained = SimpleNamespace(facts=bundle.manifest | {"own_code": {"metric profit": "b"}}, files=bundle.files)
    outcome = compare_training(replace(bundle, manifest=bundle.manifest | {"own_code": {"metric profit": "a"}}), trained)
    assert outcome.code == {"metric profit": ("a", "b")}
    assert compare_training(bundle, trained).code == {}  # a bundle of an earlier version does not say


def test_a_name_that_is_nothing_is_refused(firm):
    result = run("reproduce", "0123456789abcdef0123456789abcdef", "-c", firm / "predictor.toml", "--models", firm / "models")
    assert result.exit_code == 1
    assert "There is no bundle '0123456789abcdef0123456789abcdef' here, and MLflow at 'sqlite:" in " ".join(result.stderr.split())


def test_data_that_are_gone_are_refused(firm, tmp_path):
    result = run("reproduce", firm / "models", "--data", tmp_path)
    assert result.exit_code == 1
    assert "leads.csv" in result.stderr
