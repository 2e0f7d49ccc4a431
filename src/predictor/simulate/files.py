"""Write a simulated firm to a folder: all of its files or none."""

from __future__ import annotations

import tempfile
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from predictor.simulate.firm import Firm

BOOKS = ("b2b", "content")


def save_firm(firm: Firm, folder: Path) -> None:
    """Writes leads.csv, events.csv, truth.csv, predictor.toml, points/b2b.toml and points/content.toml.

    The files are complete before the first one takes its name; files of these names that were there are replaced.
    Times are in UTC, as `2026-06-30T23:59:59Z`; a missing value is empty; the same firm gives the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".simulate-", dir=folder) as name:
        draft = Path(name)
        _write_files(firm, draft)
        (folder / "points").mkdir(exist_ok=True)
        for path in sorted(draft.rglob("*.*")):
            path.replace(folder / path.relative_to(draft))


def _write_files(firm: Firm, folder: Path) -> None:
    for name, table in (("leads", firm.leads), ("events", firm.events), ("truth", firm.truth)):
        _write_csv(table, folder / f"{name}.csv")
    (folder / "predictor.toml").write_bytes(files("predictor.simulate").joinpath("predictor.toml").read_bytes())
    (folder / "points").mkdir()
    for book in BOOKS:
        text = files("predictor.points").joinpath("books", f"{book}.toml").read_bytes()
        (folder / "points" / f"{book}.toml").write_bytes(text)


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    columns = [_to_text(table[name]) for name in table.columns]
    options = csv.WriteOptions(include_header=False, quoting_style="none")
    with path.open("wb") as file:
        file.write((",".join(table.columns) + "\n").encode())
        csv.write_csv(pa.table(columns, names=list(table.columns)), file, options)


def _to_text(column: pd.Series) -> pa.Array:
    """A column as the file has it: times with Z, counts without a decimal point, probabilities with six digits."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        moments = column.to_numpy("datetime64[s]")
        return pa.array(np.datetime_as_string(moments, timezone="UTC"), mask=np.isnat(moments))
    if column.name == "probability":
        return pa.array([f"{value:.6f}" for value in column])
    if column.dtype.kind == "f":
        return pa.array(column.fillna(0).astype("int64").to_numpy(), mask=column.isna().to_numpy())
    return pa.array(column, from_pandas=True)
