"""The simulated firm on disk: the sample data, complete or absent, with settings that can be read."""

import re
from pathlib import Path

import pytest

from predictor.core.settings import load_settings
from predictor.points.rulebook import load_rule_book
from predictor.simulate.files import save_firm
from predictor.simulate.firm import Firm, simulate_firm
from predictor.simulate.truth import HORIZON_DAYS

DATA = Path(__file__).parents[3] / "data"
FILES = ["leads.csv", "events.csv", "truth.csv", "predictor.toml", "points/b2b.toml", "points/content.toml"]


def test_data_holds_what_the_simulator_writes(small, tmp_path):
    save_firm(small, tmp_path)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), name


def test_saving_replaces_the_files_and_leaves_nothing_else(small, tmp_path):
    save_firm(small, tmp_path)
    save_firm(simulate_firm(10, seed=1), tmp_path)
    written = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert written == sorted(FILES)
    assert (tmp_path / "leads.csv").read_text(encoding="utf-8").count("\n") < 20
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["points"]


def test_saving_that_fails_leaves_the_old_files(small, tmp_path):
    save_firm(small, tmp_path)
    before = (tmp_path / "leads.csv").read_bytes()
    broken = Firm(simulate_firm(10, seed=1).leads, small.events.assign(asset='a "quoted", name'), small.truth)
    with pytest.raises(ValueError, match="CSV values may not contain"):
        save_firm(broken, tmp_path)
    assert (tmp_path / "leads.csv").read_bytes() == before


def test_the_written_settings_can_be_read(tmp_path):
    save_firm(simulate_firm(10, seed=1), tmp_path)
    settings = load_settings(tmp_path / "predictor.toml")
    assert settings.label.horizon_days == HORIZON_DAYS
    assert (settings.folder / settings.data.leads).exists()
    assert (settings.folder / settings.data.events).exists()
    assert load_rule_book(settings.points.rule_book, settings.folder).gate == 60


def test_the_data_dictionary_lists_every_column(small):
    text = (DATA / "README.md").read_text(encoding="utf-8")
    for title, table in (("leads.csv", small.leads), ("events.csv", small.events), ("truth.csv", small.truth)):
        section = text.split(f"## {title}")[1].split("\n## ")[0]
        assert re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE) == list(table.columns)
        assert f"| [{title}]({title}) | {len(table):,} |" in text
