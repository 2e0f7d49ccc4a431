"""Amounts in several currencies in one column are told; one currency, in any spelling, is not."""

import pytest
from helpers import draw_leads

from predictor.core.settings import make_settings
from predictor.data.leads import check_leads


def find(cells):
    leads = draw_leads(60).assign(Revenue=[cells[row % len(cells)].format(1000 + row) for row in range(60)])
    return [finding for finding in check_leads(leads, make_settings()).findings if finding.code == "LEAD044"]


@pytest.mark.parametrize(
    "cells",
    [
        ["${}", "€{}"], ["EUR {}", "USD {}", "{}"], ["{} €", "{} £"], ["{} zł", "{} EUR"], ["CHF {}", "{} Kč"], ["₹{}", "US${}"],
    ],
)  # fmt: skip
def test_several_currencies_are_told(cells):
    (finding,) = find(cells)
    assert (finding.severity, finding.column) == ("warning", "Revenue")
    assert finding.what.startswith("Column 'Revenue' holds amounts in several currencies: ")


@pytest.mark.parametrize("cells", [["{}"], ["${}", "{} USD", "US${}"], ["€ {}", "EUR {}", "{} euros", "{}"], ["{} %", "{}"]])
def test_one_currency_in_several_spellings_is_none(cells):
    assert find(cells) == []


def test_one_cell_in_another_currency_may_be_mistyped():
    assert find(["${}"] * 59 + ["€{}"]) == []


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["EUR", "USD"], True),
        (["EUR", "eur "], False),
        (["EUR", "DE"], False),
        (["EUR", ""], False),
        (["EUR", "", "USD"], True),
        (["EUR", None, "USD"], True),
    ],
)
@pytest.mark.parametrize("role", ["attribute", "ignore"])
def test_a_column_that_names_several_currencies_is_told_whatever_its_role(texts, said, role):
    """The amounts would be averaged as if all were in one."""
    leads = draw_leads(60).assign(amount="1000", Currency=[texts[row % len(texts)] for row in range(60)])
    leads["opportunity_at"] = leads["sql_at"]
    settings = make_settings({"roles": {"ignore": ["Currency"] if role == "ignore" else []}})
    found = [finding for finding in check_leads(leads, settings).findings if finding.code == "LEAD044"]
    assert len(found) == said
    if said:
        assert found[0].what.startswith("Column 'Currency' says that amounts are in several currencies: EUR in ")
    without = check_leads(leads.drop(columns="opportunity_at"), settings).findings
    assert not [finding for finding in without if finding.code == "LEAD044"], "without opportunities no amount is summed"


@pytest.mark.parametrize(
    ("amounts", "codes", "currency"),
    [
        (["{} €", "{}"], ["x"], "EUR"),
        (["US${}"], ["EUR"], "USD"),
        (["{}"], ["GBP", "gbp", ""], "GBP"),
        (["{}"], ["GBP", "EUR"], ""),
        (["{} €", "{} £"], ["EUR"], ""),
        (["{}"], ["DE"], ""),
    ],
)
def test_the_currency_of_the_amounts_is_known_where_it_is_one(amounts, codes, currency):
    cells = {"amount": [amounts[row % len(amounts)].format(1000 + row) for row in range(60)]}
    leads = draw_leads(60).assign(**cells, Currency=[codes[row % len(codes)] for row in range(60)])
    leads["opportunity_at"] = leads["sql_at"]
    assert check_leads(leads, make_settings()).currency == currency
    assert check_leads(leads.drop(columns="amount"), make_settings()).currency == ""
