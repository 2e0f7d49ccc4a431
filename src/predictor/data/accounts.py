"""The account of a lead, which is its firm: an id of the export, or the domain of a business mailbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from predictor.data.email_domains import domain_of, kind_of_domain
from predictor.data.lead_keys import as_keys, as_text, to_key

ACCOUNT_NAMES: Final = ("account_id", "email_domain", "email")  # in the order in which they count
ACCOUNT: Final = "account/key"  # its column in a table of leads; no name of an export begins so


def read_accounts(frame: pd.DataFrame) -> pd.Series:
    """The account of each row: `account_id` where it is filled, else the domain of `email_domain` or `email`; missing for none.

    Mailboxes that anybody can have, and those of universities, are no firm; a domain of the former is none as `account_id`
    either. Cells that mean 'not known' must be blank.

    Args:
        frame: Leads under our names, with or without these columns.

    >>> mails = ["ann@ACME.example", "bob@gmail.com", "eve@acme.example", None]
    >>> read_accounts(pd.DataFrame({"account_id": [None, None, " 17", None], "email": mails})).tolist()
    ['acme.example', nan, '17', nan]
    """
    accounts = as_keys(frame["account_id"]) if "account_id" in frame else pd.Series(np.nan, index=frame.index, dtype="str")
    if free := [key for key in accounts.dropna().unique() if is_free(key)]:
        accounts = accounts.mask(accounts.isin(free))
    for name in ACCOUNT_NAMES[1:]:
        if name in frame:
            codes, cells = pd.factorize(frame[name], use_na_sentinel=False)
            domains = np.array([_find_business(cell) for cell in cells], dtype=object)[codes]
            accounts = accounts.where(accounts.notna(), pd.Series(domains, index=frame.index).astype("str"))
    return accounts


def find_account(values: Mapping[str, object]) -> str | None:
    """The account of one lead, the same as in a table; None for none.

    Args:
        values: What is known of the lead, under our names.

    >>> find_account({"account_id": 17.0, "email": "ann@acme.example"}), find_account({"email": "ann@ACME.example"})
    ('17', 'acme.example')
    """
    account_id = None if values.get("account_id") is None else to_key(as_text(values["account_id"]))
    if account_id is not None and not is_free(account_id):
        return account_id
    domains = (_find_business(values.get(name)) for name in ACCOUNT_NAMES[1:])
    return next((domain for domain in domains if domain is not None), None)


def is_free(account: str) -> bool:
    """Whether a text names a domain at which anybody can have a mailbox, so that it is no account.

    >>> is_free("GMail.com"), is_free("acme.example"), is_free("17")
    (True, False, False)
    """
    return kind_of_domain(domain_of(account)) == "free"


def list_account_names(text: str) -> tuple[str, ...]:
    """The keys that a question about an account may mean: an id as it is, a domain or an address in any case.

    >>> list_account_names(" ACME.example"), list_account_names("ann@acme.example"), list_account_names("17")
    (('ACME.example', 'acme.example'), ('ann@acme.example', 'acme.example'), ('17',))
    >>> list_account_names("gmail.com")
    ()
    """
    names = (to_key(as_text(text)), _find_business(text))
    return () if is_free(text) else tuple(dict.fromkeys(name for name in names if name is not None))


def _find_business(cell: object) -> str | None:
    domain = domain_of(cell)
    return domain if kind_of_domain(domain) == "business" else None
