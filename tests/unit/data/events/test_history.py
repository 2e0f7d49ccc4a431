"""The past of one lead: what had happened, each act once, texts in their normal form."""

import threading
from datetime import UTC, datetime, timedelta, timezone

from predictor.data.events import history as module
from predictor.data.events.history import EventHistoryReader, read_history
from predictor.data.values import Event

NOW = datetime(2026, 5, 10, tzinfo=UTC)


def ago(days, **differences):
    return Event(NOW - timedelta(days=days), "call")._replace(**differences)


def test_acts_are_in_the_order_of_time_and_those_alike_are_one():
    told = read_history([ago(1), ago(3, asset=" Guide"), ago(1), ago(3, asset="guide"), ago(0), ago(-1)], NOW)
    assert [(told.now - act[0]) // 86_400_000_000 for act in told.acts] == [3, 1, 0]
    assert (told.later, told.untyped) == (1, 0)


def test_a_moment_is_the_same_in_every_zone():
    there = timezone(timedelta(hours=-7))
    assert read_history(
        [ago(1)._replace(occurred_at=ago(1).occurred_at.astimezone(there))], NOW.astimezone(there)
    ) == read_history([ago(1)], NOW)


def test_what_means_not_known_is_none_and_an_event_without_a_type_is_no_act():
    reader = EventHistoryReader(lambda text: text in {"-", ""})
    told = reader.read([ago(1, event_type="-"), ago(-2, event_type="-"), ago(2, asset="-", campaign="Spring")], NOW)
    assert [act[2:] for act in told.acts] == [("call", None, "spring", None)]
    assert (told.later, told.untyped, told.types) == (1, 2, {"call": "call"})


def test_a_value_that_nobody_can_mean_is_none():
    assert [act[5] for act in read_history([ago(1, value=2e15), ago(2, value=3.0)], NOW).acts] == [3.0, None]


def test_a_reader_serves_many_threads_and_forgets_old_spellings(monkeypatch):
    monkeypatch.setattr(module, "_MOST_TEXTS", 5)
    reader, wrong = EventHistoryReader(), []

    def ask(place):
        for turn in range(50):
            told = reader.read([ago(day, asset=f"{place} {turn} {day}") for day in range(1, 9)], NOW)
            wrong.extend(act for act in told.acts if not act[3].startswith(f"{place} {turn}"))
            wrong.extend([] if len(told.acts) == 8 else [told])

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(reader._texts) <= 5 + len(threads)
