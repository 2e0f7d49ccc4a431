"""How much memory a large export takes: `predictor init`, and what training reads of it, each in a process of its own.

A CSV of leads of the given size is written. First it is asserted that what is read are rows of the file, evenly over it, and no
more than `data.most_rows`; then the peak of the resident memory is told, up to 1 GB beside that of pandas reading all as texts.

python benchmarks/large_export.py [GIGABYTES]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

MOST = 1_000_000
WIDTH = 30  # columns of texts and numbers beside the facts
WORDS = ["Software", "Retail", "Construction", "Public services"]
SMALL = 1.0  # gigabytes up to which pandas reads all of it as a reference

TASKS = {
    "predictor init": (
        "from predictor.cli.app import app; app(['init', {path!r}, '--out', {out!r}, '--force'], standalone_mode=False)"
    ),
    "read for training": (
        "from predictor.core.settings import make_settings; from predictor.data.raw_tables import read_tables; "
        "from predictor.data.leads import check_leads; "
        "s = make_settings({{'data': {{'leads': {path!r}, 'most_rows': {most}}}}}); "
        "print(len(check_leads(read_tables(s).leads, s).frame))"
    ),
}
REFERENCE = "import pandas as pd; print(len(pd.read_csv({path!r}, dtype='str')))"


def write_export(path: Path, gigabytes: float) -> int:
    """Leads until the file is so large; how many there are."""
    draw, rows, part = np.random.default_rng(0), 0, 50_000
    with path.open("w", encoding="utf-8") as file:
        while not rows or file.tell() < gigabytes * 1e9:
            number = np.arange(rows, rows + part)
            moment = pd.Timestamp("2020-01-01", tz="UTC") + pd.to_timedelta(number * 60, unit="s")
            accepted = draw.random(part) < 0.2
            table = {"lead_id": [f"L{key:09d}" for key in number], "mql_at": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}
            table["sql_at"] = pd.Series(moment.strftime("%Y-%m-%dT%H:%M:%SZ")).where(accepted)
            for column in range(WIDTH // 2):
                table[f"text_{column}"] = np.array(["Software", "Retail", "Construction", "Public services"])[
                    draw.integers(0, 4, part)
                ]
                table[f"number_{column}"] = draw.integers(0, 10_000, part)
            pd.DataFrame(table).to_csv(file, index=False, header=not rows)
            rows += part
    return rows


def measure(script: str) -> tuple[float, float, str]:
    """Seconds, peak of the resident memory in megabytes, and the last line that was printed."""
    peak = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    started = time.perf_counter()
    command = [sys.executable, "-c", f"{script}\n{peak}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    *_, answer, kilobytes = done.stdout.strip().splitlines()
    return time.perf_counter() - started, int(kilobytes) / 1000, answer


def main(gigabytes: float) -> None:
    """Write, assert, measure, print."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "leads.csv"
        rows = write_export(path, gigabytes)
        print(f"{path.stat().st_size / 1e9:.2f} GB, {rows:,} leads, {WIDTH + 3} columns; at most {MOST:,} are read")
        named = {"path": str(path), "out": str(Path(name) / "predictor.toml"), "most": MOST}
        tasks = TASKS | ({"pandas, all as texts": REFERENCE} if gigabytes <= SMALL else {})
        print(f"{'':24}{'seconds':>10}{'peak MB':>10}")
        for task, script in tasks.items():
            seconds, megabytes, answer = measure(script.format(**named))
            if task == "read for training":
                step = -(-(rows + 1) // MOST)
                assert int(answer) == -(-rows // step) <= MOST, f"{answer} of {rows} rows at a step of {step}"
            print(f"{task:24}{seconds:10.1f}{megabytes:10,.0f}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.1)
