"""The candidates as scikit-learn classifiers: its own checks, and the same figures as the product's."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from helpers import draw_leads
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from predictor import LeadClassifier
from predictor.core.settings import load_settings
from predictor.features.assemble import TOTAL
from predictor.model.calibrated_model import fit_calibrated
from predictor.model.sample import make_sample_folds
from predictor.training.from_tables import load_dataset

TIE = (
    "both classes are equally likely there, and a probability that equals the threshold reaches it, as everywhere in this package"
)


def list_expected_failures(estimator):
    return {"check_classifiers_train": TIE} if estimator.candidate == "constant" else {}


@parametrize_with_checks(
    [LeadClassifier(candidate) for candidate in ("lightgbm", "logistic", "odoo_pls", "constant")],
    expected_failed_checks=list_expected_failures,
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def make_table(n=400):
    """Attributes of leads in the order of time, and what came of them."""
    leads = draw_leads(n)
    return leads[["mql_at", "industry", "employees", "score"]], leads["sql_at"].notna()


@pytest.mark.parametrize("candidate", ["points", "odoo_pls", "logistic", "lightgbm", "lightgbm_on_points", "blend"])
def test_a_table_of_an_export_is_learned_and_said_as_calibrated_probabilities(candidate):
    table, accepted = make_table(1200)
    model = LeadClassifier(candidate, order_by="mql_at", points="score").fit(table[:900], accepted[:900])
    said = model.predict_proba(table[900:])[:, 1]
    assert model.calibrated_
    assert roc_auc_score(accepted[900:], said) > 0.6
    assert abs(said.mean() - accepted[900:].mean()) < 0.06


def test_it_is_the_model_of_the_product(firm):
    """The same leads, attributes and seed give the same probabilities as a dataset's own sample, to the last bit."""
    dataset = load_dataset(load_settings(firm / "predictor.toml"))
    known = np.flatnonzero(dataset.outcomes.mature)
    known = known[np.argsort(dataset.outcomes.order[known], kind="stable")][:1500]
    attributes = list(dataset.leads.attributes)
    rows = dataset.leads.frame.iloc[known][[*attributes, "mql_at"]]
    model = LeadClassifier("logistic", order_by="mql_at").fit(rows, dataset.outcomes.outcome[known])
    features = model.features_
    sample = dataset.sample(known, features)
    calibrated = fit_calibrated(
        "logistic", sample, make_sample_folds(sample, folds=dataset.settings.split.folds, gap=dataset.gap), 0
    )
    assert [feature.name for feature in features.features] == [*attributes, "attributes/missing"]
    assert model.predict_proba(rows)[:, 1].tolist() == pytest.approx(calibrated.predict(sample.matrix).tolist(), abs=1e-12)


def test_rows_in_another_order_are_put_in_the_order_of_time():
    table, accepted = make_table()
    shuffled = table.sample(frac=1, random_state=1)
    ordered = LeadClassifier("logistic", order_by="mql_at").fit(table, accepted)
    mixed = LeadClassifier("logistic", order_by="mql_at").fit(shuffled, accepted[shuffled.index])
    assert mixed.predict_proba(table).tolist() == ordered.predict_proba(table).tolist()
    assert "mql_at" not in mixed.features_.names


def test_dates_become_ages_where_the_order_is_of_dates():
    table, accepted = make_table()
    table = table.assign(created=pd.to_datetime(table["mql_at"]) - pd.to_timedelta(np.arange(len(table)) % 50, unit="D"))
    aged = LeadClassifier("logistic", order_by="mql_at").fit(table, accepted)
    position = aged.features_.position("created")
    assert aged.features_.features[position].kind == "days_since"
    assert aged._encode(table)[:3, position].tolist() == [0, 1, 2]


def test_the_gap_keeps_out_what_was_not_known_yet():
    table, accepted = make_table()
    whole, gapped = (LeadClassifier("logistic", order_by="mql_at", gap=gap).fit(table, accepted) for gap in (0, 100))
    assert whole.model_.scores.tolist() != gapped.model_.scores.tolist()


def test_too_few_rows_are_left_uncalibrated_and_that_is_told():
    table, accepted = make_table(20)
    model = LeadClassifier("logistic", order_by="mql_at").fit(table, accepted)
    assert not model.calibrated_
    assert "too few for forward folds" in model.model_.why


def test_parts_add_up_to_the_score():
    table, accepted = make_table()
    model = LeadClassifier("lightgbm", order_by="mql_at").fit(table, accepted)
    parts = model.contribute(table)
    assert list(parts.columns) == [*model.features_.names, "base"]
    assert np.allclose(parts.sum(axis=1), model.model_.model.score(model._encode(table)))


def test_it_works_with_the_tools_of_scikit_learn():
    table, accepted = make_table()
    scores = cross_val_score(LeadClassifier("logistic"), table, accepted, cv=TimeSeriesSplit(3), scoring="roc_auc")
    assert (scores > 0.6).all()


def test_an_unseen_text_is_other_and_a_missing_word_is_missing():
    table, accepted = make_table()
    model = LeadClassifier("logistic", order_by="mql_at").fit(table, accepted)
    odd = pd.concat([table.head(1).assign(industry=text) for text in ("Fintech", "Mining", "Select", None)])
    said = model.predict_proba(odd)[:, 1]
    assert said[0] == said[1]
    assert said[2] == said[3]


def test_points_are_the_column_that_is_named():
    table, accepted = make_table()
    model = LeadClassifier("points", points="score").fit(table, accepted)
    assert TOTAL in model.features_.names
    assert "score" not in model.features_.names


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"candidate": "lightgb"}, r"candidate must be one of .* but 'lightgb' came. Did you mean 'lightgbm'\?"),
        ({"candidate": "learned_points"}, "candidate must be one of"),
        ({"candidate": "points"}, "'points' needs points, but none are named"),
        ({"points": "scores"}, r"points names column 'scores', but the table has no such column. Did you mean 'score'\?"),
        ({"order_by": "day"}, "order_by names column 'day', but the table has no such column"),
        ({"order_by": "industry"}, "Column 'industry' must hold a number or a date in every row"),
    ],
)
def test_what_cannot_be_is_refused(parameters, match):
    table, accepted = make_table()
    with pytest.raises(ValueError, match=match):
        LeadClassifier(**{"candidate": "logistic"} | parameters).fit(table, accepted)


def test_a_table_of_arrow_is_read_as_the_frame_is():
    table, accepted = make_table()
    probability = LeadClassifier("logistic").fit(table, accepted).predict_proba(table)
    arrow = pa.Table.from_pandas(table)
    assert LeadClassifier("logistic").fit(arrow, accepted).predict_proba(arrow).tolist() == probability.tolist()


def test_rows_that_cannot_be_scored_are_told():
    table, accepted = make_table()
    model = LeadClassifier("logistic").fit(table, accepted)
    with pytest.raises(ValueError, match=r"2 of 400 rows cannot be scored: LEAD022 Attribute 'employees' must be a number"):
        model.predict_proba(table.assign(employees=["many", "few", *table["employees"].astype(str)[2:]]))
