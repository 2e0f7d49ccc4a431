"""`predictor init`: a column whose yes means not accepted is no outcome by itself, and is read inverted where it is named."""

import numpy as np
import pytest
from helpers import draw_leads
from unit.audit.propose.proposals import list_faults, propose

from predictor.audit.propose.refusal_names import is_refusal_name
from predictor.core.errors import SettingsError
from predictor.core.settings import load_settings
from predictor.training.from_tables import load_dataset

N = 300
LEADS = draw_leads(N)
ACCEPTED = LEADS["sql_at"].notna()
CREATED = LEADS.drop(columns=["sql_at", "mql_at"]).assign(Created=LEADS["mql_at"])
REFUSALS = (
    "Disqualified", "Lost", "Rejected by sales", "Is Unqualified", "is_closed_lost", "isRejected", "Abgelehnt", "not accepted",
    "Not yet qualified", "Verloren", "Perdu", "Rechazado", "Non converti", "Nicht übernommen", "Refusé", "Rifiutato", "Recusado",
    "Deal lost", "Sales rejected", "No response", "Unsold", "Disqualifiziert", "Descalificado", "Afgewezen", "Qualified out",
)  # fmt: skip
OTHERS = (
    "Accepted", "Qualified", "Converted", "Won", "Won/Lost", "Accepted or rejected", "Not rejected", "Lead No", "Deadline",
    "Closed", "Perfect match", "Notes", "Issue", "Übernommen", "Personal", "Dropshipping", "Opportunity", "Nordic",
)  # fmt: skip


def answer(yes, no):
    return ACCEPTED.map({True: no, False: yes}).astype(str)


@pytest.mark.parametrize("name", REFUSALS)
def test_names_of_leads_that_were_not_accepted(name):
    assert is_refusal_name(name)


@pytest.mark.parametrize("name", OTHERS)
def test_names_that_say_nothing_of_a_refusal(name):
    assert not is_refusal_name(name)


@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [("Disqualified", "Yes", "No"), ("Lost", "1", "0"), ("Abgelehnt", "Ja", "Nein"), ("Perdu", "VRAI", "FAUX")],
)
def test_a_refusal_is_read_inverted_only_where_it_is_named(tmp_path, name, yes, no):
    table = CREATED.assign(**{"Decision maker": np.where(np.arange(N) % 3, "Yes", "No"), name: answer(yes, no)})
    found = propose(tmp_path, table)
    assert "outcome" not in found.columns, "neither this nor the only other column of yes and no"
    assert "INIT010" in list_faults(found)
    (text,) = (str(finding) for finding in found.findings if finding.code == "INIT010")
    assert f"column '{name}' says yes for leads that were not accepted" in text
    assert f"init --outcome '{name}'" in text
    named = propose(tmp_path, table, outcome=name)
    assert list_faults(named) == []
    (warning,) = (finding.what for finding in named.findings if finding.code.startswith("INIT"))
    assert warning.endswith(f"not accepted: '{yes}' is read as not accepted, '{no}' as accepted.")
    (tmp_path / "predictor.toml").write_text(named.to_toml(), encoding="utf-8")
    dataset = load_dataset(load_settings(tmp_path / "predictor.toml"))
    assert dataset.outcomes.outcome.sum() == ACCEPTED.sum()


def test_the_contrary_beside_it_is_the_outcome_and_the_refusal_no_feature(tmp_path):
    table = CREATED.assign(Disqualified=answer("Yes", "No"), Qualified=answer("No", "Yes"))
    for ordered in (table, table[[*CREATED, "Qualified", "Disqualified"]]):
        found = propose(tmp_path, ordered)
        assert (found.columns["outcome"], found.roles["Disqualified"].role) == ("Qualified", "ignore")
        assert list_faults(found) == []


def test_values_that_are_outcomes_speak_for_themselves(tmp_path):
    found = propose(tmp_path, CREATED.assign(Lost=answer("Lost", "Won")))
    assert found.columns["outcome"] == "Lost"
    assert found.to_differences()["label"] == {}


def test_texts_of_a_named_refusal_that_are_neither_are_pending(tmp_path):
    table = CREATED.assign(Lost=answer("Yes", "No").where(np.arange(N) % 5 > 0, "Maybe"))
    found = propose(tmp_path, table, outcome="Lost")
    label = {"outcome_yes": ["No"], "outcome_no": ["Yes"], "outcome_pending": ["Maybe"]}
    assert found.to_differences()["label"] == label
    assert [finding.code for finding in found.findings if finding.code.startswith("INIT")] == ["INIT010", "INIT009"]


@pytest.mark.parametrize(("name", "holds"), [("Rejected on", "dates"), ("Lost", "only 'x' or nothing")])
def test_a_refusal_that_cannot_be_inverted_is_refused(tmp_path, name, holds):
    cells = LEADS["mql_at"].str[:10].where(~ACCEPTED) if holds == "dates" else answer("x", "")
    with pytest.raises(SettingsError, match=f"'{name}', which by its name says which leads were not accepted, and holds {holds}"):
        propose(tmp_path, CREATED.assign(**{name: cells}), outcome=name)
