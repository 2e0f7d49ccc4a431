"""`predictor init` on a real set, raw as it is, and the training that follows without an edit."""

import pytest
from typer.testing import CliRunner

from predictor.audit.propose.propose import propose_settings
from predictor.cli.app import app
from predictor.core.settings import load_settings
from predictor.training.train import train

LEAKS = {"Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"}


@pytest.fixture(scope="module")
def written(real_data, tmp_path_factory):
    """The settings file that `init` writes for x_education, and what it printed."""
    out = tmp_path_factory.mktemp("new") / "predictor.toml"
    done = CliRunner().invoke(app, ["init", str(real_data / "x_education" / "Leads.csv"), "--out", str(out)])
    return out, done


def test_the_columns_are_taken_for_what_they_are(written):
    out, done = written
    settings = load_settings(out)
    assert settings.columns == {"lead_id": "Prospect ID", "outcome": "Converted", "order_by": "Lead Number"}
    assert settings.roles.points == ("Asymmetrique Activity Score", "Asymmetrique Profile Score")
    assert "Select" in settings.data.missing_values
    printed = " ".join(done.output.split())
    assert "a whole number, unique, that falls with the rows (rank correlation -1.000)" in printed
    assert "'Select' is read as not known: 13,380 cells" in printed


def test_the_leaks_are_flagged_and_little_else(written, real_data):
    settings = load_settings(written[0])
    assert set(settings.roles.ignore) >= LEAKS
    proposal = propose_settings([str(real_data / "x_education" / "Leads.csv")], out=written[0])
    flagged = {finding.column: finding.severity for finding in proposal.findings if finding.severity != "tip"}
    assert flagged.pop("Tags") == "warning", "it is left out by its name, so that the evidence is no error"
    assert {finding.code for finding in proposal.findings if finding.column == "Tags"} == {"AUDIT002"}
    assert set(flagged) >= LEAKS - {"Tags"}
    assert len(set(flagged) - LEAKS) <= 2
    assert proposal.refusals == ()


def test_training_takes_the_settings_without_an_edit(written):
    settings = load_settings(written[0])
    usual_trees = settings.model.model_copy(update={"budget_s": 0.0})  # test_x_education.py searches for better
    trained = train(settings.model_copy(update={"model": usual_trees}))
    assert 0.90 <= trained.verdict.test[trained.verdict.chosen]["auc"] <= 0.94
