"""Other leads of the account: what counts, what does not yet, and one number for a table and for a lead."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictor.data.accounts import ACCOUNT, find_account, read_accounts
from predictor.features.accounts import (
    ACCEPTED,
    ACCOUNT_LABELS,
    MQLS,
    OPPORTUNITIES,
    RECENT,
    AccountEpisode,
    compute_account,
    compute_account_columns,
)

MOMENT = datetime(2026, 3, 31, 12, tzinfo=UTC)
DAYS = st.integers(-60, 60).map(lambda days: MOMENT + timedelta(days=days))
TIMES = ("mql_at", "sql_at", "recycled_at", "opportunity_at")
EPISODES = st.builds(
    AccountEpisode, mql_at=DAYS, sql_at=st.none() | DAYS, recycled_at=st.none() | DAYS, opportunity_at=st.none() | DAYS
)
ROWS = st.lists(st.tuples(st.sampled_from(["x", "y", None]), st.sampled_from("ABC"), EPISODES), max_size=12)


def make_table(rows):
    columns = {name: pd.Series([getattr(one, name) for _, _, one in rows], dtype="datetime64[us, UTC]") for name in TIMES}
    keys = {"lead_id": pd.Series([lead for _, lead, _ in rows], dtype="str")}
    return pd.DataFrame(keys | {ACCOUNT: pd.Series([account for account, _, _ in rows], dtype="str")} | columns)


def forget(episode):
    """An episode as it was known at `MOMENT`."""
    past = {name: at if (at := getattr(episode, name)) is not None and at <= MOMENT else None for name in TIMES[1:]}
    return AccountEpisode(mql_at=episode.mql_at, **past)


@given(st.lists(EPISODES))
def test_what_comes_after_the_moment_changes_nothing(episodes):
    known = [forget(one) for one in episodes if one.mql_at < MOMENT or any(getattr(forget(one), name) for name in TIMES[1:])]
    assert compute_account(episodes, MOMENT) == compute_account(known, MOMENT)


@given(ROWS)
def test_a_table_and_one_lead_get_the_same_number(rows):
    leads = make_table(rows)
    table = compute_account_columns(leads.assign(as_of=leads["mql_at"]), leads)
    for place, (account, lead, own) in enumerate(rows):
        others = None if account is None else [one for name, key, one in rows if name == account and key != lead]
        alone = compute_account(others, own.mql_at)
        assert [None if pd.isna(value) else value for value in table.iloc[place]] == list(alone.values())


def test_each_feature_counts_the_other_leads_alone():
    past = {name: MOMENT - timedelta(days=days) for name, days in zip(TIMES, (40, 20, 5, 10), strict=True)}
    both = [AccountEpisode(**past), AccountEpisode(mql_at=past["mql_at"] + timedelta(days=20), opportunity_at=past["sql_at"])]
    assert compute_account(both, MOMENT) == {MQLS: 2.0, RECENT: 1.0, ACCEPTED: 1.0, OPPORTUNITIES: 1.0}
    leads = make_table([("x", "A", both[0]), ("x", "A", both[1]), ("x", "B", AccountEpisode(mql_at=MOMENT))])
    table = compute_account_columns(leads.assign(as_of=pd.Timestamp(MOMENT)), leads)
    assert table[MQLS].tolist() == [0.0, 0.0, 2.0]
    assert table.iloc[2].to_dict() == compute_account(both, MOMENT)


@pytest.mark.parametrize("column", ["lead_id", ACCOUNT, "as_of"])
def test_a_row_without_key_account_or_moment_has_none(column):
    leads = make_table([("x", "A", AccountEpisode(mql_at=MOMENT - timedelta(days=1))), ("x", "B", AccountEpisode(mql_at=MOMENT))])
    leads = leads.assign(as_of=leads["mql_at"])
    assert compute_account_columns(leads, leads)[MQLS].tolist() == [0.0, 1.0]
    leads.loc[1, column] = None
    assert compute_account_columns(leads, leads).iloc[1].isna().tolist() == [True] * len(ACCOUNT_LABELS)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "account_id": st.sampled_from([None, 17, 17.0, " A1 ", "00Q5g000000XyzAEAS"]),
                "email_domain": st.sampled_from([None, "GMX.de", "Firm.example"]),
                "email": st.sampled_from([None, "a@gmail.com", "b@Other.example", "nobody"]),
            }
        ),
        min_size=1,
    )
)
def test_the_account_of_a_lead_is_the_same_alone_and_in_a_table(rows):
    table = read_accounts(pd.DataFrame(rows, dtype=object))
    alone = [find_account({name: value for name, value in row.items() if value is not None}) for row in rows]
    assert [None if pd.isna(account) else account for account in table] == alone


def test_mailboxes_that_anybody_can_have_are_no_account():
    mails = ["a@gmail.com", "b@web.de", "c@mit.edu", "d@firm.example", "no address", None]
    assert read_accounts(pd.DataFrame({"email": mails})).tolist()[3] == "firm.example"
    assert read_accounts(pd.DataFrame({"email": mails})).isna().sum() == 5
    assert read_accounts(pd.DataFrame({"email_domain": ["GMX.de", "Firm.example"]})).tolist()[1] == "firm.example"
    assert read_accounts(pd.DataFrame({"lead_id": ["A"]})).isna().all()
