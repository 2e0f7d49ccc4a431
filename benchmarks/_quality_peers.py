"""The peers of the quality benchmark: LightGBM as it comes, and FLAML in an environment of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import venv
from pathlib import Path

import _quality_flaml
import numpy as np
import pandas as pd
from _quality_data import Rows
from _quality_flaml import take_columns
from lightgbm import LGBMClassifier

CACHE = Path(__file__).resolve().parent.parent / ".bench"
FLAML = "2.3.6"
PINNED = (  # FLAML 2.3 takes neither NumPy 2 nor pandas 3
    f"flaml[automl]=={FLAML}", "lightgbm==4.7.0", "numpy==1.26.4", "pandas==2.3.3", "pyarrow==21.0.0", "scikit-learn==1.9.1",
    "scipy==1.17.1", "xgboost==2.1.4",
)  # fmt: skip


def ask_lightgbm(rows: Rows) -> np.ndarray:
    """What LightGBM says of the test rows with every parameter at its default, texts being categories."""
    X, X_test = take_columns(rows.fit, rows.test)
    learner = LGBMClassifier(verbose=-1).fit(X, rows.fit["outcome"].astype(int))
    return np.asarray(learner.predict_proba(X_test))[:, 1]


def ask_flaml(rows: Rows, budget: float) -> tuple[np.ndarray, str]:
    """What FLAML says of the test rows after so many seconds of search, and which estimator it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows.fit.to_parquet(folder / "fit.parquet")
        rows.test.to_parquet(folder / "test.parquet")
        command = [prepare_flaml(), "-E", _quality_flaml.__file__, name, str(budget)]
        answer = json.loads(_run(command).splitlines()[-1])
        said = pd.read_parquet(folder / "said.parquet")
    read = {part: answer[part] for part in ("fit", "test")}
    assert read == rows.describe(), f"FLAML read other rows: {read}"
    assert list(said["lead_id"]) == list(rows.test["lead_id"])
    return said["probability"].to_numpy(float), str(answer["chosen"])


def prepare_flaml() -> Path:
    """The Python of FLAML's environment, made where it is not there or holds other versions; that takes a package index."""
    place, listed = CACHE / "flaml", CACHE / "flaml" / "installed.txt"
    python = place / "bin" / "python"
    if not listed.is_file() or listed.read_text().split() != list(PINNED):
        shutil.rmtree(place, ignore_errors=True)
        venv.create(place, with_pip=True)
        _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PINNED])
        listed.write_text("\n".join(PINNED))
    return python


def _run(command: list[Path | str]) -> str:
    """What a command prints; where it fails, with what it complained of."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[1:3]} failed:\n{done.stderr[-3000:]}")
    return done.stdout
