"""A simulated firm with the traps of real exports, and the dataset of its leads alone."""

import numpy as np
import pandas as pd
import tomli_w

from predictor.core.settings import load_settings
from predictor.simulate.firm import simulate_firm
from predictor.training.from_tables import load_dataset

COPIES = 40


def draw_leads(seed, n=3000):
    return simulate_firm(n, seed).leads


def plant(leads, seed):
    """A column filled at conversion, a counter taken at export, an owner set by sales, and copies among the newest leads."""
    draw = np.random.default_rng(seed)
    leads = plant_copies(leads, draw)
    accepted, n = leads["sql_at"].notna().to_numpy(), len(leads)
    age = (leads["mql_at"].max() - leads["mql_at"]).dt.days.to_numpy()
    filled = draw.random(n) < np.where(accepted, 0.9, 0.02)
    sellers, others = draw.choice(["Ann", "Bob", "Cid"], n), draw.choice(["queue", "Dan", "Eve", "Flo"], n)
    views = draw.poisson(draw.gamma(1.5, 4, n) * (1 + age / 180)) + 3 * accepted
    return leads.assign(
        contract_kind=pd.Series(draw.choice(["yearly", "monthly"], n)).where(filled),
        page_views_to_date=views,
        looked_after_by=np.where(draw.random(n) < np.where(accepted, 0.95, 0.03), sellers, others),
    )


def plant_copies(leads, draw):
    """Leads of the first year again, under another id in the last half year, with the same outcomes."""
    older = leads[leads["mql_at"] < leads["mql_at"].min() + pd.Timedelta(days=360)]
    copies = older.sample(COPIES, random_state=int(draw.integers(2**31)))
    later = (
        (leads["mql_at"].max() - pd.Timedelta(days=60)) - copies["mql_at"] - pd.to_timedelta(draw.integers(0, 90, COPIES), "D")
    )
    dates = {name: copies[name] + later for name in ("mql_at", "sql_at", "recycled_at", "opportunity_at")}
    copies = copies.assign(lead_id=[f"X{number}" for number in range(COPIES)], **dates)
    return pd.concat([leads, copies], ignore_index=True).sort_values("mql_at", ignore_index=True)


def load_leads(folder, leads, **sections):
    folder.mkdir(parents=True, exist_ok=True)
    leads.to_csv(folder / "leads.csv", index=False)
    settings = {"data": {"leads": "leads.csv"}, "label": {"horizon_days": 30}} | sections
    (folder / "predictor.toml").write_text(tomli_w.dumps(settings), encoding="utf-8")
    return load_dataset(load_settings(folder / "predictor.toml"))
