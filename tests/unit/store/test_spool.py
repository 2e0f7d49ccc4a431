"""The spool: records are with the system at once and on disk soon, and those of an ended process are adopted."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from predictor.store.segments import read_lines
from predictor.store.spool import Spool


@pytest.fixture
def spool(tmp_path):
    spool = Spool(tmp_path / "spool")
    yield spool
    spool.close()


def list_lines(spool):
    spool.rotate()
    return [line for segment in spool.list_waiting() for line in read_lines(segment.path)[0]]


def test_nothing_is_created_before_the_first_record(spool):
    spool.adopt()
    spool.sync()
    assert spool.rotate() is None
    assert spool.scrub(lambda _: False) == 0
    assert not spool.folder.exists()


def test_records_are_read_back_in_order(spool):
    spool.append([b"1\n", b"2\n"])
    first = spool.rotate()
    spool.append([b"3\n"])
    assert (spool.waiting, first.lines, read_lines(first.path)) == (3, 2, ([b"1", b"2"], False))
    assert list_lines(spool) == [b"1", b"2", b"3"]
    spool.remove(first)
    assert (spool.waiting, list_lines(spool), first.path.exists()) == (1, [b"3"], False)


def test_only_the_owner_may_read_it(spool):
    spool.append([b"1\n"])
    assert {file.stat().st_mode & 0o077 for file in spool.folder.iterdir()} == {0}


def test_threads_that_write_at_once_mix_no_lines(spool):
    def add(name):
        for number in range(200):
            spool.append([f"{name}-{number}-{'x' * 3000}\n".encode()])

    threads = [threading.Thread(target=add, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(list_lines(spool)) == sorted(f"{name}-{n}-{'x' * 3000}".encode() for name in "abcd" for n in range(200))


def test_a_large_segment_is_completed(spool, monkeypatch):
    monkeypatch.setattr("predictor.store.spool._LARGEST", 10)
    for number in range(5):
        spool.append([b"%04d\n" % number])
    assert [segment.lines for segment in spool.list_waiting()] == [2, 2]
    assert spool.waiting == 5


def test_a_full_disk_takes_all_or_nothing(spool, monkeypatch):
    def write_some(handle, data):
        if len(data) > 4:
            return really(handle, data[:4])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    spool.append([b"1\n"])
    really = os.write
    monkeypatch.setattr(os, "write", write_some)
    with pytest.raises(OSError, match="No space left on device"):
        spool.append([b"lost with an error\n"])
    monkeypatch.undo()
    spool.append([b"2\n"])
    assert list_lines(spool) == [b"1", b"2"]


def test_a_sync_covers_complete_segments_too(spool, monkeypatch):
    synced = []
    really = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(Path(f"/proc/self/fd/{handle}").readlink()), really(handle)))
    spool.append([b"1\n"])
    first = spool.rotate()
    spool.append([b"2\n"])
    spool.sync()
    second = spool.rotate()
    assert synced == [first.path, second.path, spool.folder]
    spool.sync()
    assert len(synced) == 3


def test_a_sync_that_fails_is_repeated(spool, monkeypatch):
    def refuse(_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    spool.append([b"1\n"])
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="Input/output error"):
        spool.sync()
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    spool.sync()
    assert len(synced) == 2


def test_records_of_a_closed_spool_are_adopted(spool, tmp_path):
    other = Spool(tmp_path / "spool")
    other.append([b"1\n", b"2\n"])
    other.rotate()
    other.append([b"3\n"])
    other.close()
    spool.append([b"4\n"])
    spool.adopt()
    assert list_lines(spool) == [b"1", b"2", b"3", b"4"]
    spool.adopt()
    assert spool.waiting == 4


def test_records_of_a_running_process_are_not_adopted(spool, tmp_path):
    other = Spool(tmp_path / "spool")
    other.append([b"1\n"])
    spool.adopt()
    assert spool.waiting == 0
    other.close()
    spool.adopt()
    assert spool.waiting == 1


def test_records_of_a_killed_process_are_adopted_by_one_other(spool, tmp_path):
    code = (
        "import sys; from pathlib import Path; from predictor.store.spool import Spool\n"
        "spool = Spool(Path(sys.argv[1])); spool.append([b'1\\n']); spool.rotate(); spool.append([b'2\\n', b'ha'])\n"
        "print('there', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "spool")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"there\n"
        spool.adopt()
        assert spool.waiting == 0
        child.send_signal(signal.SIGKILL)
        child.wait()
    other = Spool(tmp_path / "spool")
    threads = [threading.Thread(target=adopter.adopt) for adopter in (spool, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted([spool.waiting, other.waiting]) == [0, 2]
    heir = max(spool, other, key=lambda adopter: adopter.waiting)
    assert [read_lines(segment.path) for segment in heir.list_waiting()] == [([b"1"], False), ([b"2"], True)]
    heir.close()
    spool.adopt()
    assert spool.waiting == 2
    other.close()


def test_an_empty_spool_leaves_no_files_but_the_lock_of_its_folder(spool):
    spool.append([b"1\n"])
    spool.remove(spool.rotate())
    spool.close()
    assert [file.name for file in spool.folder.iterdir()] == ["folder.lock"]


def test_scrubbed_records_leave_no_trace(spool):
    spool.append([b"keep 1\n", b"drop 2\n"])
    spool.rotate()
    spool.append([b"drop 3\n"])
    spool.refuse([(b"drop 4", "a reason"), (b"keep 5", "a reason")])
    assert spool.scrub(lambda line: b"drop" not in line) == 3
    assert (spool.waiting, list_lines(spool)) == (1, [b"keep 1"])
    assert [json.loads(line)["record"] for line in spool.refused.read_text().splitlines()] == ["keep 5"]
    assert b"drop" not in b"".join(file.read_bytes() for file in spool.folder.iterdir())


def test_files_of_an_interrupted_scrub_are_deleted(spool, tmp_path):
    other = Spool(tmp_path / "spool")
    other.append([b"1\n"])
    other.rotate().path.with_suffix(".new").write_bytes(b"half")
    other.close()
    spool.adopt()
    assert list_lines(spool) == [b"1"]
    assert not list(spool.folder.glob("*.new"))


@pytest.mark.parametrize("made_again", [True, False])
def test_records_written_after_the_folder_was_emptied_reach_the_next_process(spool, made_again):
    spool.append([b"1\n"])
    spool.remove(spool.rotate())
    shutil.rmtree(spool.folder)
    if made_again:
        spool.folder.mkdir()
    spool.append([b"2\n"])
    spool.close()
    after = Spool(spool.folder)
    after.adopt()
    assert list_lines(after) == [b"2"]
    after.close()


def test_a_partial_line_of_a_refused_record_harms_no_other(spool):
    spool.append([b"1\n"])
    spool.refuse([(b'{"lead_id": "A1"}', "why")])
    with spool.refused.open("ab") as file:
        file.write(b'{"reason": "no", "record": "A2')
    spool.refuse([(b'{"lead_id": "A3"}', "why")])
    assert spool.refused.read_bytes().count(b"\n") == 3
    assert spool.scrub_refused(lambda line: b"A2" not in line) == 1
    assert [json.loads(line)["record"] for line in spool.refused.read_bytes().splitlines()] == [
        '{"lead_id": "A1"}', '{"lead_id": "A3"}',
    ]  # fmt: skip


def test_refused_records_expire(spool):
    spool.expire_refused(datetime.now(UTC))
    spool.append([b"1\n"])
    spool.refuse([(b"old", "why")])
    between = datetime.now(UTC)
    spool.refuse([(b"new", "why")])
    spool.expire_refused(between)
    assert [json.loads(line)["record"] for line in spool.refused.read_bytes().splitlines()] == ["new"]


def test_refused_records_are_written_completely_or_not_at_all(spool, monkeypatch):
    spool.append([b"1\n"])
    spool.refuse([(b"first", "why")])
    before = spool.refused.read_bytes()

    def refuse(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space left"):
        spool.refuse([(b"second", "why")])
    monkeypatch.undo()
    assert spool.refused.read_bytes() == before


def test_a_partial_line_of_an_erased_lead_is_erased(spool):
    spool.append([b"1\n"])
    spool.refuse([(b'{"lead_id": "A1"}', "why")])
    with spool.refused.open("ab") as file:
        file.write(b'{"reason": "no", "record": "A2')
    assert spool.scrub_refused(lambda _: True) == 0
    assert b"A2" not in spool.refused.read_bytes()
    assert b"A1" in spool.refused.read_bytes()


def test_refused_records_of_an_older_version_do_not_expire_for_lack_of_a_date(spool):
    spool.append([b"1\n"])
    spool.refused.write_bytes(b'{"reason": "why", "record": "old"}\n{"reason": "w\n')
    spool.expire_refused(datetime.now(UTC))
    assert spool.refused.read_bytes() == b'{"reason": "why", "record": "old"}\n'


def test_a_sync_that_cannot_open_files_is_repeated(spool, monkeypatch):
    spool.append([b"1\n"])
    first = spool.rotate()
    spool.append([b"2\n"])
    synced, fsync = [], os.fsync

    def refuse(_):
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(os, "dup", refuse)
        with pytest.raises(OSError, match="Too many open files"):
            spool.sync()
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(handle) or fsync(handle))
    spool.sync()
    assert len(synced) >= 2
    spool.remove(first)
