"""The past of one lead: its events up to a moment, without duplicates, with normal texts."""

import threading
from datetime import UTC, datetime, timedelta, timezone

from predictor.data.events import history as history_module
from predictor.data.events.history import EventHistoryReader, read_history
from predictor.data.values import Event

NOW = datetime(2026, 5, 10, tzinfo=UTC)


def ago(days, **differences):
    return Event(NOW - timedelta(days=days), "call")._replace(**differences)


def test_events_are_in_the_order_of_time_and_duplicates_count_once():
    history = read_history([ago(1), ago(3, asset=" Guide"), ago(1), ago(3, asset="guide"), ago(0), ago(-1)], NOW)
    assert [(history.now - event[0]) // 86_400_000_000 for event in history.events] == [3, 1, 0]
    assert (history.later, history.untyped) == (1, 0)


def test_a_moment_is_the_same_in_every_zone():
    there = timezone(timedelta(hours=-7))
    assert read_history(
        [ago(1)._replace(occurred_at=ago(1).occurred_at.astimezone(there))], NOW.astimezone(there)
    ) == read_history([ago(1)], NOW)


def test_missing_texts_are_none_and_an_event_without_a_type_does_not_count():
    reader = EventHistoryReader(lambda text: text in {"-", ""})
    history = reader.read([ago(1, event_type="-"), ago(-2, event_type="-"), ago(2, asset="-", campaign="Spring")], NOW)
    assert [event[2:] for event in history.events] == [("call", None, "spring", None)]
    assert (history.later, history.untyped, history.types) == (1, 2, {"call": "call"})


def test_an_implausible_value_is_none():
    assert [event[5] for event in read_history([ago(1, value=2e15), ago(2, value=3.0)], NOW).events] == [3.0, None]


def test_a_reader_serves_many_threads_and_forgets_old_texts(monkeypatch):
    monkeypatch.setattr(history_module, "_MOST_TEXTS", 5)
    reader, wrong = EventHistoryReader(), []

    def read(place):
        for turn in range(50):
            history = reader.read([ago(day, asset=f"{place} {turn} {day}") for day in range(1, 9)], NOW)
            wrong.extend(event for event in history.events if not event[3].startswith(f"{place} {turn}"))
            wrong.extend([] if len(history.events) == 8 else [history])

    threads = [threading.Thread(target=read, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(reader._texts) <= 5 + len(threads)
