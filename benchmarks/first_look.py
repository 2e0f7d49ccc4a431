"""How much a first look at an export takes: `predictor init` and `predictor check` of 20,000 rows and 40 columns.

Keys, dates, texts, amounts, answers and sets are written as CRMs write them. First it is asserted that both commands read every
row and refuse nothing; then processor seconds and the peak of memory of each are printed, beside pandas reading all as texts.
Missing a bound ends with exit code 1: at most 10 times the processor time of pandas, at most 0.25 GiB.

python benchmarks/first_look.py [ROWS]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from _measure import report_missed

ROWS, COLUMNS = 20_000, 40
MOST_RATIO, MOST_GIB = 10.0, 0.25
CLI = "from predictor.cli.app import app; app()"
PANDAS = "import sys, pandas; print(len(pandas.read_csv(sys.argv[1], dtype='str')))"


def write_export(path: Path, rows: int) -> None:
    """An export with as many spellings as a CRM has."""
    draw, number = np.random.default_rng(0), np.arange(rows)
    moments = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(draw.uniform(0, 700, rows)), unit="D")
    accepted = (moments + pd.to_timedelta(draw.uniform(1, 40, rows), unit="D")).strftime("%d/%m/%Y %H:%M")
    cells: dict[str, object] = {
        "Lead ID": [f"00Q5g{key:010}AAQ" for key in number],
        "MQL Date": moments.strftime("%d/%m/%Y %H:%M"),
        "SQL Date": np.where(draw.random(rows) < 0.25, accepted, ""),
        "Email": [f"p{key}@firm{key % 997}.example" for key in number],
        "Company": [f"Firm {key % 5_000} GmbH" for key in number],
        "Job Title": draw.choice(["CEO", "VP Sales", "Head of IT", "Engineer"], rows),
    }
    for place in range(4):
        seen = (moments - pd.to_timedelta(draw.integers(1, 300, rows), unit="D")).strftime("%d/%m/%Y")
        cells[f"Revenue {place}"] = [f"${amount:,.2f}" for amount in draw.lognormal(8, 2, rows)]
        cells[f"Seen {place}"] = np.where(draw.random(rows) < 0.7, seen, "")
        cells[f"Answer {place}"] = draw.choice(["Yes", "No", ""], rows)
        cells[f"Topics {place}"] = draw.choice(["API; CRM", "CRM; Support", "Support", "API; Billing; CRM"], rows)
        cells[f"Words {place}"] = [" ".join(words) for words in draw.choice(["a", "report", "of", "lead", "sales"], (rows, 8))]
    for place in range((COLUMNS - len(cells)) // 2):
        cells[f"Text {place}"] = draw.choice([f"value {value}" for value in range(5 + 10 * place)], rows)
        cells[f"Number {place}"] = np.round(draw.lognormal(5, 2, rows), 2).astype(str)
    pd.DataFrame(cells).to_csv(path, index=False)


def measure(*command: str) -> tuple[float, float, str]:
    """Processor seconds, the peak of memory in GiB, and the output of a command in a process of its own."""
    with subprocess.Popen([sys.executable, "-c", *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        text = process.stdout.read().decode()
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20, text


def main(rows: int) -> int:
    """Prints the table; 1 where a bound is missed."""
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        leads, settings = str(Path(folder) / "leads.csv"), str(Path(folder) / "predictor.toml")
        write_export(Path(leads), rows)
        alone, _, read = measure(PANDAS, leads)
        figures = {
            "predictor init": measure(CLI, "init", leads, "--out", settings, "--json"),
            "predictor check": measure(CLI, "check", "-c", settings, "--json"),
        }
        assert int(read) == rows
        assert f"{rows:,} rows" in Path(settings).read_text(encoding="utf-8")
        print("| command | processor, s | pandas, s | ratio | peak, GiB |")
        print("|---|--:|--:|--:|--:|")
        for name, (seconds, gib, text) in figures.items():
            answer = json.loads(text)
            findings = answer["findings"] if isinstance(answer, dict) else answer
            assert not [finding for finding in findings if finding["severity"] == "error"], name
            print(f"| `{name}` | {seconds:.1f} | {alone:.1f} | {seconds / alone:.1f} | {gib:.2f} |", flush=True)
            missed += [f"{name} {seconds / alone:.1f} times"] if seconds > MOST_RATIO * alone else []
            missed += [f"{name} {gib:.2f} GiB"] if gib > MOST_GIB else []
    return report_missed(missed)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
