"""The public names: all there, each once, a module never hides one, and those of the version before still answer."""

import importlib

import pytest

import predictor


def test_every_public_name_is_there_and_stays_there_once_its_room_is_loaded():
    before = {name: getattr(predictor, name) for name in predictor.__all__}
    for module in predictor._MODULES:
        importlib.import_module(module)
    assert all(callable(value) for name, value in before.items() if name != "plots")
    assert {name: getattr(predictor, name) for name in predictor.__all__} == before


def test_the_list_of_names_is_the_map_of_modules():
    assert sorted([*predictor._MODULE_OF, "plots"]) == sorted(predictor.__all__) == dir(predictor)


def test_the_plots_have_a_namespace_of_their_own():
    assert len([name for name in predictor.plots.__all__ if name.startswith("plot_")]) == 8
    assert all(callable(getattr(predictor.plots, name)) for name in predictor.plots.__all__)


@pytest.mark.parametrize("name", predictor._OLD)
def test_an_old_name_answers_with_a_warning_that_says_what_to_use(name):
    module, new_name, replacement = predictor._OLD[name]
    with pytest.warns(DeprecationWarning, match=rf"predictor\.{name} goes with the next release: use {replacement}\."):
        value = getattr(predictor, name)
    assert value is getattr(importlib.import_module(module), new_name)


def test_a_name_that_never_was_is_refused():
    with pytest.raises(AttributeError, match="module 'predictor' has no attribute 'lead_scores'"):
        _ = predictor.lead_scores
