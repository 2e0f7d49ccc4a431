"""Training from the store: equal to training from tables if all is stored, and only on leads that sales saw."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers import draw_leads, make_firm, run
from typer.testing import CliRunner

from predictor.cli.app import app
from predictor.core.errors import TrainingError
from predictor.core.settings import load_settings
from predictor.scoring.answer import Answer, Lead
from predictor.scoring.scorer import Scorer
from predictor.store.database import Database
from predictor.store.records import Answered, Record, make_score_record
from predictor.training.from_store import load_stored_dataset
from predictor.training.from_tables import load_dataset
from predictor.training.promotion import _score_with_old
from predictor.training.train import train

UNTIL = "2026-03-01"


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("firm")
    return make_firm(folder, data={"leads": "leads.csv", "observed_until": UNTIL}, label={"horizon_days": 30, "pending": "drop"})


@pytest.fixture(scope="module")
def scorer(firm):
    return Scorer.load(run(firm).folder)


@pytest.fixture(scope="module")
def answers(scorer):
    """Every lead of the firm, scored as it became an MQL."""
    rows = draw_leads()
    moments = pd.to_datetime(rows["mql_at"])
    made = []
    for row, moment in zip(rows.to_dict("records"), moments, strict=True):
        lead = Lead(row["lead_id"], moment.to_pydatetime(), {name: row[name] for name in ("industry", "employees", "score")})
        made.append((scorer.score_lead(lead, reasons=0), lead.as_of, row["sql_at"]))
    return made


def store(folder, answers, **exploration):
    """A database with those answers and their outcomes."""
    database = Database.beside(folder)
    database.write([
        make_score_record(Answered(answer, as_of, **exploration), scored_at=as_of, model="m") for answer, as_of, _ in answers
    ])  # fmt: skip
    accepted = [
        (answer.lead_id, pd.Timestamp(sql_at).to_pydatetime()) for answer, _, sql_at in answers if isinstance(sql_at, str)
    ]
    rows = [{"lead_id": lead_id, "kind": "accepted", "occurred_at": at, "told_at": at} for lead_id, at in accepted]
    database.write([Record("outcome", row | {"reason": None, "amount": None}) for row in rows])
    return database


def test_where_all_leads_were_handed_over_store_and_tables_train_the_same_model(firm, answers, tmp_path):
    settings = load_settings(firm)
    stored = load_stored_dataset(settings, store(tmp_path, answers, explore=True, explore_rate=1.0))
    tables = load_dataset(settings)
    split, same = stored.split(), tables.split()
    features, _ = stored.fit_features(split.fit)
    known, _ = tables.fit_features(same.fit)
    assert set(features.names) == set(known.names)
    left, right = stored.sample(split.fit, features), tables.sample(same.fit, known)
    order = [features.names.index(name) for name in known.names]
    np.testing.assert_array_equal(left.matrix[:, order], right.matrix)
    np.testing.assert_array_equal(left.outcome, right.outcome)
    np.testing.assert_array_equal(left.order, right.order)
    assert left.weight is None
    learned, expected = train(settings, dataset=stored), train(settings)
    for name in ("constant", "points", "logistic"):
        assert learned.verdict.test[name] == pytest.approx(expected.verdict.test[name], abs=1e-9)
    assert "STORE001" in {finding.code for finding in learned.findings}


def test_leads_held_back_without_exploration_are_counted(firm, answers, tmp_path):
    half = [(replace(answer, decision="nurture") if at % 2 else answer, *rest) for at, (answer, *rest) in enumerate(answers)]
    dataset = load_stored_dataset(load_settings(firm), store(tmp_path / "chosen", half))
    assert dataset.stored.held_back == len(answers) // 2
    (finding,) = (finding for finding in dataset.findings if finding.code == "STORE002")
    assert finding.what.endswith("All figures are of leads that were handed over, more of whom are accepted than of all.")
    explored = load_stored_dataset(load_settings(firm), store(tmp_path / "explored", half, explore=True, explore_rate=0.5))
    assert explored.stored.held_back == 0


def test_the_model_that_answered_gives_stored_rows_the_same_probabilities(firm, scorer, answers, tmp_path):
    dataset = load_stored_dataset(load_settings(firm), store(tmp_path, answers, explore=True, explore_rate=1.0))
    probability = _score_with_old(scorer, dataset, np.arange(len(answers)))
    np.testing.assert_array_equal(probability, [answer.probability for answer, _, _ in answers])


@pytest.mark.parametrize("pending", ["drop", "odds", "weight"])
def test_exploration_restores_the_base_rate(tmp_path, pending):
    """500 routed, half of them accepted; 500 held back, every fifth of them handed over at random, a tenth of these accepted."""
    settings = load_settings(make_firm(tmp_path, data={"observed_until": "2027-01-01"}, label={"pending": pending}))
    database, start = Database.beside(tmp_path), pd.Timestamp("2026-01-01", tz="UTC")
    records = []
    for number in range(1000):
        routed, explored, at = number % 2 == 0, number % 10 == 1, (start + pd.Timedelta(hours=number)).to_pydatetime()
        lead_id, won = f"L{number}", number % 4 == 0 if routed else number % 100 == 1
        decision = "route_to_sales" if routed else "nurture"
        answer = Answer(
            lead_id,
            0.3,
            (0.2, 0.4),
            threshold=0.25,
            decision=decision,
            grade="B",
            points=None,
            reasons=(),
            warnings=(),
            features={"industry": decision, "employees": 1.0 * number},
        )
        answered = Answered(answer, at, explore=explored, explore_rate=0.2 if explored else None)
        records.append(make_score_record(answered, scored_at=at, model="m"))
        row = {"lead_id": lead_id, "kind": "accepted", "occurred_at": at, "told_at": at, "reason": None, "amount": None}
        records += [Record("outcome", row)] if won else []
    database.write(records)
    dataset = load_stored_dataset(settings, database)
    assert len(dataset.leads.frame) == 600
    features, _ = dataset.fit_features(dataset.outcomes.training)
    sample = dataset.sample(dataset.outcomes.training, features, as_of=dataset.outcomes.observed_until)
    assert np.average(sample.outcome, weights=sample.weight) == pytest.approx(0.30)
    assert np.average(sample.take(np.flatnonzero(sample.matrix[:, 0] == 0)).outcome) == pytest.approx(0.5)
    database.close()


def test_a_store_of_which_sales_saw_nothing_is_refused(firm, answers, tmp_path):
    held = [(replace(answer, decision="nurture"), *rest) for answer, *rest in answers]
    match = r"The store holds no score to train on\. The model held back 400 episodes, which training leaves out"
    with pytest.raises(TrainingError, match=match):
        load_stored_dataset(load_settings(firm), store(tmp_path / "held", held))
    with pytest.raises(TrainingError, match=r"^The store holds no score to train on\. Let the server score leads"):
        load_stored_dataset(load_settings(firm), Database.beside(tmp_path / "empty"))


def test_features_that_a_new_model_could_not_compute_are_left_out(tmp_path):
    settings = load_settings(make_firm(tmp_path, roles={"points": [], "ignore": ["industry"]}, points={"gate": "rule_book"}))
    looked = {"industry": "Software", "points/total": 3.0, "events/chat/count_ever": 2.0, "events/any/first_type": "chat"}
    start = pd.Timestamp("2026-01-01", tz="UTC").to_pydatetime()
    database = Database.beside(tmp_path)
    for lead_id in ("A", "B"):
        answer = Answer(
            lead_id,
            0.3,
            (0.2, 0.4),
            threshold=0.25,
            decision="route_to_sales",
            grade="B",
            points=None,
            reasons=(),
            warnings=(),
            features=looked,
        )
        database.write([make_score_record(Answered(answer, start), scored_at=start, model="m")])
    row = {"lead_id": "A", "kind": "accepted", "occurred_at": start, "reason": None, "amount": None}
    database.write([Record("outcome", row | {"told_at": start + pd.Timedelta(days=40).to_pytimedelta()})])
    dataset = load_stored_dataset(settings, database)
    assert not {"industry", "points/total"} & set(dataset.rows)
    assert dataset.rows["events/chat/count_ever"].tolist() == [2.0, 2.0]
    assert dataset.rows["events/any/first_type"].tolist() == ["chat", "chat"]
    assert {act.event_type for act in dataset.event_features} == {None, "chat"}
    database.close()


def test_the_command_learns_from_the_store_beside_the_bundles(firm, answers):
    models = firm.parent / "models"
    store(models, answers, explore=True, explore_rate=1.0).close()
    result = CliRunner().invoke(app, ["train", "-c", str(firm), "--models", str(models), "--no-track", "--from-store", "--json"])
    assert result.exit_code == 0, result.output
    assert '"STORE001"' in result.stdout
    assert "romoted" in result.stdout


def test_yes_and_no_and_sets_of_the_store_are_read_as_in_tables(firm, answers, tmp_path):
    settings, spellings = load_settings(firm), (["Yes", "yes", "TRUE"], ["No", "no", "false"])
    topics = ["Pricing;API", "API;Pricing", "API", "Support;API", "Pricing"]
    outcomes = [
        (
            replace(answer, features={
                **answer.features, "news": spellings[at % 2][at % 3], "opted": float(at % 2), "topics": topics[at % 5],
                "size": "51-200",
            }),
            *rest,
        )
        for at, (answer, *rest) in enumerate(answers)
    ]  # fmt: skip
    dataset = load_stored_dataset(settings, store(tmp_path, outcomes, explore=True, explore_rate=1.0))
    kinds = {"news": "category", "opted": "number", "topics": "set", "size": "category"}
    assert {name: dataset.leads.attributes[name] for name in kinds} == kinds
    assert dataset.leads.formats == {"news": "yes/no", "opted": "1/0", "topics": "set ;"}
    assert set(dataset.rows["news"]) == {"yes", "no"}
    assert set(dataset.rows["topics"]) == {"API", "Pricing", "API;Pricing", "API;Support"}
    features, _ = dataset.fit_features(np.arange(len(dataset)))
    assert [name for name in features.names if name.startswith("members/topics/")] == [
        "members/topics/api", "members/topics/pricing", "members/topics/support",
    ]  # fmt: skip
