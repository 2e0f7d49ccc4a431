"""A firm's two tables as a warehouse holds them, full of odd cells, and the scorer's answers about them."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from parity.event_lists import ASSETS, CAMPAIGNS, VALUES, make_chance

from predictor.scoring.batch import score_leads
from predictor.scoring.scorer import Scorer
from predictor.scoring.sql.query import COLUMNS
from predictor.scoring.sql.stages import Tables
from predictor.simulate.firm import simulate_firm

BUNDLE = Path(__file__).parents[1] / "unit" / "scoring" / "bundle" / "version_0_1_0"
NOW = pd.Timestamp("2026-06-01 12:00", tz="UTC")
TICK = timedelta(microseconds=1)
ODD = ["", " ", "N/A", None, "Unheard of", "SOFTWARE ", "\tsoftware", "größe", "ΣΊΣΥΦΟΣ", "it's", "\\", "%"]
ODD_NUMBERS = ["", "n/a", " 250 ", "1e3", "-0.0", "many", "1,5", "inf", None, "NaN"]
DOMAINS = ["gmail.com", " Jo@GMAIL.com.", "x@mit.edu", "ox.ac.uk", "edu.uk", "a..b", "nobody", "x@firm.example", "", None]
KEY = ["lead_id", "as_of"]
CRM = Tables(leads="crm_leads", events="crm_events")
TYPES = ["pricing_page_view", " Pricing_Page_View", "WEBINAR_ATTENDED\n", "", None, "größe", "content_download"]


def draw_leads(leads):
    """The leads of a firm as texts, many with cells that are odd; the last rows are of leads with no key or no moment."""
    chance, texts = make_chance(7), leads.astype(object).where(leads.notna(), None)
    for name in ("industry", "country", "source", "department"):
        texts[name] = [chance.choice([value, value, *ODD]) for value in texts[name]]
    for name in ("employees", "annual_revenue"):
        texts[name] = [chance.choice([*[str(value)] * 12, *ODD_NUMBERS]) for value in texts[name]]
    texts["email_domain"] = [chance.choice([value, *DOMAINS]) for value in texts["email_domain"]]
    texts["mql_at"] = pd.to_datetime(leads["mql_at"], utc=True).dt.as_unit("us")
    texts.loc[texts.index[-1], "lead_id"] = None
    texts.loc[texts.index[-2], "mql_at"] = pd.NaT
    return texts


def draw_events(leads, events):
    """The events of the firm, and others at the edges of windows, after the moment, equal, or with odd texts and values."""
    chance, drawn = make_chance(8), []
    for lead_id, moment in leads[["lead_id", "mql_at"]].dropna().itertuples(index=False):
        for days in chance.sample([0, 7, 30, 90, 200], 2):
            at = moment - timedelta(days=days) + chance.choice([-1, 0, 1]) * TICK
            kind = chance.choice(TYPES)
            event = (lead_id, at, kind, chance.choice(ASSETS), chance.choice(CAMPAIGNS), chance.choice(VALUES))
            drawn += [event] * chance.choice([1, 2])
    columns = ["lead_id", "occurred_at", "event_type", "asset", "campaign", "value"]
    others = events.assign(occurred_at=pd.to_datetime(events["occurred_at"], utc=True)).reindex(columns=columns)
    both = pd.concat([others.astype(object), pd.DataFrame(drawn, columns=columns).astype(object)], ignore_index=True)
    both["occurred_at"] = pd.to_datetime(both["occurred_at"], utc=True).dt.as_unit("us")
    texts = {name: both[name].where(both[name].notna(), None) for name in ("event_type", "asset", "campaign")}
    return both.assign(**texts, value=pd.to_numeric(both["value"]))


@dataclass(frozen=True, kw_only=True)
class OddFirm:
    """A scorer, the two tables, and its answers with the moments of the leads."""

    scorer: Scorer
    leads: pd.DataFrame
    events: pd.DataFrame
    expected: pd.DataFrame


def make_odd_firm(count=300):
    firm, scorer = simulate_firm(count, 9), Scorer.load(BUNDLE)
    leads = draw_leads(firm.leads)
    events = draw_events(leads, firm.events)
    answers, _ = score_leads(scorer, leads, events, now=NOW, reasons=0)
    return OddFirm(scorer=scorer, leads=leads, events=events, expected=answers.assign(as_of=leads["mql_at"].to_numpy()))


def assert_same(answers, odd):
    """Equal but for the row without a moment, which is scored as of the clock."""
    expected, with_moment = odd.expected, odd.leads["mql_at"].notna().to_numpy()
    assert list(answers.columns) == list(COLUMNS)
    assert len(answers) == len(expected)
    moments = pd.to_datetime(answers["as_of"], utc=True).dt.as_unit("us")
    answers = answers.assign(as_of=moments)[moments.isin(expected["as_of"])].sort_values(KEY).reset_index(drop=True)
    expected = expected[with_moment].sort_values(KEY).reset_index(drop=True)
    assert answers["lead_id"].fillna("").tolist() == expected["lead_id"].fillna("").tolist()
    for name in ("probability", "threshold", "points"):
        np.testing.assert_allclose(answers[name].astype(float), expected[name].astype(float), rtol=0, atol=1e-9, err_msg=name)
    for name in ("decision", "grade", "points_decision"):
        assert answers[name].fillna("").tolist() == expected[name].fillna("").tolist(), name
    assert answers["problem"].notna().tolist() == expected["probability"].isna().tolist()
    assert 5 < answers["problem"].notna().sum() < len(answers) / 2
    assert {"lead_id is missing", "'employees' is not a number"} <= set(answers["problem"].dropna())
