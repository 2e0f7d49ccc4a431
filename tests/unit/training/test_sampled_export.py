"""An export of which refused leads were sampled before: promises, volumes and page are those of all leads."""

import json

import numpy as np
import pandas as pd
import pytest
from conftest import NOW

from predictor.core.errors import TableError
from predictor.core.settings import load_settings
from predictor.scoring.batch import score_frame
from predictor.scoring.bundle.files import Bundle
from predictor.scoring.scorer import Scorer
from predictor.training.from_tables import load_dataset
from predictor.training.train import train

KEPT = 0.25  # of the refused leads


def _train(firm, folder, leads, **sections):
    leads.to_csv(folder / "leads.csv", index=False)
    settings = load_settings(firm / "predictor.toml")
    changes = {"data": settings.data.model_copy(update={"leads": str(folder / "leads.csv"), "events": ""})}
    changes["points"] = settings.points.model_copy(update={"rule_book": ""})
    changes["model"] = settings.model.model_copy(update={"candidates": ("constant", "logistic")})
    changes |= {name: getattr(settings, name).model_copy(update=values) for name, values in sections.items()}
    return train(settings.model_copy(update=changes))


@pytest.fixture(scope="module")
def tables(firm):
    full = pd.read_csv(firm / "leads.csv")
    dropped = full["sql_at"].isna() & (np.random.default_rng(0).random(len(full)) > KEPT)
    return full, full[~dropped]


@pytest.fixture(scope="module")
def complete(firm, tables, tmp_path_factory):
    return _train(firm, tmp_path_factory.mktemp("complete"), tables[0])


@pytest.fixture(scope="module")
def by_base_rate(firm, tables, complete, tmp_path_factory):
    share = float(complete.dataset.outcomes.outcome[complete.dataset.outcomes.mature].mean())
    return _train(firm, tmp_path_factory.mktemp("base_rate"), tables[1], label={"base_rate": round(share, 4)})


def test_promises_are_those_of_all_leads(by_base_rate, complete):
    leads = complete.dataset.leads.frame
    base_rate = complete.dataset.outcomes.outcome[complete.dataset.outcomes.mature].mean()
    answers = score_frame(Scorer(Bundle("sampled", dict(by_base_rate.files), {})), leads, as_of=leads["mql_at"], events=None)
    assert answers["probability"].mean() == pytest.approx(base_rate, abs=0.02)


def test_forward_test_and_volumes_are_those_of_all_leads(by_base_rate, complete):
    sampled, full = (trained.verdict.test["constant"] for trained in (by_base_rate, complete))
    assert sampled["base_rate"] == pytest.approx(full["base_rate"], abs=0.03)
    assert sampled["n"] < full["n"]
    every_lead = [trained.thresholds.iloc[0] for trained in (by_base_rate, complete)]
    assert every_lead[0]["leads_per_week"] == pytest.approx(every_lead[1]["leads_per_week"], rel=0.1)
    assert every_lead[0]["conversion"] == pytest.approx(every_lead[1]["conversion"], abs=0.02)
    steps = [trained.comparison.tables["steps"].iloc[0] for trained in (by_base_rate, complete)]
    assert steps[0]["leads_per_week"] == pytest.approx(steps[1]["leads_per_week"], rel=0.1)


def test_a_weight_column_says_the_same_as_the_base_rate(firm, tables, by_base_rate, tmp_path):
    represented = by_base_rate.dataset.represented
    weighted = tables[1].assign(stands_for=represented)
    trained = _train(firm, tmp_path, weighted, roles={"weight": "stands_for"})
    for name in ("model.json", "calibrator.json", "threshold.json", "metrics.json"):
        first, second = json.loads(trained.files[name]), json.loads(by_base_rate.files[name])
        assert first == second, name
    assert "stands_for" not in trained.dataset.leads.attributes
    assert not [finding for finding in trained.findings if finding.column == "stands_for"]


def test_the_findings_say_what_the_rows_represent(by_base_rate):
    (finding,) = [finding for finding in by_base_rate.findings if finding.code == "TRAIN013"]
    share = by_base_rate.dataset.settings.label.base_rate
    assert f"of which {100 * share:.0f} % became SQLs" in finding.what


@pytest.mark.parametrize("weight", ["0", "-2", "many", ""])
def test_a_weight_that_is_no_number_above_0_is_a_fault_with_its_row(firm, tables, tmp_path, weight):
    leads = tables[1].astype({"sql_at": object}).assign(stands_for="4")
    leads.loc[leads.index[2], "stands_for"] = weight
    leads.to_csv(tmp_path / "leads.csv", index=False)
    settings = load_settings(firm / "predictor.toml")
    data = settings.data.model_copy(update={"leads": str(tmp_path / "leads.csv"), "events": ""})
    roles = settings.roles.model_copy(update={"weight": "stands_for"})
    with pytest.raises(TableError, match=r"stands_for' \(roles.weight\) holds no number above 0 in 1 row \(first in row 3\)"):
        load_dataset(settings.model_copy(update={"data": data, "roles": roles}), now=pd.Timestamp(NOW))
