"""The notebooks as they are kept: without outputs, so that none holds a path or a person, and with one path to change."""

import json
import re

import pytest
from house.tables import NOTEBOOKS, ROOT


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_kept_without_outputs_and_without_traces_of_who_ran_it(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    assert code
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code), "clear the outputs before you commit"
    assert not any(cell["metadata"] for cell in content["cells"])
    assert content["metadata"]["kernelspec"] == {"display_name": "Python 3", "language": "python", "name": "python3"}
    assert content["metadata"]["language_info"] == {"name": "python"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_one_path_is_to_be_changed(path):
    text = "".join(line for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] for line in [*cell["source"], "\n"])
    assert re.findall(r'^SETTINGS = "(.*)"$', text, flags=re.MULTILINE) == ["../data/predictor.toml"]
    assert not re.search(r"(?<![\w.])/(home|tmp|Users|work|root|mnt)\b|[A-Z]:\\\\", text)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_imports_the_public_names_only(path):
    text = path.read_text(encoding="utf-8")
    assert '"import predictor\\n"' in text
    assert not re.findall(r"from predictor|import predictor\.", text)


def test_the_six_are_there():
    assert [path.name for path in NOTEBOOKS] == [
        "01_audit.ipynb",
        "02_retrain.ipynb",
        "03_learned_vs_points.ipynb",
        "04_threshold.ipynb",
        "05_compare_runs.ipynb",
        "06_own_model.ipynb",
    ]
    assert {path.name for path in (ROOT / "notebooks").iterdir() if not path.name.startswith(".")} == {
        path.name for path in NOTEBOOKS
    }
