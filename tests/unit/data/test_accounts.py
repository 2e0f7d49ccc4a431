"""The account of a lead: the same in a table and alone, and never a domain at which anybody can have a mailbox."""

import pandas as pd
import pytest

from predictor.data.accounts import find_account, list_account_names, read_accounts


@pytest.mark.parametrize(
    ("lead", "account"),
    [
        ({"account_id": "gmail.com", "email": "ann@acme.example"}, "acme.example"),
        ({"account_id": "GMX.de", "email": "ann@gmx.de"}, None),
        ({"account_id": "ann@outlook.com", "email": None}, None),
        ({"account_id": "acme.example", "email": "ann@gmail.com"}, "acme.example"),
        ({"account_id": "00Q5g000000XyzAEAS", "email": "ann@acme.example"}, "00Q5g000000XyzA"),
        ({"account_id": None, "email": "Ann@Acme.Example"}, "acme.example"),
        ({"account_id": None, "email": "ann@mit.edu"}, None),
    ],
)
def test_a_domain_that_anybody_can_have_is_no_account_wherever_it_stands(lead, account):
    assert find_account(lead) == account
    (read,) = read_accounts(pd.DataFrame([lead], dtype="str")).tolist()
    assert (None if pd.isna(read) else read) == account


@pytest.mark.parametrize(
    ("text", "names"), [("gmail.com", ()), ("ann@gmail.com", ()), ("ACME.example", ("ACME.example", "acme.example"))]
)
def test_a_question_about_an_account_never_means_such_a_domain(text, names):
    assert list_account_names(text) == names
