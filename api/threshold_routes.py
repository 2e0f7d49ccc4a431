"""The paths of the decision: try a policy, put a rule into service, go back to the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse

from predictor.core.errors import list_names
from predictor.scoring.bundle.decision_rules import DecisionRule, RulesChangedError, read_rules, roll_back_rule
from predictor.scoring.threshold_advice import advise_threshold, describe_rule, imply_policy, list_settings, set_rule

from .error_codes import CHANGED, NO_RULE, WRONG_FIELD, RefusalError
from .http.entity_tags import lists_tag, make_tag
from .lead_routes import name_actor
from .schemas.answers import NO_RULE_SET, RULE_CHANGED, UNREADY, WRONG
from .schemas.model import RecommendedOut, RuleOut, ThresholdOut, ThresholdRow
from .schemas.requests import RuleIn, ThresholdQuery
from .serving.model_watch import ModelWatch
from .serving.service import Served, Service, find_service

_CHANGED = "The rule of decision is not the one that you have read. Send GET /v1/threshold again, then decide."
IfMatch = Annotated[
    str | None,
    Header(
        description="The `ETag` of `GET /v1/threshold` without a query: nothing changes if somebody else set a rule since then."
    ),
]


def read_threshold(service: Served, request: Request, query: Annotated[ThresholdQuery, Query()]) -> ThresholdOut:
    """The threshold that another policy would recommend, from the threshold table of the training. It changes nothing."""
    return _answer(service, request, query.model_dump(exclude_none=True))


def set_threshold(service: Served, request: Request, rule: RuleIn, if_match: IfMatch = None) -> ThresholdOut:
    """Put a rule of decision into service, without training. It holds for this folder of bundles, also for later champions.

    Probabilities stay as they are. Every answer says in `decided_by` which rule decided.
    """
    changes = rule.model_dump(exclude_none=True, exclude={"grades"})
    grades = {} if rule.grades is None else rule.grades.model_dump()
    _check_policy(service.scorer.settings.threshold.model_dump() | changes)
    watch: ModelWatch = request.app.state.watch
    by, expected = name_actor(request), _find_expected(request, if_match)
    new_rule = DecisionRule(threshold=changes, grades=grades, set_by=by)
    try:
        set_rule(watch.models, service.scorer, new_rule, now=datetime.now(UTC), expected=expected)
    except RulesChangedError:
        raise RefusalError(412, CHANGED, _CHANGED) from None
    watch.store.note("rule set", actor=by, rule=imply_policy(changes), grades=grades)
    return _answer_refreshed(request)


def roll_back_threshold(
    service: Served,  # noqa: ARG001  without a model nothing decides
    request: Request,
    if_match: IfMatch = None,
) -> ThresholdOut:
    """Put the rule before the present one into service again; before the first, that of the training decides."""
    watch: ModelWatch = request.app.state.watch
    expected = _find_expected(request, if_match)
    if not read_rules(watch.models):
        raise RefusalError(409, NO_RULE, "No rule was set, so there is none to go back from. The rule of the training decides.")
    try:
        rule = roll_back_rule(watch.models, expected=expected)
    except RulesChangedError:
        raise RefusalError(412, CHANGED, _CHANGED) from None
    watch.store.note("rule rolled back", actor=name_actor(request), rule=None if rule is None else dict(rule.threshold))
    return _answer_refreshed(request)


def _find_expected(request: Request, if_match: str | None) -> Sequence[DecisionRule] | None:
    """The rules that a client has read, by the tag that it names; None if it names none, and any will do.

    Raises:
        RefusalError: It has read others.
    """
    if if_match is None:
        return None
    rules = read_rules(request.app.state.watch.models)
    body = JSONResponse(jsonable_encoder(_answer_refreshed(request))).body  # as `GET /v1/threshold` writes it
    if not lists_tag(if_match, make_tag(bytes(body))):
        raise RefusalError(412, CHANGED, _CHANGED)
    return rules


def _answer_refreshed(request: Request) -> ThresholdOut:
    """The answer by the rule that is in service from now on."""
    request.app.state.watch.refresh()
    request.scope["state"].pop("service", None)  # what this request found when it began
    return _answer(find_service(request), request, {})


def _answer(service: Service, request: Request, changes: Mapping[str, Any]) -> ThresholdOut:
    scorer = service.scorer
    _check_policy(list_settings(scorer) | dict(changes))
    advice, columns = advise_threshold(scorer, changes)
    rows = [ThresholdRow.model_validate(dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]
    return ThresholdOut.model_validate({
        "serving": scorer.threshold,
        "decided_by": describe_rule(scorer),
        "grades": scorer.grades,
        "history": [RuleOut.model_validate(asdict(rule)) for rule in read_rules(request.app.state.watch.models)],
        "recommended": RecommendedOut(**asdict(advice)),
        "table": rows,
    })  # fmt: skip


def _check_policy(policy: Mapping[str, Any]) -> None:
    """Refuse a policy whose numbers are neither in the request nor in the settings in service."""
    for name, numbers, advice in (
        ("capacity", ("leads_per_week",), "the leads that sales can work in a week"),
        ("value", ("amount", "cost"), "what an accepted lead is worth, and what it costs to work one"),
    ):
        if policy["policy"] == name and any(policy[number] <= 0 for number in numbers):
            text = f"Policy '{name}' needs {list_names(numbers)} above 0. Send {advice}."
            raise RefusalError(422, WRONG_FIELD, text)


def add_threshold_routes(router: APIRouter) -> None:
    """Add the paths to a router."""
    for method, endpoint, summary, responses in (
        ("GET", read_threshold, "Try another policy", WRONG | UNREADY),
        ("PUT", set_threshold, "Put a rule of decision into service", WRONG | UNREADY | RULE_CHANGED),
        ("DELETE", roll_back_threshold, "Go back to the rule before", WRONG | UNREADY | NO_RULE_SET | RULE_CHANGED),
    ):
        router.add_api_route(
            "/v1/threshold", endpoint, methods=[method], summary=summary, tags=["model"], responses=responses
        )  # fmt: skip
