"""The built wheel alone: in empty environments, away from the repository, each extra does what it promises.

Run as `python try_wheel.py WHEEL FOLDER`. FOLDER gets an environment for the base and one for each extra, and what they made.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

CONSTRAINTS = Path(__file__).resolve().parent.parent / "constraints.txt"
QUICK = "\n[model]\nresamples = 20\nbudget_s = 0\n"
SCORE = """
from datetime import datetime
import predictor
from predictor.api.example import LEAD
events = [predictor.Event(**{**event, "occurred_at": datetime.fromisoformat(event["occurred_at"])}) for event in LEAD["events"]]
lead = predictor.Lead(LEAD["lead_id"], datetime.fromisoformat(LEAD["as_of"]), LEAD["attributes"], events=events)
print(predictor.Scorer.load(predictor.find_champion("models")).score_lead(lead).probability)
"""


class Environment:
    """The wheel with one extra in an environment of its own; commands run in a folder beside it."""

    def __init__(self, wheel: Path, folder: Path, extra: str) -> None:
        self._bin, self.home = folder / extra / "bin", folder / "home"
        venv.create(folder / extra, with_pip=True)
        named = wheel if extra == "base" else f"{wheel}[{extra}]"
        self.run("python", "-m", "pip", "install", "--quiet", "--constraint", CONSTRAINTS, named)
        self.run("python", "-m", "pip", "check")

    def run(self, *words: object, code: int = 0) -> str:
        """What a command prints; another exit code than the expected one ends the program with the output."""
        command = [str(self._bin / str(words[0])), *map(str, words[1:])]
        surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | {"COLUMNS": "160"}
        done = subprocess.run(command, cwd=self.home, env=surroundings, check=False, capture_output=True, text=True)  # noqa: S603
        if done.returncode != code:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}, not {code}:\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr


def check(what: str, *, holds: bool) -> None:
    """Print what holds, or end the program."""
    if not holds:
        sys.exit(f"Not so: {what}")
    print(f"  {what}", flush=True)  # noqa: T201


def try_full(full: Environment) -> float:
    """Everything but the server, from a simulated firm to pages; returns the probability of the example lead."""
    firm, home = full.home / "firm", full.home
    full.run("predictor", "simulate", "--leads", 2000, "--seed", 1, "--out", firm)
    settings = firm / "predictor.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + QUICK, encoding="utf-8")
    full.run("predictor", "train", "-c", settings, "--models", "models")
    bundle = home / "models" / (home / "models" / "champion").read_text(encoding="utf-8").strip()
    check("full: simulates a firm, trains, records the training in MLflow", holds=(firm / "mlflow.db").exists())
    check("full: the bundle has its page", holds=b"</html>" in (bundle / "report.html").read_bytes())
    files = ["--leads", firm / "leads.csv", "--events", firm / "events.csv"]
    full.run("predictor", "score", "--model", "models", *files, "--out", "scored.csv")
    rows = (home / "scored.csv").read_text(encoding="utf-8").splitlines()
    check("full: scores a file of leads", holds=len(rows) > 2000)
    full.run("predictor", "compare", "--model", "models", "--out", "compare.html")
    check("full: compares points and model on a page", holds=(home / "compare.html").stat().st_size > 100_000)
    full.run("predictor", "export", "sql", "--dialect", "duckdb", "--out", "scores.sql")
    check("full: writes the model as SQL", holds=(home / "scores.sql").stat().st_size > 10_000)
    return float(full.run("python", "-c", SCORE))


def try_serve(serve: Environment, probability: float) -> None:
    """The API, from its own process."""
    printed = serve.run("python", "-m", "predictor.api.example", "models")
    answer = json.loads(printed[printed.index("{\n") : printed.rindex("\n}") + 2])
    check("serve: answers over HTTP what the full installation answers", holds=answer["probability"] == probability)
    refusal = " ".join(serve.run("predictor", "simulate", "--leads", 9, "--out", "other", code=1).split())
    check("serve: says what a training needs", holds="pip install 'lead-conversion-predictor[full]'" in refusal)


def try_base(base: Environment, probability: float) -> None:
    """The help, and a lead scored in Python."""
    check(
        "base: --help lists commands below their extras",
        holds="lead-conversion-predictor[serve]" in base.run("predictor", "--help"),
    )
    refusal = " ".join(base.run("predictor", "serve", code=1).split())
    check("base: says what a server needs", holds="pip install 'lead-conversion-predictor[serve]'" in refusal)
    check("base: scores a lead as the full installation does", holds=float(base.run("python", "-c", SCORE)) == probability)


def main(wheel: Path, folder: Path) -> None:
    """Try the full installation, the server and the base, in this order: the later ones use the model of the first."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "home").mkdir(parents=True)
    full = Environment(wheel, folder, "full")
    probability = try_full(full)
    try_serve(Environment(wheel, folder, "serve"), probability)
    try_base(Environment(wheel, folder, "base"), probability)
    page = full.run("predictor", "monitor", "--model", "models", "--page", "monitor.html")
    check("full: monitors what the server stored, on a page", holds=(full.home / "monitor.html").exists() and bool(page))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
