"""Names of columns that are no features."""

import pandas as pd
import pytest

from predictor.data.denied_columns import deny_column, deny_reason


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Lead Quality", "it is filled in during qualification"),
        ("lead_quality", "it is filled in during qualification"),
        ("BANT: Need", "it is filled in during qualification"),
        ("LEAD STATUS", "it is filled in during qualification"),
        ("HubSpot Owner ID", "it is set by sales"),
        ("Closed Lost Reason", "it reveals the outcome"),
        ("Converted Account ID", "it reveals the outcome"),
        ("Last Activity Date", "it holds the state at export, not when"),
        ("Lead Rating", "it is filled in during qualification"),
        ("Unqualified Reason", "it is filled in during qualification"),
        ("hubspot_owner_assigneddate", "it is set by sales"),
        ("hs_sales_email_last_replied", "it is set by sales"),
        ("Lost Reason", "it reveals the outcome"),
        ("First marketing email click date", "it holds the state at export, not when"),
        ("hs_email_first_open_date", "it holds the state at export, not when"),
        ("hs_email_optout", "it holds the state at export, not when"),
        ("Unsubscribed from all email", "it holds the state at export, not when"),
        ("HasOptedOutOfEmail", "it holds the state at export, not when"),
        ("EmailBouncedDate", "it holds the state at export, not when"),
        ('Cumulative time in "Lead (Lifecycle Stage Pipeline)"', "it holds the state at export, not when"),
        ("Latest Traffic Source", "it holds the state at export, not when"),
        ("Likelihood to close", "it holds the state at export, not when"),
        ("First Name", "it identifies a person"),
        ("mobile_phone", "it identifies a person"),
    ],
)
def test_denied(name, why):
    assert deny_reason(name).startswith(why)


@pytest.mark.parametrize(
    "name",
    [
        "Last edited by", "Zuletzt bearbeitet", "Aktualisiert am", "Dernière mise à jour", "DERNIERE MISE A JOUR",
        "Ultimo aggiornamento", "Data de atualização", "Laatst gewijzigd op", "Senast uppdaterad", "Sidst ændret",
        "Sist endret", "Synced",
        "Última actualización", "Data modyfikacji", "Naposledy upraveno", "Viimeksi muokattu", "Son güncelleme",
        "Дата изменения", "更新日時",
    ],
)  # fmt: skip
def test_dates_of_a_modification_are_denied_in_every_language(name):
    assert deny_reason(name) == "it holds the state at export, not when the lead became an MQL"


@pytest.mark.parametrize(
    "name",
    ["Branche", "Secteur", "País", "Settore", "Bron", "Źródło", "Lähde", "業種", "Date de création", "Nominal"],
)
def test_attributes_and_dates_of_creation_are_allowed_in_every_language(name):
    assert deny_reason(name) is None


@pytest.mark.parametrize(
    "name", ["Industry", "employees", "Country", "Source", "Job title", "score", "Отрасль", "", "company_name_length"]
)
def test_names_that_are_allowed(name):
    assert deny_reason(name) is None


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("contact", ["cellular", "telephone"]),
        ("Contact", ["Cellular", "telephone", "CELLULAR", None]),
        ("phone", ["yes", "no"]),
        ("E-Mail", ["ja", "nein"]),
        ("mobile", [1, 0]),
        ("address", ["home", "work", "other"]),
    ],
)
def test_ways_to_reach_people_are_no_persons(name, values):
    assert deny_column(name, pd.Series(values * 40)) is None


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("contact", [f"Person {number}" for number in range(5)]),
        ("contact", ["a@firm.example", "b@firm.example"]),
        ("phone", ["+49 30 123456", "030/654321"]),
        ("first name", ["Ann", "Bob"]),
        ("contact person", ["Ann Smith", "Bob Jones"]),
        ("Lead Status", ["open", "closed"]),
        ("contact", [None, None]),
    ],
)
def test_persons_and_columns_of_sales_stay_denied(name, values):
    reason = deny_column(name, pd.Series(values * 40))
    assert reason is not None
    assert reason == deny_reason(name)


def test_a_few_leads_show_no_way():
    assert deny_column("contact", pd.Series(["cellular", "telephone"] * 10)) is not None
