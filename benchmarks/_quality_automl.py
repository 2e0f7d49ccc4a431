"""FLAML or AutoGluon on rows that it is given, in an environment of its own.

It reads fit.parquet and test.parquet and writes said.parquet.

The parent imports what both need from here, so this file runs with the packages of either environment.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

KEYS = ["lead_id", "mql_at", "outcome"]


def describe_rows(rows: pd.DataFrame) -> dict[str, Any]:
    """What a peer says of the rows it read: how many, how many accepted, which leads in which order, which columns."""
    names = "\n".join(rows["lead_id"].str.cat(rows["mql_at"], sep="\t"))
    columns = [name for name in rows.columns if name not in KEYS]
    return {
        "rows": len(rows),
        "accepted": int(rows["outcome"].sum()),
        "leads": hashlib.sha256(names.encode()).hexdigest(),
        "columns": columns,
    }


def take_columns(fit: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The columns to learn from, numbered, since LightGBM refuses commas and brackets in names.

    Texts become categories, those that teach: what only the test rows hold is missing.
    """
    taken = [rows.drop(columns=KEYS) for rows in (fit, test)]
    for name in taken[0].columns:
        if not pd.api.types.is_numeric_dtype(taken[0][name]):
            kinds = pd.CategoricalDtype(sorted(taken[0][name].dropna().unique()))
            for rows in taken:
                rows[name] = rows[name].astype(object).where(rows[name].isin(kinds.categories)).astype(kinds)
    numbered = [rows.set_axis([f"column_{at}" for at in range(rows.shape[1])], axis=1) for rows in taken]
    return numbered[0], numbered[1]


def ask_flaml(X: pd.DataFrame, outcome: pd.Series, X_test: pd.DataFrame, budget: float) -> tuple[np.ndarray, str]:
    """What FLAML says of the test rows, and which estimator it took."""
    from flaml import AutoML  # noqa: PLC0415  the parent has none

    learner = AutoML()
    learner.fit(X, outcome, task="classification", metric="log_loss", time_budget=budget, seed=0, verbose=0)
    return learner.predict_proba(X_test)[:, 1], str(learner.best_estimator)


def ask_autogluon(X: pd.DataFrame, outcome: pd.Series, X_test: pd.DataFrame, budget: float) -> tuple[np.ndarray, str]:
    """What AutoGluon's best ensemble says of the test rows, and its name."""
    from autogluon.tabular import TabularPredictor  # noqa: PLC0415  the parent has none

    with tempfile.TemporaryDirectory() as folder:
        learner = TabularPredictor("outcome", problem_type="binary", eval_metric="log_loss", path=folder, verbosity=0)
        learner.fit(X.assign(outcome=outcome), time_limit=budget)
        return learner.predict_proba(X_test)[1].to_numpy(), str(learner.model_best)


LEARNERS = {"flaml": ask_flaml, "autogluon": ask_autogluon}


def main(learner: str, folder: Path, budget: float) -> None:
    """Writes the probabilities of the test rows, and prints what was read and what was chosen."""
    fit, test = (pd.read_parquet(folder / f"{name}.parquet") for name in ("fit", "test"))
    X, X_test = take_columns(fit, test)
    probability, chosen = LEARNERS[learner](X, fit["outcome"].astype(int), X_test, budget)
    said = test[["lead_id", "mql_at"]].assign(probability=probability)
    said.to_parquet(folder / "said.parquet")
    print(json.dumps({"fit": describe_rows(fit), "test": describe_rows(test), "chosen": chosen}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]))
