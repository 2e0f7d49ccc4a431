"""Training: what comes out, again the same, and only what it found."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
from conftest import NOW, ROOT

from predictor.core.errors import SettingsError, TableError
from predictor.core.settings import load_settings, make_settings
from predictor.model.pending import PendingWeights
from predictor.scoring.bundle.files import list_bundles
from predictor.scoring.bundle.registry import read_champions
from predictor.scoring.scorer import Scorer
from predictor.training.train import save_trained, train

CHARTS = ROOT / "src/predictor/report/page/assets/vega.js"  # the library that every page carries
_METRICS = {"n", "base_rate", "log_loss", "brier", "auc", "ece", "calibration_slope", "lift_at_10"}


def test_the_same_data_settings_and_versions_give_the_same_bundle(trained, firm):
    again = train(load_settings(firm / "predictor.toml"))
    assert again.files == trained.files
    assert again.facts == trained.facts


def test_settings_may_be_named_by_their_file(tmp_path):
    with pytest.raises(SettingsError, match=r"predictor\.toml"):
        train(str(tmp_path / "predictor.toml"))
    (tmp_path / "predictor.toml").write_text('[data]\nleads = "none.csv"\n')
    with pytest.raises(TableError, match=r"LEAD000 There is no file 'none\.csv'"):
        train(tmp_path / "predictor.toml")


def test_metrics_keep_the_contract(trained):
    metrics = json.loads(trained.files["metrics.json"])
    assert metrics["champion"] == trained.verdict.chosen
    assert set(metrics["test"]) == set(trained.dataset.settings.model.candidates)
    assert all(set(figures) == _METRICS for figures in metrics["test"].values())
    assert metrics["fit"]["n"] == len(trained.dataset.leads.frame)
    assert metrics["fit"]["pending"] == metrics["pending"] == (~trained.dataset.outcomes.mature).sum() > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", metrics["fit"]["from"])
    assert metrics["fit"]["from"] < metrics["fit"]["through"]
    assert metrics["fit"]["through"] == str(trained.dataset.leads.frame["mql_at"].max().date()), "none is new to it"
    assert metrics["horizon_days"] == 30


def test_importance_is_of_every_group_and_told_on_card_and_page(trained):
    importance = json.loads(trained.files["metrics.json"])["importance"]
    features, _ = trained.dataset.fit_features(trained.split.fit)
    assert sorted(row["group"] for row in importance) == sorted({feature.group for feature in features.features})
    assert importance[0]["rise"] > 3 * importance[0]["spread"] > 0
    assert f"| {importance[0]['group']} | +{importance[0]['rise']:.4f} |" in trained.files["card.md"]
    assert "what the chosen candidate uses most" in trained.files["report.html"]


def test_evidence_is_of_the_leads_that_taught_the_final_model(trained):
    evidence = json.loads(trained.files["evidence.json"])
    assert evidence["pending"] == "in_part"
    assert trained.dataset.outcomes.mature.sum() < evidence["whole"][0] < len(trained.dataset.leads.frame)
    assert sum(share[0] for share in evidence["features"]["industry"]["shares"] if share) <= evidence["whole"][0] + 20
    assert {feature["name"] for feature in json.loads(trained.files["features.json"])["features"]} == set(evidence["features"])


def test_every_figure_lies_in_its_interval_or_near_it(trained):
    """Few resamples are drawn here, so the ends themselves are rough; a wrong column would be far off."""
    for name, figures in trained.verdict.test.items():
        for metric in ("log_loss", "brier", "auc", "base_rate"):
            interval = trained.verdict.intervals[name].get(metric)
            if interval is not None:
                width = interval[1] - interval[0]
                assert interval[0] - width <= figures[metric] <= interval[1] + width


def test_the_bundle_is_text_and_holds_no_lead(trained):
    assert all(isinstance(text, str) for text in trained.files.values())
    everything = "".join(trained.files.values()).replace(CHARTS.read_text(encoding="utf-8"), "")
    frame = trained.dataset.leads.frame
    assert not [lead_id for lead_id in frame["lead_id"].unique() if lead_id in everything]
    assert ".example" not in everything
    assert "@" not in everything.replace("@media", "").replace("@page", "")


def test_the_final_model_learns_from_every_lead_that_can_teach(trained):
    leads = len(trained.dataset.leads.frame)
    assert trained.final.calibrator.n < leads
    assert max(trained.final.positions) == leads - 1
    assert json.loads(trained.files["reference.json"])["n"] == leads
    pending = f"{(~trained.dataset.outcomes.mature).sum()} of them are pending and count by what is known so far."
    assert pending in trained.files["card.md"]
    assert pending in trained.files["report.html"]


def test_how_it_came_about_is_told(trained):
    metrics, card = json.loads(trained.files["metrics.json"]), trained.files["card.md"]
    (chosen,) = [row for row in metrics["choice"] if row["chosen"]]
    assert chosen["candidate"] == metrics["champion"] == trained.verdict.chosen
    assert min(row["excess"] for row in metrics["choice"]) == 0
    assert chosen["excess"] <= chosen["error"]
    assert metrics["calibrator"]["kind"] == trained.models[trained.verdict.chosen].calibrator.kind
    assert metrics["calibrator"]["text"] in card
    assert metrics["tuning"]["loss"] <= metrics["tuning"]["usual"]
    assert "## How it was chosen" in card


def _ask(firm, pending, **data):
    settings = load_settings(firm / "predictor.toml")
    label, model = {"pending": pending}, {"candidates": ("constant", "points", "logistic")}
    changed = {"label": settings.label.model_copy(update=label), "model": settings.model.model_copy(update=model)}
    return settings.model_copy(update=changed | {"data": settings.data.model_copy(update=data)})


def test_dropped_leads_do_not_teach(firm):
    trained = train(_ask(firm, "drop"))
    mature, metrics = trained.dataset.outcomes.mature.sum(), json.loads(trained.files["metrics.json"])
    assert metrics["fit"]["n"] == mature == max(trained.final.positions) + 1
    assert (metrics["fit"]["pending"], metrics["pending"]) == (0, (~trained.dataset.outcomes.mature).sum())
    assert f"{metrics['pending']} pending leads were left out." in trained.files["card.md"]
    assert trained.split.fit.max() < mature


def test_unless_said_otherwise_pending_leads_count_by_the_odds(firm):
    by_default, by_name = train(_ask(firm, "auto")), train(_ask(firm, "odds"))
    assert by_default.dataset.outcomes.pending_weights == by_name.dataset.outcomes.pending_weights == PendingWeights("odds", 30)
    same = set(by_name.files) - {"config.toml"}
    assert {name: by_default.files[name] for name in same} == {name: by_name.files[name] for name in same}


def test_a_training_on_known_outcomes_alone_counts_every_lead_of_the_period(firm):
    """Inverse probability of censoring: the leads that wait teach nothing, and are among those that a threshold routes."""
    trained = train(_ask(firm, "weight"))
    assert trained.thresholds["leads"].iloc[0] == len(trained.final.positions)
    assert trained.final.calibrator.n < len(trained.final.positions)
    level = trained.verdict.probability["constant"].mean()
    assert level == pytest.approx(trained.dataset.outcomes.outcome[trained.dataset.outcomes.mature].mean(), abs=0.05)
    assert "count by what is known so far." in trained.files["card.md"]


def test_a_short_history_is_rehearsed_on_where_pending_leads_teach(tmp_path):
    """Eighty days and a horizon of thirty: no earlier block is known in full, but what is known of it tells models apart."""
    draw = np.random.default_rng(1)
    size, mql_at = draw.normal(size=2000).round(3), pd.date_range("2026-01-01", periods=2000, freq="1h", tz="UTC")
    accepted = draw.random(2000) < 1 / (1 + np.exp(1.5 - 1.5 * size))
    sql_at = pd.Series(mql_at + pd.to_timedelta(draw.exponential(7, 2000), unit="D")).dt.round("s").where(accepted)
    frame = pd.DataFrame({"lead_id": np.arange(2000), "mql_at": mql_at, "sql_at": sql_at, "size": size})
    frame.to_csv(tmp_path / "leads.csv", index=False)
    content = {
        "data": {"leads": "leads.csv", "observed_until": "2026-03-25"},
        "model": {"candidates": ["constant", "logistic"], "resamples": 20},
    }
    dropped, weighted = (
        train(make_settings(content | {"label": {"horizon_days": 30, "pending": pending}}, folder=tmp_path))
        for pending in ("drop", "odds")
    )
    assert dropped.verdict.chosen == "constant"
    assert any(finding.code == "TRAIN003" for finding in dropped.findings)
    assert weighted.verdict.chosen == "logistic"
    assert weighted.findings == ()
    np.testing.assert_array_equal(weighted.split.test, dropped.split.test)
    assert weighted.verdict.test["logistic"]["log_loss"] < dropped.verdict.test["constant"]["log_loss"] - 0.05
    assert 0.7 < weighted.verdict.test["logistic"]["calibration_slope"] < 1.6, "timid rather than bold"


@pytest.mark.parametrize("pending", ["weight", "odds"])
def test_the_order_of_rows_changes_nothing_where_pending_leads_teach(firm, tmp_path, pending):
    shutil.copytree(firm, tmp_path / "turned")
    leads = pd.read_csv(firm / "leads.csv", dtype="str")
    leads.iloc[::-1].to_csv(tmp_path / "turned" / "leads.csv", index=False)
    straight, turned = (train(_ask(folder, pending, observed_until="2025-06-30")) for folder in (firm, tmp_path / "turned"))
    assert turned.verdict.chosen == straight.verdict.chosen
    assert turned.verdict.threshold == straight.verdict.threshold
    for name, calibrated in straight.models.items():
        np.testing.assert_allclose(turned.models[name].scores, calibrated.scores, atol=1e-8)


@pytest.mark.parametrize("pending", ["weight", "odds", "auto", "drop"])
def test_where_nothing_is_dated_pending_leads_are_left_out(tmp_path, pending):
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"lead_id": np.arange(300), "order_by": np.arange(300), "size": draw.integers(1, 9, 300)})
    frame["outcome"] = np.where(np.arange(300) < 290, (draw.random(300) < 0.4).astype(int).astype("str"), "")
    frame.to_csv(tmp_path / "leads.csv", index=False)
    content = {
        "data": {"leads": "leads.csv"},
        "label": {"pending": pending},
        "model": {"candidates": ["constant"], "resamples": 20},
    }
    trained = train(make_settings(content, folder=tmp_path))
    texts = [finding.what for finding in trained.findings if finding.code == "TRAIN006"]
    wished = f"Pending leads are left out although label.pending is '{pending}', because no acceptance carries a date."
    assert texts == ([wished] if pending in {"weight", "odds"} else [])
    assert json.loads(trained.files["metrics.json"])["fit"]["n"] == 290


def test_progress_names_each_candidate(firm):
    steps = []
    settings = load_settings(firm / "predictor.toml")
    quick = settings.model_copy(update={"model": settings.model.model_copy(update={"candidates": ("constant", "points")})})
    train(quick, progress=steps.append)
    assert [step.split("'")[1] for step in steps if step.startswith("Fitting")][:2] == ["constant", "points"]


def test_a_saved_training_serves_and_a_second_one_waits_its_turn(trained, tmp_path):
    first = save_trained(trained, tmp_path / "models", now=NOW)
    assert first.promoted
    second = save_trained(trained, tmp_path / "models", now=NOW.replace(hour=13))
    assert second.promoted, "within noise the newer one is taken"
    assert read_champions(tmp_path / "models") == [second.folder.name, first.folder.name]
    assert list_bundles(tmp_path / "models") == sorted([first.folder.name, second.folder.name])
    assert Scorer.load(second.folder).describe()["horizon_days"] == 30


def test_points_that_are_as_good_as_anything_are_chosen(tmp_path):
    """Where outcomes follow the points and nothing else, the one-standard-error rule takes the points."""
    draw = np.random.default_rng(6)
    points = draw.integers(0, 100, 1500)
    accepted = draw.random(1500) < 1 / (1 + np.exp(-(points - 70) / 12))
    mql_at = pd.date_range("2025-01-01", periods=1500, freq="6h", tz="UTC")
    noise = draw.normal(size=1500).round(3)
    sql_at = pd.Series(mql_at + pd.Timedelta(days=3)).where(pd.Series(accepted))
    frame = {"lead_id": np.arange(1500), "mql_at": mql_at, "sql_at": sql_at, "points": points, "noise": noise}
    pd.DataFrame(frame).to_csv(tmp_path / "leads.csv", index=False)
    content = '[data]\nleads = "leads.csv"\n[label]\nhorizon_days = 10\n[roles]\npoints = ["points"]\n[model]\nresamples = 20\n'
    content += 'budget_s = 0\n[audit.accept]\n"AUDIT002:points" = "outcomes are drawn from them"\n'
    (tmp_path / "predictor.toml").write_text(content)
    verdict = train(load_settings(tmp_path / "predictor.toml")).verdict
    assert verdict.chosen == "points"
    assert verdict.earned
    good = "The points are as good as anything learned: nothing did better on earlier leads. 'points' is better than 'constant'"
    assert verdict.text.startswith(good)


@pytest.mark.parametrize("share", [0.2, 0.4])
def test_the_test_block_has_the_share_that_was_asked_for(firm, share):
    settings = load_settings(firm / "predictor.toml")
    changed = settings.model_copy(update={"split": settings.split.model_copy(update={"test_share": share})})
    changed = changed.model_copy(update={"model": settings.model.model_copy(update={"candidates": ("constant",)})})
    trained = train(changed)
    assert len(trained.split.test) == pytest.approx(share * trained.dataset.outcomes.mature.sum(), abs=2)


def test_a_training_says_how_long_each_candidate_took_and_what_the_search_tried(trained):
    assert trained.seconds.keys() == trained.models.keys()
    assert all(seconds >= 0 for seconds in trained.seconds.values())
    assert len(trained.tries) == 1  # a budget of 0 tries the usual trees alone
    assert trained.tries["rounds"][0] > 0
