"""Clients that OpenAPI Generator makes from the documents call a real server, with their own types and nothing by hand."""

import importlib
import subprocess
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import openapi_generator_cli
import pytest

JAR = Path(openapi_generator_cli.__file__).parent / "openapi-generator.jar"
KINDS = "apis,models,supportingFiles,apiTests=false,modelTests=false,apiDocs=false,modelDocs=false"
AS_OF = datetime(2026, 3, 31, 14, 5, tzinfo=UTC)
EVENT = {"occurred_at": datetime(2026, 3, 30, 9, 12, tzinfo=UTC), "event_type": "pricing_page_view"}


@pytest.fixture
def generate(address, tmp_path, monkeypatch):
    """Makes a client of a document, which the generator checks first; gives its package and what calls the server."""

    def make(document, name):
        file, folder = tmp_path / f"{name}.json", tmp_path / name
        with urllib.request.urlopen(f"{address}{document}") as response:  # noqa: S310
            file.write_bytes(response.read())
        command = ["java", "-jar", JAR, "generate", "-g", "python", "-i", file, "-o", folder, "--package-name", name]
        made = subprocess.run([*command, "--global-property", KINDS], capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stdout + made.stderr
        assert "Unable to" not in made.stdout + made.stderr
        monkeypatch.syspath_prepend(folder)
        package = importlib.import_module(name)
        return package, package.ApiClient(package.Configuration(host=address))

    return make


def test_a_client_of_the_document_scores_and_sends_outcomes(generate):
    package, client = generate("/openapi.json", "client_of_all")
    scoring, outcomes, leads = package.ScoringApi(client), package.OutcomesApi(client), package.LeadsApi(client)
    value = package.AttributesValue
    lead = package.LeadIn(
        lead_id="A17",
        as_of=AS_OF,
        attributes={"industry": value("Software"), "employees": value(250), "founded_on": value("2001-05-01")},
        events=[package.EventIn(**EVENT)],
    )
    answer = scoring.score(package.ScoreRequest(lead)).actual_instance
    assert 0 < answer.probability < 1
    assert answer.decision in {"route_to_sales", "nurture"}
    assert answer.warnings == []
    wrong = package.LeadIn(lead_id="B1", attributes={"employees": value([package.AttributesValueAnyOfInner("many")])})
    batch = scoring.score_batch(package.ScoreBatchRequest(package.BatchIn(leads=[lead, wrong]))).actual_instance
    first, second = (entry.actual_instance for entry in batch.answers)
    assert first.probability == answer.probability
    assert "must be one text" in second.error.text
    kept = outcomes.save_outcome(package.OutcomeIn(lead_id="A17", kind="accepted", occurred_at=datetime.now(UTC)))
    assert [outcome.kind for outcome in kept.counting] == ["accepted"]
    assert leads.read_lead("A17").scores[0].probability == answer.probability
    model = package.ModelApi(client).read_model()
    assert {feature.name for feature in model.features} >= {"industry", "employees"}
    assert package.HealthApi(client).check_ready().model.version == model.version
    with pytest.raises(package.exceptions.UnprocessableEntityException, match="API0"):
        scoring.score(package.ScoreRequest(lead), reasons=3, answer="properties")


def test_a_client_of_salesforces_document_scores_as_the_api_does(generate):
    package, client = generate("/openapi-3.0.json?crm=salesforce", "client_of_salesforce")
    calls = package.DefaultApi(client)
    lead = package.Lead(
        Id="00Q000000000061AAA", as_of=AS_OF, Industry="Software", NumberOfEmployees=250,
        founded_on=datetime(2001, 5, 1, tzinfo=UTC), events=[package.Event(**EVENT)],
    )  # fmt: skip
    answer = calls.score_lead(crm="salesforce", answer="properties", lead=lead)
    assert 0 < answer.predictor_probability__c < 1
    assert (answer.id, answer.predictor_warnings__c) == ("00Q000000000061AAA", "")
    saved = calls.save_outcome(package.Outcome(lead_id="00Q000000000061AAA", kind="accepted", occurred_at=datetime.now(UTC)))
    assert saved.outcome_id
