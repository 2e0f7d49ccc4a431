"""`predictor init`: the key, by its name even where it repeats, never an amount, a phone, a name or a date."""

import numpy as np
import pandas as pd
import pytest
from helpers import draw_leads
from unit.audit.propose.proposals import list_faults, propose, run_init

from predictor.audit.propose.find_key import find_key
from predictor.audit.propose.profile import profile_columns
from predictor.core.settings import load_settings, make_settings
from predictor.data.load import load_tables
from predictor.training.from_tables import load_dataset

N = 200
AMOUNTS = [f"{number * 7919 % 1_000_003 + 0.5:.2f}" for number in range(1, N + 1)]
DISTRACTORS = {
    "Annual Revenue": AMOUNTS,
    "Umsatz": [number * 7919 % 1_000_003 for number in range(N)],
    "Phone": [f"+49 151 {5_550_000 + number * 37}" for number in range(N)],
    "Mobil": [4_915_155_000_000 + number * 37 for number in range(N)],
    "Work Email": [f"ada{number}@firm{number}.example" for number in range(N)],
    "Ansprechpartner": [f"Ada{chr(97 + number % 26)} Lovelace {chr(97 + number // 26)}" for number in range(N)],
    "Website": [f"https://firm{number}.example/about" for number in range(N)],
    "Visited": [f"2025-03-{1 + number % 28:02}T{number // 28:02}:05:00" for number in range(N)],
}


def keyless():
    return draw_leads(N).drop(columns="lead_id")


def key_of(proposal):
    return proposal.columns.get("lead_id")


def find(table):
    """The name of the key that is found; None for none."""
    found = find_key(profile_columns(table, make_settings()))
    return found and found[0].name


@pytest.mark.parametrize(
    "name", ["Lead ID", "lead_id", "Prospect ID", "CRM Lead Id", "Kunden-Nr.", "OpportunityNumber", "Contact Key", "ID"]
)
@pytest.mark.parametrize("repeats", [0, 1, 9])
def test_a_column_named_as_a_key_wins_even_where_it_repeats(name, repeats):
    keys = [f"L{max(number, repeats)}" for number in range(N)]
    table = pd.DataFrame(DISTRACTORS).join(keyless()).assign(**{name: keys})
    assert find(table) == name


@pytest.mark.parametrize("name", [*DISTRACTORS])
def test_what_describes_a_lead_is_never_its_key(name):
    assert find(keyless().assign(**{name: DISTRACTORS[name]})) is None


@pytest.mark.parametrize(
    "keys",
    [
        [f"8f14e45f-ceea-467f-9575-{number:012x}" for number in range(N)],
        [f"urn:crm:eu-central-1:tenant-4711:lead:{'x' * 180}:8f14e45f-ceea-467f-9575-{number:012x}" for number in range(N)],
        [f"00Q5e00001{number:05}" for number in range(N)],
        [f"crm/eu-central-1/{'tenant/' * 28}lead/{number:012x}" for number in range(N)],
    ],
    ids=["uuid", "255 characters", "salesforce", "slashes"],
)
@pytest.mark.parametrize("name", ["Lead ID", "Vorgang"])
def test_long_keys_are_keys_whatever_their_name(keys, name):
    assert find(keyless().assign(**{name: keys})) == name


@pytest.mark.parametrize(
    "name",
    [
        "Vorgangsnummer", "Kundennr.", "Referenz", "Identifiant", "N° piste", "Réf. client", "Nº de cliente", "Codice",
        "Código del cliente", "Numer klienta", "Kundnummer",
        "Klantnummer", "Código do lead", "Číslo zákazníka", "Aktenzeichen", "Request No",
    ],
)  # fmt: skip
def test_a_key_in_any_language_is_one_though_it_grows_with_the_rows(name):
    assert find(keyless().assign(**{name: range(100_000, 100_000 + N)})) == name


@pytest.mark.parametrize(
    "name", ["Row", "Nr.", "Line no", "Lfd. Nr.", "Zeilennummer", "N°", "No de ligne", "Telefonnummer", "Regel nr"]
)
def test_a_number_of_the_row_is_no_key(name):
    assert find(keyless().assign(**{name: range(1, N + 1)})) is None


@pytest.mark.parametrize("key", ["https://crm.example/lead/{}", "a report of {} visits", "12/{}"])
def test_links_texts_and_fractions_are_no_keys(key):
    assert find(keyless().assign(Objekt=[key.format(number) for number in range(N)])) is None


def test_a_key_that_many_rows_lack_is_not_used_and_rows_are_numbered(tmp_path):
    keys = pd.Series([f"L{number}" for number in range(N)]).where(pd.Series(range(N)) % 4 > 0)
    proposal = propose(tmp_path, keyless().assign(Id=keys))
    assert (key_of(proposal), proposal.roles["Id"].role) == (None, "ignore")
    (finding,) = (finding for finding in proposal.findings if finding.code == "INIT008")
    assert finding.what == "Column 'Id' has the name of a key, but 50 rows of 200 are blank: it is not used."
    assert list_faults(proposal) == []
    assert proposal.data["number_rows"][0] is True
    (tip,) = (finding for finding in proposal.findings if finding.what == "No column looks like the key of a lead.")
    assert (tip.code, tip.severity) == ("INIT002", "tip")
    assert "outcomes cannot be sent back to the CRM" in tip.do


def test_the_settings_without_a_key_can_be_loaded(tmp_path):
    (tmp_path / "predictor.toml").write_text(propose(tmp_path, keyless()).to_toml(), encoding="utf-8")
    dataset = load_dataset(load_settings(tmp_path / "predictor.toml"))
    assert dataset.leads.frame["lead_id"].tolist()[:2] == ["row 1", "row 2"]
    assert "LEAD051" in {finding.code for finding in dataset.findings}


@pytest.mark.parametrize("form", ["1.23E+17", "floats"])
def test_ids_that_a_spreadsheet_rounded_are_an_error(tmp_path, form):
    ids = [123_450_000_000_000_000 + 7_919 * number for number in range(N)]
    keys = [f"{float(key):.5E}" if form == "1.23E+17" else str(int(float(key))) for key in ids]
    proposal = propose(tmp_path, keyless().assign(**{"Lead ID": keys, "Annual Revenue": AMOUNTS}))
    assert key_of(proposal) == "Lead ID"
    assert list_faults(proposal) == ["LEAD050"]
    assert run_init(tmp_path / "leads.csv", "--out", tmp_path / "other.toml").exit_code == 1


@pytest.mark.parametrize("repeats", [0, 1])
def test_all_events_belong_to_leads(tmp_path, repeats):
    """As one export in which a row is repeated once, beside a column of amounts that differ in every row."""
    leads = draw_leads(N).rename(columns={"lead_id": "Lead ID"}).assign(**{"Annual Revenue": AMOUNTS})
    leads = pd.concat([leads, leads.iloc[[5] * repeats].assign(**{"Annual Revenue": "123.45"})])
    pd.DataFrame({"Lead ID": leads["Lead ID"].unique(), "Event Date": "2025-01-01", "Event Type": "page_view"}).to_csv(
        tmp_path / "events.csv", index=False
    )
    proposal = propose(tmp_path, leads, events=str(tmp_path / "events.csv"))
    assert key_of(proposal) == "Lead ID"
    assert not {"EVENT007", "EVENT015"} & {finding.code for finding in proposal.findings}
    assert list_faults(proposal) == ["LEAD004"] * repeats
    text = proposal.to_toml().replace("[columns]", 'faulty_rows = "drop"\n[columns]')
    (tmp_path / "predictor.toml").write_text(text, encoding="utf-8")
    _, events, _ = load_tables(load_settings(tmp_path / "predictor.toml"), pd.Timestamp("2026-06-01", tz="UTC"))
    assert events.types == {"page_view": (N, N)}


def test_events_of_other_leads_are_told_at_once(tmp_path):
    leads = draw_leads(N)
    pd.DataFrame({"lead_id": np.arange(N), "occurred_at": "2025-01-01", "event_type": "page_view"}).to_csv(tmp_path / "e.csv")
    codes = {finding.code for finding in propose(tmp_path, leads, events=str(tmp_path / "e.csv")).findings}
    assert {"EVENT007", "EVENT015"} <= codes


def test_rows_of_a_lead_that_came_again_are_distinguished_by_their_creation(tmp_path):
    table = keyless().drop(columns=["sql_at"]).rename(columns={"mql_at": "Created Date"})
    table = table.assign(Id=[f"L{max(number, 5)}" for number in range(N)], Won=[number % 3 == 0 for number in range(N)])
    table = table.sort_values("Created Date").assign(
        **{"Created Date": pd.date_range("2025-01-01", periods=N).strftime("%Y-%m-%d")}
    )
    proposal = propose(tmp_path, table)
    assert (key_of(proposal), proposal.columns["mql_at"]) == ("Id", "Created Date")
    assert "INIT007" in {finding.code for finding in proposal.findings}
    assert list_faults(proposal) == []
