"""The notebooks, run top to bottom in a folder of their own: on the sample data, and on a firm's own by changing one path."""

import os
import re
import shutil

import nbformat
import pytest
from helpers import draw_leads, list_files, make_firm
from house.tables import NOTEBOOKS, ROOT
from nbclient import NotebookClient

SETTINGS = r'^SETTINGS = ".*"$'


def run_notebook(path, folder, settings=None):
    """The notebook with its outputs, run in that folder; nothing but what it puts into temporary folders is written."""
    notebook = nbformat.read(path, 4)
    cells = [cell for cell in notebook.cells if re.search(SETTINGS, cell.source, flags=re.MULTILINE)]
    assert len(cells) == 1, "one cell names the path to change"
    if settings is not None:
        cells[0].source = re.sub(SETTINGS, f'SETTINGS = "{settings}"', cells[0].source, flags=re.MULTILINE)
    temporary = folder.parent / "temporary"
    temporary.mkdir()
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}})
    client.execute(env={**os.environ, "TMPDIR": str(temporary)})
    return notebook


def list_outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


def join_texts(outputs):
    """All that was printed or shown as text or HTML."""
    held = [
        output.get("text", "") + "".join(output.get("data", {}).get(f"text/{kind}", "") for kind in ("plain", "html"))
        for output in outputs
    ]
    return "\n".join(held)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_on_the_sample_data_and_leaves_nothing_behind(path, tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    shutil.copytree(ROOT / "data", tmp_path / "data")
    before = list_files(tmp_path)
    outputs = list_outputs(run_notebook(path, folder))
    assert [name for name in list_files(tmp_path) if not name.startswith("temporary")] == before
    assert not [output["text"] for output in outputs if output.get("name") == "stderr"]
    assert any("text/html" in output.get("data", {}) for output in outputs), "a table"
    assert any("image/png" in output.get("data", {}) for output in outputs), "a plot"
    texts = join_texts(outputs)
    assert str(tmp_path) not in texts, "a path"
    assert "@" not in texts, "a person"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_on_a_firm_without_dates_events_and_rule_book(path, tmp_path):
    """What cannot be told of such a firm is said, and nothing fails."""
    leads = draw_leads()
    undated = leads.drop(columns=["mql_at", "sql_at", "score"]).assign(
        outcome=leads["sql_at"].notna().map({True: "yes", False: "no"})
    )
    undated["number"] = range(len(undated))
    settings = make_firm(
        tmp_path / "firm",
        undated,
        columns={"order_by": "number"},
        label={"horizon_days": "auto"},
        roles={"points": []},
        points={"gate": "rule_book"},
    )
    folder = tmp_path / "notebooks"
    folder.mkdir()
    outputs = list_outputs(run_notebook(path, folder, settings))
    assert not [output["text"] for output in outputs if output.get("name") == "stderr"]
    assert "points/b2b" not in join_texts(outputs)
