"""Earlier episodes: what counts, what does not yet, and one number for a table and for a lead."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.features.earlier_episodes import (
    DAYS_SINCE,
    EARLIER,
    LAST_END,
    Episode,
    compute_earlier,
    compute_earlier_columns,
)

MOMENT = datetime(2026, 3, 31, 12, tzinfo=UTC)
REASONS = ("timing", "budget", "fit")
PAST, FUTURE = (
    st.integers(*ends).map(lambda seconds: MOMENT + timedelta(seconds=seconds)) for ends in ((-(10**7), 0), (1, 10**7))
)
TEXTS = st.sampled_from(["Timing", "BAD_BUDGET", "Ms Doe left", None])
EPISODES = st.builds(Episode, sql_at=st.none() | PAST | FUTURE, recycled_at=st.none() | PAST | FUTURE, recycle_reason=TEXTS)
LATER = st.builds(Episode, sql_at=st.none() | FUTURE, recycled_at=st.none() | FUTURE, recycle_reason=TEXTS)


def forget(moment):
    """A moment as it was known at `MOMENT`."""
    return moment if moment is not None and moment <= MOMENT else None


@given(episodes=st.lists(EPISODES), later=st.lists(LATER), place=st.integers(0, 5))
def test_what_ends_after_the_moment_changes_nothing(episodes, later, place):
    known = [
        Episode(sql_at=forget(one.sql_at), recycled_at=forget(one.recycled_at), recycle_reason=one.recycle_reason)
        for one in episodes
    ]
    assert compute_earlier([*episodes[:place], *later, *episodes[place:]], MOMENT, REASONS) == compute_earlier(
        known, MOMENT, REASONS
    )


def test_what_ends_before_the_moment_does_count():
    """The property above would also hold of features that look at nothing."""
    first = Episode(recycled_at=MOMENT - timedelta(days=30), recycle_reason="no budget")
    both = Episode(sql_at=MOMENT - timedelta(days=20), recycled_at=MOMENT - timedelta(days=2), recycle_reason="Ms Doe left")
    assert compute_earlier([first], MOMENT, REASONS) == {EARLIER: 1.0, LAST_END: "budget", DAYS_SINCE: 30.0}
    assert compute_earlier([both, first], MOMENT, REASONS) == {EARLIER: 2.0, LAST_END: "other", DAYS_SINCE: 2.0}
    before_return = MOMENT - timedelta(days=3)
    assert compute_earlier([both, first], before_return, REASONS) == {EARLIER: 2.0, LAST_END: "accepted", DAYS_SINCE: 17.0}


@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 40), EPISODES), max_size=12, unique_by=lambda row: row[:2]))
def test_a_table_and_one_lead_get_the_same_number(rows):
    starts = [MOMENT + timedelta(days=day - 20) for _, day, _ in rows]
    columns = {"lead_id": [lead for lead, _, _ in rows], "mql_at": starts, "as_of": starts}
    leads = pd.DataFrame(columns, columns=list(columns)).astype({"mql_at": "datetime64[us, UTC]", "as_of": "datetime64[us, UTC]"})
    for name in ("sql_at", "recycled_at"):
        leads[name] = pd.Series([getattr(one, name) for _, _, one in rows], dtype="datetime64[us, UTC]")
    leads["recycle_reason"] = [one.recycle_reason for _, _, one in rows]
    table = compute_earlier_columns(leads, leads, REASONS)
    for place, ((lead, day, _), start) in enumerate(zip(rows, starts, strict=True)):
        earlier = [one for other, began, one in rows if other == lead and began < day]
        alone = compute_earlier(earlier, start, REASONS)
        assert [None if pd.isna(value) else value for value in table.iloc[place]] == list(alone.values())


def test_a_later_moment_of_a_row_never_counts_its_own_episode():
    day = pd.to_datetime(["2026-05-01"], utc=True)
    leads = pd.DataFrame({"lead_id": ["A"], "mql_at": day, "as_of": day + pd.Timedelta(days=90), "recycled_at": day})
    assert compute_earlier_columns(leads, leads, REASONS)[EARLIER].tolist() == [0.0]


@pytest.mark.parametrize("column", ["lead_id", "mql_at", "as_of"])
def test_a_row_without_a_key_or_a_moment_has_no_earlier_episode(column):
    days = pd.to_datetime(["2026-05-01", "2026-06-01"], utc=True)
    leads = pd.DataFrame({"lead_id": ["A", "A"], "mql_at": days, "as_of": days, "recycled_at": days})
    assert compute_earlier_columns(leads, leads, REASONS)[EARLIER].tolist() == [0.0, 1.0]
    leads.loc[1, column] = None
    assert compute_earlier_columns(leads, leads, REASONS)[EARLIER].tolist() == [0.0, 0.0]
