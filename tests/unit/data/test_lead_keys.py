"""Both lengths of a Salesforce id name one lead, in tables, events, answers and outcomes; no other id is changed."""

import string

import numpy as np
import pandas as pd
import pytest
from unit.data.read.event_files import NOW, list_events

from predictor.core.errors import TableError
from predictor.core.settings import make_settings
from predictor.data.lead_keys import as_keys, list_spellings, to_key
from predictor.data.load import load_tables
from predictor.scoring.exploration import draw_exploration
from predictor.store.episodes import join_outcomes


def lengthen(short):
    """The id of 18 characters, written out in another way than the code does it: one bit a capital, read backwards."""
    bits = ["".join("1" if letter in string.ascii_uppercase else "0" for letter in short[at : at + 5]) for at in (0, 5, 10)]
    return short + "".join((string.ascii_uppercase + "012345")[int(part[::-1], 2)] for part in bits)


def make_ids(number, seed=0):
    draw, letters = np.random.default_rng(seed), np.array(list(string.ascii_letters + string.digits))
    return ["00Q5g" + "".join(draw.choice(letters, 10)) for _ in range(number)]


def test_an_id_of_18_characters_is_its_first_15():
    assert to_key("001D000000IqhSLIAZ") == "001D000000IqhSL", "the example of Salesforce's REST API guide"
    for short in make_ids(200):
        assert to_key(lengthen(short)) == to_key(short) == short
        assert list_spellings(lengthen(short)) == list_spellings(short) == (short, lengthen(short))


@pytest.mark.parametrize(
    "other",
    [
        "123456789012345678", "zcrm_4123000000000", "00Q5g000000XyzAEAX", "00q5g000000xyzaeas", "00Q5g000000Xyz-EAS", "L-1", "",
        "00Q5g000000XyzÄEAS", "7ce5b246-0000-ee11", "00Q5g000000XyzAEA", "00Q5g000000XyzAEASS", "abcdefghijklmnopqr",
    ],
)  # fmt: skip
def test_no_other_id_is_changed(other):
    assert to_key(other) == other


def test_ids_that_differ_only_in_capitals_stay_apart():
    pair = pd.Series(["00Q5g000000xYzA", "00Q5g000000XyzA"])
    assert as_keys(pair).nunique() == as_keys(pair.map(lengthen)).nunique() == 2
    assert as_keys(pair).tolist() == as_keys(pair.map(lengthen)).tolist()


def write_tables(folder, leads, events):
    rows = [f"{key},2026-01-0{1 + at % 5},{'2026-02-01' if at % 3 else ''}" for at, key in enumerate(leads)]
    (folder / "leads.csv").write_text("lead_id,mql_at,sql_at\n" + "\n".join(rows), encoding="utf-8")
    (folder / "events.csv").write_text(
        "lead_id,occurred_at,event_type\n" + "\n".join(f"{key},2026-01-01,call" for key in events), encoding="utf-8"
    )
    return make_settings({"data": {"leads": "leads.csv", "events": "events.csv"}}, folder=folder)


@pytest.mark.parametrize("long_leads", [True, False])
def test_events_of_the_other_length_join(tmp_path, long_leads):
    short = make_ids(30)
    long = [lengthen(key) for key in short]
    settings = write_tables(tmp_path, *((long, short) if long_leads else (short, long)))
    leads, events, findings = load_tables(settings, NOW)
    assert leads.frame["lead_id"].tolist() == short
    assert sorted(event["lead_id"] for event in list_events(events)) == sorted(short)
    assert not [finding for finding in findings if finding.code == "EVENT007"]


def test_ids_of_18_characters_without_a_right_checksum_are_other_leads(tmp_path):
    short = make_ids(30)
    settings = write_tables(tmp_path, short, [key + "AAA" if lengthen(key)[15:] != "AAA" else key + "BBB" for key in short])
    _, events, findings = load_tables(settings, NOW)
    assert list_events(events) == []
    assert "EVENT007" in {finding.code for finding in findings}


@pytest.mark.parametrize("crm", ["", "salesforce"])
def test_one_record_under_both_lengths_is_a_repeated_episode(tmp_path, crm):
    short = make_ids(20)
    settings = write_tables(tmp_path, [*short, *(lengthen(key) for key in short[:5])], [])
    names = {"lead_id": "lead_id", "mql_at": "mql_at", "sql_at": "sql_at"} if crm else {}
    settings = make_settings({"data": {"leads": "leads.csv", "crm": crm}, "columns": names}, folder=tmp_path)
    with pytest.raises(TableError, match=r"LEAD004 .*5 rows \(first in row 21\)\. Salesforce ids of 15 and of 18 characters"):
        load_tables(settings, NOW)


def test_a_repeated_episode_of_one_length_says_nothing_of_lengths(tmp_path):
    short = make_ids(20)
    with pytest.raises(TableError, match=r"LEAD004") as refused:
        load_tables(write_tables(tmp_path, [*short, *short[:5]], []), NOW)
    assert "Salesforce" not in str(refused.value)


def test_a_history_of_the_other_length_makes_episodes_of_both_rows(tmp_path):
    short, long = "00Q5g000000XyzA", lengthen("00Q5g000000XyzA")
    (tmp_path / "Lead.csv").write_text(f"Id,Title,IsDeleted\n{short},CEO,false\n{long},CEO,false\n")
    head = "LeadId,CreatedDate,Field,OldValue,NewValue\n"
    (tmp_path / "History.csv").write_text(f"{head}{long},2026-01-06T08:00:00.000Z,Status,Open,MQL\n")
    settings = make_settings({"data": {"leads": "Lead.csv", "crm": "salesforce", "files": ["History.csv"]}}, folder=tmp_path)
    with pytest.raises(TableError, match=r"LEAD004 .*1 row \(first in row 2\)\. Salesforce ids"):
        load_tables(settings, NOW)


def test_a_lead_is_explored_or_not_whichever_length_its_id_has():
    assert all(draw_exploration(key) == draw_exploration(lengthen(key)) for key in make_ids(50))


def test_an_outcome_of_the_other_length_belongs_to_the_score():
    moments = pd.to_datetime(["2026-03-01T12:00Z", "2026-03-05T12:00Z"])
    score = {"lead_id": "00Q5g000000XyzA", "as_of": moments[0], "decision": "route_to_sales", "explore": False}
    outcome = {"lead_id": "00Q5g000000XyzAEAS", "kind": "accepted", "occurred_at": moments[1]}
    for one, other in ((score, outcome), (score | {"lead_id": "00Q5g000000XyzAEAS"}, outcome | {"lead_id": "00Q5g000000XyzA"})):
        joined = join_outcomes(pd.DataFrame([one]), pd.DataFrame([other]), timezone="UTC")
        assert joined["accepted_at"].tolist() == [moments[1]]
        assert joined["lead_id"].tolist() == ["00Q5g000000XyzA"]
