"""The law of time: what was known at the moment of decision, and nothing that came later."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from predictor.answer import Lead
from predictor.batch import award_leads
from predictor.config import load_settings
from predictor.denied import deny_reason
from predictor.features.assemble import assemble_table
from predictor.features.encode import Feature, FeatureSet
from predictor.intake.read import read_table
from predictor.model.recipe import choose_recipe, fit_recipe
from predictor.model.select import make_rehearsal
from predictor.model.threshold import recommend_threshold
from predictor.model.verdict import judge_recipes, rehearse_thresholds
from predictor.tables import check_leads
from predictor.values import Event

MOMENT = datetime(2026, 3, 31, 12, tzinfo=UTC)
KINDS = ["page_view", "pricing_page_view", "demo_page_view", "email_click", "webinar_attended", "demo_requested", "unsubscribed"]
EVENTS = st.lists(st.builds(Event, st.integers(-(10**7), 0).map(lambda s: MOMENT + timedelta(seconds=s)), st.sampled_from(KINDS)))
LATER = st.builds(Event, st.integers(1, 10**7).map(lambda s: MOMENT + timedelta(seconds=s)), st.sampled_from(KINDS))
ATTRIBUTES = st.fixed_dictionaries(
    {}, optional={"industry": st.sampled_from(["Software", "Retail", None]), "employees": st.integers(1, 10**5)}
)


@settings(max_examples=300, deadline=None)
@given(attributes=ATTRIBUTES, events=EVENTS, later=st.lists(LATER, min_size=1))
def test_events_after_the_moment_change_no_answer(scorer, attributes, events, later):
    before = scorer.score_lead(Lead("A", MOMENT, attributes, None, events))
    after = scorer.score_lead(Lead("A", MOMENT, attributes, None, [*later, *events]))
    assert [warning.code for warning in after.warnings if warning.code == "LEAD023"] == ["LEAD023"]
    assert replace(after, warnings=before.warnings) == before


def test_an_event_before_the_moment_does_change_an_answer(scorer):
    """The property above would also hold of a scorer that looks at no event at all."""
    visit = Event(MOMENT - timedelta(hours=1), "pricing_page_view")
    without, with_visit = (scorer.score_lead(Lead("A", MOMENT, {}, None, events)) for events in ([], [visit]))
    assert with_visit.points.total > without.points.total
    assert with_visit.probability != without.probability


def test_events_after_the_moment_change_no_training_row(trained):
    study = trained.study
    frame = study.leads.frame
    last = frame.sort_values("mql_at").drop_duplicates("lead_id", keep="last")
    later = pd.DataFrame({"lead_id": last["lead_id"], "occurred_at": last["mql_at"] + pd.Timedelta(seconds=1)})
    events = pd.concat([study.events, later.assign(event_type="demo_requested")], ignore_index=True)
    awards = award_leads(study.book, frame, as_of=study.as_of, events=events)
    assert_frame_equal(assemble_table(frame, list(study.leads.attributes), awards=awards), study.rows)
    earlier = later.assign(event_type="demo_requested", occurred_at=later["occurred_at"] - pd.Timedelta(seconds=2))
    moved = award_leads(study.book, frame, as_of=study.as_of, events=pd.concat([study.events, earlier], ignore_index=True))
    assert (moved.total != awards.total).sum() > len(last) / 2, "events before the moment do count"


def test_a_date_that_lies_after_the_moment_is_not_known_yet():
    features = FeatureSet((Feature("created_on", "Created on", "Created on", "days_since"),), ())
    dates = ["2026-03-31T12:00:00Z", "2026-03-30T12:00:00Z", "2026-03-31T12:00:01Z"]
    as_of = pd.Series([pd.Timestamp(MOMENT)] * 3)
    encoded = features.encode_table(pd.DataFrame({"created_on": dates}), as_of).matrix[:, 0]
    np.testing.assert_array_equal(encoded, [0.0, 1.0, np.nan])


@pytest.mark.parametrize(
    "name", ["Lead Quality", "Tags", "lead_status", "Owner", "Close Date", "BANT budget", "MEDDIC pain", "Budget"]
)
def test_columns_of_qualification_are_denied_by_name(name):
    assert deny_reason(name) is not None


def test_a_denied_column_is_left_out_with_a_finding_unless_allowed(firm):
    raw = read_table(firm / "leads.csv", "leads").assign(Tags="hot")
    asked = load_settings(firm / "predictor.toml")
    leads = check_leads(raw, asked)
    assert "Tags" not in leads.attributes
    assert any(finding.code == "LEAD030" and "'Tags'" in finding.what for finding in leads.findings)
    allowed = asked.model_copy(update={"roles": asked.roles.model_copy(update={"allow": ("Tags",)})})
    assert "Tags" in check_leads(raw, allowed).attributes


def test_what_sales_did_is_no_feature(trained):
    assert not {"sql_at", "recycled_at", "recycle_reason", "opportunity_at", "amount", "outcome"} & set(
        trained.study.rows.columns
    )


def test_the_test_block_is_newer_by_the_horizon_than_what_taught(trained):
    study, split = trained.study, trained.split
    moments = study.leads.frame["mql_at"].to_numpy()
    gap = np.timedelta64(int(study.horizon_days * 86_400), "s")
    assert study.horizon_days == 30
    assert moments[split.fit].max() <= moments[split.test].min() - gap
    assert study.mature[split.fit].all()
    assert study.mature[split.test].all()


def test_each_rehearsal_is_newer_by_the_horizon_than_what_taught(trained):
    study = trained.study
    features, _ = study.fit_features(trained.split.fit)
    block = study.block(trained.split.fit, features)
    folds = study.rehearsal(block)
    assert len(folds) == 4
    for fit, predicted in folds:
        assert block.order[fit].max() <= block.order[predicted].min() - study.horizon_days


def test_no_choice_looks_at_the_test_block(trained):
    """Candidate, calibrator and threshold come out the same whatever became of the test leads."""
    study, split, asked = trained.study, trained.split, trained.study.settings
    features, _ = study.fit_features(split.fit)
    fit, test = study.block(split.fit, features), study.block(split.test, features)
    turned = replace(test, outcome=1 - test.outcome)
    folds = make_rehearsal(fit, folds=asked.split.folds, gap=study.gap)
    recipes = {name: fit_recipe(name, fit, folds, asked.model.seed) for name in ("points", "logistic")}
    chosen = choose_recipe(recipes, fit)
    verdicts = [judge_recipes(recipes, chosen, fit=fit, test=block, routed=None, settings=asked) for block in (test, turned)]
    assert verdicts[0].threshold == verdicts[1].threshold
    assert verdicts[0].test != verdicts[1].test
    for name in recipes:
        np.testing.assert_array_equal(verdicts[0].probability[name], verdicts[1].probability[name])
    expected = recommend_threshold(rehearse_thresholds(recipes[chosen], fit, asked), asked.threshold)
    assert verdicts[0].threshold == expected


def test_the_card_says_which_figures_are_of_the_forward_test(trained):
    assert "forward test" in trained.files["card.md"].lower()
    assert f"{trained.study.describe_fit()['n']:,}" in trained.files["card.md"]
