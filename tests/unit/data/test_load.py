"""Both tables that the settings name, each checked against the other."""

import pandas as pd
import pytest
from unit.data.read.event_files import NOW, list_events

from predictor.core.errors import TableError
from predictor.core.settings import make_settings
from predictor.data.load import load_tables


def test_tables_of_the_settings(tmp_path):
    (tmp_path / "leads.csv").write_text("lead_id,mql_at,sql_at\nA,2026-01-01,\nB,2026-01-02,2026-01-03\n")
    (tmp_path / "events.csv").write_text("lead_id;occurred_at;event_type\nA;2026-01-01;x\nC;2026-01-01;x\nB;2026-01-09;x\n")
    leads, events, findings = load_tables(make_settings({"data": {"leads": "leads.csv"}}, folder=tmp_path), NOW)
    assert (len(leads.frame), events, findings) == (2, None, ())
    both = make_settings({"data": {"leads": "leads.csv", "events": "events.csv"}}, folder=tmp_path)
    leads, events, findings = load_tables(both, NOW)
    assert [event["lead_id"] for event in list_events(events)] == ["A", "B"]
    assert [finding.code for finding in findings] == ["EVENT007"]
    assert leads.observed_until == pd.Timestamp("2026-01-09", tz="UTC"), "the firm was watched as long as its events are"
    with (tmp_path / "events.csv").open("a") as more:
        more.write("B;2026-02-09;x\n")
    leads, _, findings = load_tables(both, NOW)
    assert leads.observed_until == pd.Timestamp("2026-01-03", tz="UTC"), "but nobody knows of acceptances a month later"
    assert "EVENT014 Events go on for 37 days after the last date of the leads" in [str(f) for f in findings][-1]
    with pytest.raises(TableError, match=r"The settings name no table of leads. Set data.leads in predictor.toml."):
        load_tables(make_settings(), NOW)
