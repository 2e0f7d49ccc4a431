"""Scoring over HTTP: the contract, the same floats as the scorer, and warnings."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from predictor.core.errors import BundleError
from predictor.data.values import Event
from predictor.scoring.answer import Lead
from predictor.scoring.bundle.files import Bundle
from predictor.scoring.bundle.registry import promote
from predictor.scoring.scorer import Scorer

PARTS = [
    "lead_id", "probability", "interval", "threshold", "decision", "explore", "grade", "fit_grade", "engagement_grade", "segment",
    "points", "reasons", "base", "rest", "decided_by", "routing", "warnings", "model",
]  # fmt: skip


def score(client, lead, **query):
    response = client.post("/v1/score", json=lead, params=query)
    assert response.status_code == 200, response.text
    return response.json()


def make_lead(lead):
    event = Event(datetime(2026, 3, 30, 9, 12, tzinfo=UTC), "pricing_page_view")
    return Lead("A17", datetime(2026, 3, 31, 14, 5, tzinfo=UTC), lead["attributes"], points=None, events=[event])


def test_answer_keeps_the_contract(client, lead):
    answer = score(client, lead)
    assert list(answer) == PARTS
    assert answer["lead_id"] == "A17"
    assert answer["interval"][0] < answer["probability"] < answer["interval"][1]
    assert answer["points"]["total"] == 35
    assert answer["points"]["decision"] == "route_to_sales"
    assert answer["points"]["fired"] == [{"rule": "Software", "points": 20.0}, {"rule": "Pricing page visit", "points": 15.0}]
    assert answer["model"] == {"version": "small", "trained_through": "2025-07-20", "horizon_days": 30.0}
    assert answer["warnings"] == []


def test_floats_are_those_of_the_scorer(client, lead, models):
    scorer = Scorer.load(models / "small")
    expected = scorer.score_lead(make_lead(lead)).to_json() | {"model": scorer.describe()}
    expected["interval"], expected["reasons"], expected["warnings"] = (
        list(expected[name]) for name in ("interval", "reasons", "warnings")
    )
    answer = score(client, lead)
    assert answer.pop("decided_by")["policy"] == "band"
    assert answer.pop("routing") == {
        "source": None,
        "campaign": None,
        "earned": [{"rule": "Software", "points": 20.0, "times": 1}, {"rule": "Pricing page visit", "points": 15.0, "times": 1}],
        "activities": [],
    }
    assert answer == expected


@pytest.mark.parametrize("number", [0, 1, 3])
def test_the_number_of_reasons_in_each_direction_strongest_first(client, lead, number):
    every, some = (score(client, lead, reasons=most)["reasons"] for most in (20, number))
    up, down = ([reason for reason in every if (reason["effect"] > 0) is way] for way in (True, False))
    assert [reason for reason in some if reason["effect"] > 0] == up[:number]
    assert [reason for reason in some if reason["effect"] < 0] == down[:number]
    assert [abs(reason["effect"]) for reason in every] == sorted((abs(reason["effect"]) for reason in every), reverse=True)
    assert up
    assert down


@pytest.mark.parametrize("number", [1, 20])
def test_base_reasons_and_rest_add_up_to_the_probability(client, lead, number):
    answer = score(client, lead, reasons=number)
    total = answer["base"] + sum(reason["effect"] for reason in answer["reasons"]) + answer["rest"]
    assert total == pytest.approx(answer["probability"], abs=1e-12)
    assert abs(answer["rest"]) < (1e-9 if number == 20 else 1)


def test_without_reasons_there_is_nothing_to_add_up(client, lead):
    answer = score(client, lead, reasons=0)
    assert (answer["reasons"], answer["base"], answer["rest"]) == ([], None, None)


def test_a_reason_has_the_conversion_of_similar_leads(client, lead):
    [industry] = [reason for reason in score(client, lead)["reasons"] if reason["what"] == "Industry"]
    assert re.fullmatch(r"Of \d+ leads with industry software, \d+ % were accepted; of all leads, \d+ %\.", industry["evidence"])


def test_a_moment_without_a_zone_is_in_the_zone_of_the_training_data(client, lead):
    # 14:05 in Berlin in March (after the change of clocks) is 12:05 UTC.
    lead["events"] = [{"occurred_at": "2026-03-31T14:04:00", "event_type": "pricing_page_view"}]
    assert score(client, lead | {"as_of": "2026-03-31T12:05:00Z"})["points"]["total"] == 35
    assert score(client, lead | {"as_of": "2026-03-31T12:03:00Z"})["points"]["total"] == 20
    assert score(client, lead | {"as_of": "2026-03-31T14:03:00"})["points"]["total"] == 20


def test_without_as_of_the_score_is_for_now(client, lead):
    before = datetime.now(UTC)
    del lead["as_of"]
    score(client, lead)
    [as_of] = client.app.state.service.store.load_scores()["as_of"]
    assert before <= as_of <= datetime.now(UTC)


def test_null_for_attributes_or_events_is_none_of_them(client, lead):
    nothing = client.post("/v1/score", json={"lead_id": "A17", "as_of": lead["as_of"]}).json()
    empty = {"lead_id": "A17", "as_of": lead["as_of"], "attributes": None, "events": None}
    assert client.post("/v1/score", json=empty).json() == nothing


def test_an_as_of_in_the_future_is_a_warning(client, lead):
    for ahead, codes in ((timedelta(hours=20), []), (timedelta(hours=30), ["LEAD041"])):
        lead["as_of"] = (datetime.now(UTC) + ahead).isoformat()
        answer = client.post("/v1/score", json=lead).json()
        assert [warning["code"] for warning in answer["warnings"]] == codes
    [many] = client.post("/v1/score/batch", json={"leads": [lead]}).json()["answers"]
    assert [warning["code"] for warning in many["warnings"]] == ["LEAD041"]


def test_an_event_after_as_of_changes_only_the_warnings(client, lead):
    expected = score(client, lead)
    lead["events"].append({"occurred_at": "2026-04-01T00:00:00Z", "event_type": "pricing_page_view"})
    answer = score(client, lead)
    assert [warning["code"] for warning in answer["warnings"]] == ["LEAD023"]
    assert answer | {"warnings": []} == expected


def test_unknown_fields_and_attributes_are_warnings(client, lead):
    expected = score(client, lead)
    lead["attributes"]["favourite_colour"] = "red"
    lead["atributes"] = {}
    lead["events"][0]["page"] = 1
    answer = score(client, lead)
    assert [warning["code"] for warning in answer["warnings"]] == ["LEAD020", "LEAD024", "LEAD024"]
    texts = [warning["text"] for warning in answer["warnings"]]
    assert texts[1] == "Unknown fields of the lead: 'atributes'. Did you mean 'attributes'?"
    assert texts[2] == "Unknown fields of events: 'page'."
    assert answer | {"warnings": []} == expected


def test_unseen_category_is_scored_as_other(client, lead):
    lead["attributes"]["industry"] = "Fintech"
    assert score(client, lead)["warnings"] == [{"code": "LEAD021", "text": "Unknown industry 'Fintech': scored as other."}]


def test_numbers_as_text_count(client, lead):
    expected = score(client, lead)
    lead["attributes"]["employees"] = "250"
    assert score(client, lead) == expected


def test_a_lead_with_nothing_but_its_key_is_scored(client):
    assert 0 < score(client, {"lead_id": "A1"})["probability"] < 1


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"lead_id": 7}, "'lead_id' must be a text, but a number came."),
        ({"lead_id": None}, "'lead_id' must be a text, but null came."),
        ({"lead_id": ""}, "'lead_id' must have at least 1 character."),
        ({"lead_id": "A\x00"}, "'lead_id' must not be blank, and must not contain line breaks"),
        ({"as_of": 5}, "'as_of' must be a date, but a number came. Write dates as 2026-03-31"),
        ({"as_of": "soon"}, "'as_of' must be a date, but a text came."),
        ({"as_of": "9999-12-31"}, "'as_of' must be between 1900 and 2200. Leave it out if unknown."),
        ({"attributes": []}, "'attributes' must be an object, but a list came."),
        (
            {"attributes": {"employees": [1]}},
            "'attributes.employees' must be one text, number, true, false or null",
        ),
        ({"attributes": {"employees": 10**400}}, "'attributes.employees' must be within 1e+15 of 0."),
        ({"points": "many"}, "'points' must be a number, but a text came. Send a number, or null if unknown."),
        ({"points": True}, "'points' must be a number, but a yes or no came."),
        ({"events": {}}, "'events' must be a list, but an object came."),
        ({"events": [7]}, "'events[0]' must be an object, but a number came."),
        ({"events": [{"occurred_at": "2026-01-01"}]}, "'events[0].event_type' is missing. Send it."),
    ],
)
def test_wrong_types_are_refused_with_a_text(client, lead, change, text):
    response = client.post("/v1/score", json=lead | change)
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "API002"
    assert response.json()["error"]["text"].startswith(text)


def test_faults_are_listed_together_up_to_a_limit(client):
    response = client.post("/v1/score", json={"lead_id": "A1", "events": [{}] * 4})
    text = response.json()["error"]["text"]
    assert text.count("is missing") == 5
    assert "And 3 faults more." in text


def test_errors_of_the_scorer_have_the_same_shape(client, lead):
    lead["attributes"]["employees"] = "many"
    response = client.post("/v1/score", json=lead)
    assert response.status_code == 422
    text = "Attribute 'employees' must be a number, but this text is no number. Send a number, or leave it out."
    fault = {"code": "LEAD022", "text": text}
    problem = {"type": "about:blank", "title": "Unprocessable Content", "status": 422, "detail": text, "code": "LEAD022"}
    assert response.json() == problem | {"error": fault}
    assert client.post("/v1/score?errors=v1", json=lead).json() == {"error": fault}


def test_a_date_at_the_end_of_the_calendar_is_refused(client, lead):
    lead["attributes"]["founded_on"] = "0001-01-01T00:00:00+14:00"
    response = client.post("/v1/score", json=lead)
    assert (response.status_code, response.json()["error"]["code"]) == (422, "LEAD022")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"lead_id": NaN}',
        b'{"lead_id": "A1", "points": Infinity}',
        b'{"lead_id": "\\ud800"}',
        b"\xff",
        b"[" * 100_000,
        b"1" * 10_000,
    ],
)
def test_invalid_json_is_refused(client, body):
    response = client.post("/v1/score", content=body, headers={"content-type": "application/json"})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "API001")
    assert response.json()["error"]["text"].endswith("Send JSON in UTF-8, without NaN and Infinity.")


def test_json_without_its_content_type_is_refused(client):
    for headers in ({}, {"content-type": "text/plain"}):
        response = client.post("/v1/score", content=b'{"lead_id": "A1"}', headers=headers)
        assert response.status_code == 415
        assert "Send it as JSON with Content-Type: application/json." in response.json()["error"]["text"]


def test_errors_quote_no_value(client):
    person = "jane.doe@example.com"
    lead = {"lead_id": [person], "as_of": person, "attributes": {"email": [person], "x": {person: 1}}, "points": person}
    text = client.post("/v1/score", json=lead | {"events": [person]}).text
    assert person not in text
    assert "jane" not in text


def test_a_bundle_from_before_evidence_and_spellings_still_answers(files, save_files, tmp_path, serve, lead):
    features = json.loads(files["features.json"])
    for feature in features["features"]:
        del feature["spellings"]
    older = {name: text for name, text in files.items() if name != "evidence.json"} | {"features.json": json.dumps(features)}
    save_files(tmp_path, "older", older)
    promote(tmp_path, "older")
    answer, newer = score(serve(tmp_path), lead), Scorer(Bundle("newer", files, {}))
    assert answer["reasons"]
    assert {reason["evidence"] for reason in answer["reasons"]} == {None}
    assert answer["probability"] == pytest.approx(newer.score_lead(make_lead(lead)).probability, abs=1e-12)


@pytest.mark.parametrize(
    ("harm", "match"),
    [
        (
            lambda evidence: evidence["features"]["industry"]["shares"].pop(),
            "must have 4 shares of feature 'industry', but has 3",
        ),
        (lambda evidence: evidence["features"].pop("industry"), "evidence.json does not describe each feature .*'industry'"),
        (lambda evidence: evidence.update(features=None), "evidence.json"),
    ],
)
def test_evidence_that_does_not_match_the_features_is_refused_with_a_text(files, save_files, tmp_path, harm, match):
    evidence = json.loads(files["evidence.json"])
    harm(evidence)
    save_files(tmp_path, "harmed", files | {"evidence.json": json.dumps(evidence)})
    with pytest.raises(BundleError, match=f"Bundle 'harmed' cannot be used: .*{match}.* Train it again"):
        Scorer.load(tmp_path / "harmed")


def test_a_reason_names_a_category_as_the_firm_writes_it(files, lead):
    features = json.loads(files["features.json"])
    features["features"][0]["spellings"] = ["Software", "Retail"]
    scorer = Scorer(Bundle("spelled", files | {"features.json": json.dumps(features)}, {}))
    [industry] = [reason for reason in scorer.score_lead(make_lead(lead)).reasons if reason.what == "Industry"]
    assert industry.text.startswith("Industry Software: +")
    assert "leads with industry Software," in industry.evidence
