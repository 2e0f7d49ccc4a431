"""Trees read for one lead at a time, against LightGBM itself: the same score to the last bit, the same parts."""

import threading

import lightgbm as lgb
import numpy as np
import pytest

from predictor.model.candidates.lightgbm import LightGBM
from predictor.model.trees.ensemble import Trees
from predictor.model.trees.parse_text import UnknownTreesError

WIDTH = 6  # two columns of categories, the others of numbers


def draw_matrix(n, seed):
    draw = np.random.default_rng(seed)
    matrix = np.column_stack([draw.normal(size=(n, WIDTH - 2)), draw.integers(0, 40, n), draw.integers(0, 3, n)]).astype(float)
    matrix[draw.random(matrix.shape) < 0.1] = np.nan
    matrix[:, 0][draw.random(n) < 0.2] = 0.0
    return matrix


def grow(n=2000, rounds=60, **parameters):
    matrix = draw_matrix(n, 1)
    log_odds = np.nan_to_num(matrix[:, 0]) + np.isnan(matrix[:, 1]) + (np.nan_to_num(matrix[:, 4]) % 3 == 0)
    outcome = (np.random.default_rng(2).random(n) < 1 / (1 + np.exp(-log_odds))).astype(float)
    settings = {"objective": "binary", "verbose": -1, "num_leaves": 8, "min_data_in_leaf": 10, "num_threads": 1} | parameters
    data = lgb.Dataset(matrix, outcome, categorical_feature=[4, 5], params={"verbose": -1})
    return lgb.train(settings, data, rounds)


def draw_odd(n):
    matrix = draw_matrix(n, 3)
    matrix[::7, 0], matrix[1::7, 0], matrix[2::7, 1] = np.inf, -np.inf, 1e300
    matrix[::5, 4], matrix[1::5, 4], matrix[2::5, 5] = 41.0, -1.0, 3.0  # codes that the training had not
    matrix[0], matrix[1] = np.nan, 0.0
    return matrix


@pytest.mark.parametrize(
    "parameters", [{}, {"num_leaves": 3}, {"num_leaves": 24}, {"max_cat_to_onehot": 32}, {"use_missing": False}]
)
def test_the_score_is_lightgbms_to_the_last_bit(parameters):
    booster, matrix = grow(**parameters), draw_odd(500)
    trees = Trees(booster.model_to_string())
    expected = booster.predict(matrix, raw_score=True).tolist()
    assert trees.score(matrix).tolist() == expected
    assert [trees.score(row[None])[0] for row in matrix] == expected


@pytest.mark.parametrize(
    "parameters", [{}, {"num_leaves": 3}, {"max_cat_to_onehot": 32}, {"num_leaves": 9}, {"num_leaves": 24}, {"num_leaves": 60}]
)
def test_the_parts_are_lightgbms(parameters):
    booster, matrix = grow(**parameters), draw_odd(300)
    trees = Trees(booster.model_to_string())
    expected = booster.predict(matrix, pred_contrib=True)
    for _ in range(2):  # worked out, then remembered
        np.testing.assert_allclose(trees.contribute(matrix), expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(np.vstack([trees.contribute(row[None]) for row in matrix]), trees.contribute(matrix))


def test_many_leads_with_reasons_by_large_trees_are_left_to_lightgbm():
    booster, matrix = grow(num_leaves=24), draw_odd(60)
    model = LightGBM.from_text(booster.model_to_string())
    assert not Trees(booster.model_to_string()).small
    together, alone = model.contribute(matrix), np.vstack([model.contribute(row[None]) for row in matrix])
    np.testing.assert_array_equal(together, booster.predict(matrix, pred_contrib=True))
    np.testing.assert_allclose(alone, together, rtol=0, atol=1e-12)


def test_a_tree_that_is_a_leaf_alone_counts():
    booster = grow(min_data_in_leaf=2000, rounds=2)
    trees, row = Trees(booster.model_to_string()), draw_matrix(1, 0)
    assert trees.score(row)[0] == booster.predict(row, raw_score=True)[0]
    np.testing.assert_allclose(trees.contribute(row), booster.predict(row, pred_contrib=True), rtol=0, atol=1e-12)


def test_many_threads_get_the_same_parts():
    text, matrix = grow().model_to_string(), draw_odd(100)
    expected = Trees(text).contribute(matrix)
    shared, found = Trees(text), {}

    def ask(number):
        found[number] = np.vstack([shared.contribute(row[None]) for row in matrix])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.allclose(parts, expected, rtol=0, atol=1e-12) for parts in found.values())
    assert len(found) == 4


def test_trees_of_another_form_are_left_to_lightgbm():
    text = grow(boosting="rf", bagging_freq=1, bagging_fraction=0.5, feature_fraction=0.5, rounds=5).model_to_string()
    with pytest.raises(UnknownTreesError, match="it is no sum of trees"):
        Trees(text)
    with pytest.raises(UnknownTreesError, match="it takes 0 for missing"):
        Trees(grow(zero_as_missing=True, rounds=5).model_to_string())
    row = draw_matrix(1, 0)
    assert LightGBM.from_text(text).score(row)[0] == lgb.Booster(model_str=text).predict(row, raw_score=True)[0]


def test_a_matrix_of_another_width_is_refused_as_by_lightgbm():
    model = LightGBM.from_text(grow(rounds=2).model_to_string())
    with pytest.raises(lgb.basic.LightGBMError, match="number of features"):
        model.score(np.zeros((1, WIDTH + 1)))
