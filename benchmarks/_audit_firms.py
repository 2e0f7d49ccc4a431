"""Made-up exports of firms: columns as CRMs have them, strong and legitimate features, and outcomes that follow from these.

What looks odd in a real export and is no fault is here too: leads of one firm that share what it is, leads of whom nothing is
known but a newsletter, fields that begin halfway or that one form alone asks for, a number that stands for 'never', a mix of
leads that changes, a contact channel under the name `contact`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

FEWEST, MOST = 300, 5000  # leads of a firm
BASE_RATES = 0.08, 0.40
DAYS = 300, 780
NEVER = 999  # 'days since' of a lead that never was in a campaign, as some systems write it
FORMS = {"newsletter": 0.0, "download": 0.3, "webinar": 0.8, "contact": 1.7, "demo": 2.1}
SOURCES = {"paid search": 0.0, "organic": 0.4, "social": -0.5, "event": 0.5, "partner": 1.0, "referral": 1.5}
ROLES = {"student": -1.2, "specialist": 0.0, "manager": 0.4, "director": 0.8, "board": 0.9}
INDUSTRIES = {"retail": -0.6, "health": -0.4, "public": -0.2, "media": 0.0, "banking": 0.2, "machines": 0.4, "software": 0.6}
PLANS = {"no plan": -0.6, "this year": 0.4, "this quarter": 1.1}
COUNTRIES = ["DE", "US", "FR", "GB", "AT", "CH", "NL", "ES", "IT", "PL", "SE", "DK"]


@dataclass(frozen=True)
class Firm:
    """A firm's leads, oldest first.

    Attributes:
        leads: Their attributes as exported, in text and numbers.
        accepted: Whether sales accepted each in the end.
        moments: When each became an MQL.
        delays: Days from then to acceptance; of the others, days until sales would have had time.
        kind: `dated` has `mql_at` and `sql_at`, `ordered` has `order_by`, `plain` has neither.
        end: The day of the export.
    """

    leads: pd.DataFrame
    accepted: np.ndarray
    moments: pd.Series
    delays: np.ndarray
    kind: str
    end: pd.Timestamp

    @property
    def age(self) -> np.ndarray:
        """Days from the moment of each lead to the export."""
        return ((self.end - self.moments) / pd.Timedelta(days=1)).to_numpy()

    def export(self) -> pd.DataFrame:
        """The file of the export: attributes, key, dates or order, outcome."""
        table = self.leads.assign(lead_id=[f"K{place}" for place in range(len(self.leads))])
        if self.kind == "dated":
            accepted_at = (self.moments + pd.to_timedelta(self.delays, unit="D")).dt.round("s")
            return table.assign(mql_at=self.moments, sql_at=accepted_at.where(self.accepted & (accepted_at <= self.end)))
        table = table.assign(outcome=np.where(self.accepted, "yes", "no"))
        return table.assign(order_by=np.arange(len(table))) if self.kind == "ordered" else table


def draw_firm(seed: int) -> Firm:
    """A firm of its own size, base rate, length of history, and kind of export; the same seed gives the same firm."""
    rng = np.random.default_rng([seed, 16])
    size = int(np.exp(rng.uniform(np.log(FEWEST), np.log(MOST))))
    kind = ("dated", "dated", "dated", "ordered", "plain")[seed % 5]
    span = rng.uniform(*DAYS)
    day = np.sort(span * rng.random(size) ** rng.uniform(0.8, 1.0))
    leads, drive = _draw_leads(rng, day / span)
    drive = drive + 0.2 * rng.normal(size=size)
    chance = _calibrate(drive, rng.uniform(*BASE_RATES))
    end = pd.Timestamp("2026-05-31T00:00:00Z")
    moments = pd.Series(end - pd.to_timedelta(span - day, unit="D")).dt.round("s")
    first_visit = leads.pop("first_visit_days")
    leads["first_visit"] = (moments - pd.to_timedelta(first_visit, unit="D")).dt.date.astype(str)
    leads["days_since_first_visit"] = first_visit.astype(int)
    return Firm(
        leads, rng.random(size) < chance, moments=moments, delays=rng.gamma(1.5, 6, size) + 0.1, kind=kind, end=end
    )  # fmt: skip


def _draw_leads(rng: np.random.Generator, progress: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """The attributes, and what drives acceptance, in log-odds but for a constant."""
    size = len(progress)
    account = _draw_accounts(rng, progress)
    form = _choose(rng, list(FORMS), [0.35, 0.3, 0.15, 0.12, 0.08], size)
    source = np.where(
        rng.random(size) < 0.6 * progress, _choose(rng, list(SOURCES), [0.2, 0.2, 0.3, 0.1, 0.1, 0.1], size),
        _choose(rng, list(SOURCES), [0.4, 0.3, 0.1, 0.1, 0.05, 0.05], size),
    )  # fmt: skip
    role = _choose(rng, list(ROLES), [0.1, 0.4, 0.3, 0.15, 0.05], size)
    is_asked = np.isin(form, ["contact", "demo"]) & (rng.random(size) < 0.9)
    plan = np.where(is_asked, _choose(rng, list(PLANS), [0.4, 0.35, 0.25], size), "")
    interest = rng.gamma(0.4 + 0.5 * np.vectorize(FORMS.get)(form), 1.0)
    views = rng.poisson(3 * interest)
    drive = sum(np.vectorize(table.get)(values) for table, values in ((FORMS, form), (SOURCES, source), (ROLES, role)))
    drive = drive + np.vectorize(INDUSTRIES.get)(account["industry"]) + 0.5 * np.log1p(views) + np.where(is_asked, 0.2, 0.0)
    drive = drive + np.array([PLANS.get(text, 0.0) for text in plan])
    idle = (form == "newsletter") & (rng.random(size) < 0.8)
    letters = rng.choice(list("abc"), size)
    leads = account.assign(
        form=form,
        source=source,
        campaign=[f"{one[:3]}-{int(12 * when)}-{letter}" for one, when, letter in zip(source, progress, letters, strict=True)],
        role=np.where(idle, "", role),
        project_start=plan,
        page_views_30d=np.where(idle, 0, views),
        minutes_on_site=np.where(idle | (views == 0), 0, np.round(views * rng.lognormal(0, 0.6, size), 1)),
        use_case=np.where((progress > 0.45) & (rng.random(size) < 0.7), rng.choice(["report", "plan", "share"], size), ""),
        score=np.round(6 * drive + rng.normal(0, 9, size) + 40).clip(0, 100).astype(int),
        contact=_choose(rng, ["cellular", "telephone"], [0.7, 0.3], size),
        opt_in=_choose(rng, ["yes", "no"], [0.97, 0.03], size),
        do_not_call=_choose(rng, ["0", "1"], [0.99, 0.01], size),
        days_since_campaign=np.where(rng.random(size) < 0.9 - 0.5 * progress, NEVER, rng.integers(1, 60, size)),
        landing_page=[f"/p/{page}" for page in rng.zipf(1.5, size).clip(max=150)],
        first_visit_days=rng.exponential(10 + 30 * interest),
    )
    return leads, drive


def _draw_accounts(rng: np.random.Generator, progress: np.ndarray) -> pd.DataFrame:
    """What leads share with others of their firm; firms become smaller over time where a firm sells to ever smaller ones."""
    size = len(progress)
    account = rng.integers(0, max(1, int(0.6 * size)), size)
    shrinking = rng.choice([0.0, 0.0, 1.2])
    started = pd.Series(progress).groupby(account).transform("min").to_numpy()
    employees = np.round(np.exp(rng.normal(4.5, 1.4, size)[account] - shrinking * started)).clip(1)
    return pd.DataFrame({
        "industry": _choose(rng, list(INDUSTRIES), [1 / 7] * 7, size)[account],
        "country": _choose(rng, COUNTRIES, [0.5, 0.1, 0.08, 0.08, 0.05, 0.05, 0.04, 0.03, 0.02, 0.02, 0.02, 0.01], size)[account],
        "employees": np.where(rng.random(size)[account] < 0.25, "", employees.astype(int).astype(str)),
        "revenue_band": np.digitize(employees, [10, 50, 250, 1000]).astype(str),
    })  # fmt: skip


def _choose(rng: np.random.Generator, values: Sequence[str], shares: Sequence[float], size: int) -> np.ndarray:
    return rng.choice(values, size, p=np.array(shares) / sum(shares))


def _calibrate(drive: np.ndarray, rate: float) -> np.ndarray:
    """Probabilities with that mean."""
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-drive - middle))).mean() < rate else (low, middle)
    return np.asarray(1 / (1 + np.exp(-drive - low)))
