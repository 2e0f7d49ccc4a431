"""The documents say what the code does: settings, commands, findings, columns; their links and examples hold."""

import ast
import difflib
import json
import re
import tomllib

import pytest
from house.documents import (
    DOCUMENTS,
    REFERENCE,
    find_path,
    list_anchors,
    list_blocks,
    list_commands,
    list_links,
    list_paths,
    read,
)
from house.pages import DOCS, PAGES
from house.tables import NOTEBOOKS, ROOT
from typer.testing import CliRunner

import predictor
from predictor.cli.app import app
from predictor.core.cell_formats import EXPORTS
from predictor.core.settings import make_settings
from predictor.data.events.contract import EVENT_COLUMNS
from predictor.data.lead_facts import LEAD_FACTS
from predictor.points.rulebook import parse_rule_book
from predictor.store.schema import META

CODE = r"\b((?:LEAD|EVENT|TRAIN|MODEL|STORE|AUDIT|INIT)\d{3})\b"
IDS = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
by_document = pytest.mark.parametrize("path", DOCUMENTS, ids=IDS)


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_made_from_the_code_are_up_to_date(name):
    page, made = read(DOCS / name).splitlines(), PAGES[name]().splitlines()
    wrong = [line for line in difflib.unified_diff(page, made, n=0, lineterm="") if not line.startswith(("---", "+++", "@@"))]
    assert not wrong, f"docs/{name}: run `make docs`. Lines to go (-) and to come (+):\n" + "\n".join(wrong)


def test_every_finding_that_is_raised_is_listed_and_no_other():
    sources = [path for room in ("src", "api") for path in (ROOT / room).rglob("*.py") if path.name != "finding_codes.py"]
    raised = {code for path in sources for code in re.findall(CODE, read(path))}
    listed = re.findall(rf"^\| `{CODE[2:-2]}`", read(REFERENCE / "findings.md"), flags=re.MULTILINE)
    assert sorted(listed) == sorted(raised)


def list_names(page, heading):
    """The names in the first column of the table below a heading."""
    table = read(REFERENCE / page).split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [
        name for line in table.splitlines() if line.startswith("| `") for name in re.findall(r"`([^`]+)`", line.split("|")[1])
    ]


def test_every_column_of_leads_and_events_is_listed():
    assert set(list_names("columns.md", "Leads")) == set(LEAD_FACTS)
    assert set(list_names("columns.md", "Events")) == set(EVENT_COLUMNS)


def test_every_column_of_the_store_is_listed():
    rows = read_rows("Store")
    assert {name: set(columns) for name, columns in rows.items()} == {
        name: set(table.columns.keys()) for name, table in META.tables.items()
    }


def read_rows(heading):
    """Of a table below a heading: the name in the first column, and the names in the last."""
    table = read(REFERENCE / "columns.md").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [line.split("|") for line in table.splitlines() if line.startswith("| `")]
    return {re.findall(r"`([^`]+)`", cell[1])[0]: re.findall(r"`([^`]+)`", cell[3]) for cell in cells}


def bare(columns):
    return [str(name) for name in columns if not str(name).endswith(("_low", "_high"))]


def test_every_column_of_scores_is_listed(scorer, firm):
    import pandas as pd  # noqa: PLC0415

    leads = pd.read_csv(firm / "leads.csv", dtype=str).head(3)
    answers, _ = predictor.score_leads(scorer, leads, None, now=pd.Timestamp("2026-07-01", tz="UTC"))
    assert list_names("columns.md", "Scores") == list(answers.columns)


def test_every_table_of_the_comparison_is_listed_with_its_columns(trained):
    rows = read_rows("Comparison")
    tables = trained.comparison.tables
    assert set(tables) <= set(rows) == {*tables, "learned_points"}  # which this training has not learned
    for name, table in tables.items():
        assert rows[name] == (["segments"] if name == "months" else bare(table.columns)), name


def test_every_frame_of_a_training_is_listed_with_its_columns(trained):
    rows = read_rows("Training")
    frames = {
        "trained.candidates": trained.candidates,
        "trained.thresholds": trained.thresholds,
        "trained.importance": trained.importance,
        "trained.dataset.outcomes.curve": trained.dataset.outcomes.curve,
    }
    for name, frame in frames.items():
        assert [column for column in rows[name] if column in frame] == bare(frame.columns), name


def test_the_text_of_the_setting_names_every_crm():
    [row] = [line for line in read(REFERENCE / "settings.md").splitlines() if line.startswith("| `data.crm` |")]
    assert [name for name in EXPORTS if name not in row] == []


@by_document
def test_its_links_lead_somewhere(path):
    for link in list_links(read(path)):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        place, _, anchor = link.partition("#")
        target = (path.parent / place).resolve() if place else path
        assert target.exists(), link
        if anchor:
            assert anchor in list_anchors(read(target)), link


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_links_of_a_notebook_lead_somewhere(path):
    cells = json.loads(read(path))["cells"]
    for link in list_links("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")):
        assert (path.parent / link).exists(), link


@by_document
def test_the_files_that_it_names_are_there(path):
    missing = [named for named in list_paths(read(path)) if find_path(named) is None]
    assert not missing, f"{path.relative_to(ROOT)} names what is not there: {', '.join(missing)}"


@by_document
def test_its_commands_take_their_options(path):
    for line in list_commands(read(path)):
        words = line.split()
        command = words[:2] if words[0] in {"models", "keys", "export"} else words[:1]
        done = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200"})
        assert done.exit_code == 0, line
        for option in re.findall(r"(?<=\s)--?[\w-]+", line):
            assert option in done.output, f"predictor {line}"


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if path.name != "CONTRIBUTING.md"])  # test_contributing.py
def test_its_settings_and_rules_can_be_read(path):
    for block in list_blocks(read(path), "toml"):
        if "[[rules]]" in block:
            parse_rule_book(f'name = "example"\ngate = 60\n{block}', str(path))
        else:
            make_settings(tomllib.loads(block))


@by_document
def test_its_public_names_are_there(path):
    blocks = "\n".join(list_blocks(read(path), "python"))
    for name in re.findall(r"(?<![\w\"])predictor\.(\w+)", blocks):
        assert hasattr(predictor, name), name


def test_every_public_name_that_the_guide_lists_is_there():
    table = read(ROOT / "docs/data_scientist.md").split("\n## In Python\n")[1].split("\n## ")[0]
    names = {name for line in table.splitlines() if line.startswith("| `") for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert names <= set(predictor.__all__)


def test_a_term_of_the_glossary_stands_there_once():
    terms = re.findall(r"^\| (\*\*.+?) \|", read(ROOT / "docs/glossary.md"), flags=re.MULTILINE)
    words = [word for term in terms for word in re.findall(r"\*\*(.+?)\*\*", term)]
    assert len(words) > 50
    assert sorted(set(words)) == sorted(words)


OLD_WORDS = r"\b(?:told apart|by lot|lots|dealt|mend(?:s|ed|ing)?|anew|taught|seldom|out[ -]of[ -]time)\b"
OLD_NAMES = r"\b(?:tell|weigh)_\w|(?<= )acts\b"  # of functions and variables
OLD_VARIABLES = {"told", "asked", "taught", "dealt", "weighed", "came", "its"}
OLD_BUNDLES = ("features/encode.py", "model/conversion_by_value.py", "compare/test_comparison.py", "house/test_docs.py")
SOURCES = sorted(
    path
    for room in ("src", "api", "tests", "benchmarks")
    for end in ("py", "toml", "html", "js")
    for path in (ROOT / room).rglob(f"*.{end}")
    if path.name != "vega.js" and not str(path).endswith(OLD_BUNDLES)  # which hold words of version 0.1
)


@by_document
def test_it_is_in_plain_modern_english(path):
    found = re.findall(OLD_WORDS, read(path), flags=re.IGNORECASE)
    if path.parent != REFERENCE:  # much of which is made from the code
        found += re.findall(r"\b(?:lack(?:s|ed|ing)?|all the same)\b", read(path))
    assert not found, path.name


def test_the_code_and_its_data_files_are_in_plain_modern_english():
    assert len(SOURCES) > 400
    old = f"{OLD_WORDS}|{OLD_NAMES}"
    found = {
        str(path.relative_to(ROOT)): words for path in SOURCES if (words := re.findall(old, read(path), flags=re.IGNORECASE))
    }
    assert not found


def list_variables(path):
    """Names of variables and arguments that a file of Python sets."""
    nodes = list(ast.walk(ast.parse(read(path))))
    variables = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return variables | {node.arg for node in nodes if isinstance(node, ast.arg)}


def test_variables_are_nouns():
    sources = [path for path in SOURCES if path.suffix == ".py"]
    assert not {str(path.relative_to(ROOT)): old for path in sources if (old := list_variables(path) & OLD_VARIABLES)}
