"""The public names: all there, each once, and a module never hides one."""

import importlib

import predictor


def test_every_public_name_is_there_and_stays_there_once_its_room_is_loaded():
    before = {name: getattr(predictor, name) for name in predictor.__all__}
    for place, _ in predictor._PLACE_OF.values():
        importlib.import_module(place)
    assert all(callable(thing) for thing in before.values())
    assert {name: getattr(predictor, name) for name in predictor.__all__} == before


def test_the_list_of_names_is_the_map_of_places():
    assert sorted(predictor._PLACE_OF) == sorted(predictor.__all__) == dir(predictor)
