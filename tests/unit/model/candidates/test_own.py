"""A firm's own classifier: each kind through fit, text and back, parts that add up, weights, and what is refused."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from unit.model.candidates.own_block import BLOCK, draw_block, make_boosting

from predictor.core.errors import PredictorError, TrainingError
from predictor.model.candidates import CANDIDATES, read_model, sort_candidates
from predictor.model.candidates.own import Own
from predictor.model.candidates.own_candidate import make_own
from predictor.model.estimator import LeadClassifier
from predictor.model.represented import draw_representative

ODD = np.array([[np.nan] * 4, [2.0, 0.0, -1e9, 0.0], [0.0, 1e30, 1e9, 1e6], [1.0, -5.0, 0.0, np.nan]])


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


class Odd(ClassifierMixin, BaseEstimator):
    """A classifier that fails in one of the ways in which classes of somebody else do."""

    def __init__(self, way="fine"):
        self.way = way

    def fit(self, rows, outcome):  # noqa: ARG002
        if self.way == "fit":
            raise RuntimeError("out of memory")
        self.classes_ = np.unique(outcome)
        return self

    def predict_proba(self, rows):
        if self.way == "raises":
            raise KeyError("industry")
        shapes = {"one column": (len(rows), 1), "flat": (len(rows),)}
        return np.full(shapes.get(self.way, (len(rows), 2)), np.nan if self.way == "nan" else 0.5)


def use(candidate):
    """Fit, score and keep, as a training does."""
    model = candidate.fit(BLOCK, 0)
    model.score(BLOCK.matrix)
    candidate.check_kept(model, BLOCK)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (Odd("fit"), r"Candidate 'mine' \(Odd\) cannot learn from these leads: RuntimeError: out of memory"),
        (lambda: 1 / 0, "Candidate 'mine' cannot be made: ZeroDivisionError: division by zero"),
        (Odd("raises"), "Classifier 'mine' cannot score these leads: KeyError: 'industry'"),
        (Odd("nan"), "Classifier 'mine' cannot score these leads: predict_proba must give two columns, .* of finite numbers"),
        (Odd("one column"), "Classifier 'mine' cannot score these leads: predict_proba must give two columns"),
        (Odd("flat"), "Classifier 'mine' cannot score these leads: predict_proba must give two columns"),
        (Odd(), "Candidate 'mine' cannot be kept in a bundle. It holds '.*Odd'"),
        (make_pipeline(SimpleImputer(), VotingClassifier([("a", LogisticRegression())])), "but is of type 'VotingClassifier'"),
    ],
)
def test_whatever_fails_in_code_of_somebody_else_is_named(given, text):
    with pytest.raises(PredictorError, match=text):
        use(make_own("mine", given))


def test_one_that_cannot_score_what_it_never_saw_is_refused():
    seen = replace(BLOCK, matrix=np.minimum(BLOCK.matrix, [1, np.inf, np.inf, np.inf]))
    for encoder, refused in ((OneHotEncoder(), True), (OneHotEncoder(handle_unknown="ignore"), False)):
        columns = ColumnTransformer([("codes", encoder, [0])], remainder=SimpleImputer())
        candidate = make_own("mine", make_pipeline(columns, DecisionTreeClassifier()))
        model = candidate.fit(seen, 0)
        assert np.isfinite(model.score(seen.matrix)).all()
        with (
            pytest.raises(TrainingError, match=r"Found unknown categories.*made up: .*handle_unknown='ignore'")
            if refused
            else nullcontext()
        ):
            candidate.check_kept(model, seen)


@pytest.mark.parametrize(
    "given",
    [
        GridSearchCV(HistGradientBoostingClassifier(), {"max_iter": [2, 5]}, scoring="neg_log_loss", cv=2),
        make_pipeline(SimpleImputer(), GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2]}, scoring="roc_auc", cv=2)),
        make_pipeline(SimpleImputer(), StackingClassifier([("tree", DecisionTreeClassifier(max_depth=2))], cv=2)),
        make_pipeline(SimpleImputer(), MinMaxScaler(), SelectKBest(chi2, k=2), LogisticRegression()),
        make_pipeline(FunctionTransformer(np.nan_to_num), MinMaxScaler(), SelectKBest(k=2), LogisticRegression()),
        make_pipeline(SimpleImputer(), CalibratedClassifierCV(DecisionTreeClassifier(max_depth=2), cv=TimeSeriesSplit(2))),
        make_pipeline(SimpleImputer(), SplineTransformer(), LogisticRegression(C=0.01)),
        make_pipeline(SimpleImputer(), MinMaxScaler(), TargetEncoder(), LogisticRegression()),
    ],
    ids=["search", "search in a pipeline", "stack", "chi2", "function", "calibrated", "splines", "target encoder"],
)
def test_searches_stacks_and_transformers_of_scikit_learn_are_kept_and_repeat(given):
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    candidate = make_own("mine", given)
    model = candidate.fit(BLOCK, 0)
    candidate.check_kept(model, BLOCK)
    assert candidate.fit(BLOCK, 0).to_text() == model.to_text()
    assert "GridSearchCV" not in model.to_text()
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


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
