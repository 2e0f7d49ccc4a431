"""The peers of the quality benchmark: as they come, and some in an environment of their own."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import tempfile
import venv
from pathlib import Path

import _quality_automl
import numpy as np
import pandas as pd
from _quality_automl import take_columns
from _quality_data import Rows
from lightgbm import LGBMClassifier
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

CACHE = Path(__file__).resolve().parent.parent / ".bench"
FLAML, AUTOGLUON = "2.3.6", "1.6.3"
PINNED = {
    "flaml": (  # FLAML 2.3 takes neither NumPy 2 nor pandas 3
        f"flaml[automl]=={FLAML}", "lightgbm==4.7.0", "numpy==1.26.4", "pandas==2.3.3", "pyarrow==21.0.0",
        "scikit-learn==1.9.1", "scipy==1.17.1", "xgboost==2.1.4",
    ),
    "autogluon": (f"autogluon.tabular[catboost,lightgbm,xgboost]=={AUTOGLUON}",),
}  # fmt: skip


def ask_lightgbm(rows: Rows) -> np.ndarray:
    """What LightGBM says of the test rows with every parameter at its default, texts being categories."""
    X, X_test = take_columns(rows.fit, rows.test)
    learner = LGBMClassifier(verbose=-1).fit(X, rows.fit["outcome"].astype(int))
    return np.asarray(learner.predict_proba(X_test))[:, 1]


def ask_pipeline(rows: Rows) -> np.ndarray:
    """What scikit-learn's plain pipeline says: medians for what is missing, scaled numbers, one column a category.

    The penalty of the logistic regression is chosen by five folds.
    """
    X, X_test = take_columns(rows.fit, rows.test)
    texts = [name for name in X if not pd.api.types.is_numeric_dtype(X[name])]
    numbers = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    categories = OneHotEncoder(handle_unknown="ignore")
    design = ColumnTransformer(
        [("numbers", numbers, [name for name in X if name not in texts]), ("categories", categories, texts)]
    )
    line = LogisticRegressionCV(Cs=7, cv=5, scoring="neg_log_loss", max_iter=500, l1_ratios=(0.0,), use_legacy_attributes=False)
    for table in (X, X_test):
        table[texts] = table[texts].astype(object).where(table[texts].notna(), "missing").astype(str)
    return np.asarray(make_pipeline(design, line).fit(X, rows.fit["outcome"].astype(int)).predict_proba(X_test))[:, 1]


def ask_catboost(rows: Rows, **parameters: float) -> np.ndarray | None:
    """What CatBoost says of the test rows, by default with every parameter at its default; None where it is not installed."""
    if importlib.util.find_spec("catboost") is None:
        return None
    from catboost import CatBoostClassifier  # noqa: PLC0415  optional

    X, X_test = take_columns(rows.fit, rows.test)
    texts = [name for name in X if not pd.api.types.is_numeric_dtype(X[name])]
    for table in (X, X_test):
        table[texts] = table[texts].astype(object).where(table[texts].notna(), "missing").astype(str)
    learner = CatBoostClassifier(verbose=0, allow_writing_files=False, random_seed=0, cat_features=texts, **parameters)
    return np.asarray(learner.fit(X, rows.fit["outcome"].astype(int)).predict_proba(X_test))[:, 1]


def ask_small_catboost(rows: Rows) -> np.ndarray | None:
    """What a small, strongly regularised CatBoost says of the test rows."""
    return ask_catboost(rows, iterations=400, depth=5, l2_leaf_reg=8.0)


def ask_automl(learner: str, rows: Rows, budget: float) -> tuple[np.ndarray, str]:
    """What FLAML or AutoGluon says of the test rows after so many seconds of search, and which estimator it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows.fit.to_parquet(folder / "fit.parquet")
        rows.test.to_parquet(folder / "test.parquet")
        command = [prepare(learner), "-E", _quality_automl.__file__, learner, name, str(budget)]
        answer = json.loads(_run(command).splitlines()[-1])
        said = pd.read_parquet(folder / "said.parquet")
    read = {part: answer[part] for part in ("fit", "test")}
    assert read == rows.describe(), f"{learner} read other rows: {read}"
    assert list(said["lead_id"]) == list(rows.test["lead_id"])
    return said["probability"].to_numpy(float), str(answer["chosen"])


def prepare(learner: str) -> Path:
    """The Python of a learner's environment, made where it is not there or holds other versions; that takes a package index."""
    place, pinned = CACHE / learner, PINNED[learner]
    python, listed = place / "bin" / "python", place / "installed.txt"
    if not listed.is_file() or listed.read_text().split() != list(pinned):
        shutil.rmtree(place, ignore_errors=True)
        venv.create(place, with_pip=True)
        _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pinned])
        listed.write_text("\n".join(pinned))
    return python


def _run(command: list[Path | str]) -> str:
    """What a command prints; where it fails, with what it complained of."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[1:3]} failed:\n{done.stderr[-3000:]}")
    return done.stdout
