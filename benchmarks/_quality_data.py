"""The data sets of the quality benchmark: settings for each, and the very rows that every way to learn gets."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _quality_automl import describe_rows

from predictor.core.settings import Settings, load_settings, make_settings
from predictor.simulate.files import save_firm
from predictor.simulate.firm import simulate_firm
from predictor.training.train import Trained

REAL = Path(__file__).resolve().parent.parent / "tests" / "real"
VARIABLE = "PREDICTOR_REAL_DATA"
SPLIT = {"test_share": 0.3, "gap_days": 0}
SINCE = "2018-01-01"  # olist: no deal is dated before December 2017, so that earlier MQLs look lost
FIRMS = {"simulated firm": (8000, 1), "small simulated firm": (2000, 2), "large simulated firm": (16_000, 3)}  # leads, seed
SEED = 1
HEALTH = 10_000


@dataclass(frozen=True)
class Rows:
    """Rows to learn from and rows to test on, oldest first: `lead_id`, `mql_at`, `outcome`, and the same columns."""

    fit: pd.DataFrame
    test: pd.DataFrame

    def describe(self) -> dict[str, Any]:
        """What a peer must say of the rows that it read."""
        return {"fit": describe_rows(self.fit), "test": describe_rows(self.test)}


def find_real() -> Path | None:
    """The folder of the real data sets; None where it is not on this machine."""
    folder = os.environ.get(VARIABLE)
    return Path(folder) if folder and Path(folder).is_dir() else None


def set_x_education(folder: Path, _: Path) -> Settings:
    """9,240 leads in the order of their numbers; points by two scores of the CRM."""
    return make_settings(_read("x_education") | {"split": SPLIT}, folder=folder)


def set_olist(folder: Path, draft: Path) -> Settings:
    """5,997 leads of 2018, won within 90 days: origin, landing page and weekday; all outcomes before the test taken as known."""
    leads, deals = (pd.read_csv(folder / "olist" / f"olist_{name}_dataset.csv", dtype="str") for name in
                    ("marketing_qualified_leads", "closed_deals"))  # fmt: skip
    table = leads[leads["first_contact_date"] >= SINCE]
    table = table.merge(deals[["mql_id", "won_date"]], on="mql_id", how="left", validate="one_to_one")
    table["weekday"] = pd.to_datetime(table["first_contact_date"]).dt.day_name()
    table.to_csv(draft / "olist.csv", index=False)
    content = _read("olist")
    return make_settings(content | {"split": SPLIT}, folder=draft)


def set_offers(folder: Path, _: Path) -> Settings:
    """6,130 offers of a firm of events, in the order of their creation; `Pain` is filled in during qualification."""
    content = {
        "data": {"leads": "more/offers.csv", "number_rows": True},
        "columns": {"outcome": "Status", "order_by": "Created Date"},
        "label": {"outcome_pending": ["Checkbox", "Demo 1", "Demo 2", "Negotiation"]},
        "roles": {"ignore": ["Id", "Close Date", "Pain", "Loss Reason"]},
    }
    return make_settings(content | {"split": SPLIT}, folder=folder)


def set_shoppers(folder: Path, _: Path) -> Settings:
    """12,330 sessions of a web shop, undated; `PageValues` is defined by completed sales."""
    content = {
        "data": {"leads": "more/online_shoppers.csv", "number_rows": True},
        "columns": {"outcome": "Revenue"},
        "roles": {"ignore": ["PageValues"]},
    }
    return make_settings(content | {"split": SPLIT}, folder=folder)


def set_health(folder: Path, draft: Path) -> Settings:
    """10,000 of 50,882 people whom an insurer asked, undated."""
    leads = pd.read_csv(folder / "more" / "health.csv", dtype="str").sample(HEALTH, random_state=SEED)
    leads.to_csv(draft / "health.csv", index=False)
    content = {"data": {"leads": "health.csv"}, "columns": {"lead_id": "ID", "outcome": "Response"}}
    return make_settings(content | {"split": SPLIT}, folder=draft)


def set_car(folder: Path, _: Path) -> Settings:
    """4,000 cold calls for car insurance, undated; what happens in the call is left out."""
    content = {
        "data": {"leads": "more/car.csv"},
        "columns": {"lead_id": "Id", "outcome": "CarInsurance"},
        "roles": {"ignore": ["CallStart", "CallEnd"]},
    }
    return make_settings(content | {"split": SPLIT}, folder=folder)


def set_firm(_: Path | None, draft: Path, *, leads: int, seed: int) -> Settings:
    """A simulated firm, leads and events, without the pending leads, which peers cannot weigh."""
    save_firm(simulate_firm(leads, seed), draft)
    settings = load_settings(draft / "predictor.toml")
    split = settings.split.model_copy(update={"test_share": SPLIT["test_share"]})
    return settings.model_copy(update={"split": split, "label": settings.label.model_copy(update={"pending": "drop"})})


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((REAL / f"{name}.toml").read_text(encoding="utf-8"))


SETS = {
    "x_education": set_x_education,
    "olist": set_olist,
    "offers": set_offers,
    "online_shoppers": set_shoppers,
    "health": set_health,
    "car": set_car,
    **{name: partial(set_firm, leads=leads, seed=seed) for name, (leads, seed) in FIRMS.items()},
}
UNDATED = ("online_shoppers", "health", "car")


def take_rows(trained: Trained) -> Rows:
    """The assembled rows that our training split, before they were encoded."""
    fit, test = (_take(trained, positions) for positions in (trained.split.fit, trained.split.test))
    return Rows(fit, test)


def _take(trained: Trained, positions: np.ndarray) -> pd.DataFrame:
    dataset = trained.dataset
    keys = dataset.leads.frame[["lead_id"]].iloc[positions].reset_index(drop=True)
    keys["mql_at"] = "" if dataset.as_of is None else dataset.as_of.iloc[positions].astype("str").to_numpy()
    keys["outcome"] = dataset.outcomes.outcome[positions]
    return pd.concat([keys, dataset.rows.iloc[positions].reset_index(drop=True)], axis=1)


def check_rows(trained: Trained, rows: Rows) -> None:
    """The test rows are those of our verdict, newer than all that teach where that is known, and the share; no lead is twice."""
    order, split, settings = trained.dataset.outcomes.order, trained.split, trained.dataset.settings
    np.testing.assert_array_equal(rows.test["outcome"], trained.verdict.outcome)
    assert len(rows.test) == trained.verdict.test["constant"]["n"]
    assert trained.verdict.held_out or order[split.fit].max() < order[split.test].min()
    known = int(trained.dataset.outcomes.mature.sum())
    assert abs(len(rows.test) / known - settings.split.test_share) < 0.01
    assert settings.split.gap_days != 0 or len(rows.fit) + len(rows.test) == known
    assert not pd.concat([rows.fit, rows.test]).duplicated(["lead_id", "mql_at"]).any()
