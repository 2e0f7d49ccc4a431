"""`predictor init`: outcomes known by their words, in stages, phrases, ticks and codes."""

import numpy as np
import pytest
from unit.audit.propose.answered import ACCEPTED, LEADS, UNDATED, N, answer, read_output
from unit.audit.propose.proposals import list_faults, propose

from predictor.core.settings import load_settings
from predictor.training.from_tables import load_dataset


@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [
        ("Stato", "Qualificato", "Non qualificato"),
        ("Lead-Status", "Konvertiert", "Nicht konvertierbar, abgelehnt"),
        ("Status leada", "Zakwalifikowany", "Niezakwalifikowany"),
        ("Etapa", "Calificado", "No calificado"),
        ("Statut", "Qualifié", "Non retenu"),
        ("Stage", "✅ Accepted", "❌ Rejected"),
    ],
)
def test_a_refusal_is_known_by_its_words_beside_an_acceptance(tmp_path, name, yes, no):
    """The settings then say what the texts mean, so that a training reads them."""
    proposal = propose(tmp_path, UNDATED.assign(Created=LEADS["mql_at"].str[:10], **{name: answer(yes, no)}))
    assert proposal.columns["outcome"] == name
    assert list_faults(proposal) == []
    (tmp_path / "predictor.toml").write_text(proposal.to_toml(), encoding="utf-8")
    dataset = load_dataset(load_settings(tmp_path / "predictor.toml"))
    assert dataset.outcomes.outcome.sum() == ACCEPTED.sum()


def test_words_of_refusals_alone_are_no_outcome(tmp_path):
    """Open and lost is no yes and no: what became of the others is not known."""
    proposal = propose(tmp_path, UNDATED.assign(Status=answer("Open", "Not a fit, lost")))
    assert "outcome" not in proposal.columns


def test_values_that_are_outcomes_are_named_whatever_the_column_is_called(tmp_path):
    proposal = propose(tmp_path, UNDATED.assign(Läge=np.where(np.arange(N) % 10, answer("Vunnen", "Förlorad"), "Pågående")))
    assert proposal.columns["outcome"] == "Läge"
    assert any("'Pågående' besides yes and no" in finding.what for finding in proposal.refusals)


@pytest.mark.parametrize(
    ("name", "yes", "no", "other"),
    [
        ("disposition", "Accepted by AE", "Rejected by AE", "Pending review"),
        ("Стадия", "Качественный лид", "Некачественный лид", "В работе"),
        ("Этап сделки", "Успешно реализовано", "Закрыто и не реализовано", "Первичный контакт"),
        ("商談化", "あり", "なし", "確認中"),
        ("Lead stage", "Qualified - to sales", "Disqualified", "Marketing qualified"),
    ],
)  # fmt: skip
def test_a_stage_in_phrases_or_other_scripts_is_read_by_its_words(tmp_path, name, yes, no, other):
    stages = answer(yes, no).where(np.arange(N) % 10 > 0, other)
    found = propose(tmp_path, UNDATED.assign(**{name: stages, "Plan": np.where(np.arange(N) % 3, "Basic", "Team")}))
    assert found.columns["outcome"] == name
    assert read_output(found)[0].startswith(f"INIT002 Column '{name}' holds '{other}' besides yes and no.")
    named = propose(tmp_path, UNDATED.assign(**{name: stages}), outcome=name)
    assert list_faults(named) == []
    (tmp_path / "predictor.toml").write_text(named.to_toml(), encoding="utf-8")
    outcome = load_dataset(load_settings(tmp_path / "predictor.toml")).outcomes.outcome
    decided = np.arange(N) % 10 > 0
    assert outcome.sum() == ACCEPTED[decided].sum()


@pytest.mark.parametrize(("yes", "no"), [("great", "bad fit"), ("won", "open"), ("Ok", "lost")])
def test_a_column_of_two_texts_of_which_one_is_known_is_offered(tmp_path, yes, no):
    found = propose(tmp_path, UNDATED.assign(Verdict=answer(yes, no)))
    assert found.columns["outcome"] == "Verdict"
    assert read_output(found)[0].startswith("INIT002 Column 'Verdict' holds '")


def test_without_any_sign_the_columns_of_few_texts_are_named(tmp_path):
    table = UNDATED.drop(columns=["industry"]).assign(Plan=np.where(np.arange(N) % 3, "a", "b"), Verdict=answer("hot", "cold"))
    (text,) = [text for text in read_output(propose(tmp_path, table)) if "No column looks like an outcome" in text]
    assert "'Verdict' ('cold', 'hot')" in text
    assert "If one of them says what became of a lead, name it: init --outcome COLUMN. Else export such a column." in text
    named = propose(tmp_path, table, outcome="Verdict")
    assert read_output(named)[0].startswith("INIT002 Column 'Verdict' holds 'cold', 'hot', which are neither yes nor no.")


def test_flags_of_later_stages_beside_the_outcome_are_no_features(tmp_path):
    later = ACCEPTED & (np.arange(N) % 2 > 0)
    table = UNDATED.assign(
        SAL=answer("Y", "N"), Opp=np.where(later, "Y", "N"), Won=np.where(later & (np.arange(N) % 3 > 0), "Y", "N")
    )
    assert list_faults(propose(tmp_path, table)) == ["INIT002"]
    named = propose(tmp_path, table, outcome="SAL")
    assert {name: named.roles[name].role for name in ("SAL", "Opp", "Won")} == {
        "SAL": "outcome",
        "Opp": "ignore",
        "Won": "ignore",
    }


def test_codes_of_a_status_are_offered_and_not_left_out(tmp_path):
    codes = ACCEPTED.map({True: 3, False: 4}).where(np.arange(N) % 10 > 0, 1)
    found = propose(tmp_path, UNDATED.assign(status_code=codes, plan=np.where(np.arange(N) % 3, "a", "b")))
    (text,) = [text for text in read_output(found) if "No column looks like an outcome" in text]
    assert "Columns of few values: 'status_code' ('1', and '3', '4'), 'plan' ('a', 'b')" in text
    assert "init --outcome 'status_code'" in text
    assert found.roles["status_code"].role == "attribute"


@pytest.mark.parametrize("mark", ["x", "✓", "Yes"])
def test_of_a_column_for_each_outcome_that_of_acceptance_is_taken(tmp_path, mark):
    table = UNDATED.assign(**{"Outcome: accepted": answer(mark, ""), "Outcome: rejected": answer("", mark)})
    found = propose(tmp_path, table)
    assert found.columns["outcome"] == "Outcome: accepted"
    assert found.roles["Outcome: rejected"].role == "ignore"
    assert list_faults(found) == []


@pytest.mark.parametrize("yes_no", [("✓", "✗"), ("☑", "☐"), ("○", "×"), ("有", "無"), ("예", "아니오")])
def test_ticks_and_crosses_are_yes_and_no(tmp_path, yes_no):
    found = propose(tmp_path, UNDATED.assign(Accepted=answer(*yes_no)))
    assert (found.columns["outcome"], list_faults(found)) == ("Accepted", [])
