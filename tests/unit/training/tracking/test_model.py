"""The registered model: a folder without pickle and without paths, that asks for the key alone."""

from __future__ import annotations

import json
import pickle
import pickletools
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest


def find_model(client) -> Path:
    source = client.get_model_version_by_alias("lead-conversion", "challenger").source
    return Path(unquote(urlparse(source).path))


def is_pickle(content: bytes) -> bool:
    try:
        return bool(list(pickletools.genops(content)))  # read to its end, and not run
    except (ValueError, IndexError):
        return False


def test_the_model_folder_holds_no_pickle_and_no_path_of_this_machine(made, tracked):
    record, _ = made
    folder = find_model(tracked[0])
    assert is_pickle(pickle.dumps({"a": 1}))
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"MLmodel", "pyfunc_code.py", "input_example.json", "requirements.txt"} <= {path.name for path in files}
    assert not [path for path in files if path.suffix in {".pkl", ".pickle", ".joblib", ".pyc"} or is_pickle(path.read_bytes())]
    content = (folder / "MLmodel").read_text(encoding="utf-8")
    assert str(record.folder) not in content
    assert str(Path(__file__).parents[4]) not in content


def test_the_signature_asks_for_nothing_but_the_key_and_the_example_is_synthetic(tracked, mlflow):
    folder = find_model(tracked[0])
    signature = mlflow.models.Model.load(str(folder)).signature
    assert [name for name in signature.inputs.input_names() if signature.inputs.input_dict()[name].required] == ["lead_id"]
    assert {"as_of", "events", "employees", "seniority"} <= set(signature.inputs.input_names())
    example = json.loads((folder / "input_example.json").read_text(), parse_constant=pytest.fail)  # NaN is no JSON
    assert [row[0] for row in example["data"]] == [f"golden-{number}" for number in range(8)]


def test_requirements_are_what_scoring_imports(tracked):
    """In a process of its own: nothing that scoring imports directly is left out, and MLflow and Ibis are not among it."""
    code = (
        "import sys, json, predictor.scoring.scorer, predictor.training.tracking.track, predictor.training.tracking.frame;"
        "from predictor.model.candidates.lightgbm import _load_lightgbm; _load_lightgbm();"  # which trees load when asked
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    loaded = set(json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout))
    assert not loaded & {"mlflow", "ibis", "matplotlib", "fastapi", "jinja2"}
    installed = {"sklearn": "scikit-learn", "tomli_w": "tomli-w"}
    package = "lead-conversion-predictor"
    lines = [line for line in metadata.requires(package) or () if not re.search(r"extra == .(?!full|serve)", line)]
    needs = {re.split(r"[^\w.-]", line)[0] for line in lines}
    direct = {"lightgbm", "numpy", "pandas", "pydantic", "sklearn", "scipy", "tomli_w", "sqlalchemy"}
    assert {installed.get(name, name) for name in loaded & direct} <= needs
    required = (find_model(tracked[0]) / "requirements.txt").read_text().splitlines()
    assert [line for line in required if not line.startswith("mlflow")] == [f"{package}[full]=={metadata.version(package)}"]


def test_the_model_is_small_and_holds_no_code_of_the_package(tracked):
    folder = find_model(tracked[0])
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert [name for name in files if name.endswith(".py")] == ["pyfunc_code.py"]
    assert len(files) < 25


def test_batch_prediction_by_the_command_line_gives_the_golden_answers(tracked, tmp_path):
    folder = find_model(tracked[0])
    out = tmp_path / "answers.json"
    command = [sys.executable, "-W", "ignore", "-m", "mlflow", "models", "predict", "-m", str(folder), "-t", "json"]
    example = folder / "serving_input_example.json"
    command += ["-i", str(example), "-o", str(out), "--env-manager", "local"]
    subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
    answers = json.loads(out.read_text())["predictions"]
    golden = [json.loads(line) for line in (folder / "artifacts").glob("*/golden.jsonl").__next__().read_text().splitlines()]
    assert [row["probability"] for row in answers] == pytest.approx([row["probability"] for row in golden], abs=1e-9)
