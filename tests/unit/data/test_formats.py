"""Formats of amounts, ranges and dates: detected from a whole column, saved with the model, the same for one lead."""

import json

import numpy as np
import pandas as pd
import pytest
from helpers import draw_leads, make_firm

from predictor.core.errors import SettingsError, TableError
from predictor.core.settings import load_settings, make_settings
from predictor.data.column_format import detect_format
from predictor.data.detect_formats import check_formats, detect_formats
from predictor.data.leads import check_leads
from predictor.scoring.answer import Lead
from predictor.scoring.batch import score_leads
from predictor.scoring.scorer import Scorer
from predictor.training.train import save_trained, train

NOW = pd.Timestamp("2026-03-31T12:00", tz="UTC")


@pytest.mark.parametrize(
    ("cells", "column_format"),
    [
        (["$1,234.50", "$2.00"], "amount 1,234.5"),
        (["1.234,50 €", "12,5 €"], "amount 1.234,5"),
        (["2.5M", "750k"], "amount 1,234.5"),
        (["1,234", "5,678"], "amount 1,234.5"),
        (["1.234.567", "1.234"], "amount 1.234,5"),
        (["1'234.50", "7"], "amount 1,234.5"),
        (["12 %", "3.5 %"], "amount 1,234.5"),
        (["(1,200.00)", "USD 5"], "amount 1,234.5"),
        (["1-10", "1000+", "10,001+"], "range 1-10"),
        (["< 10", "10 to 49", "50"], "range 1-10"),
        (["2026-01-31", "2026-02-01"], None),
        (["1.5", "3", "-2e3"], None),
        (["1.234", "5.678"], None),
        (["10-1", "3-2"], None),
        (["Software", "Retail", "3D printing"], None),
        (["SKU 100", "SKU 200"], None),
        (["1-10", "Software", "Retail"], None),
    ],
)
def test_a_column_of_numbers_has_one_format(cells, column_format):
    found = detect_format(pd.Series(cells))
    assert (None if found is None else found.format) == column_format


@pytest.mark.parametrize(
    ("cells", "column_format"),
    [
        (["13/02/2026", "01/02/2026"], "date d/m/y"),
        (["02/13/2026 1:05 PM", "01/02/2026 11:59 AM"], "date m/d/y"),
        (["13.2.26", "1.2.26"], "date d/m/y"),
        (["2026/02/13 1:05 PM"], "date y/m/d"),
        (["Mar 31, 2026 9:05 am", "April 1, 2026"], "date 31 Mar 2026"),
        (["1774965900000"], "epoch ms"),
        (["1774965900"], "epoch s"),
        (["2026-03-31T14:05:00Z", "2026-03-31"], None),
        (["2026-03-31", "2026-04-01", "31/03/2026"], None),
    ],
)
def test_a_column_of_dates_has_one_order(cells, column_format):
    found = detect_format(pd.Series(cells), dated=True)
    assert (None if found is None else found.format) == column_format


def test_whole_numbers_are_moments_only_in_a_column_named_as_a_date():
    cells = pd.Series([1774965900000, 1774965900001])
    assert detect_format(cells, name="phone") is None
    assert detect_format(cells, name="Create Date").format == "epoch ms"


def test_ambiguous_days_and_months_are_refused_until_the_settings_name_the_order():
    raw = pd.DataFrame({"lead_id": ["a", "b"], "mql_at": ["03/04/2026", "05/04/2026"], "sql_at": ["04/04/2026", None]})
    with pytest.raises(TableError, match=r"LEAD035 Day and month may be swapped in 'mql_at', 'sql_at' .* data\.date_order"):
        check_leads(raw, make_settings())
    leads = check_leads(raw, make_settings({"data": {"date_order": "m/d/y"}}))
    assert leads.frame["mql_at"].dt.strftime("%m-%d").tolist() == ["03-04", "05-04"]


def test_an_ambiguous_column_follows_the_other_columns_of_its_file():
    raw = pd.DataFrame({"lead_id": ["a", "b"], "mql_at": ["03/04/2026", "05/04/2026"], "sql_at": ["13/04/2026", None]})
    leads = check_leads(raw, make_settings())
    assert leads.frame["mql_at"].dt.strftime("%m-%d").tolist() == ["04-03", "04-05"]
    assert leads.formats == {"mql_at": "date d/m/y", "sql_at": "date d/m/y"}
    assert [finding.code for finding in leads.findings] == ["LEAD034"]


def check_points(**others):
    frame = pd.DataFrame({"Umsatz": ["750", "900", "1.500", "12.000", "250.000"], **others})
    formats, detected = detect_formats(frame, set_formats={}, times=[], others=list(frame), order=None)
    return formats.get("Umsatz"), [finding.code for finding in check_formats(detected, [])]


def test_a_point_of_thousands_is_detected_from_the_other_columns():
    comma, point = ["1.234,50 EUR", "2,5", "3", "4", "5"], ["0.5", "1.25", "3", "4", "5"]
    assert check_points(Rest=comma) == ("amount 1.234,5", ["LEAD034"])
    assert check_points(Rest=point) == (None, [])
    assert check_points(Rest=["$1,234.50", "2", "3", "4", "5"]) == (None, ["LEAD034"])
    assert check_points(Rest=comma, More=point) == (None, ["LEAD034", "LEAD042"])
    assert check_points(Number=["1", "2", "3", "4", "5"]) == (None, ["LEAD042"])


THOUSANDS = [f"{number * 7919 % 90_000 + 1_000:,}".replace(",", ".") for number in range(80)]


@pytest.mark.parametrize(
    ("name", "cells", "others", "is_thousands"),
    [
        ("Umsatz", ["750", *THOUSANDS], {}, True),  # of decimals some would end in a 0 and be shorter
        ("Umsatz", THOUSANDS, {"Erstellt am": [f"{day % 28 + 1:02}.03.2026" for day in range(80)]}, True),
        ("Mitarbeiter", THOUSANDS[:6], {}, True),
        ("No. of Employees", THOUSANDS[:6], {}, True),
        ("Umsatz", THOUSANDS, {}, False),  # decimals may all be written with three digits
        ("Umsatz", THOUSANDS, {"Created": [f"{day % 28 + 1:02}/03/2026" for day in range(80)]}, False),
        ("index", ["12", *THOUSANDS[:9]], {}, False),
    ],
)
def test_a_point_of_thousands_is_detected_from_the_column_itself(name, cells, others, is_thousands):
    frame = pd.DataFrame({name: pd.Series(cells), **{other: pd.Series(values) for other, values in others.items()}})
    formats, detected = detect_formats(frame, set_formats={}, times=[], others=list(frame), order=None)
    assert formats.get(name) == ("amount 1.234,5" if is_thousands else None)
    assert ("LEAD042" in [finding.code for finding in check_formats(detected, [])]) is not is_thousands


@pytest.mark.parametrize("cells", [["0.500", "1.500"], ["1500", "1.500"], ["1.5", "1.500"], ["100", "200"]])
def test_a_point_of_decimals_does_not_separate_thousands(cells):
    assert detect_format(pd.Series(cells)) is None


def test_a_format_of_the_settings_wins_and_must_exist():
    raw = pd.DataFrame({"lead_id": ["a", "b"], "outcome": [1, 0], "order_by": [1, 2], "Revenue": ["1,234", "2,5"]})
    leads = check_leads(raw, make_settings({"forms": {"Revenue": "amount 1.234,5"}}))
    assert leads.frame["Revenue"].tolist() == [1.234, 2.5]
    with pytest.raises(SettingsError, match=r"Setting 'forms\.Revenue': Input should be 'amount 1,234\.5'"):
        make_settings({"forms": {"Revenue": "euros"}})
    with pytest.raises(TableError, match="LEAD012 The settings name a column 'Revenu', which is missing in the export"):
        check_leads(raw, make_settings({"forms": {"Revenu": "range 1-10"}}))


def format_oddly(leads):
    """The same leads as another firm writes them."""
    times = {name: pd.to_datetime(leads[name], utc=True).dt.strftime("%d/%m/%Y %H:%M:%S") for name in ("mql_at", "sql_at")}
    ranges = pd.cut(leads["employees"], [0, 10, 50, 200, 1000, np.inf], labels=["1-10", "11-50", "51-200", "201-1,000", "1,001+"])
    revenue = (1000 * leads["employees"]).map(lambda amount: f"{amount:,.2f} €".translate(str.maketrans(",.", ".,")))
    return leads.assign(**times, size=ranges.astype(str), revenue=revenue)


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """A bundle trained on an export in other formats, its scorer, and its leads as they were exported."""
    folder, leads = tmp_path_factory.mktemp("odd"), format_oddly(draw_leads())
    settings = load_settings(make_firm(folder, leads, model={"candidates": ["constant", "logistic"]}))
    saved = save_trained(train(settings), folder / "models", now=NOW.to_pydatetime())
    return saved.folder, Scorer.load(saved.folder), leads


def test_the_bundle_keeps_the_formats_of_its_columns(odd):
    folder, scorer, _ = odd
    kept = json.loads((folder / "features.json").read_text())["forms"]
    expected = {"mql_at": "date d/m/y", "sql_at": "date d/m/y", "size": "range 1-10", "revenue": "amount 1.234,5"}
    assert kept == expected == dict(scorer.features.formats)
    kinds = {feature.name: feature.kind for feature in scorer.features.features}
    assert kinds["size"] == kinds["revenue"] == "number"


def test_one_lead_scores_as_the_table_does_and_as_the_plain_number(odd):
    _, scorer, leads = odd
    sample = leads.sample(60, random_state=1)
    table, _ = score_leads(scorer, sample, None, now=NOW, reasons=0)
    moments = pd.to_datetime(sample["mql_at"], format="%d/%m/%Y %H:%M:%S", utc=True)
    for row, moment, answer in zip(sample.to_dict("records"), moments, table.itertuples(), strict=True):
        attributes = {name: row[name] for name in ("industry", "employees", "size", "revenue", "score")}
        single = scorer.score_lead(Lead(row["lead_id"], moment.to_pydatetime(), attributes), reasons=0)
        assert single.probability == answer.probability
        plain = attributes | {"revenue": 1000 * row["employees"]}
        assert scorer.score_lead(Lead(row["lead_id"], moment.to_pydatetime(), plain), reasons=0).probability == answer.probability
