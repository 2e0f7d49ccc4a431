"""Disks and processes that give up while a bundle is written: the champion keeps serving."""

import errno
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from helpers import CHAMPION, NOW, list_files
from typer.testing import CliRunner

from predictor.cli.app import app
from predictor.core.errors import BundleError
from predictor.scoring.bundle.files import list_bundles, load_bundle, save_bundle
from predictor.scoring.bundle.registry import find_champion, promote, read_champions
from predictor.scoring.scorer import Scorer
from predictor.training.train import save_trained


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
    monkeypatch.setattr("predictor.core.durable_files.sync_folder", lambda folder: fail(folder == models))
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
    with pytest.raises(
        BundleError, match=r"The champion could not be named in .*: No space left on device. Nothing was changed."
    ):
        promote(models, "next")
    assert list_files(models) == before
    assert read_champions(models) == [CHAMPION]


KILLED = """
import os, signal, sys
from pathlib import Path
from predictor.scoring.bundle.files import load_bundle, save_bundle
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
