"""`predictor init`: the outcome, in whatever words, and findings about outcomes that no model can be trained on."""

import pytest
from helpers import draw_leads
from unit.audit.propose.proposals import list_faults, plain_export, propose, run_init

from predictor.core.errors import TrainingError
from predictor.core.settings import load_settings
from predictor.training.from_tables import load_dataset


def test_an_outcome_of_three_values_is_named_with_what_is_neither(tmp_path):
    table = draw_leads(90).drop(columns="sql_at").assign(Outcome=["Won", "Lost", "Open"] * 30)
    proposal = propose(tmp_path, table)
    assert proposal.roles["Outcome"].role == "outcome"
    (refusal,) = proposal.refusals
    assert str(refusal) == (
        "INIT002 Column 'Outcome' holds 'Open' besides yes and no. Add them to label.outcome_yes or label.outcome_no, or to "
        "label.outcome_pending where the outcome is pending; init --outcome 'Outcome' does the last."
    )


@pytest.mark.parametrize("yes", ["1", "x", "TRUE"])
def test_in_an_outcome_of_yes_or_blank_a_blank_is_no(tmp_path, yes):
    leads = draw_leads(300)
    table = leads.drop(columns="sql_at").assign(Converted=leads["sql_at"].notna().map({True: yes, False: ""}))
    proposal = propose(tmp_path, table)
    assert proposal.roles["Converted"].role == "outcome"
    assert f"it holds '{yes}' or nothing" in proposal.roles["Converted"].why
    assert proposal.to_differences()["label"] == {"outcome_yes": [yes], "outcome_no": [""]}
    assert any(finding.code == "INIT005" and "for young leads too" in finding.what for finding in proposal.findings)
    (tmp_path / "predictor.toml").write_text(proposal.to_toml())
    dataset = load_dataset(load_settings(tmp_path / "predictor.toml"))
    assert dataset.outcomes.outcome.sum() == leads["sql_at"].notna().sum() > 0
    assert dataset.outcomes.mature.all()


def test_a_column_of_no_only_is_no_outcome(tmp_path):
    table = draw_leads(90).drop(columns="sql_at").assign(Converted=["No", ""] * 45)
    assert propose(tmp_path, table).roles["Converted"].role != "outcome"


def test_an_outcome_in_words_of_the_firm_has_no_share(tmp_path):
    leads = plain_export().drop(columns="SQL Date").assign(Converted=["heiss", "kalt"] * 20)
    found = propose(tmp_path, leads)
    assert found.roles["Converted"].role == "outcome"
    assert "nan" not in found.roles["Converted"].why
    assert "or to label.outcome_pending where the outcome is pending" in found.refusals[0].do


def test_outcomes_that_cannot_be_learned_from_are_reported_as_check_refuses_them(tmp_path):
    leads = draw_leads(300)
    nobody = propose(tmp_path, leads.assign(sql_at=None))
    assert list_faults(nobody) == ["INIT006"]
    assert nobody.refusals[0].what.startswith("The horizon cannot be chosen: no lead was accepted")
    assert nobody.refusals[0].do == "Check that 'sql_at' is filled in, or set label.horizon_days."
    assert run_init(tmp_path / "leads.csv", "--out", tmp_path / "predictor.toml").exit_code == 1
    with pytest.raises(TrainingError, match="The horizon cannot be chosen"):
        load_dataset(load_settings(tmp_path / "predictor.toml"))
    everybody = propose(tmp_path, leads.assign(sql_at=leads["mql_at"]))
    assert list_faults(everybody) == ["INIT006"]
    assert everybody.refusals[0].what.endswith("all were accepted, so there is nothing to learn.")
    assert everybody.refusals[0].do.startswith("Export the leads that sales accepted and those it did not, and check")
    all_no = propose(tmp_path, leads.drop(columns="sql_at").assign(outcome="no"))
    assert "none was accepted" in all_no.refusals[0].what


def test_the_first_rows_of_a_large_export_refuse_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("predictor.audit.propose.sample.MOST_ROWS", 100)
    leads = draw_leads(300)
    proposal = propose(tmp_path, leads.assign(sql_at=leads["sql_at"].where(leads.index > 150)))
    assert proposal.refusals == ()
    assert [finding.severity for finding in proposal.findings if finding.code == "INIT006"] == ["warning"]


@pytest.mark.parametrize(("yes", "no"), [("Ja", "Nein"), ("oui", "non"), ("Sí", "no"), ("SI", "No")])
def test_yes_and_no_are_known_in_other_languages(tmp_path, yes, no):
    leads = draw_leads(300)
    table = leads.drop(columns="sql_at").assign(Converted=leads["sql_at"].notna().map({True: yes, False: no}))
    found = propose(tmp_path, table)
    assert found.refusals == ()
    assert found.to_differences()["label"] == {}
    assert "it holds yes and no (" in found.roles["Converted"].why


@pytest.mark.parametrize(
    ("texts", "why", "what"),
    [
        (
            ["hot", "cold"],
            "it holds 2 values that are neither yes nor no",
            "holds 'cold', 'hot', which are neither yes nor no.",
        ),
        (["yes", "cold"], "it holds yes, but also 1 other value", "holds 'cold' besides yes."),
        (["no", "cold"], "it holds no, but also 1 other value", "holds 'cold' besides no."),
    ],
)
def test_the_values_of_an_outcome_in_words_of_the_firm_are_described(tmp_path, texts, why, what):
    found = propose(tmp_path, plain_export().drop(columns="SQL Date").assign(Converted=texts * 20))
    assert why in found.roles["Converted"].why
    assert found.roles["Converted"].why.endswith(": name them in label.outcome_yes and label.outcome_no")
    assert found.refusals[0].what == f"Column 'Converted' {what}"


@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [
        ("Kazanıldı", "Evet", "Hayır"), ("Přijato", "Ano", "Ne"), ("Принят", "Да", "Нет"), ("Status", "Vunnen", "Förlorad"),
        ("受注", "はい", "いいえ"), ("Fase", "Gewonnen", "Afgewezen"),
    ],
)  # fmt: skip
def test_yes_and_no_in_further_languages(tmp_path, name, yes, no):
    leads = draw_leads(90).drop(columns="sql_at").assign(**{name: [yes if row % 3 else no for row in range(90)]})
    proposal = propose(tmp_path, leads)
    assert (proposal.columns["outcome"], list_faults(proposal)) == (name, [])
