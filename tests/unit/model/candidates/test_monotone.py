"""What `model.monotone` holds: one more event of a type never lowers what trees make of the features that count it."""

import shutil
from pathlib import Path

import pytest

from predictor.core.settings import load_settings
from predictor.training.train import train

SAMPLE = Path(__file__).parents[4] / "data"
RISING = ("count_7d", "count_30d", "count_90d", "count_ever", "active_days", "assets", "most_in_week")
COUNTS = {f"events/pricing_page_view/{kind}" for kind in RISING}


@pytest.fixture(scope="module", params=["lightgbm", "lightgbm_on_points"])
def trained(request, tmp_path_factory):
    """The sample, whose newest leads do what none of the fit block did, so that the final model has more columns."""
    folder = shutil.copytree(SAMPLE, tmp_path_factory.mktemp("firm") / "data")
    settings = load_settings(folder / "predictor.toml")
    changes = {"budget_s": 0.0, "resamples": 20, "monotone": ("Pricing_Page_View",), "candidates": (request.param, "logistic")}
    return train(settings.model_copy(update={"model": settings.model.model_copy(update=changes)}))


def test_the_final_model_is_held_too_though_it_has_other_columns(trained):
    dataset, chosen = trained.dataset, trained.verdict.chosen
    first, _ = dataset.fit_features(trained.split.fit)
    features, _ = dataset.fit_features(dataset.outcomes.training)
    assert len(features) > len(first)
    sample = dataset.sample(dataset.outcomes.training, features, as_of=dataset.outcomes.observed_until).seen_by(chosen)
    places = [place for place, name in enumerate(sample.features.names) if name in COUNTS]
    assert len(places) >= 4
    one_more = sample.matrix.copy()
    one_more[:, places] += 1
    model = getattr(trained.final.model, "trees", trained.final.model)
    change = model.score(one_more) - model.score(sample.matrix)
    assert change.min() >= 0
    assert change.max() > 0.01, "and it counts for something"


def test_what_cannot_be_held_is_shown_but_not_chosen(trained):
    assert trained.verdict.chosen.startswith("lightgbm")
    assert "logistic" in trained.verdict.test
    (finding,) = (finding for finding in trained.findings if finding.code == "TRAIN012")
    assert finding.what == "'logistic' cannot follow model.monotone: shown, but not chosen."
