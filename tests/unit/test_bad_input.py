"""Bad input: each is refused in words that say what, where and what to do, and leaves nothing half-written behind."""

import errno
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from helpers import draw_leads, make_firm, write_settings
from typer.testing import CliRunner

from predictor.bundle import (
    _write_manifest,
    find_champion,
    fingerprint,
    list_bundles,
    load_bundle,
    promote,
    read_champions,
    save_bundle,
)
from predictor.cli import app
from predictor.config import load_settings
from predictor.errors import BundleError, RuleBookError, SettingsError, TableError, TrainingError
from predictor.score import Scorer
from predictor.train import save_trained, train

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
CHAMPION = "logistic-20260331T120000Z"


def run(settings_path):
    return save_trained(train(load_settings(settings_path)), settings_path.parent / "models", now=NOW)


def list_files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def refuse(settings_path, error, match):
    """The training is refused with that text, and every file is as it was."""
    before = list_files(settings_path.parent)
    with pytest.raises(error, match=match) as caught:
        run(settings_path)
    assert list_files(settings_path.parent) == before
    return str(caught.value)


@pytest.fixture
def leads():
    return draw_leads(300)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return train(load_settings(make_firm(tmp_path_factory.mktemp("firm"))))


@pytest.fixture
def models(tmp_path, trained):
    """A folder of bundles with a champion."""
    save_trained(trained, tmp_path / "models", now=NOW)
    return tmp_path / "models"


# Tables


def test_missing_column(tmp_path, leads):
    path = make_firm(tmp_path, leads.rename(columns={"lead_id": "Record ID"}))
    refuse(path, TableError, r"LEAD001 There is no column 'lead_id'; the table has 'Record ID', .* Map it in \[columns\]")


def test_column_that_the_settings_name_but_the_export_lacks(tmp_path, leads):
    path = make_firm(tmp_path, leads, columns={"account_id": "Compny"}, roles={"points": ["scor"]})
    text = refuse(path, TableError, r"LEAD012 The settings name a column 'Compny' that the export lacks")
    assert "'scor' that the export lacks. Did you mean 'score'? Mend [columns] or [roles]." in text


def test_header_only(tmp_path, leads):
    refuse(
        make_firm(tmp_path, leads.iloc[:0]), TableError, "LEAD002 The table of leads is empty. Export the leads that became MQLs"
    )


def test_file_of_no_bytes(tmp_path):
    path = write_settings(tmp_path)
    (tmp_path / "leads.csv").write_bytes(b"")
    refuse(path, TableError, "LEAD000 'leads.csv' is empty. Export it again.")


def test_no_file(tmp_path):
    refuse(write_settings(tmp_path), TableError, "LEAD000 There is no file 'leads.csv' in .* Mend the path")


def test_no_mqls(tmp_path, leads):
    refuse(
        make_firm(tmp_path, leads.assign(mql_at=None)),
        TableError,
        r"LEAD002 No lead is left.*\n.*LEAD007 300 leads never became an MQL",
    )


@pytest.mark.parametrize(("days", "match"), [(None, "none was accepted"), (1, "all were accepted")])
def test_one_class_only(tmp_path, leads, days, match):
    sql_at = None if days is None else (pd.to_datetime(leads["mql_at"]) + pd.Timedelta(days=days)).astype("str")
    path = make_firm(tmp_path, leads.assign(sql_at=sql_at))
    refuse(
        path,
        TrainingError,
        f"mature leads {match}, so there is nothing to tell apart. Export the leads that sales accepted and those",
    )


def test_no_lead_is_mature(tmp_path, leads):
    path = make_firm(tmp_path, leads, data={"observed_until": "2025-01-02"})
    refuse(
        path,
        TrainingError,
        "None of the 300 leads can be learned from: the horizon of 30 days has not ended .* Export older leads",
    )


def test_few_outcomes_train_what_they_can_carry(tmp_path, leads):
    path = make_firm(tmp_path, leads.iloc[:120])
    trained = train(load_settings(path))
    found = {finding.code: finding for finding in trained.findings}
    assert "40 of each are needed" in found["TRAIN001"].what
    assert set(trained.recipes) == {"constant", "points"}
    probability = next(iter(trained.recipes.values())).rehearsed
    assert ((probability > 0) & (probability < 1)).all()
    saved = save_trained(trained, tmp_path / "models", now=NOW)
    assert Scorer.load(saved.folder).metrics["champion"] in {"constant", "points"}


def test_same_episode_twice(tmp_path, leads):
    path = make_firm(tmp_path, pd.concat([leads, leads.iloc[[4, 4]]]))
    refuse(
        path,
        TableError,
        r"LEAD004 An episode that is there already is repeated in 2 rows \(first in row 301\)\. One row an episode",
    )


def test_accepted_before_the_hand_over(tmp_path, leads):
    leads.loc[7, ["mql_at", "sql_at"]] = ["2025-03-01", "2025-02-28"]
    refuse(
        make_firm(tmp_path, leads),
        TableError,
        r"LEAD005 'sql_at' lies before 'mql_at' in 1 row \(first in row 8\)\. .* mend the dates",
    )


@pytest.mark.parametrize("date", ["31.03.2026", "03/31/2026", "soon", "now", "2026-02-30", "45000"])
def test_dates_that_are_none(tmp_path, leads, date):
    leads.loc[2, "mql_at"] = date
    match = r"LEAD003 Column 'mql_at' holds no date in 1 row \(first in row 3\)\. Write dates as 2026-03-31"
    refuse(make_firm(tmp_path, leads), TableError, match)


def test_two_columns_of_one_name(tmp_path, leads):
    path = make_firm(tmp_path, leads)
    lines = (tmp_path / "leads.csv").read_text().replace("industry,employees", "employees,employees", 1)
    (tmp_path / "leads.csv").write_text(lines)
    refuse(path, TableError, "LEAD012 Two columns bear the same name: 'employees'. Rename or remove one of each.")


def test_rows_longer_than_the_header(tmp_path, leads):
    path = make_firm(tmp_path, leads)
    text = (tmp_path / "leads.csv").read_text()
    (tmp_path / "leads.csv").write_text(text.replace("lead_id,", "", 1))
    refuse(path, TableError, r"LEAD000 The rows of 'leads.csv' have more cells than its header has names \(5\)")


def test_encoding_that_is_not_utf8(tmp_path, leads):
    path = make_firm(tmp_path, leads)
    text = (tmp_path / "leads.csv").read_text().splitlines()
    text[250] = text[250].replace("Retail", "Möbel").replace("Software", "Möbel").replace("Construction", "Möbel")
    (tmp_path / "leads.csv").write_bytes("\n".join(text).encode("latin-1"))
    refuse(path, TableError, r"LEAD000 'leads.csv' is not UTF-8 \(line 251, byte [\d,]+\)\. Save it as CSV UTF-8\.")


def test_parquet_file_that_is_none(tmp_path, leads):
    path = make_firm(tmp_path, leads, data={"leads": "leads.parquet"})
    (tmp_path / "leads.csv").rename(tmp_path / "leads.parquet")
    refuse(path, TableError, "LEAD000 'leads.parquet' is no readable Parquet file: .* Export it again.")


def test_events_without_what_they_need(tmp_path, leads):
    (tmp_path / "events.csv").write_text("lead_id,when,kind\nL00001,2025-01-01,page_view\n")
    path = make_firm(tmp_path, leads, data={"events": "events.csv"})
    text = refuse(path, TableError, "The table of events cannot be used")
    assert text.count("EVENT001") == 2


def test_all_faults_of_a_table_in_one_text(tmp_path, leads):
    leads = leads.astype({"score": object})
    leads.loc[0, "mql_at"] = "soon"
    leads.loc[1, "sql_at"] = "later"
    leads.loc[2, "score"] = "many"
    leads.loc[3, ["mql_at", "sql_at"]] = ["2025-03-01", "2025-02-28"]
    leads.loc[4, "lead_id"] = None
    path = make_firm(tmp_path, pd.concat([leads, leads.iloc[[9]]]), roles={"protected": ["Gender"]})
    text = refuse(path, TableError, r"The table of leads cannot be used \(7 faults\)")
    codes = [line.split()[0] for line in text.splitlines()[1:]]
    assert codes == ["LEAD012", "LEAD003", "LEAD003", "LEAD009", "LEAD006", "LEAD005", "LEAD004"]
    assert text.count("Or set data.faulty_rows = 'drop' to leave these rows out.") == 6


def test_faulty_rows_can_be_left_out_and_are_counted(tmp_path, leads):
    leads.loc[[0, 5], "mql_at"] = "soon"
    leads.loc[8, ["mql_at", "sql_at"]] = ["2025-03-01", "2025-02-28"]
    trained = train(load_settings(make_firm(tmp_path, leads, data={"faulty_rows": "drop"})))
    told = {finding.code: finding.what for finding in trained.findings if finding.severity == "warning"}
    assert told["LEAD003"] == "Column 'mql_at' holds no date in 2 rows (first in row 1). Left out."
    assert told["LEAD005"] == "'sql_at' lies before 'mql_at' in 1 row (first in row 9). Left out."
    assert len(trained.study.leads.frame) == 297


# Settings and rule books


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
    refuse(path, TableError, r"EVENT012 \[event_columns\] names 'ocurred_at', .* Did you mean 'occurred_at'\?")


def test_settings_that_are_no_toml(tmp_path):
    path = write_settings(tmp_path)
    path.write_text("[data\nleads = 3")
    refuse(path, SettingsError, "cannot be read as TOML: .*line 1.* Compare it with the settings in README.md")


def test_broken_rule_book(tmp_path, leads):
    (tmp_path / "book.toml").write_text('name = "x"\ngate = "60"\n[[rules]]\nname = "Demo"\npoints = 5\n')
    path = make_firm(tmp_path, leads, points={"rule_book": "book.toml"})
    text = refuse(path, RuleBookError, r"book.toml' cannot be used \(2 faults\)")
    assert "Rule 1 'Demo': has no condition; add 'attribute' or 'event'." in text


def test_no_rule_book(tmp_path, leads):
    path = make_firm(tmp_path, leads, points={"rule_book": "b2c"})
    refuse(path, RuleBookError, "There is no rule book 'b2c': no file .* Name one of these, or correct the path.")


# The command line


def test_command_line_refuses_with_text_and_exit_code_1(tmp_path, leads):
    path = make_firm(tmp_path, leads.drop(columns="sql_at"))
    before = list_files(tmp_path)
    done = CliRunner().invoke(app, ["train", "-c", str(path), "--models", str(tmp_path / "models"), "--no-track"])
    assert done.exit_code == 1
    told = " ".join(done.stderr.split())
    assert "Refused. The table of leads cannot be used (1 fault):" in told
    assert "LEAD001 There is neither 'sql_at' (when sales accepted) nor 'outcome' (yes or no)." in told
    assert "Traceback" not in told
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


# Bundles that were harmed


def files_of(bundle):
    return sorted(path.name for path in bundle.iterdir())


@pytest.fixture
def bundle(models):
    return models / CHAMPION


def refuse_bundle(bundle, match):
    with pytest.raises(BundleError, match=match):
        Scorer.load(bundle)
    with pytest.raises(BundleError, match=match):
        promote(bundle.parent, bundle.name)


def test_one_byte_changed_in_any_file(bundle):
    for name in files_of(bundle):
        content = (bundle / name).read_bytes()
        for place in {0, len(content) // 2, len(content) - 1}:
            harmed = bytearray(content)
            harmed[place] ^= 1
            (bundle / name).write_bytes(harmed)
            told = "manifest of bundle" if name == "manifest.json" else f"'{name}' altered"
            with pytest.raises(BundleError, match=f"{told}.*Copy the bundle again, whole, or train a new one"):
                Scorer.load(bundle)
        (bundle / name).write_bytes(content)
    Scorer.load(bundle)


@pytest.mark.parametrize("fact", ["git_commit", "data", "versions"])
def test_facts_of_the_manifest_cannot_be_rewritten(bundle, fact):
    content = json.loads((bundle / "manifest.json").read_text())
    (bundle / "manifest.json").write_text(json.dumps({**content, fact: "other"}, indent=1, sort_keys=True))
    refuse_bundle(bundle, f"The manifest of bundle '{CHAMPION}' was altered. Copy the bundle again")


def test_any_file_missing(bundle):
    for name in files_of(bundle):
        content = (bundle / name).read_bytes()
        (bundle / name).unlink()
        told = "it has no manifest.json" if name == "manifest.json" else f"does not agree with its manifest: '{name}' missing"
        with pytest.raises(BundleError, match=told):
            Scorer.load(bundle)
        (bundle / name).write_bytes(content)


def test_half_copied_bundle_tells_all_that_is_missing(bundle):
    (bundle / "model.json").unlink()
    (bundle / "features.json").unlink()
    (bundle / "golden.jsonl").write_bytes((bundle / "golden.jsonl").read_bytes()[:100])
    refuse_bundle(bundle, "'features.json', 'model.json' missing; 'golden.jsonl' altered. Copy the bundle again")


@pytest.mark.parametrize("name", ["../x", "/etc/hostname", "..", "sub/model.json", "", "a\0b"])
def test_manifest_that_names_files_outside_the_bundle(bundle, name):
    (bundle.parent / "x").write_text("x")
    (bundle / "manifest.json").write_text(_write_manifest({"format": 1, "files": {name: fingerprint(b"x")}}))
    refuse_bundle(bundle, "does not agree with its manifest: .* missing")


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "null", "{}", '{"format": 1}', '{"format": 1, "seal": "x"}', "\xff", "[" * 100_000]
)
def test_manifest_that_is_none(bundle, text):
    (bundle / "manifest.json").write_bytes(text.encode("latin-1"))
    refuse_bundle(bundle, f"The manifest of bundle '{CHAMPION}' (cannot be read|was altered). Copy the bundle again")


def test_bundle_of_another_format(bundle):
    (bundle / "manifest.json").write_text(_write_manifest({"format": 2, "files": {}}))
    refuse_bundle(bundle, f"Bundle '{CHAMPION}' has format 2; this version reads 1. Train it anew.")


def test_bundle_without_what_scoring_needs(models):
    save_bundle(models, "poor", {"metrics.json": "{}"}, {})
    refuse_bundle(models / "poor", "Bundle 'poor' lacks 'calibrator.json', .* Copy the bundle again")


def test_bundle_that_answers_otherwise_than_at_training(models, trained):
    golden = json.loads(trained.files["golden.jsonl"].splitlines()[0])
    text = json.dumps({**golden, "probability": golden["probability"] + 1e-6}) + "\n"
    save_bundle(models, "other", {**trained.files, "golden.jsonl": text}, {})
    with pytest.raises(BundleError, match=r"Bundle 'other' gives 0\.\d+ for golden row 1, but gave .* Install the versions"):
        Scorer.load(models / "other")


# Disks and processes that give up


def test_full_disk_while_a_bundle_is_written(models, trained, monkeypatch):
    before, calls = list_files(models), []
    really = os.fsync

    def give_up(handle):
        calls.append(handle)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        really(handle)

    monkeypatch.setattr(os, "fsync", give_up)
    match = (
        "could not be written to .*: No space left on device. Nothing was left behind and the champion is as it was. Make room"
    )
    with pytest.raises(BundleError, match=match):
        save_trained(trained, models, now=datetime(2026, 4, 1, tzinfo=UTC))
    assert list_files(models) == before
    assert read_champions(models) == [CHAMPION]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device that is always full is Linux's")
def test_device_that_is_full(models, trained, monkeypatch):
    before, really = list_files(models), Path.open

    def open_full(path, mode="r", *args, **kwargs):
        full = mode == "w" and path.name == "metrics.json"
        return really(Path("/dev/full") if full else path, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", open_full)
    with pytest.raises(BundleError, match=r"No space left on device. Nothing was left behind"):
        save_trained(trained, models, now=datetime(2026, 4, 1, tzinfo=UTC))
    monkeypatch.undo()
    assert list_files(models) == before


def test_failure_after_the_bundle_has_its_name_leaves_none(models, trained, monkeypatch):
    before = list_files(models)
    monkeypatch.setattr("predictor.bundle._sync_folder", lambda folder: fail(folder == models))
    with pytest.raises(BundleError, match=r"Input/output error. Nothing was left behind"):
        save_trained(trained, models, now=datetime(2026, 4, 1, tzinfo=UTC))
    assert list_files(models) == before


def fail(is_now):
    if is_now:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_interrupted_by_hand_leaves_nothing(models, trained, monkeypatch):
    before = list_files(models)

    def interrupt(_):
        raise KeyboardInterrupt("by hand")

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt, match="by hand"):
        save_trained(trained, models, now=datetime(2026, 4, 1, tzinfo=UTC))
    assert list_files(models) == before


def test_full_disk_while_the_champion_is_named(models, trained, monkeypatch):
    save_bundle(models, "next", trained.files, {})
    before = list_files(models)

    def give_up(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", give_up)
    with pytest.raises(BundleError, match=r"The champion could not be named in .*: No space left on device. It is as it was."):
        promote(models, "next")
    assert list_files(models) == before
    assert read_champions(models) == [CHAMPION]


KILLED = """
import os, signal, sys
from pathlib import Path
from predictor.bundle import load_bundle, save_bundle
models, at, calls, really = Path(sys.argv[1]), int(sys.argv[2]), [], os.fsync
def sync(handle):
    calls.append(handle)
    if len(calls) == at:
        os.kill(os.getpid(), signal.SIGKILL)
    really(handle)
os.fsync = sync
save_bundle(models, "torn-20260401T000000Z", load_bundle(models / sys.argv[3]).files, {})
"""


@pytest.mark.parametrize("at", [1, 6, 12])
def test_process_killed_while_a_bundle_is_written(models, trained, at):
    done = subprocess.run([sys.executable, "-c", KILLED, str(models), str(at), CHAMPION], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert list_bundles(models) == [CHAMPION]
    shown = CliRunner().invoke(app, ["models", "list", "--models", str(models)])
    assert shown.stdout.split() == ["*", CHAMPION]
    assert Scorer.load(find_champion(models)).version == CHAMPION
    with pytest.raises(BundleError, match=r"There is no bundle 'torn-20260401T000000Z' in .*; it has 'logistic-"):
        promote(models, "torn-20260401T000000Z")
    saved = save_trained(trained, models, now=datetime(2026, 4, 1, tzinfo=UTC))
    assert load_bundle(saved.folder).files == trained.files
    assert list_bundles(models) == [CHAMPION, saved.folder.name]


def test_name_that_is_taken(models, trained):
    before = list_files(models)
    with pytest.raises(BundleError, match=f"There is a bundle '{CHAMPION}' in .* already. Give the new one another name."):
        save_bundle(models, CHAMPION, trained.files, trained.facts)
    assert list_files(models) == before


def test_models_folder_that_is_a_file(tmp_path, trained):
    (tmp_path / "models").write_text("")
    with pytest.raises(BundleError, match=r"could not be written to .*: (Not a directory|File exists)"):
        save_trained(trained, tmp_path / "models", now=NOW)
    assert (tmp_path / "models").read_text() == ""
