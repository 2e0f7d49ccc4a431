"""The description held against a server that really runs: no fault of its own, and every answer as declared."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

EXAMPLES = 12  # a path
CONFORMING = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.parametrize("document", ["openapi.json", "openapi-3.0.json"])
def test_every_answer_is_as_declared(address, document):
    api = schemathesis.openapi.from_url(f"{address}/{document}")
    asked = {}
    for found in api.get_all_operations():
        operation = found.ok()
        takes = operation.body or operation.query or operation.path_parameters
        for mode in [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if takes else [])]:
            asked[operation.label, mode.value] = check_operation(operation, mode)
    assert {label for label, _ in asked} >= {"POST /v1/score", "POST /v1/score/batch", "POST /v1/outcomes", "GET /metrics"}
    assert all({200} <= statuses for (_, mode), statuses in asked.items() if mode == "positive"), asked
    assert all({422} <= statuses for (label, mode), statuses in asked.items() if mode == "negative" and "/v1" in label), asked


def check_operation(operation, mode):
    """The statuses that came, each answer of which was as the operation declares it."""
    came = set()

    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case):
        response = case.call()
        case.validate_response(response, checks=CONFORMING)
        came.add(response.status_code)

    ask()
    return came
