"""The tables of a simulated firm: leads, events, and the truth about each lead."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictor.simulate.calendar import END, Seconds, to_moments
from predictor.simulate.events import CODE, TYPES, Codes, EventColumns

ATTRIBUTES = (
    "account_id", "email_domain", "industry", "employees", "annual_revenue", "country", "seniority", "department", "source",
    "competitor",
)  # fmt: skip
ASSETS = {
    "page_view": ("home", "product", "solutions", "integrations", "customers", "about", "support", "careers"),
    "blog_view": tuple(f"post-{number:02d}" for number in range(1, 41)),
    "content_download": ("buyers-guide", "roi-calculator", "benchmark-report", "checklist", "whitepaper-data", "case-study"),
    "webinar_attended": ("getting-started", "live-demo", "industry-panel", "roadmap"),
    "form_submitted": ("contact", "price-quote", "event-signup", "callback"),
    "trade_show_attended": ("hannover", "chicago", "london", "paris"),
}  # fmt: skip
BY_MAIL = ("email_open", "email_click", "unsubscribed")
TYPICAL_VALUE = {  # seconds on a page or on the phone, minutes in a webinar
    "page_view": 35, "blog_view": 90, "pricing_page_view": 60, "demo_page_view": 75, "webinar_attended": 32, "phone_call": 240,
}  # fmt: skip


def make_names(count: int) -> npt.NDArray[np.object_]:
    """Keys of leads, long enough to sort as text.

    >>> make_names(2).tolist()
    ['L000001', 'L000002']
    """
    return np.array([f"L{number:06d}" for number in range(1, count + 1)], dtype=object)


def make_leads(people: pd.DataFrame, episodes: pd.DataFrame) -> pd.DataFrame:
    """One row an episode: keys, times, attributes; times after the end of the span are blank.

    Args:
        people: The attributes, one row a lead.
        episodes: `lead` (row of people), `mql`, `by_hand`, and what `draw_outcomes` gives.
    """
    owner = people.iloc[episodes["lead"]].reset_index(drop=True)
    recycled, deal = (episodes[name].to_numpy() <= END for name in ("recycled", "opportunity"))
    table = pd.DataFrame({"lead_id": make_names(len(people))[episodes["lead"]], "account_id": owner["account_id"]})
    table["mql_at"] = to_moments(episodes["mql"].to_numpy())
    table["handed_over_by"] = np.where(episodes["by_hand"], "hand", "gate")
    table["sql_at"] = to_moments(episodes["sql"].to_numpy())
    table["recycled_at"] = to_moments(episodes["recycled"].to_numpy())
    table["recycle_reason"] = episodes["recycle_reason"].where(recycled).to_numpy()
    table["opportunity_at"] = to_moments(episodes["opportunity"].to_numpy())
    table["amount"] = np.where(deal, episodes["amount"], np.nan)
    table[list(ATTRIBUTES[1:])] = owner[list(ATTRIBUTES[1:])]
    texts = [name for name in table.columns if table[name].dtype.kind == "O"]
    return table.astype(dict.fromkeys(texts, "str"))


def make_history(events: EventColumns, names: npt.NDArray[np.object_]) -> pd.DataFrame:
    """The columns of events that every rule needs: who, when and what."""
    return pd.DataFrame(
        {
            "lead_id": pd.array(names, dtype="str").take(events.lead),
            "occurred_at": to_moments(events.time),
            "event_type": pd.Categorical.from_codes(events.kind, pd.Index(TYPES)),
        }
    )


def make_events(rng: np.random.Generator, events: EventColumns, names: npt.NDArray[np.object_]) -> pd.DataFrame:
    """One row an event, with asset, campaign and value where the type has one."""
    table = make_history(events, names)
    table["event_type"] = pd.array(TYPES, dtype="str").take(events.kind)
    table["asset"] = _draw_assets(rng, events.kind)
    table["campaign"] = _name_campaigns(events.kind, events.time)
    typical = np.array([TYPICAL_VALUE.get(name, np.nan) for name in TYPES])[events.kind]
    table["value"] = np.ceil(typical * np.exp(rng.normal(0, 0.8, len(events))))
    return table


def _draw_assets(rng: np.random.Generator, kind: Codes) -> pd.Series:
    """An asset for each event; the first assets of a type are the most popular."""
    labels = [asset for assets in ASSETS.values() for asset in assets]
    chance = rng.random(len(kind)) ** 1.6
    codes = np.full(len(kind), -1)
    start = 0
    for name, assets in ASSETS.items():
        rows = kind == CODE[name]
        codes[rows] = start + (chance[rows] * len(assets)).astype(np.int64)
        start += len(assets)
    return _take(labels, codes)


def _name_campaigns(kind: Codes, time: Seconds) -> pd.Series:
    """E-mail events belong to the newsletter of their month, trade shows to their year."""
    months = time.astype("datetime64[s]").astype("datetime64[M]")
    first = months.min() if len(months) else np.datetime64("2024-07")
    codes = (months - first).astype(np.int64)
    span = [str(first + step) for step in range(int(codes.max(initial=0)) + 1)]
    by_mail = np.isin(kind, [CODE[name] for name in BY_MAIL])
    at_trade_show = kind == CODE["trade_show_attended"]
    labels = [f"newsletter-{month}" for month in span] + [f"fairs-{month[:4]}" for month in span]
    return _take(labels, np.where(by_mail, codes, np.where(at_trade_show, codes + len(span), -1)))


def _take(labels: list[str], codes: Codes) -> pd.Series:
    return pd.Series(pd.array(labels, dtype="str").take(codes, allow_fill=True))
