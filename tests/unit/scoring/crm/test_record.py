"""A record is read under the names of the model, whichever it was trained with."""

import pytest

from predictor.core.errors import ScoringError
from predictor.data.crm.field_maps import CRMS, read_map
from predictor.features.encode import FeatureSet
from predictor.features.feature import Feature
from predictor.scoring.crm.record import CrmReader


def make_reader(crm, *features, points=()):
    names = [feature.name for feature in features]
    return CrmReader(crm, FeatureSet(features, ("",)), (*names, *points))


def make_feature(name, kind="number", *categories):
    return Feature(name, name, name, kind=kind, categories=categories)


def read(reader, **properties):
    return reader.read({"id": "1", "properties": properties}).lead["attributes"]


@pytest.mark.parametrize(
    "name", ["numemployees", "employees", "Number of Employees", "NUMBER OF EMPLOYEES", "number_of_employees"]
)
def test_a_field_takes_the_name_that_the_model_was_trained_with(name):
    assert read(make_reader("hubspot", make_feature(name)), numemployees="40") == {name: "40"}


def test_an_internal_name_comes_before_a_label():
    reader = make_reader("hubspot", make_feature("Number of Employees"), make_feature("numemployees"))
    assert read(reader, numemployees="40") == {"numemployees": "40"}


def test_a_name_of_the_model_is_taken_as_it_is_though_the_crm_means_something_else():
    reader = make_reader("hubspot", make_feature("hs_lead_status", "category", "open"))
    assert read(reader, hs_lead_status="OPEN", lifecyclestage="lead") == {"hs_lead_status": "OPEN"}


def test_points_are_those_that_the_model_takes_from_the_crm():
    assert read(make_reader("hubspot", points=("HubSpot Score",)), hubspotscore="65") == {"HubSpot Score": "65"}


def test_a_personal_field_is_used_where_the_model_uses_it_and_else_left_out_with_a_warning():
    channel = make_reader("salesforce", make_feature("Contact", "category", "cellular", "telephone"))
    assert channel.read({"Id": "1", "contact": "cellular"}).lead["attributes"] == {"Contact": "cellular"}
    found = make_reader("salesforce", make_feature("Industry", "category")).read({"Id": "1", "Phone": "030 1234567"})
    assert found.lead["attributes"] == {}
    assert [(warning.code, warning.what.split(": ")[1]) for warning in found.warnings] == [("LEAD028", "'Phone'.")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1782834000000", "2026-06-30T15:40:00Z"),
        (1782834000000, "2026-06-30T15:40:00Z"),
        ("2026-06-30T17:40:00.000+0200", "2026-06-30T15:40:00Z"),
        ("2026-06-30T15:40:00.000Z", "2026-06-30T15:40:00Z"),
        ("2026-06-30", "2026-06-30"),
        ("-62135596800001", None),
        ("99999999999999", "5138-11-16T09:46:39.999000Z"),
        ("soon", None),
        (True, None),
    ],
)
def test_dates_in_every_format_that_crms_send(value, expected):
    found = make_reader("hubspot", make_feature("createdate", "days_since")).read(
        {"id": "1", "properties": {"createdate": value}}
    )
    assert found.lead["attributes"] == ({} if expected is None else {"createdate": expected})
    assert [warning.code for warning in found.warnings] == (["LEAD029"] if expected is None else [])


@pytest.mark.parametrize(
    ("categories", "expected"),
    [(("computer_software",), "COMPUTER_SOFTWARE"), (("computer software",), "COMPUTER SOFTWARE"), ((), "COMPUTER SOFTWARE")],
)
def test_internal_values_are_spelled_as_in_the_training_data(categories, expected):
    reader = make_reader("hubspot", make_feature("industry", "category", *categories))
    assert read(reader, industry="COMPUTER_SOFTWARE") == {"industry": expected}


def test_an_internal_value_gets_the_name_that_people_read():
    reader = make_reader("hubspot", make_feature("Original Source", "category", "organic social"))
    assert read(reader, hs_analytics_source="SOCIAL_MEDIA") == {"Original Source": "Organic Social"}


def test_of_an_address_only_the_domain_is_kept():
    found = make_reader("hubspot").read(
        {"id": "1", "properties": {"email": "Jane.Doe@Example.com", "hs_email_domain": "x.example"}}
    )
    assert found.lead == {"lead_id": "1", "attributes": {"email_domain": "example.com"}}
    assert read(make_reader("hubspot"), email="no address") == {}


def test_absurd_numbers_are_not_known():
    found = make_reader("salesforce", make_feature("NumberOfEmployees")).read({"Id": "1", "NumberOfEmployees": 1e300})
    assert found.lead["attributes"] == {}
    assert found.warnings[0].code == "LEAD029"


def test_no_warning_quotes_a_value():
    record = {"Id": "1", "LastName": "Kaya", "Phone": "0049", "NumberOfEmployees": "many people", "List": ["Kaya"]}
    found = make_reader("salesforce", make_feature("NumberOfEmployees")).read(record)
    text = " ".join(str(warning) for warning in found.warnings)
    assert [warning.code for warning in found.warnings] == ["LEAD028", "LEAD029", "LEAD024"]
    assert not [word for word in ("Kaya", "0049", "many people") if word in text]


def test_a_record_without_an_id_is_refused():
    with pytest.raises(ScoringError, match="LEAD022 The record must hold its id, as 'Id' or 'Lead ID'"):
        make_reader("salesforce").read({"LastName": "x"})


@pytest.mark.parametrize("crm", CRMS)
def test_the_maps_agree_with_themselves(crm):
    crm_map = read_map(crm)
    assert not [field.names[0] for field in crm_map.fields.values() if crm_map.find_kind(field.names[0]) is not None]
    assert set(crm_map.answer) == set(read_map("hubspot").answer)
    assert len(set(crm_map.answer.values())) == len(crm_map.answer)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1782834000000, "2026-06-30T15:40:00Z"),
        ("1782834000000", "2026-06-30T15:40:00Z"),
        ({"value": "1782834000000"}, "2026-06-30T15:40:00Z"),
        ("2026-06-30T15:40:00.000+0000", "2026-06-30T15:40:00Z"),
        ("", None),
        (None, None),
        ("soon", "soon"),
        (True, True),
    ],
)
@pytest.mark.parametrize("beside", [True, False])
def test_the_moment_is_read_as_the_crm_writes_dates(value, expected, beside):
    record = {"id": "7", "properties": {}} | ({"as_of": value} if beside else {"properties": {"as_of": value}})
    assert CrmReader("hubspot", FeatureSet((), ()), ()).read(record).lead["as_of"] == expected
