"""The law of time: what was known at the moment of decision, and nothing that came later."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from predictor.acts import tabulate_events
from predictor.answer import Lead
from predictor.batch import award_leads, recall_leads, score_leads
from predictor.bundle import Bundle
from predictor.config import load_settings
from predictor.denied import deny_reason
from predictor.errors import RuleBookError, TableError
from predictor.features.assemble import assemble_table
from predictor.features.encode import Feature, FeatureSet
from predictor.intake.read import read_table
from predictor.model.recipe import choose_recipe, fit_recipe
from predictor.model.select import make_rehearsal
from predictor.model.threshold import recommend_threshold
from predictor.model.verdict import judge_recipes, rehearse_thresholds
from predictor.score import Scorer
from predictor.study import load_study
from predictor.tables import check_leads
from predictor.train import train
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
    known = study.events.table.to_pyarrow().to_pandas()
    known["occurred_at"] = pd.to_datetime(known["at_us"], unit="us", utc=True)
    events = pd.concat([known, later.assign(event_type="demo_requested")], ignore_index=True)
    awards = award_leads(study.book, frame, as_of=study.as_of, events=tabulate_events(events))
    history = recall_leads(study.acts, frame, as_of=study.as_of, events=tabulate_events(events))
    assert_frame_equal(assemble_table(frame, list(study.leads.attributes), awards=awards, history=history), study.rows)
    earlier = later.assign(event_type="demo_requested", occurred_at=later["occurred_at"] - pd.Timedelta(seconds=2))
    before = tabulate_events(pd.concat([known, earlier], ignore_index=True))
    moved = award_leads(study.book, frame, as_of=study.as_of, events=before)
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


@pytest.fixture(scope="module")
def pending(firm):
    """The firm's settings by what is done with pending leads."""
    asked = load_settings(firm / "predictor.toml")
    return {
        name: asked.model_copy(update={"label": asked.label.model_copy(update={"pending": name})})
        for name in ("drop", "weight", "odds")
    }


def test_the_test_block_is_newer_by_the_horizon_than_what_taught(pending):
    study = load_study(pending["drop"])
    split = study.split()
    moments = study.leads.frame["mql_at"].to_numpy()
    gap = np.timedelta64(int(study.horizon_days * 86_400), "s")
    assert study.horizon_days == 30
    assert moments[split.fit].max() <= moments[split.test].min() - gap
    assert study.mature[split.fit].all()
    assert study.mature[split.test].all()


@pytest.mark.parametrize("way", ["weight", "odds"])
def test_pending_leads_teach_what_was_known_when_the_test_block_began(pending, way):
    study = load_study(pending[way])
    split, dropped = study.split(), load_study(pending["drop"]).split()
    np.testing.assert_array_equal(split.test, dropped.test)
    assert set(dropped.fit) < set(split.fit)
    features, _ = study.fit_features(split.fit)
    block = study.block(split.fit, features, known_at=split.starts)
    frame = study.leads.frame.iloc[split.fit]
    begins = study.leads.frame["mql_at"].iloc[split.test].min()
    assert frame["mql_at"].max() < begins
    known = (frame["sql_at"] <= begins) & (frame["sql_at"] <= frame["mql_at"] + pd.Timedelta(days=30))
    np.testing.assert_array_equal(block.outcome, known)
    matured = (frame["mql_at"] + pd.Timedelta(days=30) <= begins).to_numpy()
    if way == "odds":
        assert (block.weight[matured | known] == 1).all()
        assert (block.weight[~matured & ~known] < 1).mean() > 0.5
    else:
        assert (block.weight[matured | known] >= 1).all()
        assert (block.weight[~matured & ~known] == 0).all()
        assert block.weight.mean() == pytest.approx(1, abs=0.05)


def test_each_rehearsal_is_newer_by_the_horizon_than_what_taught(pending):
    study = load_study(pending["drop"])
    features, _ = study.fit_features(study.split().fit)
    block = study.block(study.split().fit, features)
    folds = study.rehearsal(block)
    assert len(folds) == 4
    for fit, predicted in folds:
        assert block.order[fit].max() <= block.order[predicted].min() - study.horizon_days


def test_no_choice_looks_at_the_test_block(trained):
    """Candidate, calibrator and threshold come out the same whatever became of the test leads."""
    study, split, asked = trained.study, trained.split, trained.study.settings
    features, _ = study.fit_features(split.fit)
    fit, test = study.block(split.fit, features, known_at=split.starts), study.block(split.test, features)
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


def _turn_newest_outcomes(folder, trained, to):
    """The firm's leads with the acceptances of the test block turned round: what was accepted was not, and the reverse."""
    leads = pd.read_csv(folder / "leads.csv", dtype="str")
    frame = trained.study.leads.frame
    tested = frame.iloc[trained.split.test]
    keys = set(zip(tested["lead_id"], tested["mql_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"), strict=True))
    newest = pd.Series([key in keys for key in zip(leads["lead_id"], leads["mql_at"], strict=True)])
    accepted = leads["sql_at"].notna()
    leads.loc[newest & accepted, "sql_at"] = None
    next_day = (pd.to_datetime(leads["mql_at"]) + pd.Timedelta(days=1)).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    leads.loc[newest & ~accepted, "sql_at"] = next_day[newest & ~accepted]
    leads.to_csv(to / "leads.csv", index=False)
    return int(newest.sum())


@pytest.mark.parametrize(("horizon", "pending"), [("30", "odds"), ('"auto"', "odds"), ("30", "weight"), ("30", "drop")])
def test_a_whole_training_chooses_the_same_whatever_became_of_the_test_leads(firm, tmp_path, horizon, pending):
    asked = f'horizon_days = {horizon}\npending = "{pending}"'
    words = (firm / "predictor.toml").read_text().replace("horizon_days = 30", asked)
    words += 'candidates = ["constant", "points", "logistic"]\n'
    for folder in ("true", "turned"):
        shutil.copytree(firm, tmp_path / folder)
        (tmp_path / folder / "predictor.toml").write_text(words)
    first = train(load_settings(tmp_path / "true" / "predictor.toml"))
    assert _turn_newest_outcomes(firm, first, tmp_path / "turned") == len(first.split.test)
    second = train(load_settings(tmp_path / "turned" / "predictor.toml"))
    assert second.study.horizon_days == first.study.horizon_days
    np.testing.assert_array_equal(second.split.test, first.split.test)
    assert second.verdict.chosen == first.verdict.chosen
    assert second.verdict.threshold == first.verdict.threshold
    for name, recipe in first.recipes.items():
        assert second.recipes[name].model.to_text() == recipe.model.to_text()
        assert second.recipes[name].calibrator == recipe.calibrator
    assert second.verdict.test["logistic"]["auc"] < 0.4 < first.verdict.test["logistic"]["auc"]


@pytest.mark.parametrize("way", ["weight", "odds"])
def test_an_acceptance_after_the_test_block_began_teaches_nothing(firm, tmp_path, way):
    """Neither of a test lead nor of an older one that was pending then: model, calibrator, choice and threshold stay."""
    words = (firm / "predictor.toml").read_text().replace("horizon_days = 30", f'horizon_days = 30\npending = "{way}"')
    words = words.replace("[data]", '[data]\nobserved_until = "2026-06-30"') + 'candidates = ["constant", "points", "logistic"]\n'
    for folder in ("true", "changed"):
        shutil.copytree(firm, tmp_path / folder)
        (tmp_path / folder / "predictor.toml").write_text(words)
    first = train(load_settings(tmp_path / "true" / "predictor.toml"))
    leads = pd.read_csv(firm / "leads.csv", dtype="str")
    begins = first.study.leads.frame["mql_at"].iloc[first.split.test].min()
    came, accepted = pd.to_datetime(leads["mql_at"]), pd.to_datetime(leads["sql_at"])
    later = (accepted > begins) & (came < begins)
    waiting = accepted.isna() & (came < begins) & (came > begins - pd.Timedelta(days=20))
    assert min(later.sum(), waiting.sum()) > 5
    leads.loc[later, "sql_at"] = None
    leads.loc[waiting, "sql_at"] = (begins + pd.Timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    leads.to_csv(tmp_path / "changed" / "leads.csv", index=False)
    second = train(load_settings(tmp_path / "changed" / "predictor.toml"))
    assert second.study.horizon_days == first.study.horizon_days
    np.testing.assert_array_equal(second.split.test, first.split.test)
    assert second.verdict.chosen == first.verdict.chosen
    assert second.verdict.threshold == first.verdict.threshold
    for name, recipe in first.recipes.items():
        assert second.recipes[name].model.to_text() == recipe.model.to_text()
        assert second.recipes[name].calibrator == recipe.calibrator
    assert second.final.calibrator != first.final.calibrator, "by the end it is known"


BARRED = """
name = "cheat"
gate = 10
rules = [{name = "Cheat", attribute = "%s", present = true, points = 20}]
"""


@pytest.mark.parametrize("column", ["recycle_reason", "amount", "recycled_at", "Lead Status", "Gender"])
def test_rules_see_neither_outcomes_nor_what_sales_filled_in_nor_what_is_protected(firm, tmp_path, column):
    raw = read_table(firm / "leads.csv", "leads").assign(**{"Lead Status": "Hot", "Gender": "x"})
    raw.to_csv(tmp_path / "leads.csv", index=False)
    (tmp_path / "book.toml").write_text(BARRED % column)
    asked = '[data]\nleads = "leads.csv"\n[roles]\nprotected = ["Gender"]\n[points]\nrule_book = "book.toml"\n'
    (tmp_path / "predictor.toml").write_text(asked)
    with pytest.raises(RuleBookError, match=f"'Cheat' \\('{column}'\\)"):
        load_study(load_settings(tmp_path / "predictor.toml"))


def test_a_rule_on_a_column_that_lacks_is_told(firm, tmp_path):
    shutil.copy(firm / "leads.csv", tmp_path / "leads.csv")
    (tmp_path / "book.toml").write_text(BARRED % "gone")
    (tmp_path / "predictor.toml").write_text('[data]\nleads = "leads.csv"\n[points]\nrule_book = "book.toml"\n')
    found = load_study(load_settings(tmp_path / "predictor.toml")).findings
    assert [finding.what for finding in found if finding.code == "TRAIN004"] == [
        "Rule 'Cheat' asks for column 'gone', which the export lacks: it sees nothing."
    ]


def test_a_date_that_is_often_set_later_is_no_feature(firm):
    raw = read_table(firm / "leads.csv", "leads")
    seen = pd.to_datetime(raw["mql_at"]) + pd.to_timedelta(np.arange(len(raw)) % 3 - 1, unit="D")
    leads = check_leads(raw.assign(**{"Last Page Seen At": seen.astype("str")}), load_settings(firm / "predictor.toml"))
    assert "Last Page Seen At" not in leads.attributes
    assert any(finding.code == "LEAD032" for finding in leads.findings)


def test_a_date_in_the_future_is_refused(firm):
    raw = read_table(firm / "leads.csv", "leads")
    raw.loc[3, "recycled_at"] = "2062-01-01"
    with pytest.raises(TableError, match="LEAD011 Column 'recycled_at' lies in the future in 1 row"):
        check_leads(raw, load_settings(firm / "predictor.toml"), now=pd.Timestamp("2026-07-01", tz="UTC"))


def test_undated_leads_are_scored_as_they_were_learned(tmp_path):
    """Where nobody knows when a lead became an MQL, neither its events nor the age of a date count, in training or live."""
    draw = np.random.default_rng(0)
    created = pd.Series(pd.Timestamp("2025-01-01") + pd.to_timedelta(draw.integers(0, 300, 400), unit="D")).dt.date.astype("str")
    accepted = draw.random(400) < np.where(created > "2025-06-01", 0.6, 0.2)
    frame = pd.DataFrame({"lead_id": np.arange(400), "order_by": np.arange(400), "outcome": accepted, "created": created})
    frame["industry"] = draw.choice(["Software", "Retail"], 400)
    frame.to_csv(tmp_path / "leads.csv", index=False)
    (tmp_path / "events.csv").write_text("lead_id,occurred_at,event_type\n1,2025-01-01,pricing_page_view\n")
    asked = (
        '[data]\nleads = "leads.csv"\nevents = "events.csv"\n[points]\nrule_book = "b2b"\n[model]\nresamples = 20\nbudget_s = 0\n'
    )
    (tmp_path / "predictor.toml").write_text(asked + 'candidates = ["logistic"]\n')
    trained = train(load_settings(tmp_path / "predictor.toml"))
    assert any(finding.code == "EVENT008" for finding in trained.findings)
    scorer = Scorer(Bundle("undated", trained.files, {}))
    matrix = scorer.features.encode_table(trained.study.rows, None).matrix
    raw, events = read_table(tmp_path / "leads.csv", "leads"), read_table(tmp_path / "events.csv", "events")
    table, _ = score_leads(scorer, raw, events, now=pd.Timestamp(MOMENT))
    np.testing.assert_allclose(table["probability"], trained.final.predict(matrix), rtol=0, atol=1e-12)
    values = {"created": created[1], "industry": frame["industry"][1]}
    alone = scorer.score_lead(Lead("1", MOMENT, values, None, [Event(MOMENT, "pricing_page_view")]))
    assert alone.probability == pytest.approx(table["probability"][1], abs=1e-12)
    assert [warning.code for warning in alone.warnings] == ["LEAD027"]
