"""Dates, numbers and 'not known': whatever a file may say, a request may say, with the same features and the same probability."""

import json
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from helpers import draw_leads, list_value_warnings, make_firm
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from predictor.core.settings import load_settings
from predictor.data.events.contract import check_events
from predictor.data.parse import read_moment
from predictor.data.read.event_sources import open_frame
from predictor.scoring.answer import Event, Lead
from predictor.scoring.batch import score_leads
from predictor.scoring.scorer import Scorer
from predictor.training.tracking.frame import score_frame
from predictor.training.train import save_trained, train

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
DAY_0 = pd.Timestamp("1899-12-30")
quick = hypothesis_settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
MISSING = ["", " ", "-", "N/A", "n/a", "#REF!", "(No value)", "None", "NaN", "k.A.", "[blank]", None]
NO_DATES = ["1900-01-01", "9999-12-31", "0001-01-01T00:00:00", "01/01/1900", "31/12/9999 00:00", "1899-12-30"]


def count_days(moments):
    """Moments as day numbers of a spreadsheet, with six decimals."""
    return ((moments - DAY_0) / pd.Timedelta(days=1)).round(6).astype(str)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A firm whose every column is written in another way."""
    folder, draw = tmp_path_factory.mktemp("firm"), np.random.default_rng(0)
    leads = draw_leads(600).drop(columns="score")
    n, mql = len(leads), pd.to_datetime(leads["mql_at"], utc=True).dt.tz_localize(None)
    ages = mql - pd.to_timedelta(draw.integers(1, 400, n) + np.where(leads["sql_at"].notna(), 0, 60), unit="D")
    revenue = 1000.0 * leads["employees"] + draw.integers(0, 99, n) / 100
    leads = leads.assign(**{
        "mql_at": mql.dt.strftime("%d/%m/%Y %H:%M:%S"),
        "sql_at": pd.to_datetime(leads["sql_at"], utc=True).dt.strftime("%d/%m/%Y %H:%M:%S"),
        "First Date": count_days(ages),
        "Signup Date": ages.dt.strftime("%d/%m/%Y"),
        "Visit Date": ages.dt.strftime("%d-%b-%Y").str.upper(),
        "Seen At": (ages.astype("int64") // (10**6 if ages.dt.unit == "ns" else 10**3)).astype(str),
        "Born Date": ages.dt.strftime("%Y-%m-%d"),
        "Revenue": [f"${amount:,.2f}" for amount in revenue],
        "Growth": [f"{share} %" for share in draw.integers(0, 90, n)],
        "Size": np.array(["1-10", "11-50", "51-200"])[draw.integers(0, 3, n)],
    })  # fmt: skip
    events = pd.DataFrame({
        "lead_id": leads["lead_id"], "occurred_at": (mql - pd.Timedelta(days=2)).dt.strftime("%d/%m/%Y %H:%M"),
        "event_type": np.array(["visit", "download"])[draw.integers(0, 2, n)], "value": [f"{amount:,.2f}" for amount in revenue],
    })  # fmt: skip
    events.to_csv(folder / "events.csv", index=False)
    path = make_firm(
        folder, leads, data={"events": "events.csv"}, roles={"points": []}, model={"candidates": ["constant", "logistic"]}
    )
    save_trained(train(load_settings(path)), folder / "models", now=NOW)
    return folder / "models"


@pytest.fixture(scope="module")
def scorer(models):
    return Scorer.load(next(folder for folder in models.iterdir() if folder.is_dir()))


def test_what_training_read(scorer):
    assert dict(scorer.features.formats) == {
        "mql_at": "date d/m/y", "sql_at": "date d/m/y", "First Date": "excel 1900", "Signup Date": "date d/m/y",
        "Visit Date": "date 31 Mar 2026", "Seen At": "epoch ms", "Revenue": "amount 1,234.5", "Growth": "amount 1,234.5",
        "Size": "range 1-10", "events/occurred_at": "date d/m/y", "events/value": "amount 1,234.5",
    }  # fmt: skip
    kinds = {feature.name: feature.kind for feature in scorer.features.features}
    dates = ("First Date", "Signup Date", "Visit Date", "Seen At", "Born Date")
    assert {kinds[name] for name in dates} == {"days_since"}
    assert {kinds[name] for name in ("Revenue", "Growth", "Size", "employees")} == {"number"}


def spell_date(name, moment):
    """The spellings of a column of dates: that of the training, ISO 8601, in words, and what only this column's format allows."""
    common = [
        moment.strftime("%Y-%m-%d"), f"{moment:%Y-%m-%d}T00:00:00Z", moment.strftime("%d %B %Y"),
        moment.strftime("%B %d, %Y 12:00 AM"),
        f"{moment:%Y/%m/%d} 00:00 UTC", moment.strftime("%d-%b-%y 12.00.00.000000 AM").upper(),
    ]  # fmt: skip
    number = (moment - DAY_0).days
    own = {
        "First Date": [number, float(number), str(number), f"{number}.000000"],
        "Signup Date": [moment.strftime("%d/%m/%Y"), moment.strftime("%d.%m.%y"), moment.strftime("%d/%m/%Y 12:00 AM")],
        "Visit Date": [moment.strftime("%d. %b %Y")],
        "Seen At": [int(moment.timestamp() * 1000), f"{int(moment.timestamp() * 1000)}.0"],
        "Born Date": [
            int(moment.timestamp()),
            float(moment.timestamp()),
            f"{moment.timestamp():.1f}",
            int(moment.timestamp() * 1000),
            f"{moment.timestamp() * 1000:.1f}",
            f"{moment.timestamp() * 10**6:.0f}",
        ],
    }
    return [*own[name], *common]


@quick
@given(
    st.sampled_from(["First Date", "Signup Date", "Visit Date", "Seen At", "Born Date"]),
    st.dates(date(2024, 1, 1), date(2026, 3, 30)),
    st.data(),
)
def test_one_day_has_one_probability_in_every_spelling(scorer, ask, name, day, data):
    moment = pd.Timestamp(day)
    answer = ask({name: data.draw(st.sampled_from(spell_date(name, moment)))})
    expected = scorer.score_lead(Lead("A", NOW, {name: day.isoformat()}))
    assert read_moment(answer.features[name]).replace(tzinfo=UTC) == moment.tz_localize("UTC")
    assert answer.probability == expected.probability
    assert not list_value_warnings(answer)


@quick
@given(st.sampled_from(["Revenue", "Growth", "employees"]), st.integers(1, 10**7), st.data())
def test_one_number_has_one_probability_in_every_spelling(scorer, ask, name, number, data):
    spellings = [
        number, float(number), f"{number}", f"{number:,}", f"{number:,}".replace(",", "\u00a0"), f"{number:,}".replace(",", " "),
        f"{number:,}".replace(",", "'"), f"${number:,}.00", f"{number} EUR", f"+{number}", f"{number} %",
        f"{number / 1000:.3f}k", f"{number / 1e6:.6f} Mio.", "".join(chr(ord(digit) + 0xFEE0) for digit in str(number)),
    ]  # fmt: skip
    answer = ask({name: data.draw(st.sampled_from(spellings))})
    expected = scorer.score_lead(Lead("A", NOW, {name: number}))
    assert float(answer.features[name]) == number
    assert answer.probability == expected.probability
    assert not list_value_warnings(answer)


@quick
@given(st.integers(1, 10**6), st.sampled_from(["({:,})", "-{:,}", "{:,}-", "−{:,}", "-${:,}", "({:,}.00)"]))
def test_a_negative_amount_has_one_probability(scorer, ask, number, form):
    expected = scorer.score_lead(Lead("A", NOW, {"Revenue": -number}))
    assert ask({"Revenue": form.format(number)}).probability == expected.probability


@quick
@given(
    st.sampled_from(["First Date", "Signup Date", "Born Date", "Revenue", "Size", "industry", "employees"]),
    st.sampled_from(MISSING),
)
def test_not_known_is_one_thing_however_spelled(scorer, ask, name, text):
    answer = ask({name: text})
    assert answer.probability == scorer.score_lead(Lead("A", NOW, {})).probability
    assert not list_value_warnings(answer)


@quick
@given(st.sampled_from(["Signup Date", "Born Date", "Visit Date"]), st.sampled_from(NO_DATES))
def test_a_day_that_stands_for_no_date_is_not_known(scorer, ask, name, text):
    if "/" in text and name != "Signup Date":
        return  # day and month are known in that column only
    assert ask({name: text}).probability == scorer.score_lead(Lead("A", NOW, {})).probability


def test_a_day_number_that_stands_for_no_date_is_not_known(scorer, ask):
    for number in (1, "1", 2958465, 0):
        assert ask({"First Date": number}).probability == scorer.score_lead(Lead("A", NOW, {})).probability


@pytest.mark.parametrize(
    "as_of", ["30/03/2026 14:05:00", "2026-03-30T14:05:00Z", "30 March 2026 2:05 PM", "30.03.26 14:05", "2026-03-30 16:05 CEST"]
)
@pytest.mark.parametrize("happened", ["28/03/2026 10:00", "2026-03-28 10:00", "28 Mar 2026 10:00"])
@pytest.mark.parametrize("value", ["1,234.50", 1234.5, "$1,234.5"])
def test_moments_and_values_of_events_are_read_as_in_the_files(scorer, client, as_of, happened, value):
    attributes = {"industry": "Software", "Signup Date": "01/02/2026"}
    event = {"occurred_at": happened, "event_type": "visit", "value": value}
    moment = datetime(2026, 3, 30, 14, 5, tzinfo=UTC)
    plain = [Event(datetime(2026, 3, 28, 10, tzinfo=UTC), "visit", value=1234.5)]
    expected = scorer.score_lead(Lead("A", moment, attributes, events=plain))
    assert expected.probability != scorer.score_lead(Lead("A", moment, attributes)).probability
    posted = client.post("/v1/score", json={"lead_id": "A", "as_of": as_of, "attributes": attributes, "events": [event]}).json()
    batch = client.post(
        "/v1/score/batch", json={"leads": [{"lead_id": "A", "as_of": as_of, "attributes": attributes, "events": [event]}]}
    ).json()
    table = pd.DataFrame({"lead_id": ["A"], "as_of": [as_of]} | {name: [cell] for name, cell in attributes.items()})
    files, findings = score_leads(
        scorer, table, pd.DataFrame({"lead_id": ["A"]} | {name: [cell] for name, cell in event.items()}), now=pd.Timestamp(NOW)
    )
    frame = score_frame(scorer, table.assign(events=json.dumps([event])), now=NOW)
    assert {posted["probability"], batch["answers"][0]["probability"], files["probability"][0], frame["probability"][0]} == {
        expected.probability
    }
    assert [finding.code for finding in findings if finding.code.startswith("EVENT0")] == []


@pytest.mark.parametrize("as_of", ["", "N/A", "1900-01-01", "01/01/1900", "9999-12-31"])
def test_a_moment_that_is_not_known_is_now(scorer, client, as_of):
    posted = client.post("/v1/score", json={"lead_id": "A", "as_of": as_of, "attributes": {"industry": "Software"}})
    assert posted.status_code == 200
    files, _ = score_leads(
        scorer, pd.DataFrame({"lead_id": ["A"], "as_of": [as_of], "industry": ["Software"]}), None, now=pd.Timestamp(NOW)
    )
    frame = score_frame(scorer, pd.DataFrame({"lead_id": ["A"], "as_of": [as_of], "industry": ["Software"]}), now=NOW)
    assert (
        files["probability"].tolist()
        == frame["probability"].tolist()
        == [scorer.score_lead(Lead("A", NOW, {"industry": "Software"})).probability]
    )


@pytest.mark.parametrize("text", ["31/02/2026", "soon", "13/13/2026", 12, [], "2026-03-30 14:05 IST"])
def test_what_is_no_moment_is_refused_everywhere(scorer, client, text):
    refused = client.post("/v1/score", json={"lead_id": "A", "as_of": text})
    assert refused.status_code == 422
    assert "'as_of' must be a date" in refused.json()["error"]["text"]
    frame = score_frame(scorer, pd.DataFrame({"lead_id": ["A"], "as_of": pd.Series([text], dtype=object)}), now=NOW)
    assert frame["warnings"][0].startswith("LEAD003 'as_of' must be a date")


def test_a_number_that_is_none_is_refused_everywhere(scorer, client):
    for text in ("many", "1,23", "5 apples"):
        refused = client.post("/v1/score", json={"lead_id": "A", "attributes": {"employees": text}})
        assert refused.status_code == 422
        assert "LEAD022" in json.dumps(refused.json())
        files, _ = score_leads(scorer, pd.DataFrame({"lead_id": ["A"], "employees": [text]}), None, now=pd.Timestamp(NOW))
        assert np.isnan(files["probability"][0])


def test_events_whose_commas_separate_decimals(tmp_path):
    leads = pd.DataFrame({"lead_id": ["a", "b"]})
    events = pd.DataFrame({
        "lead_id": ["a", "b", "a", "b"], "occurred_at": "2026-01-01", "event_type": ["v", "w", "x", "y"],
        "value": ["1.500", "2.000,50", "3,5", "7"],
    })  # fmt: skip
    checked = check_events(open_frame(events), load_settings(make_firm(tmp_path, draw_leads(5))), leads["lead_id"])
    values = checked.table.order_by("event_type").to_pyarrow().to_pandas()["value"].tolist()
    assert values == [1500.0, 2000.5, 3.5, 7.0]
    assert checked.formats == {"value": "amount 1.234,5"}
