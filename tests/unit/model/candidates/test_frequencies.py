"""The arithmetic of Odoo's lead scoring: every figure that its own tests publish."""

from dataclasses import replace

import pytest
from unit.model.candidates.odoo_frequencies import Case, compute_log_odds, count_frequencies, find_rows, publish_percent

from predictor.core.errors import TrainingError
from predictor.model.candidates.odoo_pls import compute_value_weights

FIELDS = ["country", "state", "source", "tag", "email_state", "phone_state"]
STAGES = 4  # 1 < 2 < 3 < won


def case(team, country, state, source, stage, *, won=None):
    return Case(team, stage - 1, {"country": [country], "state": [state], "source": [source]}, won=won)


LEADS = [
    case("T1", "c1", "s1", "r1", 1, won=False),
    case("T1", "c2", "s2", "r2", 2, won=False),
    case("T1", "c3", "s3", "r3", 3, won=True),
    case("T1", "c1", "s2", "r3", 2),
    case("T1", "c2", "s2", "r2", 1),
    case("T2", "c1", "s2", "r2", 3, won=False),
    case("T2", "c1", "s2", "r3", 2, won=False),
    case("T2", "c1", "s3", "r3", 1, won=True),
    case("T2", "c1", "s2", "r3", 2),
    case("T2", "c2", "s1", "r2", 2),
    case("T3", "c2", "s2", "r2", 3, won=True),
    case("T3", "c1", "s2", "r1", 1, won=False),
    case("T3", "c2", "s3", "r3", 1, won=False),
    case("T3", "c1", "s2", "r3", 2),
]
TEAMLESS = LEADS[:10] + [replace(lead, team=None) for lead in LEADS[10:]]
MOVED = [
    replace(lead, won=True) if at == 9 else replace(lead, stage=0) if at in {3, 8} else lead for at, lead in enumerate(TEAMLESS)
]


def publish(leads, at, fields=FIELDS):
    counted = count_frequencies(leads, stages=STAGES, fields=fields)
    return publish_percent(compute_log_odds(find_rows(counted, leads[at].team), leads[at], fields))


@pytest.mark.parametrize(
    ("leads", "at", "percent"),
    [
        (LEADS, 3, 33.49),
        (LEADS, 8, 7.74),
        (LEADS, 13, 35.09),
        (TEAMLESS, 13, 35.19),
        (MOVED, 3, 20.87),
        (MOVED, 8, 2.43),
    ],
)
def test_published_probabilities(leads, at, percent):
    assert publish(leads, at) == percent


@pytest.mark.parametrize(("at", "percent"), [(3, 34.38), (8, 50.0)])
def test_published_probabilities_of_the_stage_alone(at, percent):
    assert publish(MOVED, at, []) == percent


@pytest.mark.parametrize(("row", "percent"), [((1e7, 1.0), 99.99), ((1.0, 1e7), 0.01)])
def test_published_ends(row, percent):
    assert publish_percent(compute_log_odds({"stage": {"0": row}}, Case("T2", 0), [])) == percent


def test_published_rows_after_counting():
    counted = count_frequencies(LEADS[:10], stages=STAGES, fields=FIELDS)
    assert counted["T1"]["stage"]["0"] == (1.1, 2.1)
    assert counted["T1"]["country"]["c2"] == (0.1, 1.1)
    assert counted["T2"]["stage"]["0"] == (1.1, 2.1)
    assert "c2" not in counted["T2"]["country"]


def test_a_lost_lead_counts_up_to_its_stage_and_a_won_one_in_all():
    counted = count_frequencies(LEADS[:3], stages=STAGES, fields=[])
    assert counted == {"T1": {"stage": {"0": (1.1, 2.1), "1": (1.1, 1.1), "2": (1.1, 0.1), "3": (1.1, 0.1)}}}


def test_unset_is_not_counted_but_for_the_states_of_email_and_phone():
    counted = count_frequencies([Case("T1", 0, {"country": []}, won=True)], stages=STAGES, fields=FIELDS)
    assert set(counted["T1"]) == {"stage", "email_state", "phone_state"}
    assert counted["T1"]["phone_state"] == {"False": (1.1, 0.1)}


def tagged(leads):
    """One of the leads won; the second tag is on ten of them only."""
    return [Case("T1", 0, {"tag": ["all", "few"] if at < 10 else ["all"]}, won=at == 0) for at in range(leads)]


@pytest.mark.parametrize(("leads", "kept"), [(49, set()), (50, {"all"})])  # 49 leads and twice the smoothing are 49.2
def test_tags_of_fewer_than_fifty_leads_say_nothing(leads, kept):
    rows = find_rows(count_frequencies(tagged(leads), stages=1, fields=["tag"]), "T1")
    assert set(rows["tag"]) == kept
    alone = compute_log_odds(rows, Case("T1", 0), ["tag"])
    assert compute_log_odds(rows, Case("T1", 0, {"tag": ["few", "unseen"]}), ["tag"]) == alone


def test_several_tags_are_several_values():
    leads = [Case(None, 0, {"tag": ["a", "b"] if at % 2 else ["a"]}, won=at % 4 == 1) for at in range(200)]
    rows = find_rows(count_frequencies(leads, stages=1, fields=["tag"]), None)
    # a: 50 won, 150 lost; b: 50 won, 50 lost
    base = (50.1 / 150.1) * (50.1 / 100.2) / (150.1 / 200.2) * (50.1 / 100.2) / (50.1 / 200.2)
    percent = publish_percent(compute_log_odds(rows, Case(None, 0, {"tag": ["a", "b"]}), ["tag"]))
    assert percent == round(100 * base / (1 + base), 2)


def test_without_won_or_without_lost_leads_nothing_is_computed():
    assert compute_log_odds({"stage": {"0": (0.0, 5.0)}}, Case(None, 0), []) is None
    assert compute_log_odds({"stage": {"0": (5.0, 0.0)}}, Case(None, 0), []) is None
    assert compute_log_odds({}, Case(None, 0), []) is None


def test_a_team_that_closed_nothing_is_judged_by_all_teams():
    counted = count_frequencies(LEADS, stages=STAGES, fields=FIELDS)
    assert find_rows(counted, "T9") == find_rows(counted, None)
    assert find_rows(counted, None)["stage"]["0"] == pytest.approx((3.3, 6.3))


def test_weights_count_as_so_many_leads():
    twice = count_frequencies([LEADS[0], LEADS[0], LEADS[2]], stages=STAGES, fields=FIELDS)
    assert count_frequencies([replace(LEADS[0], weight=2.0), LEADS[2]], stages=STAGES, fields=FIELDS) == twice


def test_nothing_counted_is_refused():
    with pytest.raises(TrainingError, match=r"There must be closed leads to count, but there are none\. Count leads"):
        find_rows(count_frequencies(LEADS[3:5], stages=STAGES, fields=FIELDS), "T1")


def test_a_value_as_common_among_won_as_among_lost_says_nothing():
    assert compute_value_weights({"DE": (2.0, 4.0), "FR": (1.0, 2.0)}) == {"DE": 0.0, "FR": 0.0}
