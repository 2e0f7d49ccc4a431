"""Leads for pages: points, learned points and model of a made-up firm, drawn directly, so that nothing is trained."""

from dataclasses import replace

import numpy as np
import pandas as pd

from predictor.points.rulebook import parse_rule_book
from predictor.report.compare.compared_leads import ComparedLeads
from predictor.report.compare.comparison import compute_comparison
from predictor.report.page.render import PageData

BOOK = parse_rule_book(
    """
name = "b2b"
gate = 40
rules = [
  {name = "Pricing page, 3 or more \\"now\\"", event = "pricing_page_view", points = 20},
  {name = "Webinar", event = "webinar_attended", points = 10},
  {name = "Never", event = "fax_sent", points = 30},
]""",
    "b2b",
)


def simulate_leads(n, *, seed=0, **changes):
    """Leads whose outcomes follow a known chance, which the model knows well and the points in part."""
    draw = np.random.default_rng(seed)
    times = pd.DataFrame({rule.name: draw.binomial(3, 0.3, n).astype(float) for rule in BOOK.rules}).assign(Never=0.0)
    points = times.to_numpy() @ np.array([20.0, 10, 30])
    chance = 1 / (1 + np.exp(2.4 - 0.03 * points - draw.normal(0, 1.2, n)))
    probability = np.clip(chance * np.exp(draw.normal(0, 0.3, n)), 0.001, 0.999).round(6)
    attributes = pd.DataFrame({
        "industry": draw.choice(["Software", "Retail & <b>Co</b>", "Building"], n), "employees": draw.integers(1, 900, n),
    })  # fmt: skip
    days = pd.to_timedelta(np.sort(draw.integers(0, 140, n)), unit="D")
    sides = {"fit": draw.choice(list("ABC"), n), "engagement": draw.choice([1, 2, 3, 4], n)}
    fields = {
        "lead_id": np.array([f"LEAD{number:06d}" for number in range(n)], dtype=object),
        "outcome": (draw.random(n) < chance).astype(float), "probability": probability, "threshold": 0.2,
        "points": points, "routed": points >= 40, "gate": 40.0, "learned": np.round(0.4 * points + 6 * (times.iloc[:, 0] > 0)),
        "learned_gate": 16.0, "times": times, "book": BOOK, "attributes": attributes, "weeks": 20.0, "sides": sides,
        "moments": pd.Series(pd.Timestamp("2026-01-01", tz="UTC") + days),
    }  # fmt: skip
    fields["learned"] = fields["learned"].to_numpy()
    return ComparedLeads(**fields | changes)


def make_page(leads, *, resamples=20, **changes):
    """The page of those leads."""
    learned = pd.DataFrame({
        "rule": [rule.name for rule in BOOK.rules], "hand_points": [20.0, 10.0, 30.0], "points": [11, 4, 0],
        "times": [3.0, 1.0, 1.0],
        "why": ["Set to 20, learned 11, \"rounded\"; so.", "Set to 10, learned 4.", "It never fired."],
    })  # fmt: skip
    curve = pd.DataFrame({"days": np.arange(1.0, 60), "converted": 0.3 * (1 - np.exp(-np.arange(1.0, 60) / 12))})
    comparison = compute_comparison(leads, resamples=resamples, also=[0.25])
    if leads.book is not None:
        comparison = comparison.with_tables({"learned_points": learned, "time_to_sql": curve})
    book = 'name = "b2b, learned"\ngate = 17\n' if leads.book is not None else ""
    fields = {
        "threshold": 0.25,
        "title": "A page",
        "over": "The same leads",
        "about": "About it.",
        "horizon_days": 30.0,
        "book": book,
    }
    return PageData(comparison=comparison, **fields | changes)


def name_swapped(page):
    """The page with what the people who hold the leads want to know of those that would be swapped."""
    swapped = page.comparison.tables["swapped"]
    known = swapped.assign(**{
        "Company": "Nut & <b>Bolt</b> Ltd", "source": "Webinar", "rules": "Pricing page, 3 or more \"now\" ×2, Webinar",
        "for": "Pricing page views: count 7: +9.1; Employees 250: +3.0", "against": "Industry Retail: -2.4; Source Web: -1.1",
        "record": [f"https://crm.example.com/leads/{key}" for key in swapped["lead_id"]],
    })  # fmt: skip
    return replace(page, comparison=page.comparison.with_tables({"swapped": known}))
