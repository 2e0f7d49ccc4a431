"""A small firm with a known signal, written as a data scientist would export it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
import tomli_w

from predictor.core.settings import load_settings
from predictor.training.train import save_trained, train

START = pd.Timestamp("2025-01-01", tz="UTC")
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
CHAMPION = "logistic-20260331T120000Z"  # what a training of NOW is called


def draw_leads(n=400, seed=0):
    """Leads over 400 days: software firms convert at 60 %, others at 15 %; the CRM's points know half of that."""
    draw = np.random.default_rng(seed)
    software = draw.random(n) < 0.4
    accepted = draw.random(n) < np.where(software, 0.6, 0.15)
    mql_at = START + pd.to_timedelta(np.sort(draw.integers(0, 400 * 24, n)) + np.arange(n) / n, unit="h").round("s")
    sql_at = (mql_at + pd.to_timedelta(draw.integers(1, 20, n), unit="D")).where(accepted)
    return pd.DataFrame({
        "lead_id": [f"L{number:05d}" for number in range(n)],
        "mql_at": mql_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sql_at": pd.Series(sql_at).dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "industry": np.where(software, "Software", np.where(draw.random(n) < 0.5, "Retail", "Construction")),
        "employees": draw.lognormal(4, 1, n).round(),
        "score": 20 * software + draw.integers(0, 40, n),
    })  # fmt: skip


def make_firm(folder, leads=None, **sections):
    """The settings file of a firm whose leads are written beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (draw_leads() if leads is None else leads).to_csv(folder / "leads.csv", index=False)
    return write_settings(folder, **sections)


def write_settings(folder, **sections):
    """A settings file that asks for little, so that a training is quick, and for what differs from that."""
    content = {
        "data": {"leads": "leads.csv"},
        "label": {"horizon_days": 30},
        "roles": {"points": ["score"]},
        "points": {"gate": 40},
        "model": {"candidates": ["constant", "points", "logistic"], "resamples": 20, "promote": "better on average"},
    }
    for section, values in sections.items():
        content[section] = content.get(section, {}) | values
    (folder / "predictor.toml").write_text(tomli_w.dumps(content), encoding="utf-8")
    return folder / "predictor.toml"


def run(settings_path):
    return save_trained(train(load_settings(settings_path)), settings_path.parent / "models", now=NOW)


def list_files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def refuse(settings_path, error, match):
    """The training is refused with that text, and every file is as it was."""
    before = list_files(settings_path.parent)
    with pytest.raises(error, match=match) as caught:
        run(settings_path)
    assert list_files(settings_path.parent) == before
    return str(caught.value)


def run_async(run):
    """What a coroutine function gives, in a thread of its own: the browser of other tests may keep a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(run())).result()


def list_value_warnings(answer):
    """What an answer says of the values sent; that most attributes are missing is left out."""
    return [warning for warning in answer.warnings if warning.code != "MODEL003"]
