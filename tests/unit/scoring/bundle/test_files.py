"""A bundle is written whole or not at all and checked to the byte, and one of them serves."""

import json
import os
import subprocess
import sys

import pytest

from predictor.core.errors import BundleError
from predictor.scoring.bundle.files import LOCK, MANIFEST, fingerprint, list_bundles, load_bundle, save_bundle
from predictor.scoring.bundle.registry import find_bundle, find_champion, promote, read_champions, rollback

FILES = dict.fromkeys(
    ("calibrator.json", "threshold.json", "features.json", "config.toml", "metrics.json", "golden.jsonl", "reference.json"),
    "{}\n",
)


def save(models, *names):
    for name in names:
        save_bundle(models, name, FILES | {"card.md": f"# {name} ä\r\n"}, {"data": {"leads": "abc"}})


def test_what_is_saved_is_loaded(tmp_path):
    folder = save_bundle(
        tmp_path / "deep" / "models", "one", FILES | {"card.md": "ä\r\n\n"}, {"data": {"leads": "abc"}, "git_commit": None}
    )
    bundle = load_bundle(folder)
    assert bundle.version == "one"
    assert bundle.files == FILES | {"card.md": "ä\r\n\n"}  # line ends as they were
    assert bundle.manifest["data"] == {"leads": "abc"}
    assert bundle.manifest["files"]["card.md"] == fingerprint("ä\r\n\n".encode())
    assert bundle.read_json("metrics.json") == {}
    assert sorted(path.name for path in folder.iterdir()) == sorted([*bundle.files, MANIFEST])


def test_fingerprint_is_sha256():
    assert fingerprint(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4, example


def test_the_same_files_give_the_same_bytes(tmp_path):
    save(tmp_path / "a", "one")
    save(tmp_path / "b", "one")
    for path in (tmp_path / "a" / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / "one" / path.name).read_bytes()


def test_a_file_that_the_manifest_does_not_name_is_not_read(tmp_path):
    save(tmp_path, "one")
    (tmp_path / "one" / "notes.txt").write_text("mine")
    assert "notes.txt" not in load_bundle(tmp_path / "one").files


def test_a_format_must_be_a_number(tmp_path):
    save(tmp_path, "one")
    manifest = tmp_path / "one" / MANIFEST
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": true'))
    with pytest.raises(BundleError, match="Bundle 'one' has format True; this version reads 1"):
        load_bundle(tmp_path / "one")


def test_no_link_out_of_the_folder_is_followed(tmp_path):
    """Links within it are, because volumes of Kubernetes are made of them."""
    save(tmp_path, "one")
    folder, elsewhere = tmp_path / "one", tmp_path / "elsewhere"
    (folder / "data").mkdir()
    (folder / "card.md").rename(folder / "data" / "card.md")
    (folder / "card.md").symlink_to("data/card.md")
    assert "card.md" in load_bundle(folder).files
    (folder / "data" / "card.md").rename(elsewhere)
    (folder / "card.md").unlink()
    (folder / "card.md").symlink_to(elsewhere)
    with pytest.raises(BundleError, match=r"does not agree with its manifest: 'card\.md' unreadable"):
        load_bundle(folder)
    (folder / MANIFEST).rename(elsewhere)
    (folder / MANIFEST).symlink_to(elsewhere)
    with pytest.raises(BundleError, match="The manifest of bundle 'one' cannot be read"):
        load_bundle(folder)


def test_bundle_may_move(tmp_path):
    save(tmp_path, "one")
    (tmp_path / "one").rename(tmp_path / "two")
    assert load_bundle(tmp_path / "two").version == "two"


def test_listing_shows_bundles_only(tmp_path):
    assert list_bundles(tmp_path / "no") == []
    save(tmp_path, "b", "a")
    (tmp_path / ".writing-c-1").mkdir()
    (tmp_path / ".writing-c-1" / MANIFEST).write_text("{}")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    assert list_bundles(tmp_path) == ["a", "b"]


def test_champions_come_and_go(tmp_path):
    save(tmp_path, "a", "b", "c")
    assert read_champions(tmp_path) == []
    for name in ("a", "b", "b", "c"):
        promote(tmp_path, name)
    assert read_champions(tmp_path) == ["c", "b", "a"]
    assert rollback(tmp_path) == "b"
    assert find_champion(tmp_path) == tmp_path / "b"
    assert rollback(tmp_path) == "a"
    with pytest.raises(
        BundleError, match=r"names no earlier champion to go back to. Promote one: `predictor models promote NAME`"
    ):
        rollback(tmp_path)
    assert read_champions(tmp_path) == ["a"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == [LOCK], "nothing unfinished is left"


def test_only_a_whole_bundle_of_the_folder_is_promoted(tmp_path):
    save(tmp_path / "models", "a")
    save(tmp_path, "outside")
    for name in ("nix", "../outside", "", "."):
        with pytest.raises(BundleError, match=r"There is no bundle '.*' in '.*'; it has 'a'"):
            promote(tmp_path / "models", name)
    (tmp_path / "models" / "a" / "metrics.json").write_text("[]")
    with pytest.raises(BundleError, match=r"'metrics.json' altered"):
        promote(tmp_path / "models", "a")
    assert read_champions(tmp_path / "models") == []


def test_no_rollback_to_a_broken_bundle(tmp_path):
    save(tmp_path, "a", "b")
    promote(tmp_path, "a")
    promote(tmp_path, "b")
    (tmp_path / "a" / "metrics.json").unlink()
    with pytest.raises(BundleError, match=r"Bundle 'a' does not agree with its manifest: 'metrics.json' missing"):
        rollback(tmp_path)
    assert read_champions(tmp_path) == ["b", "a"]


def test_a_champion_that_is_missing(tmp_path):
    save(tmp_path, "a")
    with pytest.raises(
        BundleError,
        match=r"no model serves. It has 1 bundle, and none .* `predictor models promote a` lets it serve.* --model .*a\.",
    ):
        find_champion(tmp_path)
    promote(tmp_path, "a")
    (tmp_path / "a").rename(tmp_path / "b")
    with pytest.raises(BundleError, match=r"The champion 'a' is not in .* Put it back, or `predictor models rollback`"):
        find_champion(tmp_path)


def test_champion_outside_the_folder_does_not_serve(tmp_path):
    save(tmp_path, "outside")
    save(tmp_path / "models", "a")
    (tmp_path / "models" / "champion").write_text("../outside\n")
    with pytest.raises(BundleError, match=r"The champion '\.\./outside' is not in"):
        find_champion(tmp_path / "models")


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_champion_file_that_cannot_be_read(tmp_path, content):
    save(tmp_path, "a")
    (tmp_path / "champion").mkdir() if content is None else (tmp_path / "champion").write_bytes(content)
    with pytest.raises(
        BundleError, match=r"champion', which names the bundle that serves, cannot be read. Remove that file, then"
    ):
        read_champions(tmp_path)


def test_folder_that_is_a_file(tmp_path):
    (tmp_path / "models").write_text("")
    assert list_bundles(tmp_path / "models") == read_champions(tmp_path / "models") == []
    with pytest.raises(BundleError, match=r"There is no folder '.*models'. Name a bundle, or the folder of bundles"):
        find_bundle(tmp_path / "models")
    with pytest.raises(BundleError, match=f"is not a bundle, or a half-copied one: it has no {MANIFEST}"):
        load_bundle(tmp_path / "models")


def test_a_path_means_a_bundle_or_the_champion(tmp_path):
    save(tmp_path, "a", "b")
    promote(tmp_path, "b")
    assert find_bundle(tmp_path / "a") == tmp_path / "a"
    assert find_bundle(tmp_path) == tmp_path / "b"


def test_version_is_the_name_of_the_folder_however_it_is_written(tmp_path, monkeypatch):
    save(tmp_path, "a")
    monkeypatch.chdir(tmp_path / "a")
    assert load_bundle(tmp_path.joinpath("a", "..", "a")).version == "a"
    assert load_bundle(type(tmp_path)(".")).version == "a"


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    save(tmp_path, "a")
    (tmp_path / "a" / "metrics.json").write_bytes(b"\xff")
    with pytest.raises(BundleError, match=r"'metrics.json' unreadable. Copy the bundle again"):
        load_bundle(tmp_path / "a")


def test_two_names_at_once_leave_one_whole_champion(tmp_path):
    save(tmp_path, "a", "b")
    (tmp_path / f".writing-champion-{os.getpid()}").write_text("half")  # left by a killed process of the same number
    promote(tmp_path, "a")
    assert read_champions(tmp_path) == ["a"]


def test_manifest_is_json_that_others_can_read(tmp_path):
    save(tmp_path, "a")
    content = json.loads((tmp_path / "a" / MANIFEST).read_text())
    assert set(content) == {"data", "files", "format", "seal"}


def test_files_of_a_killed_process_are_removed_and_those_of_a_living_one_stay(tmp_path):
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True)
    dead_folder, living_folder = tmp_path / f".writing-x-{dead.stdout.strip()}", tmp_path / f".writing-y-{os.getpid()}"
    for folder in (dead_folder, living_folder):
        folder.mkdir()
        (folder / "model.txt").write_text("half")
    save_bundle(tmp_path, "whole", {"model.txt": "all of it"}, {})
    assert not dead_folder.exists()
    assert (living_folder / "model.txt").read_text() == "half"


def test_a_folder_may_be_named_by_a_text(tmp_path):
    models = str(tmp_path)
    folder = save_bundle(models, "one", FILES, {})
    save_bundle(models, "two", FILES, {})
    assert list_bundles(models) == ["one", "two"]
    promote(models, "one")
    promote(models, "two")
    assert read_champions(models) == ["two", "one"]
    assert find_champion(models) == tmp_path / "two"
    assert find_bundle(models) == tmp_path / "two"
    assert find_bundle(str(folder)) == folder
    assert load_bundle(str(folder)).version == "one"
    assert rollback(models) == "one"
