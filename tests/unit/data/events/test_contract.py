"""The contract of the table of events: types, every fault at once, and findings with counts and the first example."""

import numpy as np
import pandas as pd
import pytest

from predictor.core.errors import TableError
from predictor.core.settings import make_settings
from predictor.data.events.contract import check_clocks, check_events
from predictor.data.events.table import fingerprint_events, tabulate_events
from predictor.data.read.event_sources import open_frame

EVENTS = pd.DataFrame(
    {"lead_id": ["a", "b"], "occurred_at": ["2026-01-01", "2026-01-02"], "event_type": ["page_view", "chat_started"]}
)
LEADS = pd.Series(["a", "b", "c"])
NOW = pd.Timestamp("2026-07-01", tz="UTC")


def check(raw, leads=LEADS, *, now=None, drop=None, **sections):
    return check_events(open_frame(raw), make_settings(sections), leads, now=now, drop=drop)


def list_events(events):
    return events.table.order_by("lead_id", "at_us").to_pyarrow().to_pandas()


def list_codes(events):
    return [finding.code for finding in events.findings]


def test_events_in_their_types():
    events = check(EVENTS.assign(value=["3", None], asset=[" Guide ", "-"], page="x"))
    frame = list_events(events)
    assert list(frame) == ["lead_id", "at_us", "event_type", "asset", "campaign", "value"]
    assert frame["at_us"].tolist() == [1_767_225_600_000_000, 1_767_312_000_000_000]
    assert frame["asset"].fillna("none").tolist() == ["guide", "none"]
    assert frame["value"].tolist() == [3.0, pytest.approx(np.nan, nan_ok=True)]
    assert frame["campaign"].isna().all()
    assert events.findings == ()
    assert events.types == {"chat_started": (1, 1), "page_view": (1, 1)}
    assert events.latest == pd.Timestamp("2026-01-02", tz="UTC")


@pytest.mark.parametrize("keys", [["17", "18"], ["17 ", " 18"], ["17", "18", None]])
@pytest.mark.parametrize("others", [[17, 18], ["17", "18"], [17.0, 18.0], np.array([17, "18"], dtype=object), ["17\t", " 18"]])
def test_keys_of_two_files_match_whatever_their_types(keys, others):
    events = check(EVENTS.assign(lead_id=others), pd.Series(keys))
    assert list_events(events)["lead_id"].tolist() == ["17", "18"]
    assert events.findings == ()


def test_events_of_no_lead_are_left_out_and_counted():
    events = check(pd.concat([EVENTS, EVENTS.assign(lead_id="z")]), pd.Series(["b"]))
    assert list_events(events)["lead_id"].tolist() == ["b"]
    assert events.findings[0].what == "3 events of 4 belong to no lead of the table and were left out (first in row 1)."


@pytest.mark.parametrize(
    "raw", [EVENTS.iloc[:0], pd.DataFrame(columns=list(EVENTS), dtype="str"), pd.DataFrame(columns=list(EVENTS))]
)
def test_no_events_are_no_fault(raw):
    events = check(raw, now=NOW)
    assert len(list_events(events)) == 0
    assert (list_codes(events), events.types, events.latest) == (["EVENT015"], {}, None)


@pytest.mark.parametrize(
    ("change", "sections", "match"),
    [
        (lambda e: e.drop(columns="event_type"), {}, r"EVENT001 There is no column 'event_type'; .* Map it in \[event_columns\]"),
        (lambda e: e.assign(occurred_at="soon"), {}, r"EVENT003 Column 'occurred_at' holds no date in 2 rows \(first in row 1\)"),
        (
            lambda e: e.assign(occurred_at=["2026-01-01", "2026-02-30"]),
            {},
            r"EVENT003 .* in 1 row \(first in row 2\)\. Write dates as",
        ),
        (lambda e: e.assign(lead_id=["a", " "]), {}, r"EVENT006 Column 'lead_id' is empty in 1 row \(first in row 2\)"),
        (lambda e: e.assign(event_type=["", "x"]), {}, r"EVENT006 Column 'event_type' is empty in 1 row \(first in row 1\)"),
        (
            lambda e: e.assign(event_type=["x", "\u3000"]),
            {},
            r"EVENT006 Column 'event_type' is empty in 1 row \(first in row 2\)",
        ),
        (lambda e: e.assign(occurred_at=None), {}, r"EVENT006 Column 'occurred_at' is empty in 2 rows \(first in row 1\)"),
        (lambda e: e.assign(value=["x", "1"]), {}, r"EVENT009 Column 'value' holds no number in 1 row \(first in row 1\)"),
        (lambda e: e.assign(value=[1.0, np.inf]), {}, r"EVENT009 Column 'value' holds no number in 1 row \(first in row 2\)"),
        (lambda e: pd.concat([e, e[["lead_id"]]], axis=1), {}, "EVENT012 Two columns have the same name: 'lead_id'"),
        (lambda e: e, {"ocurred_at": "lead_id"}, r"EVENT012 \[event_columns\] maps 'ocurred_at', .* mean 'occurred_at'\?"),
        (lambda e: e, {"asset": "Page"}, "EVENT012 The settings name a column 'Page', which is missing in the export"),
    ],
)
def test_faults_of_events(change, sections, match):
    with pytest.raises(TableError, match=match):
        check(change(EVENTS), event_columns=sections)


def test_all_faults_of_events_in_one_text():
    raw = pd.concat([EVENTS] * 20, ignore_index=True).assign(value="1")
    raw.loc[3:4, "occurred_at"] = "soon"
    raw.loc[5, "lead_id"] = None
    raw.loc[7, "value"] = "many"
    with pytest.raises(TableError, match=r"The table of events cannot be used \(3 faults\)") as caught:
        check(raw)
    assert [finding.code for finding in caught.value.findings] == ["EVENT003", "EVENT006", "EVENT009"]
    assert str(caught.value).count("Or set data.faulty_rows = 'drop' to leave these rows out.") == 3


def test_keys_are_trimmed_as_those_of_leads_are():
    events = check(EVENTS.assign(lead_id=["\u00a0a\u3000", "größe "]), pd.Series(["a", "größe"]))
    assert {event["lead_id"] for event in events.table.to_pyarrow().to_pylist()} == {"a", "größe"}


def test_placeholder_dates_and_implausible_values_are_faults():
    raw = EVENTS.assign(occurred_at=["0001-01-01", "2026-01-01"], value=[1, 1e16])
    with pytest.raises(TableError, match=r"EVENT003 .* in 1 row \(first in row 1\).*\n.*EVENT009 .* in 1 row \(first in row 2\)"):
        check(raw)


def test_events_without_a_lead_can_be_left_out_and_are_counted():
    raw = pd.concat([EVENTS] * 50, ignore_index=True).assign(occurred_at=pd.date_range("2026-01-01", periods=100).astype("str"))
    raw.loc[[7, 27, 47, 67, 87], "lead_id"] = ["", None, "-", "N/A", " "]
    events = check(raw, data={"faulty_rows": "drop"})
    assert len(list_events(events)) == 95
    (left,) = events.findings
    assert (left.code, left.severity) == ("EVENT006", "warning")
    assert left.what == "Column 'lead_id' is empty in 5 rows (first in row 8). Left out."


def test_mapped_event_column_replaces_one_with_our_name():
    raw = EVENTS.assign(When=["2026-05-01", "2026-05-02"])
    events = check(raw, event_columns={"occurred_at": "When"})
    assert events.latest == pd.Timestamp("2026-05-02", tz="UTC")


def test_a_column_of_our_name_that_is_mapped_to_another_is_not_read_twice():
    raw = EVENTS.assign(asset=["x", "y"]).drop(columns="event_type")
    frame = list_events(check(raw, event_columns={"event_type": "asset"}))
    assert frame["event_type"].tolist() == ["x", "y"]
    assert frame["asset"].isna().all()


def test_duplicate_events_count_once_and_are_reported():
    raw = pd.concat([EVENTS, EVENTS, EVENTS.assign(event_type="Page_View "), EVENTS.assign(asset="a")])
    events = check(raw)
    assert events.types == {"page_view": (3, 2), "chat_started": (2, 1)}
    assert events.findings[0].what == "3 events of 8 are duplicates: equal events count once."


def test_events_in_the_future_are_reported_and_do_not_set_the_latest_moment():
    raw = EVENTS.assign(occurred_at=["2026-06-30", "2026-07-01T00:00:00.000001Z"])
    events = check(raw, now=NOW)
    assert events.latest == pd.Timestamp("2026-06-30", tz="UTC")
    (finding,) = events.findings
    assert (finding.code, finding.severity) == ("EVENT004", "warning")
    assert finding.what == "1 event lies in the future and will not count until then (first in row 2)."


def test_events_just_after_the_moment_of_many_leads_are_reported():
    keys = pd.Series([f"L{number}" for number in range(100)])
    moments = pd.Series(pd.Timestamp("2026-01-01", tz="UTC"), index=keys.index).astype("datetime64[us, UTC]")
    after = pd.DataFrame({"lead_id": keys, "event_type": "form_submitted", "occurred_at": "2026-01-01T00:00:10Z"})
    for rows, number in ((after.head(5), 1), (after.head(4), 0), (after.assign(occurred_at="2026-01-01T00:00:11Z"), 0)):
        findings = check_clocks(check(rows, keys), keys, moments)
        assert len(findings) == number
    assert "In 5 of 100 rows an event follows" in check_clocks(check(after.head(5), keys), keys, moments)[0].what


def test_order_of_events_changes_nothing_and_content_does():
    marks = [fingerprint_events(check(raw).table) for raw in (EVENTS, EVENTS[::-1], pd.concat([EVENTS, EVENTS]))]
    assert len(set(marks)) == 1
    assert fingerprint_events(check(EVENTS.assign(asset="a")).table) != marks[0]
    assert fingerprint_events(check(EVENTS.head(1)).table) != marks[0]


def test_a_frame_of_checked_events_makes_the_same_table():
    frame = EVENTS.assign(occurred_at=pd.to_datetime(EVENTS["occurred_at"], utc=True))
    taken = tabulate_events(frame).to_pyarrow().to_pandas()
    assert taken["at_us"].tolist() == list_events(check(frame))["at_us"].tolist()
