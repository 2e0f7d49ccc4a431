"""The simulated firm: reproducible, calibrated, honest about time, and as hard as life."""

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal, assert_series_equal
from sklearn.metrics import roc_auc_score

from predictor.acts import tabulate_events
from predictor.config import load_settings
from predictor.domains import kind_of_domain
from predictor.errors import SettingsError
from predictor.points.history import award_table
from predictor.points.rulebook import load_rule_book, parse_rule_book
from predictor.simulate import HORIZON_DAYS, Firm, save_firm, simulate_firm, true_probability
from predictor.simulate.acts import CODE, Acts
from predictor.simulate.gate import choose_by_hand, compute_running_points, find_first, find_ready
from predictor.simulate.truth import BASE, STRENGTH, WITHIN_HORIZON, DecayedSums

DATA = Path(__file__).parents[2] / "data"
OBSERVED_UNTIL = pd.Timestamp("2026-06-30T23:59:59Z")
OUTCOMES = ["sql_at", "recycled_at", "recycle_reason", "opportunity_at", "amount"]
TIMES = ["mql_at", "sql_at", "recycled_at", "opportunity_at"]
FILES = ["leads.csv", "events.csv", "truth.csv", "predictor.toml", "points/b2b.toml", "points/content.toml"]


@pytest.fixture(scope="module")
def firm() -> Firm:
    return simulate_firm(20_000, seed=11)


@pytest.fixture(scope="module")
def small() -> Firm:
    return simulate_firm(2_000, seed=7)


def _find_outcomes(leads: pd.DataFrame) -> pd.Series:
    return (leads["sql_at"] <= leads["mql_at"] + pd.Timedelta(days=HORIZON_DAYS)).astype(int)


def _find_mature(leads: pd.DataFrame) -> pd.Series:
    return leads["mql_at"] + pd.Timedelta(days=HORIZON_DAYS) <= OBSERVED_UNTIL


def _award(firm: Firm):
    kinds = firm.leads["email_domain"].map(kind_of_domain)
    asked = firm.leads.assign(as_of=firm.leads["mql_at"], email_domain_kind=kinds)
    return award_table(load_rule_book("b2b", Path()), asked, tabulate_events(firm.events))


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


def test_the_truth_is_calibrated(firm):
    mature = _find_mature(firm.leads)
    probability = firm.truth["probability"][mature]
    bins = pd.qcut(probability, 10)
    hits, expected = (values.groupby(bins, observed=True).sum() for values in (_find_outcomes(firm.leads)[mature], probability))
    spread = np.sqrt((probability * (1 - probability)).groupby(bins, observed=True).sum())
    assert ((hits - expected).abs() / spread).max() < 3.5


def test_the_task_is_as_hard_as_in_life(firm):
    mature = _find_mature(firm.leads)
    outcomes = _find_outcomes(firm.leads)[mature]
    assert 0.16 < outcomes.mean() < 0.195
    assert 0.60 < roc_auc_score(outcomes, _award(firm).total[mature]) < 0.70
    assert 0.75 < roc_auc_score(outcomes, firm.truth["probability"][mature]) < 0.85
    assert 0.05 < (firm.truth["probability"] > 0.4).mean() < 0.20


def test_the_gate_hands_over_what_passes_it_and_the_hand_the_rest(firm):
    awards = _award(firm)
    passed = (awards.total >= awards.book.gate) | awards.qualifies
    assert passed.equals(firm.leads["handed_over_by"].eq("gate").rename(None))
    assert 0.05 < (~passed).mean() < 0.20


def test_the_truth_knows_only_what_was_known_at_mql_at(small):
    moment = small.leads.groupby("lead_id")["mql_at"].max()
    past = small.events[small.events["occurred_at"] <= small.events["lead_id"].map(moment)]
    assert len(past) < len(small.events) * 0.8
    again = true_probability(small.leads.drop(columns=OUTCOMES), past)
    assert_series_equal(again, small.truth["probability"])


def test_the_order_of_rows_does_not_matter(small):
    leads, events = small.leads.sample(frac=1, random_state=0), small.events.sample(frac=1, random_state=0)
    again = true_probability(leads, events)
    assert_series_equal(again.sort_index(), small.truth["probability"], rtol=0, atol=1.01e-6)


def test_an_event_after_a_first_episode_changes_only_the_second():
    leads = pd.concat([_make_lead(mql_at="2025-03-01"), _make_lead(mql_at="2025-06-01")], ignore_index=True)
    visit = _make_events(["2025-05-31"], "pricing_page_view")
    without, with_visit = (true_probability(leads, events) for events in (visit.iloc[:0], visit))
    assert with_visit[0] == without[0]
    assert with_visit[1] > without[1]


def test_the_written_tables_tell_the_truth(small, tmp_path):
    save_firm(small, tmp_path)
    leads, events = pd.read_csv(tmp_path / "leads.csv"), pd.read_csv(tmp_path / "events.csv")
    leads["mql_at"], events["occurred_at"] = pd.to_datetime(leads["mql_at"]), pd.to_datetime(events["occurred_at"])
    truth = pd.read_csv(tmp_path / "truth.csv")
    assert truth.columns.tolist() == ["lead_id", "mql_at", "probability"]
    np.testing.assert_array_equal(true_probability(leads, events), truth["probability"])


def test_the_truth_by_hand():
    # Every attribute is missing: country, department, size, revenue, industry, seniority, source, mailbox.
    fit = -0.1 - 0.1 - 0.3 - 0.05 - 0.1 - 0.25 - 0.1 - 0.1
    intent = -1.3  # it did nothing
    together = STRENGTH * (fit + intent + 0.35 * math.tanh(fit) * math.tanh(intent))
    expected = WITHIN_HORIZON / (1 + math.exp(-BASE - together))
    lead, nothing = _make_lead(mql_at="2025-07-01"), _make_events([], "blog_view")
    assert true_probability(lead, nothing, drift=0)[0] == pytest.approx(expected, abs=1e-6)
    assert true_probability(lead, nothing, signal=0, drift=0)[0] == pytest.approx(
        WITHIN_HORIZON / (1 + math.exp(-BASE)), abs=1e-6
    )


def test_nine_in_ten_delays_lie_within_the_horizon():
    # ln(30 / 7) = 1.4553; the normal distribution below it holds 0.9272.
    assert pytest.approx(0.9272, abs=1e-4) == WITHIN_HORIZON


def test_decayed_sums_by_hand():
    leads = pd.DataFrame({"lead_id": ["A", "A", "B"]})
    moments = pd.to_datetime(["2025-01-11", "2025-01-21", "2025-01-11"], utc=True).as_unit("s").asi8
    events = _make_events(["2025-01-01", "2025-01-21", "2025-01-22"], "blog_view").assign(lead_id="A")
    sums = DecayedSums(leads["lead_id"], moments, events)
    assert sums.compute(["blog_view"], 10).tolist() == [0.5, 1.25, 0.0]
    assert sums.compute(["page_view"], 10).tolist() == [0.0, 0.0, 0.0]
    assert sums.again.tolist() == [0.0, 1.0, 0.0]


def test_running_points_of_a_burst_that_expires():
    rule = '{name = "R", event = ["page_view", "blog_view"], points = 10, at_least = 2, within_days = 7, expires_days = 30}'
    book = parse_rule_book(f'name = "x"\ngate = 9\nrules = [{rule}]', "x.toml")
    days = np.array([0, 7, 37, 38, 38])
    acts = Acts(np.array([0, 0, 0, 0, 1]), 1_750_000_000 + days * 86_400, np.array([0, 1, 5, 5, 0]))
    total, qualifies = compute_running_points(book, np.zeros(2), acts)
    assert total.tolist() == [0, 10, 10, 0, 0]
    assert not qualifies.any()


def test_nobody_is_handed_over_before_the_name_is_known():
    kinds = [CODE[name] for name in ("pricing_page_view", "form_submitted", "page_view", "page_view", "page_view")]
    acts = Acts(np.array([0, 0, 0, 0, 1]), np.array([1, 2, 3, 3, 4]), np.array(kinds))
    assert find_ready(acts).tolist() == [False, True, False, True, False]
    assert find_first(acts, find_ready(acts), 2).tolist() == [1, -1]


def test_the_hand_takes_only_leads_that_never_pass():
    acts = Acts(np.array([0, 1, 2]), np.array([1, 2, 3]), np.array([8, 8, 8]))
    ready, passed = np.array([True, True, False]), np.array([0, -1, -1])
    assert choose_by_hand(np.random.default_rng(0), acts, ready, passed, 1.0).tolist() == [-1, 1, -1]


def test_what_is_not_known_yet_is_blank(firm):
    for name in TIMES:
        assert firm.leads[name].max() <= OBSERVED_UNTIL
    assert firm.events["occurred_at"].max() <= OBSERVED_UNTIL
    pending = firm.leads[~_find_mature(firm.leads)]
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


def test_accepted_leads_go_on_clicking_after_the_handover(firm):
    first = firm.leads.drop_duplicates("lead_id").set_index("lead_id")
    later = firm.events["occurred_at"] > firm.events["lead_id"].map(first["mql_at"])
    counts = later.groupby(firm.events["lead_id"]).sum().reindex(first.index)
    assert later.mean() > 0.25
    assert counts[first["sql_at"].notna()].mean() > counts[first["sql_at"].isna()].mean() + 2


def test_times_change_but_mildly(firm):
    half = firm.leads["mql_at"] < pd.Timestamp("2025-07-01T00:00:00Z")
    early, late = firm.truth["probability"][half].mean(), firm.truth["probability"][~half].mean()
    assert 0.88 < late / early < 1.0
    social = firm.leads["source"].eq("paid_social")
    assert social[~half].mean() > social[half].mean()


def test_without_signal_and_drift_all_leads_are_alike():
    probability = simulate_firm(200, seed=1, signal=0, drift=0).truth["probability"]
    assert probability.min() == probability.max()


def test_data_holds_what_the_simulator_writes(small, tmp_path):
    save_firm(small, tmp_path)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), name


def test_saving_replaces_the_files_and_leaves_nothing_else(small, tmp_path):
    save_firm(small, tmp_path)
    save_firm(simulate_firm(10, seed=1), tmp_path)
    written = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert written == sorted(FILES)
    assert (tmp_path / "leads.csv").read_text(encoding="utf-8").count("\n") < 20
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["points"]


def test_saving_that_fails_leaves_the_old_files(small, tmp_path):
    save_firm(small, tmp_path)
    before = (tmp_path / "leads.csv").read_bytes()
    broken = Firm(simulate_firm(10, seed=1).leads, small.events.assign(asset='a "quoted", name'), small.truth)
    with pytest.raises(ValueError, match="CSV values may not contain"):
        save_firm(broken, tmp_path)
    assert (tmp_path / "leads.csv").read_bytes() == before


def test_the_written_settings_can_be_read(tmp_path):
    save_firm(simulate_firm(10, seed=1), tmp_path)
    settings = load_settings(tmp_path / "predictor.toml")
    assert settings.label.horizon_days == HORIZON_DAYS
    assert (settings.folder / settings.data.leads).exists()
    assert (settings.folder / settings.data.events).exists()
    assert load_rule_book(settings.points.rule_book, settings.folder).gate == 60


def test_the_dictionary_tells_every_column(small):
    text = (DATA / "README.md").read_text(encoding="utf-8")
    for title, table in (("leads.csv", small.leads), ("events.csv", small.events), ("truth.csv", small.truth)):
        section = text.split(f"## {title}")[1].split("\n## ")[0]
        assert re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE) == list(table.columns)
        assert f"| [{title}]({title}) | {len(table):,} |" in text


def _make_lead(mql_at: str) -> pd.DataFrame:
    unknown = dict.fromkeys(
        ["email_domain", "industry", "employees", "annual_revenue", "country", "seniority", "department", "source"]
    )
    return pd.DataFrame([unknown | {"lead_id": "A", "competitor": "no", "mql_at": pd.Timestamp(mql_at, tz="UTC")}])


def _make_events(days: list[str], event_type: str) -> pd.DataFrame:
    times = pd.to_datetime(pd.Series(days, dtype="str"), utc=True)
    return pd.DataFrame({"lead_id": "A", "occurred_at": times, "event_type": event_type})
