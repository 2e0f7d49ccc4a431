"""A whole training makes the same choices whatever was told after the test block began."""

import shutil

import numpy as np
import pandas as pd
import pytest

from predictor.core.settings import load_settings
from predictor.simulate.files import save_firm
from predictor.simulate.firm import simulate_firm
from predictor.training.train import train

QUICK = '\n[model]\nresamples = 20\nbudget_s = 0\ncandidates = ["constant", "points", "logistic"]\n'


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    """The folder of a firm of 1,500 leads, whose settings ask for the quick candidates alone."""
    folder = tmp_path_factory.mktemp("firm")
    save_firm(simulate_firm(1500, 3), folder)
    settings = folder / "predictor.toml"
    settings.write_text(settings.read_text() + QUICK)
    return folder


def turn_newest_outcomes(folder, trained, to):
    """The firm's leads with the acceptances of the test block turned round: what was accepted was not, and the reverse."""
    leads = pd.read_csv(folder / "leads.csv", dtype="str")
    frame = trained.dataset.leads.frame
    tested = frame.iloc[trained.split.test]
    keys = set(zip(tested["lead_id"], tested["mql_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"), strict=True))
    newest = pd.Series([key in keys for key in zip(leads["lead_id"], leads["mql_at"], strict=True)])
    accepted = leads["sql_at"].notna()
    leads.loc[newest & accepted, "sql_at"] = None
    next_day = (pd.to_datetime(leads["mql_at"]) + pd.Timedelta(days=1)).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    leads.loc[newest & ~accepted, "sql_at"] = next_day[newest & ~accepted]
    leads.to_csv(to / "leads.csv", index=False)
    return int(newest.sum())


def assert_same_choices(first, second):
    """Two trainings took the same horizon, test block, models, calibrators, candidate and threshold."""
    assert second.dataset.outcomes.horizon_days == first.dataset.outcomes.horizon_days
    np.testing.assert_array_equal(second.split.test, first.split.test)
    assert second.verdict.chosen == first.verdict.chosen
    assert second.verdict.threshold == first.verdict.threshold
    for name, calibrated in first.models.items():
        assert second.models[name].model.to_text() == calibrated.model.to_text()
        assert second.models[name].calibrator == calibrated.calibrator


@pytest.mark.parametrize(("horizon", "pending"), [("30", "odds"), ('"auto"', "odds"), ("30", "weight"), ("30", "drop")])
def test_a_whole_training_chooses_the_same_whatever_became_of_the_test_leads(firm, tmp_path, horizon, pending):
    label = f'horizon_days = {horizon}\npending = "{pending}"'
    words = (firm / "predictor.toml").read_text().replace("horizon_days = 30", label)
    for folder in ("true", "turned"):
        shutil.copytree(firm, tmp_path / folder)
        (tmp_path / folder / "predictor.toml").write_text(words)
    first = train(load_settings(tmp_path / "true" / "predictor.toml"))
    assert turn_newest_outcomes(firm, first, tmp_path / "turned") == len(first.split.test)
    second = train(load_settings(tmp_path / "turned" / "predictor.toml"))
    assert_same_choices(first, second)
    assert second.verdict.test["logistic"]["auc"] < 0.4 < first.verdict.test["logistic"]["auc"]


@pytest.mark.parametrize("way", ["weight", "odds"])
def test_an_acceptance_after_the_test_block_began_teaches_nothing(firm, tmp_path, way):
    """Neither of a test lead nor of an older one that was pending then: model, calibrator, choice and threshold stay."""
    words = (firm / "predictor.toml").read_text().replace("horizon_days = 30", f'horizon_days = 30\npending = "{way}"')
    words = words.replace("[data]", '[data]\nobserved_until = "2026-06-30"')
    for folder in ("true", "changed"):
        shutil.copytree(firm, tmp_path / folder)
        (tmp_path / folder / "predictor.toml").write_text(words)
    first = train(load_settings(tmp_path / "true" / "predictor.toml"))
    leads = pd.read_csv(firm / "leads.csv", dtype="str")
    begins = first.dataset.leads.frame["mql_at"].iloc[first.split.test].min()
    mql_at, accepted = pd.to_datetime(leads["mql_at"]), pd.to_datetime(leads["sql_at"])
    later = (accepted > begins) & (mql_at < begins)
    waiting = accepted.isna() & (mql_at < begins) & (mql_at > begins - pd.Timedelta(days=20))
    assert min(later.sum(), waiting.sum()) > 5
    leads.loc[later, "sql_at"] = None
    leads.loc[waiting, "sql_at"] = (begins + pd.Timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    leads.to_csv(tmp_path / "changed" / "leads.csv", index=False)
    second = train(load_settings(tmp_path / "changed" / "predictor.toml"))
    assert_same_choices(first, second)
    assert second.final.calibrator != first.final.calibrator, "by the end it is known"
