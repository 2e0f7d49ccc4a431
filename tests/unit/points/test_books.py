"""The shipped rule books carry the points that the product promises."""

import tomllib
from pathlib import Path

import pytest

from predictor.points.rule import EventCondition
from predictor.points.rulebook import load_rule_book

USUAL = {
    *("page_view", "pricing_page_view", "demo_page_view", "blog_view", "content_download", "email_open", "email_click"),
    *("webinar_attended", "form_submitted", "newsletter_signup", "chat_started", "phone_call", "trade_show_attended"),
    *("trial_requested", "demo_requested", "unsubscribed"),
}


@pytest.mark.parametrize("name", ["b2b", "content"])
def test_shipped_books_use_the_usual_events_and_let_them_fade(name):
    book = load_rule_book(name, Path())
    assert book.name == name
    for rule in book.rules:
        if isinstance(rule.condition, EventCondition):
            assert rule.condition.types <= USUAL
            assert rule.condition.expires or rule.condition.half_life, rule.name
            assert not rule.condition.per_event or rule.condition.cap, rule.name


@pytest.mark.parametrize(
    ("group", "points"),
    [
        ("title", {20, 15, 10}),
        ("company size", {10, 20, 15}),
        ("industry", {20, 10}),
        ("geography", {10, 5}),
        ("pricing page", {20}),
        ("demo page", {15}),
        ("downloads", {5}),
        ("e-mail", {3, 5}),
        ("webinars", {10}),
        ("site visits", {10}),
        ("negative", {-20, -10, -30, -100}),
    ],
)
def test_the_b2b_book_carries_the_table(group, points):
    book = load_rule_book("b2b", Path())
    assert book.gate == 60
    assert {rule.points for rule in book.rules if rule.group == group} == points


def test_the_content_book_is_another_school():
    book = load_rule_book("content", Path())
    points = {rule.name: rule.points for rule in book.rules}
    assert points["Blog post read"] == 10
    assert points["Demo requested"] == 100 == book.gate


@pytest.mark.parametrize("name", ["b2b", "content"])
def test_only_a_direct_request_qualifies(name):
    qualifying = {rule.name for rule in load_rule_book(name, Path()).rules if rule.qualifies}
    assert qualifying == {"Demo requested", "Trial requested"}


def test_the_b2b_book_asks_only_for_columns_of_the_simulated_firm():
    attributes = {rule["attribute"] for rule in tomllib.loads(load_rule_book("b2b", Path()).text)["rules"] if "attribute" in rule}
    assert attributes == {"seniority", "department", "employees", "industry", "country", "email_domain_kind", "competitor"}
