"""The simulated firm: reproducible, honest about time, and as untidy as life."""

import re

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from unit.simulate.firms import OBSERVED_UNTIL, compute_mature

from predictor.core.errors import SettingsError
from predictor.data.email_domains import kind_of_domain
from predictor.simulate.firm import simulate_firm

TIMES = ["mql_at", "sql_at", "recycled_at", "opportunity_at"]


def test_a_seed_gives_one_firm_and_another_seed_another(small):
    again = simulate_firm(2_000, seed=7)
    assert_frame_equal(small.leads, again.leads)
    assert_frame_equal(small.events, again.events)
    assert_frame_equal(small.truth, again.truth)
    assert not small.truth.equals(simulate_firm(2_000, seed=8).truth)


def test_a_firm_without_leads_is_refused():
    with pytest.raises(SettingsError, match="at least 1, but is -3"):
        simulate_firm(-3, seed=1)


def test_a_single_lead_is_a_firm():
    assert simulate_firm(1, seed=0).leads["lead_id"].unique().tolist() == ["L000001"]


def test_the_row_is_the_episode(firm):
    assert firm.leads["lead_id"].nunique() == 20_000
    assert not firm.leads.duplicated(["lead_id", "mql_at"]).any()
    assert firm.leads["mql_at"].is_monotonic_increasing
    assert_frame_equal(firm.truth[["lead_id", "mql_at"]], firm.leads[["lead_id", "mql_at"]])
    assert set(firm.events["lead_id"]) == set(firm.leads["lead_id"])
    assert 0.08 < firm.leads["lead_id"].duplicated().mean() < 0.16


def test_a_second_episode_follows_the_recycling_of_the_first(firm):
    ordered = firm.leads.sort_values(["lead_id", "mql_at"])
    later = ordered["lead_id"].duplicated()
    before = ordered["recycled_at"].shift()[later]
    assert (ordered["mql_at"][later] > before + pd.Timedelta(days=30)).all()


def test_what_is_not_known_yet_is_blank(firm):
    for name in TIMES:
        assert firm.leads[name].max() <= OBSERVED_UNTIL
    assert firm.events["occurred_at"].max() <= OBSERVED_UNTIL
    pending = firm.leads[~compute_mature(firm.leads)]
    known = firm.leads["sql_at"].notna() | firm.leads["recycled_at"].notna()
    assert len(pending) > 400
    assert known[pending.index].mean() < known.mean() - 0.2
    assert not (firm.leads["sql_at"].notna() & firm.leads["recycled_at"].notna()).any()
    assert firm.leads["recycle_reason"].notna().equals(firm.leads["recycled_at"].notna())
    assert firm.leads["amount"].notna().equals(firm.leads["opportunity_at"].notna())
    deals = firm.leads.dropna(subset="opportunity_at")
    assert (deals["opportunity_at"] > deals["sql_at"]).all()


def test_attributes_are_missing_as_in_life(firm):
    missing = firm.leads.isna().mean()
    for name, low, high in (
        ("employees", 0.10, 0.2),
        ("annual_revenue", 0.25, 0.45),
        ("department", 0.1, 0.2),
        ("industry", 0.03, 0.07),
    ):
        assert low < missing[name] < high
    assert missing[["lead_id", "mql_at", "handed_over_by", "email_domain", "competitor"]].max() == 0


def test_categories_have_a_long_tail(firm):
    for name in ("industry", "country"):
        shares = firm.leads[name].value_counts(normalize=True)
        assert shares.iloc[0] > 0.15
        assert (shares < 0.01).sum() >= 5


def test_students_competitors_and_free_mailboxes_are_there_and_rarely_accepted(firm):
    kinds = firm.leads["email_domain"].map(kind_of_domain)
    probability = firm.truth["probability"]
    for group in (kinds.eq("student"), kinds.eq("free"), firm.leads["competitor"].eq("yes")):
        assert group.sum() > 100
        assert probability[group].mean() < 0.8 * probability.mean()


def test_the_tables_hold_no_person(firm):
    forbidden = re.compile("name|mail$|phone|address|birth|gender|title")
    assert not [column for column in [*firm.leads, *firm.events] if forbidden.search(column)]
    for table in (firm.leads, firm.events):
        assert not table.select_dtypes("str").apply(lambda column: column.str.contains("@").any()).any()


def test_accepted_leads_are_more_active_after_the_handover(firm):
    first = firm.leads.drop_duplicates("lead_id").set_index("lead_id")
    later = firm.events["occurred_at"] > firm.events["lead_id"].map(first["mql_at"])
    counts = later.groupby(firm.events["lead_id"]).sum().reindex(first.index)
    assert later.mean() > 0.25
    assert counts[first["sql_at"].notna()].mean() > counts[first["sql_at"].isna()].mean() + 2


def test_leads_drift_a_little(firm):
    half = firm.leads["mql_at"] < pd.Timestamp("2025-07-01T00:00:00Z")
    early, late = firm.truth["probability"][half].mean(), firm.truth["probability"][~half].mean()
    assert 0.88 < late / early < 1.0
    social = firm.leads["source"].eq("paid_social")
    assert social[~half].mean() > social[half].mean()
