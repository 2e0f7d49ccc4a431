"""A base rate that doubles in the test block gives 'rank only' wherever a probability is shown, and a usual firm does not."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from helpers import make_firm
from scipy.special import expit, logit
from typer.testing import CliRunner

from api.app import create_app
from predictor.cli.app import app
from predictor.core.settings import load_settings
from predictor.scoring.bundle.registry import find_champion
from predictor.scoring.scorer import Scorer
from predictor.training.train import train

N = 2000
DOUBLED = 1.2  # log-odds, by which 22 % become 44 %
RANK_ONLY = re.compile(r"Rank only: of \d+ newer leads, \d\d % were accepted where \d\d % were promised \(chance allows")


def draw_leads(seed=0, *, n=N, move=0.0, since=0.75, tosses=False):
    """Leads over 400 days, software firms accepted at 40 %, others at 10 %; the newest by so much in log-odds more often."""
    draw = np.random.default_rng(seed)
    software = draw.random(n) < 0.4
    chance = expit(logit(np.where(software, 0.4, 0.1)) + move * (np.arange(n) >= since * n))
    chance = np.full(n, 0.3) if tosses else chance
    mql_at = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(np.arange(n) * 288 * N // n, unit="min")
    sql_at = pd.Series(mql_at + pd.to_timedelta(draw.integers(10, 50, n), unit="h")).where(draw.random(n) < chance)
    return pd.DataFrame({
        "lead_id": [f"L{number:05d}" for number in range(n)], "mql_at": mql_at, "sql_at": sql_at,
        "industry": np.where(software, "Software", "Retail"), "employees": draw.lognormal(4, 1, n).round(),
        "score": 10 * software + draw.integers(0, 40, n), "Gender": draw.choice(["f", "m", "f", "m", "x"], n),
    })  # fmt: skip


ASKED = {"label": {"horizon_days": 3}, "roles": {"points": ["score"], "protected": ["Gender"]}}


def ask(*words):
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture(scope="module", params=[(DOUBLED, "rank only"), (0.0, "calibrated")], ids=["doubled", "usual"])
def run(request, tmp_path_factory):
    """A firm, what `train` printed, and whether its probabilities should be called rank only."""
    move, verdict = request.param
    folder = tmp_path_factory.mktemp("firm")
    settings = make_firm(folder, draw_leads(move=move), **ASKED)
    printed = ask("train", "-c", settings, "--models", folder / "models", "--no-track").stdout
    return folder, printed, verdict


def test_bundle_card_and_page_say_it(run):
    folder, _, verdict = run
    bundle = find_champion(folder / "models")
    metrics = json.loads((bundle / "metrics.json").read_text())
    calibration, off = metrics["calibration"], verdict == "rank only"
    assert calibration["verdict"] == verdict
    assert set(calibration) == {
        "verdict", "faults", "text", "do", "n", "base_rate", "promised", "chance", "ece", "noise", "line", "brier",
    }  # fmt: skip
    assert calibration["ece"] == metrics["test"][metrics["champion"]]["ece"]
    assert ("level" in calibration["faults"]) is bool(RANK_ONLY.match(calibration["text"])) is off
    assert metrics["verdict"].endswith("Its probabilities only rank leads.") is off
    card, page = (bundle / "card.md").read_text(), (bundle / "report.html").read_text().replace("\u00a0", " ")
    for text in (card, page):
        assert calibration["text"] in text
        assert ("Set model.recalibrate to" in text) is off
        for figure in ("Miscalibration", "Discrimination", "Uncertainty", "Intercept", "Slope"):
            assert figure in text
    assert ('<p class="warning">' in page) is off


def test_the_terminal_says_it(run):
    _, printed, verdict = run
    lines = printed.replace("\n", " ")
    assert re.search(r"chance 0\.0\d\d", printed), "the noise floor beside the calibration error"
    assert ("MODEL001 Rank only: of 497 newer leads" in lines) is (verdict == "rank only")
    assert ("Calibrated: of 497 newer leads" in lines) is (verdict == "calibrated")


def test_every_answer_of_the_api_says_it(run):
    folder, _, verdict = run
    expected = ["MODEL001"] if verdict == "rank only" else []
    with TestClient(create_app(folder / "models")) as client:
        assert client.get("/v1/model").json()["calibration"]["verdict"] == verdict
        lead = {"lead_id": "A1", "as_of": "2026-03-01T00:00:00Z", "attributes": {"industry": "Software", "employees": 9}}
        answers = [client.post("/v1/score", json=lead).json()]
        answers += client.post("/v1/score/batch", json={"leads": [lead, lead]}).json()["answers"]
    for answer in answers:
        assert [warning["code"] for warning in answer["warnings"]] == expected
        assert all(RANK_ONLY.match(warning["text"]) for warning in answer["warnings"])


def test_scored_files_and_thresholds_say_it(run):
    folder, _, verdict = run
    out, off = folder / "scored.csv", verdict == "rank only"
    done = ask("score", "--model", folder / "models", "--leads", folder / "leads.csv", "--out", out)
    assert ("warning MODEL001 Rank only" in done.stderr) is off
    warnings = pd.read_csv(out)["warnings"].astype("object").fillna("")
    assert (warnings.str.startswith("MODEL001 Rank only") == off).all()
    assert ("MODEL001" in ask("threshold", "--model", folder / "models").stderr) is off


def test_groups_of_people_are_compared_and_never_looked_at(run):
    folder, _, _ = run
    bundle = find_champion(folder / "models")
    assert "Gender" not in Scorer.load(bundle).attributes
    assert "gender" not in (bundle / "features.json").read_text().casefold()
    for name in ("card.md", "report.html"):
        text = (bundle / name).read_text()
        for group in ("Gender: f", "Gender: m", "Gender: x"):
            assert group in text
        assert "about one group in twenty differs by chance alone" in text


def test_without_protected_columns_that_is_said(trained):
    assert trained.report.fairness is None
    assert "Name such columns in roles.protected." in trained.files["card.md"]
    assert "Name such columns in roles.protected." in trained.files["report.html"]


def test_a_simulated_firm_is_calibrated(trained):
    assert trained.verdict.calibration.verdict == "calibrated"
    assert trained.verdict.calibration_warning is None


def test_the_newest_leads_set_the_level_where_that_is_asked(tmp_path):
    """The rate rose not long before the test block: the calibrator follows its newest leads, and so does the shifted one."""
    leads = draw_leads(n=6000, move=0.6, since=0.65)
    for way, kind in (("never", "sigmoid"), ("newest", "shifted")):
        sections = {**ASKED, "model": {"recalibrate": way, "candidates": ["constant", "logistic"]}}
        trained = train(load_settings(make_firm(tmp_path / way, leads, **sections)))
        judged = trained.verdict.calibration
        assert json.loads(trained.files["calibrator.json"])["kind"] == kind
        assert abs(judged.promised - judged.base_rate) < 0.02
        assert judged.verdict == "calibrated"


def test_a_rate_that_keeps_rising_is_followed_and_said(tmp_path):
    """Of 100 leads 10 are accepted, later 30: the level of the newest would have been better in the folds, so it is taken."""
    leads = draw_leads(n=4000, since=0)
    random = np.random.default_rng(1)
    fit = np.where(leads["industry"] == "Software", 0.8, -0.5)
    accepted = random.random(4000) < expit(-2.8 + 2.2 * np.arange(4000) / 4000 + fit)
    leads["sql_at"] = (leads["mql_at"] + pd.Timedelta(hours=30)).where(accepted)
    model = {"candidates": ["constant", "logistic"], "budget_s": 0}
    trained = train(load_settings(make_firm(tmp_path, leads, **ASKED, model=model)))
    assert json.loads(trained.files["calibrator.json"])["kind"] == "shifted"
    moved = re.compile(
        r"The base rate has moved: in the forward folds (\d+ %, ){2}\d+ % and then \d+ % were accepted, "
        r"and the newest leads gave the better level there. The newest \d+ leads with a known outcome set "
    )
    for text in (trained.verdict.text, trained.files["card.md"], trained.files["report.html"].replace("\u00a0", " ")):
        assert moved.search(text)
    assert trained.final.recalibrated
    assert json.loads(trained.files["metrics.json"])["calibrator"]["level"] == trained.models["logistic"].level


@pytest.mark.parametrize("seed", range(4))
def test_coin_tosses_are_no_signal(tmp_path, seed):
    verdict = train(load_settings(make_firm(tmp_path, draw_leads(seed, tosses=True), **ASKED))).verdict
    assert "No signal" in verdict.text
