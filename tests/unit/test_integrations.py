"""The files for Salesforce and HubSpot name what an answer has, and their scripts do what they say."""

import base64
import hashlib
import hmac
import importlib.util
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from predictor.data.crm.field_maps import read_map

FOLDER = Path(__file__).parents[2] / "integrations"
SALESFORCE = FOLDER / "salesforce" / "force-app" / "main" / "default"
METADATA = "{http://soap.sforce.com/2006/04/metadata}"
NOW = 1_782_834_000.0


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_field_of_an_answer_is_a_field_of_a_lead():
    kinds = {}
    for path in (SALESFORCE / "objects" / "Lead" / "fields").iterdir():
        field = ET.parse(path).getroot()  # noqa: S314  our own file
        assert path.name == f"{field.findtext(f'{METADATA}fullName')}.field-meta.xml"
        kinds[field.findtext(f"{METADATA}fullName")] = field.findtext(f"{METADATA}type")
    names = read_map("salesforce").answer
    assert set(kinds) == set(names.values())
    assert (kinds[names["probability"]], kinds[names["explore"]], kinds[names["scored_at"]]) == ("Number", "Checkbox", "DateTime")


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.xml")), ids=lambda path: path.name)
def test_every_file_of_metadata_can_be_read(path):
    assert ET.parse(path).getroot().tag.startswith(METADATA)  # noqa: S314


def test_the_registration_holds_the_document():
    document = {"openapi": "3.0.3", "info": {"title": "<A & B>"}}
    registration = ET.fromstring(load(FOLDER / "salesforce" / "make_registration.py").make_registration(document))  # noqa: S314
    assert json.loads(registration.findtext(f"{METADATA}schema")) == document


def test_properties_and_output_fields_of_hubspot_are_those_of_an_answer():
    names = list(read_map("hubspot").answer.values())
    properties = json.loads((FOLDER / "hubspot" / "properties.json").read_text())["inputs"]
    action = json.loads((FOLDER / "hubspot" / "action.json").read_text())
    assert [entry["name"] for entry in properties] == names
    assert [entry["typeDefinition"]["name"] for entry in action["outputFields"]] == names
    assert list(action["labels"]["en"]["outputFieldLabels"]) == names


@pytest.mark.parametrize(
    ("differences", "age_s", "expected"),
    [
        ({}, 0, True),
        ({}, 299, True),
        ({}, 301, False),
        ({"body": b'{"a": 2}'}, 0, False),
        ({"url": "https://example.com/v1/score?crm=salesforce"}, 0, False),
        ({"secret": "another"}, 0, False),
    ],
)
def test_only_what_hubspot_signed_a_short_time_ago_is_from_hubspot(differences, age_s, expected):
    signed = {"method": "POST", "url": "https://example.com/v1/score?crm=hubspot&at=a%2Fb", "body": b'{"a": 1}', "secret": "word"}
    stamp = str(int(NOW * 1000))
    content = b'POSThttps://example.com/v1/score?crm=hubspot&at=a/b{"a": 1}' + stamp.encode()
    signature = base64.b64encode(hmac.new(b"word", content, hashlib.sha256).digest()).decode()
    headers = {"x-hubspot-request-timestamp": stamp, "x-hubspot-signature-v3": signature}
    check = load(FOLDER / "hubspot" / "signature.py").is_from_hubspot
    assert check(headers, **(signed | differences), now_s=NOW + age_s) is expected
