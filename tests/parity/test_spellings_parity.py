"""Whatever a file may say, a request may say: the same features and the same probability, in each kind of spelling."""

import re
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from helpers import draw_leads, list_value_warnings, make_firm
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from predictor.core.errors import ScoringError, TableError
from predictor.core.settings import load_settings
from predictor.scoring.answer import Lead
from predictor.scoring.batch import score_leads
from predictor.scoring.scorer import Scorer
from predictor.training.train import save_trained, train

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
BOOK = """
name = "small"
gate = 30
rules = [
  {name = "Newsletter", attribute = "Newsletter", equals = true, points = 20},
  {name = "Opted in", attribute = "Has Opted In", equals = "Yes", points = 7},
  {name = "Checked", attribute = "Checked", present = true, points = 3},
  {name = "Both", attribute = "Interests", equals = "Pricing; API", points = 5},
]
"""
YES = [True, 1, 1.0, "1", "true", "TRUE", "Yes", " y ", "WAHR", "ja", "VRAI", "sí"]
NO = [False, 0, 0.0, "0", "false", "FALSE", "No", "n", "FALSCH", "nein", "FAUX", "não"]
MEMBERS = ["API", "Pricing", "Support"]
CHANNELS = ["Email", "Phone", "SMS"]
quick = hypothesis_settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder, draw = tmp_path_factory.mktemp("firm"), np.random.default_rng(0)
    leads, n = draw_leads(600).drop(columns="score"), 600
    accepted, flip = leads["sql_at"].notna().to_numpy(), draw.random((n, 3)) < 0.35
    asks = draw.random((n, 3)) < np.where(accepted[:, None], 0.6, 0.35)
    interests = [";".join(draw.permutation([m for m, has in zip(MEMBERS, row, strict=True) if has])) for row in asks]
    channels = [", ".join(draw.permutation(CHANNELS)[: draw.integers(1, 4)]) for _ in range(n)]
    leads = leads.assign(**{
        "Has Opted In": (accepted ^ flip[:, 0]).astype(int),
        "Newsletter": np.where(accepted ^ flip[:, 1], "Yes", "No"),
        "Checked": np.where(accepted ^ flip[:, 2], "x", None),
        "Interests": interests,
        "Channels": channels,
        "Größe": draw.integers(1, 99, n),
    })  # fmt: skip
    (folder / "book.toml").write_text(BOOK)
    path = make_firm(folder, leads, roles={"points": []}, points={"rule_book": "book.toml", "gate": 30})
    save_trained(train(load_settings(path)), folder / "models", now=NOW)
    return folder / "models"


@pytest.fixture(scope="module")
def scorer(models):
    return Scorer.load(next(folder for folder in models.iterdir() if folder.is_dir()))


def test_what_training_read(scorer):
    assert dict(scorer.features.formats) == {
        "Has Opted In": "1/0", "Newsletter": "yes/no", "Checked": "yes/blank", "Interests": "set ;", "Channels": "set ,",
    }  # fmt: skip
    kinds = {feature.name: feature.kind for feature in scorer.features.features}
    assert kinds["Has Opted In"] == "number"
    assert kinds["Newsletter"] == "category"
    assert {name: kind for name, kind in kinds.items() if "Interests" in name} == {
        "members/Interests/api": "member", "members/Interests/pricing": "member", "members/Interests/support": "member",
        "members/Interests": "members",
    }  # fmt: skip


@quick
@given(st.sampled_from(["Has Opted In", "Newsletter", "Checked"]), st.sampled_from(list(zip(YES, NO, strict=True))))
def test_yes_and_no_are_one_thing_however_spelled(ask, name, pair):
    usual = {"Has Opted In": (1, 0), "Newsletter": ("Yes", "No"), "Checked": ("x", None)}[name]
    for value, spelled in zip(pair, usual, strict=True):
        answer = ask({name: value})
        expected = ask({name: spelled})
        assert answer.probability == expected.probability
        assert answer.points == expected.points
        assert answer.features == expected.features
        assert not list_value_warnings(answer)
    yes, no = (ask({name: value}) for value in pair)
    assert yes.probability > no.probability
    assert yes.points.total - no.points.total == {"Has Opted In": 7, "Newsletter": 20, "Checked": 3}[name]


def spell(members, way):
    texts = {
        ";": ";".join(members), "; ": " ; ".join(members), "list": list(members), "json": str(members).replace("'", '"'),
        "python": str(members), "array": np.array(members, dtype=object), "tuple": tuple(members),
        "case": ";".join(members).upper(), "twice": ";".join([*members, members[0]]), ",": ", ".join(members),
    }  # fmt: skip
    return texts[way]


@quick
@given(
    st.permutations(MEMBERS),
    st.integers(1, 3),
    st.sampled_from([";", "; ", "list", "json", "python", "array", "tuple", "case", "twice"]),
)
def test_one_set_has_one_probability_in_any_order_and_spelling(ask, order, size, way):
    members = order[:size]
    answer, expected = ask({"Interests": spell(members, way)}), ask({"Interests": ";".join(sorted(members))})
    assert answer.probability == expected.probability
    assert answer.points == expected.points
    assert not list_value_warnings(answer)
    assert [reason.text for reason in answer.reasons] == [reason.text for reason in expected.reasons]


@quick
@given(st.permutations(CHANNELS), st.integers(1, 3), st.sampled_from([";", ",", "list", "json"]))
def test_a_set_between_commas_is_one_too(ask, order, size, way):
    answer, expected = ask({"Channels": spell(order[:size], way)}), ask({"Channels": ", ".join(order[:size])})
    assert answer.probability == expected.probability
    assert not list_value_warnings(answer)


@quick
@given(st.sampled_from(["Has Opted In", "Newsletter", "Interests", "Größe", "industry"]), st.data())
def test_names_of_attributes_are_found_in_any_case(ask, name, data):
    value = {"Interests": "API", "Größe": 7, "industry": "Software"}.get(name, "Yes")
    join = data.draw(st.sampled_from([" ", "_", "-", ""]))
    case = data.draw(st.sampled_from([str.upper, str.lower, str.title, str.swapcase]))
    other = case(name.replace("ß", "ss")).replace(" ", join)
    answer = ask({other: value})
    assert answer.probability == ask({name: value}).probability
    assert not list_value_warnings(answer)


def test_a_set_without_members_is_not_known(scorer, ask):
    unknown = scorer.score_lead(Lead("A", NOW, {}))
    for value in ([], "", " ; ", "[]", None, [None]):
        assert ask({"Interests": value}).probability == unknown.probability


def test_a_value_that_was_never_seen_is_told_and_the_others_count(ask):
    answer = ask({"Interests": ["API", "Partners", "ann@example.com"]})
    assert [warning.what for warning in list_value_warnings(answer)] == ["Unknown interests 'Partners': scored as other."]
    assert answer.features["Interests"] == "(not kept) 0;API;Partners"
    assert answer.features["Interests"].count("@") == 0


def test_reasons_name_the_member(scorer):
    texts = [reason.text for reason in scorer.score_lead(Lead("A", NOW, {"Interests": ["API"]})).reasons]
    (text,) = [text for text in texts if text.startswith("Interests")]
    assert re.match(r"Interests (do not )?include '(API|Pricing|Support)': [+-]\d+\.\d points of probability", text)
    evidence = [
        reason.evidence for reason in scorer.score_lead(Lead("A", NOW, {"Interests": MEMBERS})).reasons if reason.evidence
    ]
    assert any("with Interests that " in text for text in evidence)


@pytest.mark.parametrize("value", [{"a": 1}, [["API"]], [{"a": 1}]])
def test_an_object_is_no_set(scorer, value):
    with pytest.raises(ScoringError, match=r"LEAD022 'Interests' must be single values, not lists or objects"):
        scorer.score_lead(Lead("A", NOW, {"Interests": value}))


def test_a_list_is_refused_where_training_had_one_value(scorer):
    with pytest.raises(ScoringError, match=r"LEAD022 'industry' must be single values"):
        scorer.score_lead(Lead("A", NOW, {"industry": ["Software"]}))


def test_an_attribute_that_is_sent_twice_is_refused(scorer, client, ask):
    with pytest.raises(ScoringError, match=r"LEAD022 'Newsletter', 'NEWSLETTER' are the same attribute\. Send it once\."):
        scorer.score_lead(Lead("A", NOW, {"Newsletter": "Yes", "NEWSLETTER": "Yes"}))
    refused = client.post("/v1/score", json={"lead_id": "A", "attributes": {"industry": "Retail", "Industry": "Software"}})
    assert refused.status_code == 422
    assert refused.json()["error"] == {"code": "LEAD022", "text": "'industry', 'Industry' are the same attribute. Send it once."}
    assert ask({"Newsletter": "Yes", "NEWSLETTER": None}).probability == ask({"Newsletter": True}).probability


def test_columns_of_a_file_in_another_case_are_told(scorer):
    table = pd.DataFrame({"LEAD ID": "A", "newsletter": ["ja"], "has_opted_in": "FALSE", "Plan": "Pro", "As of": "2026-03-31"})
    answers, findings = score_leads(scorer, table, None, now=pd.Timestamp(NOW))
    (tip,) = [finding for finding in findings if finding.code == "LEAD071"]
    listed = "'LEAD ID' as 'lead_id', 'newsletter' as 'Newsletter', 'has_opted_in' as 'Has Opted In', 'As of' as 'as_of'"
    assert tip.what == f"Columns are written in another way than in training, and read as the same: {listed}."
    expected = scorer.score_lead(Lead("A", NOW, {"Newsletter": True, "Has Opted In": False})).probability
    assert answers["probability"].tolist() == [expected]
    assert [finding.what for finding in findings if finding.code == "LEAD020"] == ["Not used by this model: 'Plan'."]


def test_two_columns_that_would_be_one_are_refused(scorer):
    table = pd.DataFrame({"lead_id": ["A"], "newsletter": ["ja"], "NEWSLETTER": ["nein"]})
    with pytest.raises(TableError, match=r"LEAD012 'newsletter', 'NEWSLETTER' are both the column 'Newsletter'"):
        score_leads(scorer, table, None, now=pd.Timestamp(NOW))


def test_a_column_that_is_written_as_in_training_is_the_one_that_counts(scorer):
    table = pd.DataFrame({"lead_id": ["A"], "Newsletter": ["Yes"], "NEWSLETTER": ["No"]})
    answers, findings = score_leads(scorer, table, None, now=pd.Timestamp(NOW))
    assert answers["probability"].tolist() == [scorer.score_lead(Lead("A", NOW, {"Newsletter": "Yes"})).probability]
    assert "Not used by this model: 'NEWSLETTER'." in [finding.what for finding in findings]


def test_a_list_of_an_attribute_with_one_value_is_a_422_and_leaves_the_others_of_a_batch(client):
    leads = [{"lead_id": "A", "attributes": {"industry": ["Retail"]}}, {"lead_id": "B", "attributes": {"Interests": ["API"]}}]
    refused, answered = client.post("/v1/score/batch", json={"leads": leads}).json()["answers"]
    rule = (
        "'attributes.industry' must be one text, number, true, false or null, but a list came. Send one value, or leave it out."
    )
    assert refused == {"lead_id": "A", "error": {"code": "API002", "text": rule}}
    assert answered["lead_id"] == "B"
    assert "error" not in answered


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([["API"]], "'attributes.Interests' must be one text, number, true, false or null, or a list of these"),
        ([{"a": 1}], "'attributes.Interests' must be one text, number, true, false or null, or a list of these"),
        ({"a": 1}, "'attributes.Interests' must be one text, number, true, false or null, or a list of these"),
        (["x"] * 1001, "'attributes.Interests' must have 1,000 values at most. Leave the others out."),
    ],
)
def test_what_is_no_set_is_a_422(client, value, text):
    response = client.post("/v1/score", json={"lead_id": "A", "attributes": {"Interests": value}})
    assert response.status_code == 422
    assert response.json()["error"]["text"].startswith(text)


def test_the_model_says_what_to_send(client):
    features = {feature["name"]: feature for feature in client.get("/v1/model").json()["features"]}
    assert features["members/Interests/api"] == {
        "name": "members/Interests/api", "label": "Interests: API", "kind": "member", "categories": ["api"],
    }  # fmt: skip
    assert features["members/Interests"]["kind"] == "members"
    assert "Interests" in client.get("/v1/model").json()["attributes"]


def test_a_set_that_a_file_does_not_have_is_told(scorer):
    table = pd.DataFrame({"lead_id": ["A"], "Newsletter": ["Yes"]})
    _, findings = score_leads(scorer, table, None, now=pd.Timestamp(NOW))
    (finding,) = [finding for finding in findings if finding.code == "LEAD036"]
    assert "'Interests', 'Channels'" in finding.what
    assert "members/" not in finding.what
