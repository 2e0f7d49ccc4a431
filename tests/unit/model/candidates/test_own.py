"""A firm's own classifier: each kind through fit, text and back, parts that add up, weights, and what is refused."""

import base64
import importlib
import io
import json
import re
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from predictor.core.errors import BundleError, TrainingError
from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.model.candidates import CANDIDATES, read_model, sort_candidates
from predictor.model.candidates.own import Own, make_own
from predictor.model.estimator import LeadClassifier
from predictor.model.represented import draw_representative
from predictor.model.sample import Sample

FEATURES = FeatureSet(
    (
        Feature("industry", "Industry", "Industry", kind="category", categories=("software", "retail")),
        Feature("employees", "Employees", "Employees", kind="number"),
        Feature("visits", "Visits", "Visits", kind="number"),
        Feature("founded", "Founded", "Founded", kind="days_since"),
    ),
    (),
)
ODD = np.array([[np.nan] * 4, [2.0, 0.0, -1e9, 0.0], [0.0, 1e30, 1e9, 1e6], [1.0, -5.0, 0.0, np.nan]])


def draw_block(n=300, seed=0):
    draw = np.random.default_rng(seed)
    matrix = np.column_stack(
        [draw.integers(0, 3, n), draw.lognormal(4, 2, n), draw.integers(0, 9, n), draw.uniform(0, 9000, n)]
    ).astype(float)
    outcome = (draw.random(n) < expit(-2 + 1.5 * (matrix[:, 0] == 0) + 0.4 * matrix[:, 2])).astype(float)
    matrix[draw.random((n, 4)) < 0.1] = np.nan
    return Sample(matrix, outcome, np.arange(n, dtype=float), features=FEATURES, dated=True)


BLOCK = draw_block()


def make_boosting(features):
    codes = [at for at, feature in enumerate(features.features) if feature.kind == "category"]
    return HistGradientBoostingClassifier(max_iter=20, categorical_features=codes)


def make_xgboost():
    return pytest.importorskip("xgboost").XGBClassifier(n_estimators=20)


KINDS = {
    "boosting": HistGradientBoostingClassifier(max_iter=20),
    "boosting_on_codes": make_boosting,
    "forest": RandomForestClassifier(20),
    "vectors": make_pipeline(SimpleImputer(), StandardScaler(), SVC()),
    "neighbours": make_pipeline(SimpleImputer(), KNeighborsClassifier()),
    "xgboost": make_xgboost,
}


@pytest.fixture(scope="module", params=KINDS)
def own(request):
    """A kind of estimator as a candidate, and fitted."""
    candidate = make_own(request.param, KINDS[request.param])
    return candidate, candidate.fit(BLOCK, 0)


def test_read_back_it_scores_the_same_and_a_row_alone_as_in_the_table(own):
    candidate, model = own
    again = read_model(candidate.name, {Own.file: model.to_text()})
    matrix = np.vstack([BLOCK.matrix, ODD])
    whole = model.score(matrix)
    assert np.isfinite(whole).all()
    np.testing.assert_allclose(again.score(matrix), whole, rtol=0, atol=1e-9)
    np.testing.assert_allclose([again.score(row[None])[0] for row in matrix[-20:]], whole[-20:], rtol=0, atol=1e-9)
    assert model.score(matrix[:0]).shape == (0,)


def test_parts_add_up_to_the_score(own):
    _, model = own
    matrix = np.vstack([BLOCK.matrix[:70], ODD])
    parts = model.contribute(matrix)
    assert parts.shape == (74, 5)
    np.testing.assert_allclose(parts.sum(axis=1), model.score(matrix), rtol=0, atol=1e-9)
    np.testing.assert_allclose(model.contribute(matrix[:1]), parts[:1], rtol=0, atol=1e-9)
    assert model.contribute(matrix[:0]).shape == (0, 5)


def test_learning_again_gives_the_same_text(own):
    candidate, _ = own
    assert candidate.fit(draw_block(), 0).to_text() == candidate.fit(BLOCK, 0).to_text()


def test_parts_are_those_of_the_line_where_features_act_alone():
    matrix = np.nan_to_num(BLOCK.matrix, nan=1.0) / [1, 1000, 1, 1000]
    model = make_own("line", LogisticRegression()).fit(replace(BLOCK, matrix=matrix), 0)
    by_hand = (matrix - np.array(model.typical)) * model.estimator.coef_[0]
    np.testing.assert_allclose(model.contribute(matrix)[:, :-1], by_hand, rtol=0, atol=1e-9)


def test_parts_are_shapley_values_where_features_act_in_pairs():
    class Pair:
        def decision_function(self, rows):
            return rows[:, 0] * rows[:, 2] + rows[:, 1] - 3 * rows[:, 3] * rows[:, 1]

    model = Own(Pair(), typical=(1.0, 2.0, 3.0, 0.0), nearest=0.01)
    first = (2 - 1) * 3 + (2 - 1) * (5 - 3) / 2  # alone, and half of what it adds with the third
    third = 1 * (5 - 3) + (2 - 1) * (5 - 3) / 2
    assert model.contribute(np.array([[2.0, 2.0, 5.0, 0.0]])).tolist() == [[first, 0.0, third, 0.0, 5.0]]


def test_the_typical_lead_is_the_middle_and_the_most_frequent():
    matrix = np.array([[0, 1, np.nan, 5], [2, 3, np.nan, 5], [2, 8, 4, 5]], dtype=float)
    model = make_own("line", HistGradientBoostingClassifier(max_iter=1)).fit(
        replace(BLOCK, matrix=matrix, outcome=np.array([0.0, 1, 0]), order=np.arange(3.0)), 0
    )
    assert repr(model.typical) == "(2.0, 3.0, nan, 5.0)"


def test_a_share_of_none_or_all_is_taken_for_half_a_lead():
    model = make_own("tree", DecisionTreeClassifier()).fit(BLOCK, 0)
    assert set(model.estimator.predict_proba(BLOCK.matrix)[:, 1]) >= {0.0, 1.0}
    score = model.score(BLOCK.matrix)
    assert [score.min(), score.max()] == pytest.approx([-np.log(601), np.log(601)])  # 0.5 / 301


def test_weights_are_used_and_an_outcome_that_is_not_known_is_not():
    weight = np.where(np.arange(300) < 100, 0.0, np.where(np.arange(300) < 200, 1.0, 2.0))
    turned = replace(BLOCK, weight=weight, outcome=np.where(weight == 0, 1 - BLOCK.outcome, BLOCK.outcome))
    for given in (HistGradientBoostingClassifier(max_iter=5), KINDS["neighbours"]):
        one, other = (
            make_own("a", given).fit(sample, 0).score(BLOCK.matrix) for sample in (replace(BLOCK, weight=weight), turned)
        )
        assert one.tolist() == other.tolist()
        assert one.tolist() != make_own("a", given).fit(BLOCK.take(np.arange(100, 300)), 0).score(BLOCK.matrix).tolist()


def test_an_estimator_that_takes_no_weights_learns_from_rows_in_proportion():
    weight = np.where(np.arange(300) < 200, 1.0, 2.0)
    drawn, _ = draw_representative(weight)
    assert len(drawn) == 200
    weighted, by_hand = (
        make_own("a", KINDS["neighbours"]).fit(one, 0) for one in (replace(BLOCK, weight=weight), BLOCK.take(drawn))
    )
    assert weighted.score(BLOCK.matrix).tolist() == by_hand.score(BLOCK.matrix).tolist()


def test_own_candidates_come_after_those_of_the_package():
    assert sort_candidates(["own_b", "blend", "own_a", "constant"]) == ["constant", "blend", "own_b", "own_a"]
    assert not set(KINDS) & set(CANDIDATES)


@pytest.mark.parametrize(
    ("name", "given", "text"),
    [
        (
            "Mine",
            LogisticRegression(),
            "A candidate of your own must have a name of at most 40 small letters.*one is called 'Mine'",
        ),
        ("mine", LogisticRegression, r"Candidate 'mine' \(LogisticRegression\) cannot learn from these leads: .*NaN"),
        ("mine", lambda: 3, r"Candidate 'mine' must be a scikit-learn classifier with predict_proba .* but is of type 'int'"),
        ("mine", StandardScaler(), "must be a scikit-learn classifier with predict_proba or decision_function.*'StandardScaler'"),
        ("mine", "HistGradientBoostingClassifier", "or a function that makes one, but is of type 'str'"),
    ],
)
def test_what_is_no_classifier_or_cannot_learn_is_refused(name, given, text):
    with pytest.raises(TrainingError, match=text):
        make_own(name, given).fit(BLOCK, 0)


def test_code_of_its_own_cannot_be_kept():
    candidate = make_own("mine", make_pipeline(FunctionTransformer(draw_block), LogisticRegression()))
    model = Own(candidate.make(FEATURES), (0.0,) * 4, 0.01)
    with pytest.raises(
        TrainingError, match=r"Candidate 'mine' cannot be kept in a bundle\. It holds '.*draw_block'. A bundle holds no"
    ):
        candidate.check_kept(model, BLOCK)


def test_what_scores_otherwise_once_read_back_is_refused(monkeypatch):
    candidate = make_own("mine", KINDS["boosting"])
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
    text = make_own("mine", make_pipeline(FunctionTransformer(np.log1p), KINDS["boosting"])).fit(draw_block(), 0).to_text()
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
    text = make_own("mine", KINDS["boosting"]).fit(BLOCK, 0).to_text()
    monkeypatch.setitem(sys.modules, "skops.io", None)
    with pytest.raises(BundleError, match=r"needs the package 'skops' here\. Install it: pip install skops"):
        Own.from_text(text)


# As a scikit-learn classifier


def test_lead_classifier_takes_an_estimator():
    draw = np.random.default_rng(0)
    table = pd.DataFrame({"industry": draw.choice(["Software", "Retail"], 300), "employees": draw.lognormal(4, 1, 300)})
    accepted = draw.random(300) < np.where(table["industry"] == "Software", 0.6, 0.2)
    model = LeadClassifier(HistGradientBoostingClassifier(max_iter=10)).fit(table, accepted)
    assert model.calibrated_
    probability = model.predict_proba(table)[:, 1]
    assert probability[table["industry"] == "Software"].mean() > probability[table["industry"] == "Retail"].mean() + 0.2
    by_hand = model.model_.calibrator.predict(model.model_.model.score(model._encode(table)))
    assert probability.tolist() == by_hand.tolist()
    assert clone(model).set_params(candidate__max_iter=3).candidate.max_iter == 3
    assert list(model.contribute(table)) == [*model.features_.names, "base"]
    with pytest.raises(ValueError, match="must be a scikit-learn classifier with predict_proba"):
        LeadClassifier(StandardScaler()).fit(table, accepted)
