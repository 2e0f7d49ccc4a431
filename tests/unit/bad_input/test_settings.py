"""Bad settings, rule books and commands: refused in words, and nothing is written."""

from helpers import list_files, make_firm, refuse, write_settings
from typer.testing import CliRunner

from predictor.cli.app import app
from predictor.core.errors import RuleBookError, SettingsError, TableError


def test_unknown_setting_with_the_nearest_name(tmp_path, leads):
    path = make_firm(tmp_path, leads, threshold={"polcy": "band"})
    refuse(
        path,
        SettingsError,
        r"predictor.toml' cannot be used:\n  Unknown setting 'threshold.polcy'\. Did you mean 'threshold.policy'\?",
    )


def test_unknown_event_column_with_the_nearest_name(tmp_path, leads):
    (tmp_path / "events.csv").write_text("lead_id,when,event_type\nL00001,2025-01-01,page_view\n")
    path = make_firm(tmp_path, leads, data={"events": "events.csv"}, event_columns={"ocurred_at": "when"})
    refuse(path, TableError, r"EVENT012 \[event_columns\] maps 'ocurred_at', .* Did you mean 'occurred_at'\?")


def test_settings_that_are_no_toml(tmp_path):
    path = write_settings(tmp_path)
    path.write_text("[data\nleads = 3")
    refuse(path, SettingsError, "cannot be read as TOML: .*line 1.* Compare it with docs/reference/settings.md")


def test_broken_rule_book(tmp_path, leads):
    (tmp_path / "book.toml").write_text('name = "x"\ngate = "60"\n[[rules]]\nname = "Demo"\npoints = 5\n')
    path = make_firm(tmp_path, leads, points={"rule_book": "book.toml"})
    text = refuse(path, RuleBookError, r"book.toml' cannot be used \(2 faults\)")
    assert "Rule 1 'Demo': has no condition; add 'attribute' or 'event'." in text


def test_no_rule_book(tmp_path, leads):
    path = make_firm(tmp_path, leads, points={"rule_book": "b2c"})
    refuse(path, RuleBookError, "There is no rule book 'b2c': no file .* Name one of these, or correct the path.")


def test_command_line_refuses_with_text_and_exit_code_1(tmp_path, leads):
    path = make_firm(tmp_path, leads.drop(columns="sql_at"))
    before = list_files(tmp_path)
    done = CliRunner().invoke(app, ["train", "-c", str(path), "--models", str(tmp_path / "models"), "--no-track"])
    assert done.exit_code == 1
    text = " ".join(done.stderr.split())
    assert "Refused. The table of leads cannot be used (1 fault):" in text
    assert "LEAD001 There is neither 'sql_at' (when sales accepted) nor 'outcome' (yes or no)." in text
    assert "Traceback" not in text
    assert list_files(tmp_path) == before


def test_scoring_refuses_a_bad_table_and_writes_nothing(tmp_path, models):
    (tmp_path / "in.csv").write_text("lead,industry\nA,Software\n")
    words = ["score", "--model", str(models), "--leads", str(tmp_path / "in.csv"), "--out", str(tmp_path / "out.csv")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1
    assert "LEAD001 There is no column 'lead_id'." in " ".join(done.stderr.split())
    assert not (tmp_path / "out.csv").exists()


def test_scoring_to_a_place_that_is_not_there(tmp_path, models):
    (tmp_path / "in.csv").write_text("lead_id,industry\nA,Software\n")
    words = ["score", "--model", str(models), "--leads", str(tmp_path / "in.csv"), "--out", str(tmp_path / "no" / "out.csv")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1
    assert "out.csv' could not be written" in " ".join(done.stderr.split())
