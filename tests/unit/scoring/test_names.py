"""Names of attributes with the prefix that the training left off."""

from predictor.core.settings import make_settings
from predictor.scoring.names import AttributeNames


def test_a_name_with_the_prefix_that_the_training_left_off_is_the_short_one():
    names = AttributeNames(make_settings({"data": {"prefix": "property_"}}), ["industry", "Plan Name", "property_value"])
    resolved = {name: names.resolve(name) for name in ("property_industry", "industry", "property_plan_name", "property_value")}
    assert resolved == {
        "property_industry": "industry",
        "industry": "industry",
        "property_plan_name": "Plan Name",
        "property_value": "property_value",
    }
    assert names.list_similar(["property_industry", "value"]) == {"property_industry": "industry"}
    assert not names.is_known(names.resolve("property_other"))


def test_without_a_prefix_in_the_settings_nothing_is_left_off():
    names = AttributeNames(make_settings(), ["industry"])
    assert names.resolve("property_industry") == "property_industry"
