"""Bundles that were harmed: none of them serves, and the text says why."""

import json

import pytest
from helpers import CHAMPION

from predictor.core.errors import BundleError
from predictor.scoring.bundle.files import _write_manifest, fingerprint, save_bundle
from predictor.scoring.bundle.registry import promote
from predictor.scoring.scorer import Scorer


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
            text = "manifest of bundle" if name == "manifest.json" else f"'{name}' altered"
            with pytest.raises(BundleError, match=f"{text}.*Copy the bundle again, whole, or train a new one"):
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
        text = "it has no manifest.json" if name == "manifest.json" else f"does not agree with its manifest: '{name}' missing"
        with pytest.raises(BundleError, match=text):
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
    refuse_bundle(bundle, f"Bundle '{CHAMPION}' has format 2; this version reads 1. Train it again.")


def test_bundle_without_what_scoring_needs(models):
    save_bundle(models, "poor", {"metrics.json": "{}"}, {})
    refuse_bundle(models / "poor", "Bundle 'poor' has no 'calibrator.json', .* Copy the bundle again")


def test_bundle_that_answers_otherwise_than_at_training(models, trained):
    golden = json.loads(trained.files["golden.jsonl"].splitlines()[0])
    text = json.dumps({**golden, "probability": golden["probability"] + 1e-6}) + "\n"
    save_bundle(models, "other", {**trained.files, "golden.jsonl": text}, {})
    with pytest.raises(BundleError, match=r"Bundle 'other' gives 0\.\d+ for golden row 1, but gave .* Install the versions"):
        Scorer.load(models / "other")
