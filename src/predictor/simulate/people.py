"""Who the leads are: firms and the people who write from them, students, competitors, free mail."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictor.simulate.calendar import BEGIN, DAY, END, SINCE, YEAR

Texts = npt.NDArray[np.object_]

INDUSTRIES = (
    "Software", "Manufacturing", "Financial services", "Logistics", "Healthcare", "Retail", "Education",
    "Business services", "Insurance", "Construction", "Energy", "Telecommunications", "Media", "Automotive",
    "Food and beverage", "Chemicals", "Pharmaceuticals", "Real estate", "Hospitality", "Public administration",
    "Non-profit", "Electronics", "Consumer goods", "Legal services", "Agriculture", "Aerospace", "Biotechnology",
    "Utilities", "Staffing", "Travel", "Textiles", "Packaging", "Mining", "Sports", "Shipping", "Furniture", "Printing",
    "Waste management", "Museums", "Veterinary",
)  # fmt: skip
COUNTRIES = (
    "United States", "Germany", "United Kingdom", "France", "Netherlands", "Canada", "Switzerland", "Austria", "Ireland",
    "India", "Sweden", "Spain", "Italy", "Poland", "Belgium", "Denmark", "Australia", "Norway", "Finland", "Brazil",
    "Portugal", "Czechia", "Israel", "Singapore", "Mexico", "Japan", "Romania", "South Africa", "Hungary", "Greece",
    "United Arab Emirates", "Turkey", "New Zealand", "Estonia", "Chile", "Kenya",
)  # fmt: skip
DEPARTMENTS = (
    "Marketing", "IT", "Sales", "Operations", "Finance", "Human resources", "Procurement", "Engineering",
    "Customer service", "Legal", "Research", "Facilities",
)  # fmt: skip
SENIORITIES = ("C-level", "VP", "Director", "Manager", "Specialist", "Intern")
SENIORITY_SHARES = (0.08, 0.09, 0.16, 0.30, 0.33, 0.04)

# Source of the first touch: its share in the middle of the span, and how fast its weight grows a year.
SOURCES = {
    "organic_search": (0.22, 0.0), "paid_search": (0.14, 0.03), "direct": (0.12, 0.0), "paid_social": (0.10, 0.21),
    "e-mail": (0.08, -0.06), "webinar": (0.08, 0.0), "referral": (0.07, 0.0), "trade_show": (0.06, -0.06),
    "partner": (0.05, -0.15), "content_syndication": (0.04, 0.12), "review_site": (0.015, 0.18), "podcast": (0.01, 0.18),
    "outbound": (0.01, 0.0), "print": (0.003, -0.18), "radio": (0.002, 0.0),
}  # fmt: skip

FREE_DOMAINS = ("gmail.com", "outlook.com", "yahoo.com", "gmx.de", "hotmail.com", "web.de", "icloud.com", "proton.me")
REVENUE_PER_HEAD = {"Software": 190e3, "Financial services": 320e3, "Energy": 420e3, "Retail": 230e3, "Education": 70e3}
MISSING_SHARES = {
    "industry": 0.05, "employees": 0.12, "annual_revenue": 0.25, "country": 0.02, "seniority": 0.08, "department": 0.15,
    "source": 0.03,
}  # fmt: skip


def compute_tail(count: int, exponent: float = 1.1) -> npt.NDArray[np.float64]:
    """Shares of a category with a long tail, the first the largest; they sum to 1.

    >>> compute_tail(3, 1.0).round(2).tolist()
    [0.55, 0.27, 0.18]
    """
    weights = np.arange(1, count + 1) ** -exponent
    return np.asarray(weights / weights.sum())


def _pick(rng: np.random.Generator, names: tuple[str, ...], count: int, shares: Any = None) -> Texts:  # noqa: ANN401
    return np.array(names, dtype=object)[rng.choice(len(names), count, p=shares)]


def draw_accounts(rng: np.random.Generator, count: int) -> pd.DataFrame:
    """One row a firm: `account_id`, `email_domain`, `industry`, `employees`, `annual_revenue`, `country`.

    Domains end in `.example`, which no firm can register (RFC 2606).

    >>> draw_accounts(np.random.default_rng(0), 2)["email_domain"].str.endswith(".example").all()
    np.True_
    """
    industry = _pick(rng, INDUSTRIES, count, compute_tail(len(INDUSTRIES)))
    employees = np.clip(np.exp(rng.normal(np.log(220), 1.7, count)), 1, 200_000).round()
    per_head = np.array([REVENUE_PER_HEAD.get(name, 160e3) for name in industry]) * np.exp(rng.normal(0, 0.5, count))
    numbers = np.arange(1, count + 1)
    first = _pick(rng, ("nord", "blue", "alto", "terra", "nova", "quad", "omni", "vera", "luma", "zeno"), count)
    last = _pick(rng, ("soft", "works", "logic", "trade", "line", "tech", "haus", "lab", "group", "point"), count)
    return pd.DataFrame(
        {
            "account_id": [f"A{number:06d}" for number in numbers],
            "email_domain": [f"{a}{b}-{number}.example" for a, b, number in zip(first, last, numbers, strict=True)],
            "industry": industry,
            "employees": employees,
            "annual_revenue": np.maximum(np.round(employees * per_head, -4), 10_000),
            "country": _pick(rng, COUNTRIES, count, compute_tail(len(COUNTRIES), 1.25)),
        }
    )


def draw_people(rng: np.random.Generator, accounts: pd.DataFrame, count: int, *, drift: float = 1.0) -> pd.DataFrame:
    """One row a person: attributes as the CRM holds them, and `first_seen` in seconds, which no table shows.

    Args:
        rng: The source of randomness.
        accounts: The firms that people may work for.
        count: How many people.
        drift: How fast the mix of sources changes; 0: not at all.
    """
    kind = rng.choice(4, count, p=(0.80, 0.12, 0.055, 0.025))  # at work, free address, student, competitor
    people = accounts.iloc[rng.integers(0, len(accounts), count)].reset_index(drop=True)
    people["first_seen"] = rng.integers(SINCE, END - DAY, count)
    people["seniority"] = _pick(rng, SENIORITIES, count, SENIORITY_SHARES)
    people["department"] = _pick(rng, DEPARTMENTS, count, compute_tail(len(DEPARTMENTS), 0.8))
    people["source"] = _draw_sources(rng, people["first_seen"].to_numpy(), drift)
    people["competitor"] = np.where(kind == 3, "yes", "no").astype(object)
    people.loc[kind == 3, "industry"] = "Software"
    _hide_company(rng, people, free=kind == 1, student=kind == 2)
    for column, share in MISSING_SHARES.items():
        people.loc[rng.random(count) < share, column] = np.nan if people[column].dtype.kind == "f" else None
    return people


def _draw_sources(rng: np.random.Generator, seen: npt.NDArray[np.int64], drift: float) -> Texts:
    shares, growth = np.array(list(SOURCES.values())).T
    years = (seen - (BEGIN + END) / 2) / YEAR
    weights = shares * np.exp(drift * growth * years[:, None])
    cumulative = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    codes = (rng.random(len(seen))[:, None] > cumulative[:, :-1]).sum(axis=1)
    return np.asarray(np.array(list(SOURCES), dtype=object)[codes])


def _hide_company(
    rng: np.random.Generator, people: pd.DataFrame, *, free: npt.NDArray[np.bool_], student: npt.NDArray[np.bool_]
) -> None:
    """Blanks the facts about the firm that people with private mailboxes and students do not give."""
    people.loc[free, "email_domain"] = _pick(rng, FREE_DOMAINS, int(free.sum()), compute_tail(len(FREE_DOMAINS)))
    people.loc[free, "employees"] = np.ceil(people.loc[free, "employees"] / 12)
    people.loc[free, "annual_revenue"] = np.nan
    schools = rng.integers(1, 60, int(student.sum()))
    people.loc[student, "email_domain"] = [f"sample-university-{number}.edu" for number in schools]
    people.loc[student, ["employees", "annual_revenue"]] = np.nan
    people.loc[student, "seniority"] = _pick(rng, ("Intern", "Specialist"), int(student.sum()), (0.6, 0.4))
    people.loc[student, "industry"] = "Education"
    people.loc[free | student, "account_id"] = None
    unknown = student & (rng.random(len(people)) < 0.6)
    people.loc[unknown, "department"] = None
