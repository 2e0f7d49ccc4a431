"""Several values in a cell are a set in any order; addresses, names and texts with commas are none."""

import numpy as np
import pandas as pd
import pytest

from predictor.core.settings import make_settings
from predictor.data.detect_formats import detect_format, to_plain_column
from predictor.data.formats import to_plain_format
from predictor.data.leads import check_leads
from predictor.data.missing import blank_missing
from predictor.data.sets import list_members


@pytest.mark.parametrize(
    ("cell", "column_format"),
    [
        ("API;Pricing;Support", "set ;"),
        ("Support; api ;Pricing", "set ;"),
        (";Support;API;Pricing;", "set ;"),
        ("Support, Pricing,API", "set ,"),
        ("^Support^,^Pricing^,^API^", "set ,"),
        ("API | Support | Pricing", "set |"),
        ("API\r\nSupport\nPricing", "set lines"),
        ('["Support", "API", "Pricing"]', "set [...]"),
        ("['Support', 'API', \"Pricing\"]", "set [...]"),
        ("['Support' 'API' 'Pricing']", "set [...]"),
        ("('Support', 'API', 'Pricing')", "set [...]"),
        ("{Support,API,Pricing}", "set [...]"),
        (["Support", "API", "Pricing", "API"], "set ;"),
        (("Support", "API", "Pricing"), "set |"),
        (np.array(["Support", "API", "Pricing"]), "set ,"),
        ("Support;API;Pricing", "set ,"),
        ('["Support", "API", "Pricing"]', "set ;"),
    ],
)
def test_one_set_has_one_plain_text_in_every_spelling(cell, column_format):
    plain = to_plain_format(cell, column_format)
    assert plain.casefold() == "api;pricing;support"
    assert to_plain_format(plain, column_format) == plain


def test_members_keep_commas_apostrophes_and_numbers():
    assert list_members("Oil, Gas; Children's", "set ;") == ["Children's", "Oil, Gas"]
    assert list_members("['Children\\'s', \"B's\", 7]", "set [...]") == ["7", "B's", "Children\\'s"]
    assert list_members([3, 2.0, True, None], "set ;") == ["2", "3", "true"]
    assert list_members("(North) America; (South) America", "set ;") == ["(North) America", "(South) America"]
    assert list_members("[]", "set [...]") == list_members([], "set ;") == list_members(" ; ", "set ;") == []


@pytest.mark.parametrize("value", [{"a": 1}, [["a"]], [{"a": 1}]])
def test_what_is_no_set_stays_as_it_is(value):
    assert to_plain_format(value, "set ;") is value


def draw(options, separator, *, n=300, share=0.4, ordered=False):
    """Cells as a multi-select field has them: at least one of the options each."""
    dice, cells = np.random.default_rng(0), []
    for _ in range(n):
        chosen = [option for option in options if dice.random() < share] or [str(dice.choice(options))]
        cells.append(separator.join(chosen if ordered else dice.permutation(chosen)))
    return cells


def combine(*parts, n=300):
    """Cells of one part from each list, which stands at its own place."""
    dice = np.random.default_rng(0)
    return ["".join(str(dice.choice(part)) for part in parts) for _ in range(n)]


@pytest.mark.parametrize(
    ("cells", "column_format"),
    [
        (draw(["API", "Pricing", "Support"], ";"), "set ;"),
        (draw(["API", "Pricing", "Support"], "; ", n=25), "set ;"),
        (draw(["Email", "Phone"], ";", ordered=True), "set ;"),
        (draw(["1", "2", "3"], ";"), "set ;"),
        (draw(["Email", "Phone", "SMS", "Post"], ", ", ordered=True), "set ,"),
        (draw(["Email", "Phone"], ", "), "set ,"),
        (draw(["Germany", "France", "Spain"], ","), "set ,"),
        (draw([f"Tool {number}" for number in range(60)], ", ", share=0.08), "set ,"),
        (draw(["^a_b^", "^c^", "^d^"], ","), "set ,"),
        (draw(["Data room", "ERP", "CRM"], "|"), "set |"),
        (draw(["Data room", "ERP", "CRM"], "\n"), "set lines"),
        ([str(cell.split(";")) for cell in draw(["API", "B's", "C"], ";")], "set [...]"),
        (["{" + cell + "}" for cell in draw(["api", "b", "c"], ",")], "set [...]"),
    ],
)
def test_a_column_with_several_values_in_a_cell_is_detected(cells, column_format):
    assert detect_format(pd.Series(cells)).format == column_format


CITIES = ["Berlin, Germany", "Munich, Germany", "Paris, France", "Lyon, France", "Vigo, Spain"]
NUMBERS = [str(number) for number in range(90)]


@pytest.mark.parametrize(
    "cells",
    [
        CITIES * 20,
        CITIES * 20 + ["Germany", "France"] * 20,
        combine(["Main Street ", "Park Lane "], NUMBERS, [", "], CITIES),
        combine(["Springfield", "Portland", "Salem"], [", "], ["OR", "IL", "MA"]),
        combine(["Miller", "Smith", "Lee"], [", "], ["Ann", "Bob", "Cy"]),
        combine(["Acme", "Byte", "Core"], NUMBERS, [", "], ["Inc.", "LLC"]),
        combine(["VP", "Manager"], [", "], ["Sales", "Marketing", "IT"]),
        combine(["google", "bing"], [" | "], ["cpc", "organic"]),
        ["EMEA | DACH | Germany", "EMEA | DACH | Austria", "EMEA | Nordics | Sweden", "AMER | US | West"] * 50,
        ["Oil, Gas & Mining", "Banking, Finance & Insurance", "Software"] * 50,
        ["Korea, Republic of", "Iran, Islamic Republic of", "Spain"] * 50,
        ["We need a demo, please; call me", "Please call, soon; thanks"] * 50,
        combine(["ann", "bob"], ["@x.example; "], ["cy", "ann", "bob"], ["@x.example"]),
        combine(NUMBERS, [".25, "], NUMBERS, [".75"]),
        ["Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "Mozilla/5.0 (X11; Linux; x64)"] * 50,
        ["API;Pricing"] * 3 + ["API"] * 300,
        ["Software", "Retail"] * 50,
    ],
)
def test_texts_with_separators_are_no_sets(cells):
    assert detect_format(pd.Series(cells)) is None


def test_amounts_ranges_and_dates_come_first():
    columns = {"1,5": "amount 1.234,5", "1,001-5,000": "range 1-10", "Mar 3, 2026": "date 31 Mar 2026"}
    assert {cell: detect_format(pd.Series([cell] * 20)).format for cell in columns} == columns


def test_a_job_title_is_one_text():
    assert detect_format(pd.Series(draw(["VP", "Sales", "Marketing"], ", ")), name="Job Title") is None


def test_lists_of_a_parquet_file_are_read_as_their_json():
    lists = pd.Series([np.array(["API", "Pricing"]), None, np.array([], dtype=object), ["Pricing", "API"]])
    plain = to_plain_column(blank_missing(lists.to_frame("topics"), [])["topics"], "set [...]")
    assert plain.fillna("-").tolist() == ["API;Pricing", "-", "-", "API;Pricing"]


def make_export(**columns):
    n = len(next(iter(columns.values())))
    days = pd.date_range("2025-01-01", periods=n).strftime("%Y-%m-%d")
    return pd.DataFrame({"lead_id": [f"L{number}" for number in range(n)], "mql_at": days, "sql_at": None} | columns)


def test_a_set_is_told_with_how_it_is_read_and_what_to_set_where_it_is_none():
    raw = make_export(topics=draw(["API", "Pricing", "Support"], "; ", n=60))
    leads = check_leads(raw, make_settings())
    (tip,) = [finding for finding in leads.findings if finding.code == "LEAD070"]
    several = sum(";" in cell for cell in raw["topics"])
    what = f"'topics', read as 'set ;' (3 values, several of them in {several} of 60 rows). Each value is a feature."
    assert tip.what == f"Cells hold several values: {what}"
    assert tip.severity == "tip"
    assert "'text' in [forms]" in tip.do
    assert leads.attributes == {"topics": "set"}
    assert set(leads.frame["topics"]) <= {
        "API", "Pricing", "Support", "API;Pricing", "API;Support", "Pricing;Support", "API;Pricing;Support",
    }  # fmt: skip
    as_text = check_leads(raw, make_settings({"forms": {"topics": "text"}}))
    assert as_text.attributes == {"topics": "category"}
    assert "LEAD070" not in {finding.code for finding in as_text.findings}
    few = check_leads(raw.head(4), make_settings({"forms": {"topics": "set ;"}}))
    assert few.attributes == {"topics": "set"}
    assert "LEAD070" in {finding.code for finding in few.findings}
