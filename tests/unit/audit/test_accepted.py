"""Errors refuse training where the column would be a feature, but not where it is left out or accepted with a reason."""

import json
import re

import numpy as np
import pytest
from helpers import draw_leads, make_firm
from typer.testing import CliRunner

from predictor.cli.app import app
from predictor.core.errors import SettingsError, TrainingError
from predictor.core.settings import load_settings, make_settings
from predictor.training.audit import audit_dataset, collect_findings, list_refusals
from predictor.training.from_tables import load_dataset
from predictor.training.train import train


def draw_leaking(name):
    """Leads with a column that is filled for accepted ones only."""
    leads = draw_leads()
    return leads.assign(**{name: np.where(leads["sql_at"].notna(), "yearly", "")})


@pytest.fixture
def leaking(tmp_path):
    return make_firm(tmp_path / "leaking", draw_leaking("contract"))


def test_training_is_refused_with_a_way_to_go_on(leaking):
    match = r"(?s)AUDIT001 Column 'contract' is filled almost only.*\"AUDIT001:contract\" = \"why\" under \[audit.accept\]"
    with pytest.raises(TrainingError, match=match):
        train(load_settings(leaking))


def test_a_column_to_ignore_or_denied_by_name_refuses_nothing(tmp_path):
    ignored = make_firm(tmp_path / "ignored", draw_leaking("contract"), roles={"points": ["score"], "ignore": ["contract"]})
    assert not any(finding.code.startswith("AUDIT") for finding in train(load_settings(ignored)).findings)
    denied = load_dataset(load_settings(make_firm(tmp_path / "denied", draw_leaking("Lead Status"))))
    findings = collect_findings(denied, denied.findings, audit_dataset(denied))
    (error,) = [finding for finding in findings if finding.column == "Lead Status"]
    assert (error.code, error.severity) == ("AUDIT001", "error")
    assert "filled in during qualification" in error.do
    assert list_refusals(denied, findings) == ()


def test_a_column_in_roles_allow_refuses(tmp_path):
    allowed = make_firm(tmp_path, draw_leaking("Lead Status"), roles={"points": ["score"], "allow": ["Lead Status"]})
    dataset = load_dataset(load_settings(allowed))
    assert [finding.column for finding in list_refusals(dataset, audit_dataset(dataset))] == ["Lead Status"]


@pytest.mark.parametrize("key", ["AUDIT001:contract", "AUDIT001"])
def test_an_accepted_finding_is_in_the_card_with_its_reason(tmp_path, key):
    firm = make_firm(tmp_path, draw_leaking("contract"), audit={"accept": {key: "signed before the call"}})
    trained = train(load_settings(firm))
    (tip,) = [finding for finding in trained.findings if finding.column == "contract"]
    assert (tip.severity, tip.accepted) == ("tip", "signed before the call")
    assert "AUDIT001 (tip): Column 'contract' is filled" in trained.files["card.md"]
    assert "Accepted: signed before the call" in trained.files["card.md"]


def test_findings_of_other_checks_can_be_accepted_too(tmp_path):
    denied = make_firm(tmp_path, draw_leads().assign(tags="x"), audit={"accept": {"LEAD030:tags": "known"}})
    dataset = load_dataset(load_settings(denied))
    assert [finding.accepted for finding in collect_findings(dataset, dataset.findings, ())] == ["known"]


@pytest.mark.parametrize(
    ("accept", "match"),
    [
        ({"AUDIT555": "why"}, r"'AUDIT555' is no code of a finding \(docs/reference/findings.md holds them\)"),
        ({"audit001:Tags": "why"}, "'audit001' is no code of a finding"),
        ({"AUDIT001:Tags": " "}, "'AUDIT001:Tags' is accepted without a reason"),
    ],
)
def test_unknown_codes_and_empty_reasons_are_refused(accept, match):
    with pytest.raises(SettingsError, match=match):
        make_settings({"audit": {"accept": accept}})


def test_check_shows_the_worst_first_and_how_many_refuse(leaking):
    result = CliRunner().invoke(app, ["check", "-c", str(leaking)])
    assert result.exit_code == 1
    assert re.match("error +AUDIT001 Column 'contract'", result.stdout)
    assert "1 error would stop a training." in result.stdout
    findings = json.loads(CliRunner().invoke(app, ["check", "-c", str(leaking), "--json"]).stdout)
    assert findings[0]["column"] == "contract"
    assert findings[0]["accepted"] is None
    assert set(findings[0]) == {"code", "severity", "what", "do", "column", "accepted"}
