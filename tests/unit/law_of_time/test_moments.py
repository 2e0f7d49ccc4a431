"""What comes after the moment of decision changes no answer, no training row and no choice of features."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from predictor.core.settings import load_settings
from predictor.data.events.table import tabulate_events
from predictor.data.read.table_files import read_table
from predictor.data.values import Event
from predictor.features.assemble import assemble_table
from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.scoring.answer import Lead
from predictor.scoring.batch import award_leads, compute_event_features, score_leads
from predictor.scoring.bundle.files import Bundle
from predictor.scoring.scorer import Scorer
from predictor.training.from_tables import load_dataset
from predictor.training.train import train

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
    before = scorer.score_lead(Lead("A", MOMENT, attributes, points=None, events=events))
    after = scorer.score_lead(Lead("A", MOMENT, attributes, points=None, events=[*later, *events]))
    assert [warning.code for warning in after.warnings if warning.code == "LEAD023"] == ["LEAD023"]
    assert replace(after, warnings=before.warnings) == before


def test_an_event_before_the_moment_does_change_an_answer(scorer):
    """The property above would also hold of a scorer that looks at no event at all."""
    visit = Event(MOMENT - timedelta(hours=1), "pricing_page_view")
    without, with_visit = (scorer.score_lead(Lead("A", MOMENT, {}, points=None, events=events)) for events in ([], [visit]))
    assert with_visit.points.total > without.points.total
    assert with_visit.probability != without.probability


def test_events_after_the_moment_change_no_training_row(trained):
    dataset = trained.dataset
    frame = dataset.leads.frame
    last = frame.sort_values("mql_at").drop_duplicates("lead_id", keep="last")
    later = pd.DataFrame({"lead_id": last["lead_id"], "occurred_at": last["mql_at"] + pd.Timedelta(seconds=1)})
    known = dataset.events.table.to_pyarrow().to_pandas()
    known["occurred_at"] = pd.to_datetime(known["at_us"], unit="us", utc=True)
    events = pd.concat([known, later.assign(event_type="demo_requested")], ignore_index=True)
    awards = award_leads(dataset.points.book, frame, as_of=dataset.as_of, events=tabulate_events(events))
    history = compute_event_features(dataset.event_features, frame, as_of=dataset.as_of, events=tabulate_events(events))
    assert_frame_equal(assemble_table(frame, list(dataset.leads.attributes), awards=awards, history=history), dataset.rows)
    earlier = later.assign(event_type="demo_requested", occurred_at=later["occurred_at"] - pd.Timedelta(seconds=2))
    before = tabulate_events(pd.concat([known, earlier], ignore_index=True))
    moved = award_leads(dataset.points.book, frame, as_of=dataset.as_of, events=before)
    assert (moved.total != awards.total).sum() > len(last) / 2, "events before the moment do count"


def test_events_after_the_moments_of_the_fit_block_choose_none_of_its_features(firm, tmp_path):
    """A type of event that only newer leads show, and only after they became MQLs, is no feature of the older ones."""
    shutil.copytree(firm, tmp_path, dirs_exist_ok=True)
    before = load_dataset(load_settings(firm / "predictor.toml"))
    split = before.split()
    newest = before.leads.frame.iloc[split.test[:60]]
    moments = newest["mql_at"] + pd.Timedelta(seconds=1)
    later = pd.DataFrame({"lead_id": newest["lead_id"], "occurred_at": moments.dt.strftime("%Y-%m-%dT%H:%M:%SZ")})
    events = pd.read_csv(firm / "events.csv", dtype="str")
    pd.concat([events, later.assign(event_type="sales_call"), later.assign(event_type="blog_view")]).to_csv(
        tmp_path / "events.csv", index=False
    )
    after = load_dataset(load_settings(tmp_path / "predictor.toml"))
    np.testing.assert_array_equal(after.split().fit, split.fit)
    (one, _), (other, _) = (dataset.fit_features(split.fit) for dataset in (before, after))
    assert one.features == other.features
    assert (one.featured_types, one.event_features) == (other.featured_types, other.event_features)
    np.testing.assert_array_equal(before.sample(split.fit, one).matrix, after.sample(split.fit, other).matrix)


def test_a_date_that_lies_after_the_moment_is_not_known_yet():
    features = FeatureSet((Feature("created_on", "Created on", "Created on", kind="days_since"),), ())
    dates = ["2026-03-31T12:00:00Z", "2026-03-30T12:00:00Z", "2026-03-31T12:00:01Z"]
    as_of = pd.Series([pd.Timestamp(MOMENT)] * 3)
    encoded = features.encode_table(pd.DataFrame({"created_on": dates}), as_of).matrix[:, 0]
    np.testing.assert_array_equal(encoded, [0.0, 1.0, np.nan])


def test_undated_leads_are_scored_as_they_were_learned(tmp_path):
    """Where nobody knows when a lead became an MQL, neither its events nor the age of a date count, in training or live."""
    draw = np.random.default_rng(0)
    created = pd.Series(pd.Timestamp("2025-01-01") + pd.to_timedelta(draw.integers(0, 300, 400), unit="D")).dt.date.astype("str")
    accepted = draw.random(400) < np.where(created > "2025-06-01", 0.6, 0.2)
    frame = pd.DataFrame({"lead_id": np.arange(400), "order_by": np.arange(400), "outcome": accepted, "created": created})
    frame["industry"] = draw.choice(["Software", "Retail"], 400)
    frame.to_csv(tmp_path / "leads.csv", index=False)
    (tmp_path / "events.csv").write_text("lead_id,occurred_at,event_type\n1,2025-01-01,pricing_page_view\n")
    text = (
        '[data]\nleads = "leads.csv"\nevents = "events.csv"\n[points]\nrule_book = "b2b"\n[model]\nresamples = 20\nbudget_s = 0\n'
    )
    (tmp_path / "predictor.toml").write_text(text + 'candidates = ["logistic"]\n')
    trained = train(load_settings(tmp_path / "predictor.toml"))
    assert any(finding.code == "EVENT008" for finding in trained.findings)
    scorer = Scorer(Bundle("undated", trained.files, {}))
    matrix = scorer.features.encode_table(trained.dataset.rows, None).matrix
    raw, events = read_table(tmp_path / "leads.csv", "leads").frame, read_table(tmp_path / "events.csv", "events").frame
    table, _ = score_leads(scorer, raw, events, now=pd.Timestamp(MOMENT))
    np.testing.assert_allclose(table["probability"], trained.final.predict(matrix), rtol=0, atol=1e-12)
    values = {"created": created[1], "industry": frame["industry"][1]}
    alone = scorer.score_lead(Lead("1", MOMENT, values, points=None, events=[Event(MOMENT, "pricing_page_view")]))
    assert alone.probability == pytest.approx(table["probability"][1], abs=1e-12)
    assert [warning.code for warning in alone.warnings] == ["MODEL002", "LEAD027"], "nothing that counts is left to learn from"
