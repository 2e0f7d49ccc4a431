"""The path about one account: the probability that at least one of its open leads is accepted, and what it rests on."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import pandas as pd
from fastapi import APIRouter, Request

from predictor.data.accounts import list_account_names
from predictor.scoring.account_scores import NO_ACCOUNTS, score_account

from .error_codes import NO_PATH, RefusalError
from .outcome_routes import find_store
from .schemas.answers import UNREADY, WRONG
from .schemas.fields import Key
from .schemas.leads import NO_ACCOUNT, AccountOut
from .serving.service import Served

_FREE = "Anybody can have a mailbox at this domain, so it is no account. Send the id of the account, or the domain of a firm."
_NOT_THERE = "No lead of this account is stored. Send the account_id of its leads, or the domain of their business mailboxes."


def read_account(account_id: Key, service: Served, request: Request) -> AccountOut:
    """The probability that at least one open lead of an account is accepted: from the latest score of each, as of now.

    The account is that of the leads when they were scored: their `account_id`, or the domain of a business mailbox.
    """
    if not service.scorer.features.uses_accounts:
        raise RefusalError(404, NO_PATH, NO_ACCOUNTS)
    names = list_account_names(account_id)
    if not names:
        raise RefusalError(404, NO_PATH, _FREE)
    leads = find_store(request).read_open_leads(names, timezone=service.timezone)
    if leads is None:
        raise RefusalError(404, NO_PATH, _NOT_THERE)
    known = next((name for name in names if leads["account"].eq(name).any()), names[-1])
    at, rule = pd.Timestamp(datetime.now(UTC)), service.scorer.account_rule
    score = score_account(rule, known, leads[leads["account"].eq(known)], at=at)
    return AccountOut.model_validate(asdict(score) | {"share": rule.share})


def add_account_routes(router: APIRouter) -> None:
    """Add the path to a router; an id may contain slashes."""
    router.add_api_route(
        "/v1/accounts/{account_id:path}", read_account, summary="Score an account", tags=["leads"],
        responses=WRONG | UNREADY | NO_ACCOUNT,
    )  # fmt: skip
