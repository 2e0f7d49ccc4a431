"""Names of columns that are no features."""

import pytest

from predictor.data.denied_columns import deny_reason


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
    "name", ["Industry", "employees", "Country", "Source", "Job title", "score", "Отрасль", "", "company_name_length"]
)
def test_names_that_are_allowed(name):
    assert deny_reason(name) is None
