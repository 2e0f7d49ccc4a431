"""What a bundle may hold of a firm's own classifier: nothing that runs code, and nothing that scores otherwise once read back."""

import base64
import importlib
import io
import json
import re
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier
from unit.model.candidates.own_block import BLOCK, FEATURES, draw_block, make_boosting

from predictor.core.errors import BundleError, TrainingError
from predictor.model.candidates.own import Own
from predictor.model.candidates.own_candidate import make_own


def test_code_of_its_own_cannot_be_kept():
    candidate = make_own("mine", make_pipeline(FunctionTransformer(draw_block), LogisticRegression()))
    model = Own(candidate.make(FEATURES), (0.0,) * 4, 0.01)
    with pytest.raises(
        TrainingError, match=r"Candidate 'mine' cannot be kept in a bundle\. It holds '.*draw_block'. A bundle holds no"
    ):
        candidate.check_kept(model, BLOCK)


def test_what_scores_otherwise_once_read_back_is_refused(monkeypatch):
    candidate = make_own("mine", HistGradientBoostingClassifier(max_iter=20))
    model = candidate.fit(BLOCK, 0)
    candidate.check_kept(model, BLOCK)
    monkeypatch.setattr(Own, "from_text", classmethod(lambda _cls, _text: replace(model, nearest=0.3)))
    with pytest.raises(TrainingError, match="read back, it scores leads otherwise than before"):
        candidate.check_kept(model, BLOCK)


# What a text of somebody else holds


def repack(text, change):
    """The text of a model with the files of its archive changed."""
    content = json.loads(text)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(content["skops"]))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, held in change(files).items():
            archive.writestr(name, held)
    return json.dumps(content | {"skops": base64.b64encode(packed.getvalue()).decode()})


def test_a_type_that_is_not_allowed_is_refused_and_its_module_not_even_imported(tmp_path, monkeypatch):
    marker = tmp_path / "sprung"
    (tmp_path / "trap_module.py").write_text(f"open({str(marker)!r}, 'w').close()\nclass Trap: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    text = make_own("mine", DecisionTreeClassifier()).fit(BLOCK, 0).to_text()

    def swap(files):
        schema = (
            files["schema.json"]
            .decode()
            .replace("DecisionTreeClassifier", "Trap")
            .replace("sklearn.tree._classes", "trap_module")
        )
        return files | {"schema.json": schema.encode()}

    with pytest.raises(
        BundleError, match=r"The model holds 'trap_module\.Trap', which no bundle may hold\. Nothing of it was run"
    ):
        Own.from_text(repack(text, swap))
    assert not marker.exists()
    importlib.import_module("trap_module")
    assert marker.exists()


@pytest.mark.parametrize("function", ["os.system", "builtins.open", "subprocess.run"])
def test_a_function_that_is_not_allowed_is_refused(function):
    logged = make_pipeline(FunctionTransformer(np.log1p), HistGradientBoostingClassifier(max_iter=20))
    text = make_own("mine", logged).fit(BLOCK, 0).to_text()
    module, _, name = function.rpartition(".")

    def swap(files):
        schema = files["schema.json"].decode()
        assert '"log1p"' in schema
        swapped = re.sub(r'"__class__": "ufunc"', f'"__class__": "{name}"', schema)
        return files | {"schema.json": swapped.replace('"log1p"', f'"{name}"').replace('"numpy"', f'"{module}"').encode()}

    with pytest.raises(BundleError, match=r"which no bundle may hold|cannot be read"):
        Own.from_text(repack(text, swap))


@pytest.mark.parametrize(
    ("given", "field", "value", "text"),
    [
        (DecisionTreeClassifier(), "left_child", 10**6, "nodes that it does not have"),
        (DecisionTreeClassifier(), "right_child", 0, "nodes that it does not have"),
        (DecisionTreeClassifier(), "feature", 99, "features that there are not"),
        (HistGradientBoostingClassifier(max_iter=2), "right", 10**6, "nodes that it does not have"),
        (HistGradientBoostingClassifier(max_iter=2), "feature_idx", 4, "features that there are not"),
        (make_boosting(FEATURES), "bitset_idx", 500, "categories that it does not have"),
        (make_pipeline(SimpleImputer(), KNeighborsClassifier()), "idx_end", 10**6, "leads that it does not have"),
    ],
)
def test_a_tree_that_points_out_of_itself_is_refused(given, field, value, text):
    kept = make_own("mine", given).fit(BLOCK, 0).to_text()

    def break_nodes(files):
        for name, held in files.items():
            nodes = np.load(io.BytesIO(held)) if name.endswith(".npy") else np.zeros(0)
            if field in (nodes.dtype.names or ()):
                nodes = nodes.copy()
                rows = nodes["is_categorical"] != 0 if field == "bitset_idx" else slice(0, 1)
                nodes[field][rows] = value
                packed = io.BytesIO()
                np.save(packed, nodes)
                files[name] = packed.getvalue()
        return files

    assert Own.from_text(repack(kept, lambda files: files)).score(BLOCK.matrix).shape == (300,)
    with pytest.raises(BundleError, match=rf"The model cannot be read: .*{text}.*It was written with scikit-learn"):
        Own.from_text(repack(kept, break_nodes))


def test_without_skops_the_package_is_named(monkeypatch):
    text = make_own("mine", HistGradientBoostingClassifier(max_iter=20)).fit(BLOCK, 0).to_text()
    monkeypatch.setitem(sys.modules, "skops.io", None)
    with pytest.raises(BundleError, match=r"needs the package 'skops' here\. Install it: pip install skops"):
        Own.from_text(text)
