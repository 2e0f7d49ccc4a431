"""Points against the learned probability on a simulated firm: known worths, the bundle's book, and any leads with outcomes."""

import json
import re
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import spearmanr
from typer.testing import CliRunner

from predictor.cli.app import app
from predictor.core.errors import BundleError
from predictor.core.settings import make_settings
from predictor.data.values import Event
from predictor.points.fit_points import compute_most_times
from predictor.points.rulebook import load_rule_book, parse_rule_book
from predictor.report.compare.compared_leads import LEARNED, MODEL, POINTS
from predictor.report.compare.volume import compute_volume
from predictor.scoring.answer import Lead
from predictor.scoring.batch import award_leads, score_frame
from predictor.scoring.bundle.files import load_bundle
from predictor.scoring.scorer import Scorer
from predictor.simulate.files import save_firm
from predictor.simulate.firm import simulate_firm
from predictor.training.compare import compare_bundle
from predictor.training.compared import collect_test_leads
from predictor.training.from_tables import load_dataset
from predictor.training.train import save_trained, train

# What each rule of b2b is truly worth here, in log-odds a time: title, company, industry, geography; events; then what is bad.
TRUE = np.array([
    0.2, 0.5, 0.9, 0.0, 0.1, 0.7, 0.3, 0.2, 0.8, 0.1, 0.3,
    0.5, 1.0, 0.3, 0.1, 0.2, 0.6, 0.8, 0.4, 1.5, 0.9,
    -0.6, -0.9, -1.5, -1.2,
])  # fmt: skip
GATE = 90.0  # stricter than the book's own, by which these leads became MQLs, so that there is something to choose


def read_event(event):
    value = float(event["value"]) if event["value"] else None
    moment = pd.Timestamp(event["occurred_at"]).to_pydatetime()
    return Event(moment, event["event_type"], event["asset"] or None, campaign=event["campaign"] or None, value=value)


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """A firm of 8,000 whose acceptances follow the rules of the book with these worths, and a training on it."""
    folder = tmp_path_factory.mktemp("known")
    firm = simulate_firm(8000, 5)
    save_firm(firm, folder)
    book = load_rule_book("b2b", folder)
    tables = {"leads": "leads.csv", "events": "events.csv"}
    dataset = load_dataset(make_settings({"data": tables, "points": {"rule_book": "b2b"}}, folder=folder))
    times = np.minimum(dataset.points.awards.times.to_numpy(), compute_most_times(book))
    draw = np.random.default_rng(0)
    accepted = draw.random(len(times)) < expit(times @ TRUE - 3.6)
    leads = dataset.leads.frame[["lead_id", "mql_at"]].copy()
    leads["sql_at"] = (leads["mql_at"] + pd.to_timedelta(draw.uniform(1, 20, len(leads)), unit="D")).where(accepted)
    table = pd.read_csv(folder / "leads.csv", dtype=str).drop(columns=["sql_at", "recycled_at", "recycle_reason"])
    table = table.drop(columns=["opportunity_at", "amount"])
    table["mql_at"] = pd.to_datetime(table["mql_at"], utc=True)
    merged = table.merge(leads, on=["lead_id", "mql_at"], validate="one_to_one")
    merged.to_csv(folder / "leads.csv", index=False)
    content = {
        "data": tables | {"observed_until": "2026-06-30"},
        "label": {"horizon_days": 30},
        "points": {"rule_book": "b2b", "gate": GATE},
        "model": {"resamples": 50, "budget_s": 0, "candidates": ["constant", "points", "learned_points", "lightgbm"]},
    }
    return train(make_settings(content, folder=folder))


def test_learned_points_recover_the_order_of_the_rules(known):
    model = known.models["learned_points"].model
    fired = known.dataset.points.awards.times.iloc[known.split.fit].gt(0).sum().to_numpy() >= 100
    hand = np.array([rule.points for rule in known.dataset.points.book.rules])
    assert fired.sum() >= 20
    assert spearmanr(np.array(model.points)[fired], TRUE[fired]).statistic > 0.9
    assert spearmanr(hand[fired], TRUE[fired]).statistic < 0.8


def test_they_beat_the_loss_of_the_hand_set_points(known):
    test = known.verdict.test
    assert test["learned_points"]["log_loss"] < test["points"]["log_loss"] - 0.02


def test_they_reach_at_least_half_of_the_model_s_gain_at_equal_volume(known):
    contest = collect_test_leads(known.dataset, known.split, known.models, known.verdict)
    probability = known.verdict.probability["lightgbm"]
    contest = type(contest)(**{**vars(contest), "probability": probability})
    sqls = compute_volume(contest, resamples=50).drop_duplicates("way").set_index("way")["sqls"]
    assert sqls[MODEL] > sqls[POINTS] + 20
    assert sqls[LEARNED] - sqls[POINTS] >= (sqls[MODEL] - sqls[POINTS]) / 2


def test_the_book_of_the_bundle_adds_up_to_what_the_candidate_learned(known):
    learned = parse_rule_book(known.files["learned_points.toml"], "learned_points.toml")
    dataset = known.dataset
    frame = dataset.leads.frame.iloc[:500]
    awards = award_leads(
        learned, frame[["lead_id", *dataset.leads.attributes]], as_of=frame["mql_at"], events=dataset.events.table
    )
    points, most = np.array([rule.points for rule in learned.rules]), compute_most_times(learned)
    assert set(known.comparison.tables["learned_points"]["gate"]) == {learned.gate}
    expected = np.minimum(dataset.points.awards.times.iloc[:500].to_numpy(), most) @ points
    np.testing.assert_allclose(awards.total, expected)
    assert len(np.unique(awards.total)) > 20
    assert (points == np.round(points)).all()
    assert "# Set to 20, which is" in known.files["learned_points.toml"]


def test_its_gate_meets_the_band_forward_in_time(known):
    gates = known.comparison.tables["gates"].set_index("way")
    assert 0.17 <= gates.loc[LEARNED, "conversion"] <= 0.33


def test_every_table_is_there_and_holds_something(known):
    tables = known.comparison.tables
    assert all(len(table) for table in tables.values()), {name: len(table) for name, table in tables.items()}
    assert {"source", "industry", "employees", "country"} <= set(tables["segments"]["column"])
    assert len(json.dumps(known.comparison.to_json())) < 1_000_000


def test_learned_points_serve(known, tmp_path):
    """They are chosen here, where nothing but the rules counts; one lead alone is answered as in the table."""
    assert known.verdict.chosen == "learned_points"
    scorer = Scorer.load(save_trained(known, tmp_path, now=datetime(2026, 7, 1, tzinfo=UTC)).folder)
    dataset = known.dataset
    frame = dataset.leads.frame.iloc[-40:].reset_index(drop=True)
    answers = score_frame(scorer, frame, as_of=frame["mql_at"], events=dataset.events.table)
    exported = pd.read_csv(dataset.settings.folder / "events.csv", dtype=str).fillna("")
    for row, answer in zip(frame.to_dict("records"), answers.to_dict("records"), strict=True):
        held = {name: row[name] for name in dataset.leads.attributes if not pd.isna(row[name])}
        own = exported[exported["lead_id"] == row["lead_id"]].to_dict("records")
        events = tuple(read_event(event) for event in own)
        alone = scorer.score_lead(Lead(row["lead_id"], row["mql_at"].to_pydatetime(), held, events=events))
        assert alone.probability == pytest.approx(answer["probability"], abs=1e-12)
        assert alone.points.total == answer["points"]
        assert {reason.what for reason in alone.reasons} <= {rule.name for rule in dataset.points.book.rules}
    assert answers["probability"].nunique() > 10


# A bundle, and the command


@pytest.fixture(scope="module")
def bundle(models):
    return next(folder for folder in models.iterdir() if folder.is_dir())


def test_a_bundle_tells_its_forward_test(bundle, trained, tmp_path):
    comparison, note = compare_bundle(load_bundle(bundle))
    assert note == ""
    assert comparison.sentences == trained.comparison.sentences
    command = ["compare", "--model", str(bundle), "--out", str(tmp_path / "report.md"), "--tables", str(tmp_path / "tables")]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert comparison.sentences[0][:60] in (tmp_path / "report.md").read_text()
    read = pd.read_csv(tmp_path / "tables" / "volume.csv")
    assert read["sqls"].tolist() == pytest.approx(comparison.tables["volume"]["sqls"].tolist())
    assert len(list((tmp_path / "tables").iterdir())) == 17


def test_leads_with_outcomes_are_compared_by_any_bundle(bundle, tmp_path):
    save_firm(simulate_firm(1500, 77), tmp_path)
    comparison, note = compare_bundle(
        load_bundle(bundle), leads=str(tmp_path / "leads.csv"), events=str(tmp_path / "events.csv"),
        now=pd.Timestamp("2026-07-01", tz="UTC"),
    )  # fmt: skip
    rankings = comparison.tables["rankings"].drop_duplicates("way").set_index("way")
    assert rankings.loc[MODEL, "auc"] > rankings.loc[POINTS, "auc"]
    assert rankings["leads"].iloc[0] > 1300
    assert "may be too good" in note


def test_the_page_of_leads_given_names_those_that_are_swapped(bundle, tmp_path):
    save_firm(simulate_firm(1500, 77), tmp_path)
    out = tmp_path / "report.html"
    options = ["--leads", str(tmp_path / "leads.csv"), "--events", str(tmp_path / "events.csv")]
    done = CliRunner().invoke(app, ["compare", "--model", str(bundle), "--out", str(out), *options])
    assert done.exit_code == 0, done.output
    page = out.read_text(encoding="utf-8")
    assert re.search(r'<th scope="row">L\d{6}<small>\d{4}-\d\d-\d\d</small>', page)
    assert re.search(r'<td class="text" data-label="Rules that fired">\w', page)
    assert re.search(r'<td class="text" data-label="For">[^<]+: \+\d', page)
    assert re.search(r'<td class="text" data-label="Against">[^<]+: -\d', page)
    assert "may be too good" in page
    again = CliRunner().invoke(app, ["compare", "--model", str(bundle), "--out", str(out)])
    assert again.exit_code == 0, again.output
    assert out.read_text(encoding="utf-8") == (bundle / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("accepted", "which"), [(False, "No"), (True, "Every")])
def test_leads_with_outcomes_all_alike_are_told_as_far_as_can_be(bundle, tmp_path, accepted, which):
    save_firm(simulate_firm(1500, 77), tmp_path)
    leads = pd.read_csv(tmp_path / "leads.csv", dtype=str)
    leads[leads["sql_at"].notna() == accepted].to_csv(tmp_path / "alike.csv", index=False)
    options = ["--leads", str(tmp_path / "alike.csv"), "--events", str(tmp_path / "events.csv")]
    done = CliRunner().invoke(app, ["compare", "--model", str(bundle), "--out", str(tmp_path / "report.html"), *options])
    assert done.exit_code == 0, done.output
    page = " ".join((tmp_path / "report.html").read_text(encoding="utf-8").split())
    assert "The points gate hands over" in page
    if not accepted:
        assert f"{which} test lead became an SQL, so nobody can say which way catches more." in page


@pytest.mark.parametrize("name", ["report.html", "report.md"])
def test_leads_without_their_events_are_doubted_everywhere(bundle, tmp_path, name):
    save_firm(simulate_firm(1500, 77), tmp_path)
    out, note = tmp_path / name, "No events are given, so every lead counts as one without any"
    command = ["compare", "--model", str(bundle), "--out", str(out), "--leads", str(tmp_path / "leads.csv")]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert note in " ".join(done.output.split())
    assert note in out.read_text(encoding="utf-8")
    done_with_events = CliRunner().invoke(app, [*command, "--events", str(tmp_path / "events.csv")])
    assert done_with_events.exit_code == 0, done_with_events.output
    assert note not in " ".join(done_with_events.output.split())
    assert note not in out.read_text(encoding="utf-8")


def test_a_page_is_not_written_under_another_name(bundle, tmp_path):
    done = CliRunner().invoke(app, ["compare", "--model", str(bundle), "--out", str(tmp_path / "report.pdf")])
    assert done.exit_code == 1
    assert "--out must name a page or a Markdown file to write" in " ".join(done.output.split())


@pytest.mark.parametrize(
    ("out", "tables", "said"),
    [
        ("nowhere/report.md", "tables", "but there is no folder"),
        ("folder.md", "tables", "--out must name a page or a Markdown file to write"),
        ("report.md", "file", "--tables must name a folder, but"),
        ("report.md", "file/below", "cannot be written: Not a directory. Name another place."),
        ("report.md", "events", "whose files are read as events. Name another folder."),
        ("report.md", ".", "would be written, but it is an input: the export would be lost."),
    ],
)
def test_places_that_cannot_be_written_are_refused_and_what_is_read_stays(bundle, tmp_path, out, tables, said):
    save_firm(simulate_firm(1500, 77), tmp_path)
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "events").mkdir()
    (tmp_path / "file").write_text("here")
    (tmp_path / "events.csv").rename(tmp_path / "events" / "all.csv")
    leads = (tmp_path / "leads.csv").rename(tmp_path / "months.csv")
    before = leads.read_bytes()
    command = ["compare", "--model", str(bundle), "--out", str(tmp_path / out), "--tables", str(tmp_path / tables)]
    done = CliRunner().invoke(app, [*command, "--leads", str(leads), "--events", str(tmp_path / "events")])
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit), done.exception
    assert said in " ".join(done.output.split())
    assert leads.read_bytes() == before
    assert (tmp_path / "file").read_text() == "here"
    assert not (tmp_path / "report.md").exists()


def test_tables_hold_no_formula(bundle, tmp_path, monkeypatch):
    comparison, _ = compare_bundle(load_bundle(bundle))
    segments = comparison.tables["segments"].assign(group="=cmd")
    monkeypatch.setattr(
        "predictor.training.compare.compare_bundle", lambda *_, **__: (comparison.with_tables({"segments": segments}), "")
    )
    command = ["compare", "--model", str(bundle), "--out", str(tmp_path / "report.md"), "--tables", str(tmp_path)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert set(pd.read_csv(tmp_path / "segments.csv")["group"]) == {"'=cmd"}


def test_a_bundle_from_before_says_what_to_do(bundle):
    before = load_bundle(bundle)
    before.files.pop("comparison.json")
    with pytest.raises(BundleError, match=r"holds no comparison of its forward test. Name leads with outcomes with --leads"):
        compare_bundle(before)


def test_what_intake_noticed_is_told_beside_the_figures(bundle, tmp_path):
    save_firm(simulate_firm(1500, 77), tmp_path)
    exported = pd.read_csv(tmp_path / "events.csv", dtype=str).assign(lead_id=lambda table: "other-" + table["lead_id"])
    exported.to_csv(tmp_path / "others.csv", index=False)
    given = {"leads": str(tmp_path / "leads.csv"), "events": str(tmp_path / "others.csv")}
    _, note = compare_bundle(load_bundle(bundle), **given, now=pd.Timestamp("2026-07-01", tz="UTC"))
    assert "belong to no lead of the table" in note


def test_leads_without_dates_are_compared_without_their_events(bundle, tmp_path):
    save_firm(simulate_firm(1500, 77), tmp_path)
    leads = pd.read_csv(tmp_path / "leads.csv", dtype=str).drop_duplicates("lead_id")
    yes = leads["sql_at"].notna().map({True: "yes", False: "no"})
    undated = leads.drop(columns=["mql_at", "sql_at", "recycled_at", "opportunity_at"], errors="ignore").assign(outcome=yes)
    undated.to_csv(tmp_path / "undated.csv", index=False)
    given = {"leads": str(tmp_path / "undated.csv"), "events": str(tmp_path / "events.csv")}
    comparison, note = compare_bundle(load_bundle(bundle), **given)
    assert len(comparison.tables["rankings"])
    assert "The events are not looked at, because the leads do not say when they became MQLs." in note
