"""What a small installation can do: the help of every command, and the API, without what only training needs."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BUNDLE = ROOT / "tests" / "unit" / "scoring" / "bundle" / "version_0_1_0"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
IMPORTED = {"scikit-learn": "sklearn", "ibis-framework": "ibis", "prometheus-client": "prometheus_client"}
BLOCKER = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocker())
"""
SERVE = """
import json
from pathlib import Path
from fastapi.testclient import TestClient
from api.app import create_app

with TestClient(create_app(Path({bundle!r}))) as client:
    lead = {{"lead_id": "A", "as_of": "2026-01-15T12:00:00Z", "attributes": {{"employees": 250, "industry": "Software"}}}}
    event = {{"occurred_at": "2026-01-14T12:00:00Z", "event_type": "pricing_page_view"}}
    one = client.post("/v1/score", json={{**lead, "events": [event]}})
    many = client.post("/v1/score/batch", json={{"leads": [lead] * 3}})
    print(json.dumps([one.status_code, many.status_code, client.get("/health/ready").status_code, one.json()["decision"]]))
    client.app.state.service.store.close()
"""
CLI = "from predictor.cli.app import app; app()"


def list_packages(extra):
    names = [entry.partition(">")[0].partition("[")[0] for entry in PROJECT["optional-dependencies"][extra]]
    return {IMPORTED.get(name, name).replace("-", "_") for name in names} - {"lead_conversion_predictor"}


def run(blocked, code, *arguments, folder=None):
    text = BLOCKER.format(blocked=blocked) + code
    paths = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "COLUMNS": "160", "NO_COLOR": "1"}
    command = [sys.executable, "-W", "ignore", "-c", text, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=paths, cwd=folder)


def test_the_api_scores_without_what_only_training_needs(tmp_path):
    bundle = tmp_path / "models" / "logistic-20260101T000000Z"
    bundle.mkdir(parents=True)
    for file in BUNDLE.iterdir():
        (bundle / file.name).write_bytes(file.read_bytes())
    (bundle.parent / "champion").write_text(bundle.name)
    done = run(list_packages("full"), SERVE.format(bundle=str(bundle.parent)), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [200, 200, 200, "route_to_sales"]


def test_the_help_of_the_base_says_which_extra_a_command_needs(tmp_path):
    done = run(list_packages("full") | list_packages("serve"), CLI, "--help", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    full, serve = (done.stdout.index(f"Commands that need lead-conversion-predictor[{extra}]") for extra in ("full", "serve"))
    assert full < done.stdout.index(" train ") < serve < done.stdout.index(" serve ")


@pytest.mark.parametrize(
    ("command", "package", "extra"),
    [(["serve"], "uvicorn", "serve"), (["simulate", "--leads", "9", "--out", "firm"], "pyarrow", "full")],
)
def test_a_command_without_its_extra_says_what_to_install(tmp_path, command, package, extra):
    done = run(list_packages("full") | list_packages("serve"), CLI, *command, folder=tmp_path)
    assert done.returncode == 1
    text = " ".join(done.stderr.split())
    assert f"The package '{package}' is not installed." in text
    assert f"pip install 'lead-conversion-predictor[{extra}]'" in text
