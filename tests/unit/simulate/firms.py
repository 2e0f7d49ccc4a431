"""Helpers for simulated firms, and tables small enough to be worked by hand."""

from pathlib import Path

import pandas as pd

from predictor.data.email_domains import kind_of_domain
from predictor.data.events.table import tabulate_events
from predictor.points.award_table import award_table
from predictor.points.rulebook import load_rule_book
from predictor.simulate.firm import Firm
from predictor.simulate.truth import HORIZON_DAYS

OBSERVED_UNTIL = pd.Timestamp("2026-06-30T23:59:59Z")


def compute_outcomes(leads: pd.DataFrame) -> pd.Series:
    return (leads["sql_at"] <= leads["mql_at"] + pd.Timedelta(days=HORIZON_DAYS)).astype(int)


def compute_mature(leads: pd.DataFrame) -> pd.Series:
    return leads["mql_at"] + pd.Timedelta(days=HORIZON_DAYS) <= OBSERVED_UNTIL


def award(firm: Firm):
    kinds = firm.leads["email_domain"].map(kind_of_domain)
    leads = firm.leads.assign(as_of=firm.leads["mql_at"], email_domain_kind=kinds)
    return award_table(load_rule_book("b2b", Path()), leads, tabulate_events(firm.events))


def make_lead(mql_at: str) -> pd.DataFrame:
    unknown = dict.fromkeys(
        ["email_domain", "industry", "employees", "annual_revenue", "country", "seniority", "department", "source"]
    )
    return pd.DataFrame([unknown | {"lead_id": "A", "competitor": "no", "mql_at": pd.Timestamp(mql_at, tz="UTC")}])


def make_events(days: list[str], event_type: str) -> pd.DataFrame:
    times = pd.to_datetime(pd.Series(days, dtype="str"), utc=True)
    return pd.DataFrame({"lead_id": "A", "occurred_at": times, "event_type": event_type})
