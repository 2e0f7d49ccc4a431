"""FLAML on rows that it is given, in an environment of its own: reads fit.parquet and test.parquet, writes said.parquet.

The parent imports what both need from here, so this file runs with the packages of either environment.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

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


def main(folder: Path, budget: float) -> None:
    """Writes the probabilities of the test rows, and prints what was read and what FLAML chose."""
    from flaml import AutoML  # noqa: PLC0415  the parent has none

    fit, test = (pd.read_parquet(folder / f"{name}.parquet") for name in ("fit", "test"))
    X, X_test = take_columns(fit, test)
    learner = AutoML()
    learner.fit(X, fit["outcome"].astype(int), task="classification", metric="log_loss", time_budget=budget, seed=0, verbose=0)
    said = test[["lead_id", "mql_at"]].assign(probability=learner.predict_proba(X_test)[:, 1])
    said.to_parquet(folder / "said.parquet")
    print(json.dumps({"fit": describe_rows(fit), "test": describe_rows(test), "chosen": learner.best_estimator}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
