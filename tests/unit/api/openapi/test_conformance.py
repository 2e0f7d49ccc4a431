"""A real server process compared with its description: no server error, and every answer as declared."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

EXAMPLES = 12  # for each path
EXPECTED = {  # of what need not be there: an outcome by its id, a lead, a rule that was set
    "DELETE /v1/outcomes/{outcome_id}": {404},
    "GET /v1/leads/{lead_id}": {404},
    "GET /v1/leads/{lead_id}/history": {404},
    "GET /v1/accounts/{account_id}": {404},
    "DELETE /v1/threshold": {200, 409},
}
CONFORMING = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.parametrize("document", ["openapi.json", "openapi-3.0.json"])
def test_every_answer_is_as_declared(address, document):
    api = schemathesis.openapi.from_url(f"{address}/{document}")
    statuses_by_mode = {}
    for result in api.get_all_operations():
        operation = result.ok()
        has_input = operation.body or operation.query or operation.path_parameters
        for mode in [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if has_input else [])]:
            statuses_by_mode[operation.label, mode.value] = check_operation(operation, mode)
    assert {label for label, _ in statuses_by_mode} >= {
        "POST /v1/score",
        "POST /v1/score/batch",
        "POST /v1/outcomes",
        "GET /metrics",
    }
    answered = {label: statuses for (label, mode), statuses in statuses_by_mode.items() if mode == "positive"}
    assert not {label: statuses for label, statuses in answered.items() if not statuses & EXPECTED.get(label, {200})}
    refused = {label: statuses for (label, mode), statuses in statuses_by_mode.items() if mode == "negative" and "/v1" in label}
    assert not {label: statuses for label, statuses in refused.items() if not statuses & {400, 415, 422}}


def check_operation(operation, mode):
    """The statuses of the answers, after checking that each answer is as declared."""
    statuses = set()

    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def send(case):
        response = case.call()
        case.validate_response(response, checks=CONFORMING)
        statuses.add(response.status_code)

    send()
    return statuses
