"""The same four events in every kind of file and table."""

import pandas as pd
import pytest

from predictor.core.errors import TableError
from predictor.core.settings import make_settings
from predictor.data.events.contract import check_events
from predictor.data.read.event_sources import open_events, open_frame

HEAD = "lead_id,occurred_at,event_type,value\n"
ROWS = [
    "A,2026-01-01T10:00:00Z,page_view,1",
    "B,2026-01-02,chat_started,",
    "A,2026-01-03 09:30,page_view,2.5",
    "C,2026-01-04,call,",
]
NOW = pd.Timestamp("2026-07-01", tz="UTC")
LEADS = pd.Series(["A", "B", "C"])


def write_csv(path, rows=ROWS, head=HEAD, end="\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + end.join(rows), encoding="utf-8")


def make_frame(rows=ROWS):
    frame = pd.DataFrame([row.split(",") for row in rows], columns=HEAD.strip().split(","))
    return frame.replace("", None)


def load(where, folder, **sections):
    return check_events(open_events(where, folder), make_settings(sections), LEADS)


def list_events(events):
    return events.table.order_by("lead_id", "at_us").to_pyarrow().to_pylist()


EXPECTED = list_events(check_events(open_frame(make_frame()), make_settings(), LEADS))


def refuse(where, folder, match, **sections):
    with pytest.raises(TableError, match=match) as caught:
        load(where, folder, **sections)
    return str(caught.value)
