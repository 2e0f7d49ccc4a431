"""Leaks of twelve kinds at three strengths, planted into a firm's export; the strengths are in the tables of each function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from _audit_firms import Firm

STRENGTHS = ("strong", "medium", "weak")
WORKED = {  # what sales writes of a lead that it works on: when it goes well, and when it does not
    "en": (["Meeting booked", "Proposal sent", "Negotiation"], ["No answer", "Not interested", "Wrong number"]),
    "de": (["Termin vereinbart", "Angebot gesendet", "Verhandlung"], ["Nicht erreicht", "Kein Interesse", "Falsche Nummer"]),
    "fr": (["Rendez-vous pris", "Devis envoyé", "Négociation"], ["Injoignable", "Pas intéressé", "Faux numéro"]),
    "es": (["Reunión agendada", "Propuesta enviada", "Negociación"], ["No contesta", "No interesado", "Número equivocado"]),
    "it": (["Appuntamento fissato", "Offerta inviata", "Trattativa"], ["Non risponde", "Non interessato", "Numero errato"]),
    "nl": (["Afspraak gemaakt", "Offerte verstuurd", "Onderhandeling"], ["Niet bereikt", "Geen interesse", "Verkeerd nummer"]),
}
Cells = np.ndarray | pd.Series
Draw = Callable[[Firm, int, np.random.Generator], Cells]


def draw_flag(firm: Firm, strength: int, rng: np.random.Generator) -> Cells:
    """Y for nearly all accepted leads and hardly any other."""
    yes, no = ((1.0, 0.0), (0.97, 0.005), (0.85, 0.03))[strength]
    return np.where(rng.random(len(firm.accepted)) < np.where(firm.accepted, yes, no), "Y", "N")


def draw_certain_value(firm: Firm, strength: int, rng: np.random.Generator) -> Cells:
    """A category of which one value is set for a part of the accepted leads, and nearly never else."""
    of_accepted, purity = ((0.6, 1.0), (0.3, 0.99), (0.15, 0.97))[strength]
    hit = firm.accepted & (rng.random(len(firm.accepted)) < of_accepted)
    wrong = ~firm.accepted & (rng.random(len(firm.accepted)) < hit.sum() * (1 / purity - 1) / max(1, (~firm.accepted).sum()))
    return np.where(hit | wrong, "gold", rng.choice(["blue", "green", "red", "grey"], len(hit)))


def draw_late_date(firm: Firm, strength: int, rng: np.random.Generator) -> Cells:
    """A date of after acceptance: of a contract, say."""
    yes, no = ((1.0, 0.0), (0.9, 0.01), (0.6, 0.04))[strength]
    filled = rng.random(len(firm.accepted)) < np.where(firm.accepted, yes, no)
    dates = firm.moments + pd.to_timedelta(firm.delays + rng.exponential(20, len(filled)), unit="D")
    return dates.dt.date.astype(str).where(filled, "")


def draw_filled(firm: Firm, strength: int, rng: np.random.Generator) -> Cells:
    """A field that sales fills in while it works on a lead: what it holds says nothing."""
    yes, no = ((0.97, 0.05), (0.9, 0.2), (0.75, 0.35))[strength]
    filled = rng.random(len(firm.accepted)) < np.where(firm.accepted, yes, no)
    return np.where(filled, rng.choice(["small", "middle", "large"], len(filled)), "")


def draw_last_activity(firm: Firm, strength: int, rng: np.random.Generator) -> Cells:
    """The last activity as of the export: a date, or days since then where the export has no other date."""
    n, longer = len(firm.accepted), (200, 90, 45)[strength]
    life = np.minimum(rng.exponential(np.where(firm.accepted, longer, 20), n), firm.age)
    life = np.where(rng.random(n) < (0.0, 0.3, 0.6)[strength], 0, life)
    if firm.kind == "dated":
        return (firm.moments + pd.to_timedelta(life, unit="D")).dt.round("s").astype(str)
    return np.floor(firm.age - life).astype(int)


def draw_counter(firm: Firm, strength: int, rng: np.random.Generator) -> Cells:
    """Page views to date: they grow with the age of the lead, and while sales works on it."""
    growth, more = ((60, 6), (150, 3), (400, 1))[strength]
    return rng.poisson(rng.gamma(1.5, 4, len(firm.age)) * (1 + firm.age / growth)) + more * firm.accepted


def draw_sales_words(firm: Firm, strength: int, rng: np.random.Generator) -> Cells:
    """What sales wrote last, of the leads that it worked on; of the others, the channel."""
    n = len(firm.accepted)
    good, bad = list(WORKED.values())[rng.integers(len(WORKED))]
    well = rng.random(n) < np.where(firm.accepted, (0.95, 0.7, 0.5)[strength], (0.05, 0.2, 0.3)[strength])
    words = np.where(well, rng.choice(good, n), rng.choice(bad, n))
    return np.where(rng.random(n) < (0.95, 0.5, 0.2)[strength], words, rng.choice(["Web", "Mail", "Chat"], n))


def draw_owner(firm: Firm, strength: int, rng: np.random.Generator) -> Cells:
    """Who looks after a lead: account managers take over what was accepted."""
    yes, no = ((0.97, 0.02), (0.8, 0.05), (0.5, 0.08))[strength]
    n = len(firm.accepted)
    taken = rng.random(n) < np.where(firm.accepted, yes, no)
    return np.where(taken, rng.choice(["u7", "u8", "u9"], n), rng.choice(["u1", "u2", "u3", "u4", "u5"], n))


def draw_encoded(firm: Firm, strength: int, rng: np.random.Generator) -> Cells:
    """The share accepted of a group of leads, the lead itself among them."""
    group = rng.integers(0, max(1, len(firm.accepted) // (3, 8, 25)[strength]), len(firm.accepted))
    return pd.Series(firm.accepted.astype(float)).groupby(group).transform("mean").round(6)


def draw_rare(firm: Firm, strength: int, rng: np.random.Generator) -> Cells:
    """A value of 86 % accepted on few leads: a status of sales that a few leads got."""
    leads = (0.05, 0.02, 0.01)[strength] * len(firm.accepted)
    cells = rng.choice(["a", "b", "c", ""], len(firm.accepted))
    for value, share in ((True, 0.86), (False, 0.14)):
        some = np.flatnonzero(firm.accepted == value)
        cells[rng.choice(some, min(len(some), round(share * leads)), replace=False)] = "z"
    return cells


RARE, COPIES, SORTED = "rare value, 86 % accepted", "copies across the split", "sorted by outcome"
BY_AGE = ("last activity at export", "total at export")  # seen by how they grow with the age of a lead
COLUMNS: dict[str, tuple[str, Draw]] = {  # kind -> the name of the column, which says nothing, and how it is drawn
    "flag that equals the outcome": ("field_01", draw_flag),
    "value of near-certain outcome": ("field_02", draw_certain_value),
    "date of after acceptance": ("field_03", draw_late_date),
    "filled in for accepted leads": ("field_04", draw_filled),
    BY_AGE[0]: ("field_05", draw_last_activity),
    BY_AGE[1]: ("field_06", draw_counter),
    "words of sales": ("field_07", draw_sales_words),
    "owner set after acceptance": ("field_08", draw_owner),
    "target-encoded number": ("field_09", draw_encoded),
    RARE: ("field_10", draw_rare),
}
KINDS = (*COLUMNS, COPIES, SORTED)


def plant_columns(firm: Firm, seed: int) -> tuple[Firm, dict[str, int]]:
    """The firm with a leak of each kind that is a column, and the strength of each, which changes from firm to firm."""
    rng = np.random.default_rng([seed, 1])
    strengths = {kind: (seed + place) % 3 for place, kind in enumerate(COLUMNS)}
    cells = {name: np.asarray(draw(firm, strengths[kind], rng)) for kind, (name, draw) in COLUMNS.items()}
    return replace(firm, leads=firm.leads.assign(**cells)), strengths


def plant_copies(firm: Firm, strength: int, seed: int) -> pd.DataFrame:
    """The export with leads of the first half again among the newest, under other ids.

    A third is copied exactly, a third has another score, a third has the first visit of the day of the copy.
    """
    rng = np.random.default_rng([seed, 2])
    table = firm.export()
    n = len(table)
    number = max(6, round((0.08, 0.04, 0.02)[strength] * n / 4))
    chosen, places = rng.choice(n // 2, number, replace=False), rng.choice(np.arange(n - n // 6, n), number)
    copies = table.iloc[chosen].assign(lead_id=[f"X{place}" for place in range(number)])
    copies["score"] = np.where(np.arange(number) % 3 == 1, rng.integers(0, 100, number), copies["score"])
    if "mql_at" in copies:
        moments = firm.moments.iloc[places].set_axis(copies.index)
        copies["sql_at"] = copies["sql_at"] + (moments - copies["mql_at"])
        copies["mql_at"], copies["sql_at"] = moments, copies["sql_at"].where(copies["sql_at"] <= firm.end)
    if "order_by" in copies:
        copies["order_by"] = places + 0.5
    third = np.arange(number) % 3 == 2
    copies["first_visit"] = np.where(third, firm.leads["first_visit"].to_numpy()[places], copies["first_visit"])
    return pd.concat([table, copies], ignore_index=True)


def plant_order(firm: Firm, strength: int, seed: int) -> pd.DataFrame:
    """The export in an order that says the outcome, the number of the row as the order."""
    rng = np.random.default_rng([seed, 3])
    key = firm.accepted + (0.0, 1.0, 2.5)[strength] * rng.random(len(firm.accepted))
    table = replace(firm, kind="ordered").export().drop(columns="order_by").iloc[np.argsort(-key, kind="stable")]
    return table.assign(order_by=np.arange(len(table)))
