"""`predictor init`: the outcome where a person would see it, and `--outcome` where several columns may be it."""

import numpy as np
import pandas as pd
import pytest
from unit.audit.propose.answered import ACCEPTED, LEADS, UNDATED, N, answer, choose, rank, read_output
from unit.audit.propose.proposals import list_faults, propose, run_init

from predictor.core.errors import SettingsError
from predictor.core.settings import load_settings, make_settings
from predictor.training.from_tables import load_dataset


@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [
        ("Status", "Qualified", "Disqualified"), ("Lead Status", "Closed Won", "Closed Lost"), ("Deal Stage", "Won", "Lost"),
        ("Response", "1", "0"), ("y", "yes", "no"), ("Converted", "True", "False"), ("converted_flag", "Y", "N"),
        ("target", "1", "0"), ("label", "1.0", "0.0"), ("Buy", "TRUE", "FALSE"), ("Revenue", "TRUE", "FALSE"),
        ("Accepted", "ja", "nein"), ("Qualifiziert", "Ja", "Nein"), ("Statut", "oui", "non"), ("Esito", "vinto", "perso"),
        ("Ergebnis", "gewonnen", "verloren"), ("What came of it", "Converted", "Not Converted"),
        ("Opportunity Result", "Won", "Loss"), ("dealstage", "closedwon", "closedlost"), ("loan_status", "Y", "N"),
        ("Churn", "Yes", "No"),
    ],
)  # fmt: skip
def test_the_outcome_is_found_where_a_person_would_see_it(name, yes, no):
    """Whether it stands first or last, and beside other answers of yes and no."""
    other = np.where(np.arange(N) % 3 > 0, "Yes", "No")
    table = UNDATED.assign(**{name: answer(yes, no), "Is Spouse": other, "Has Car": other, "Do Not Email": other})
    assert choose(table) == name
    assert choose(table[[name, *UNDATED, "Is Spouse"]]) == name


def test_without_a_name_the_last_column_or_the_only_answer_is_the_outcome():
    other = np.where(np.arange(N) % 3 > 0, "Yes", "No")
    assert choose(UNDATED.assign(Spouse=other, Bonus=answer("1", "0"))) == "Bonus"
    assert choose(UNDATED.assign(Bonus=answer("1", "0"), City="Rome")) == "Bonus"
    assert choose(UNDATED.assign(Spouse=other, Bonus=answer("1", "0"), City="Rome")) is None
    for name in ("Do Not Call", "Email Opt In", "Marketing Consent", "Newsletter", "Is Deleted"):
        assert choose(UNDATED.assign(**{name: other})) is None
        assert choose(UNDATED.assign(Bonus=answer("1", "0"), **{name: other})) == "Bonus"
    assert choose(UNDATED) is None


def test_status_of_something_else_is_no_outcome():
    table = UNDATED.assign(**{"Email Status": answer("Yes", "No"), "Gender": answer("f", "m"), "City": "Rome", "Has Car": "No"})
    assert [candidate.rank for candidate in rank(table)] == [5]


def test_what_was_taken_is_said_and_marked_in_the_settings(tmp_path):
    table = UNDATED.assign(Status=answer("Qualified", "Disqualified"), Created=LEADS["mql_at"])
    proposal = propose(tmp_path, table)
    assert proposal.columns["outcome"] == "Status"
    assert list_faults(proposal) == []
    (text,) = read_output(proposal)
    assert text.startswith("INIT002 Column 'Status' is taken as the outcome: the name is like one of an outcome; it holds ")
    assert "'Qualified' and 'Disqualified' (32 % yes)" in text
    (line,) = (line for line in proposal.to_toml().splitlines() if line.startswith("outcome = "))
    assert line.startswith('outcome = "Status" ')
    assert line.endswith("(32 % yes); check it")


def test_several_are_named_in_order_and_none_of_them_is_left_out(tmp_path):
    stages = np.where(np.arange(N) % 5 == 0, "Open", answer("Closed Won", "Closed Lost"))
    table = UNDATED.assign(Created=LEADS["mql_at"], Won=answer("1", "0"), Qualified=answer("No", "Yes"), Stage=stages)
    table.to_csv(tmp_path / "leads.csv", index=False)
    proposal = propose(tmp_path, table)
    assert "outcome" not in proposal.columns
    (text,) = read_output(proposal)
    assert "3 columns may be the outcome: 'Qualified' (the name says so; it holds 'Yes' and 'No' (68 % yes)), 'Won' (" in text
    assert "'Stage' (" in text
    assert "init --outcome 'Qualified'" in text
    assert not {"Won", "Qualified", "Stage"} & set(proposal.list_role("ignore"))
    assert run_init(tmp_path / "leads.csv", "--out", tmp_path / "a.toml").exit_code == 1
    settled = run_init(tmp_path / "leads.csv", "--outcome", "Won", "--out", tmp_path / "b.toml")
    assert settled.exit_code == 0, settled.output
    settings = load_settings(tmp_path / "b.toml")
    assert settings.columns["outcome"] == "Won"
    assert "Qualified" in settings.roles.ignore, "it is another outcome"
    assert load_dataset(settings).outcomes.outcome.sum() == ACCEPTED.sum()


def test_texts_of_open_stages_are_pending_where_the_user_names_the_outcome(tmp_path):
    stages = pd.Series(
        np.where(np.arange(N) % 5 == 0, np.where(np.arange(N) % 2, "Demo 1", "Demo 2"), answer("Closed Won", "Closed Lost"))
    )
    proposal = propose(tmp_path, UNDATED.assign(Created=LEADS["mql_at"], Status=stages), outcome="Status")
    assert proposal.to_differences()["label"] == {"outcome_pending": ["Demo 1", "Demo 2"]}
    assert list_faults(proposal) == []
    (warning,) = (finding for finding in proposal.findings if finding.code == "INIT009")
    assert warning.what.startswith(
        "Column 'Status' holds 'Demo 1', 'Demo 2' besides yes and no: such leads are taken as not decided"
    )
    (tmp_path / "predictor.toml").write_text(proposal.to_toml(), encoding="utf-8")
    outcomes = load_dataset(load_settings(tmp_path / "predictor.toml")).outcomes
    assert outcomes.pending == 40
    assert outcomes.outcome[outcomes.mature].sum() == (stages == "Closed Won").sum()


def test_pending_texts_stay_pending_where_blank_means_no():
    stages = pd.DataFrame({"lead_id": range(4), "outcome": ["won", None, "Demo", "demo "]})
    label = {"outcome_yes": ["won"], "outcome_no": [""], "outcome_pending": ["Demo"]}
    from predictor.data.leads import check_leads  # noqa: PLC0415

    assert check_leads(stages, make_settings({"label": label})).frame["outcome"].fillna(-1).tolist() == [1, 0, -1, -1]


def test_a_dated_outcome_may_be_named_and_counts_from_the_creation(tmp_path):
    table = UNDATED.assign(Created=LEADS["mql_at"], **{"Contract signed": LEADS["sql_at"], "Won": answer("1", "0")})
    proposal = propose(tmp_path, table, outcome="Contract signed")
    assert {ours: proposal.columns[ours] for ours in ("mql_at", "sql_at")} == {"mql_at": "Created", "sql_at": "Contract signed"}
    assert proposal.roles["Won"].role == "ignore"
    assert list_faults(proposal) == []
    (warning,) = (finding for finding in proposal.findings if finding.code == "INIT007")
    assert "'Created', when it was created, is taken as mql_at" in warning.what


@pytest.mark.parametrize(
    ("outcome", "match"),
    [
        ("Convertd", r"--outcome names 'Convertd', which is no column of the export. Did you mean 'Converted'\?"),
        ("nothing like it", "no column of the export. It has 'lead_id', 'industry'"),
        ("employees", r"--outcome names 'employees', which holds neither dates nor yes and no \(\d+ values, all filled\)"),
    ],
)
def test_an_outcome_that_cannot_be_one_is_refused(tmp_path, outcome, match):
    table = UNDATED.assign(Converted=answer("1", "0"))
    with pytest.raises(SettingsError, match=match):
        propose(tmp_path, table, outcome=outcome)


def test_advice_and_left_out_columns_do_not_contradict_each_other(tmp_path):
    """What is offered as the outcome or its date is not in roles.ignore, where the settings would refuse it."""
    days = LEADS["mql_at"].str[:10]
    table = UNDATED.assign(
        **{"Close Date": days, "Modified On": days, "Lead Status": np.where(ACCEPTED, "Won", "Lost"), "Qualified": "x"}
    )
    table = table.assign(Stage=np.where(ACCEPTED, "Accepted", "Rejected"))
    proposal = propose(tmp_path, table)
    texts = " ".join(read_output(proposal))
    left = proposal.list_role("ignore")
    assert "'Lead Status'" in texts
    assert not [name for name in left if f"'{name}'" in texts]
    assert "Modified On" in left


def test_events_need_a_moment_to_look_back_from(tmp_path):
    events = pd.DataFrame({"lead_id": LEADS["lead_id"], "occurred_at": LEADS["mql_at"], "event_type": "page_view"})
    events.to_csv(tmp_path / "events.csv", index=False)
    table = UNDATED.assign(Converted=answer("1", "0"))
    without = propose(tmp_path, table, events=str(tmp_path / "events.csv"))
    (warning,) = (finding for finding in without.findings if finding.code == "EVENT008")
    assert "map it as mql_at" in warning.do
    dated = propose(tmp_path, table.assign(Created=LEADS["mql_at"]), events=str(tmp_path / "events.csv"))
    assert dated.columns["mql_at"] == "Created"
    assert {"EVENT008", "INIT007"} & {finding.code for finding in dated.findings} == {"INIT007"}


@pytest.mark.parametrize("created", [
    "Created Time", "Erstellt am", "Fecha de creación", "Add time", "Date de création",
    "Erstellungszeit", "Creado en", "lead_created_utc", "Date d'inscription", "Data di registrazione", "Oprettelsestidspunkt",
    "作成日時",
])  # fmt: skip
def test_the_order_is_a_creation_and_never_a_later_date(tmp_path, created):
    day = LEADS["mql_at"].str[:10]
    late = dict.fromkeys(("Modified Time", "Last Activity Date", "Last Sync", "Updated At", "Close Date", "Geändert am"), day)
    table = UNDATED.assign(**late, **{created: day}, Converted=answer("1", "0"))
    proposal = propose(tmp_path, table)
    assert proposal.columns["order_by"] == created
    assert set(late) <= set(proposal.list_role("ignore"))
    assert "order_by" not in propose(tmp_path, table.drop(columns=created)).columns


@pytest.mark.parametrize("flag", ["Unread By Owner", "Email Opt Out", "is_read", "Priority"])
def test_where_a_column_stands_never_wins_over_a_status(tmp_path, flag):
    """The texts of a status may be unknown: it is offered, and no other column is taken for being the last."""
    status = np.where(ACCEPTED, "Passed on", np.where(np.arange(N) % 2, "New", "Recycled"))
    table = UNDATED.assign(Created=LEADS["mql_at"], **{"Lead Status": status, flag: np.arange(N) % 3 // 2})
    proposal = propose(tmp_path, table)
    assert "outcome" not in proposal.columns
    assert list_faults(proposal) == ["INIT002"]
    (text,) = read_output(proposal)
    assert "may be the outcome: 'Lead Status' (the name is that of a status; it holds 'Recycled', and 'New', 'Passed on')" in text
    assert "init --outcome 'Lead Status'" in text
    assert "Lead Status" not in proposal.list_role("ignore")
    (named,) = read_output(propose(tmp_path, table, outcome="Lead Status"))
    assert "Add them to label.outcome_yes or label.outcome_no" in named


@pytest.mark.parametrize("flag", ["Unread By Owner", "Locked", "ungelesen"])
def test_a_flag_of_the_system_is_offered_and_never_taken_for_its_place(tmp_path, flag):
    proposal = propose(tmp_path, UNDATED.assign(**{flag: np.arange(N) % 3 // 2}))
    assert "outcome" not in proposal.columns
    assert f"1 column may be the outcome: '{flag}'" in read_output(proposal)[0]


@pytest.mark.parametrize("flag", ["Activo", "Aktiv", "Actif", "Is Enabled", "Recibe boletín"])
def test_a_column_that_says_yes_of_nearly_all_is_not_taken_for_its_place(tmp_path, flag):
    proposal = propose(tmp_path, UNDATED.assign(**{flag: np.where(np.arange(N) % 10, "Verdadero", "Falso")}))
    assert "outcome" not in proposal.columns
    assert "INIT002" in list_faults(proposal)
