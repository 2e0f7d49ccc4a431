"""The gate of the points and the fields of money in a real browser: every figure is what the Python functions say."""

import tomllib
from dataclasses import replace

import numpy as np
import pytest
from browser.hands import clean, move

from predictor.core.wording import format_number, format_percent, format_weekly
from predictor.model.threshold.gate import judge_gate
from predictor.report.compare.money import compute_values, list_choices
from predictor.report.compare.point_gates import choose_point_gate
from predictor.report.page.decide import Money, make_money_choice
from predictor.report.page.render import render_comparison


def read_spots(page, name):
    """Every figure of one kind, by its key."""
    spots = page.evaluate(f"[...document.querySelectorAll('[data-{name}]')].map(s => [s.dataset.{name}, s.textContent])")
    return {key: clean(text) for key, text in spots}


def test_the_gate_moves_every_figure_to_what_python_says(visit, html, page_data, leads):
    page, gates = visit(html), page_data.comparison.tables["point_gates"]
    assert read_spots(page, "gate")["gate"] == "40", "it starts at today's gate"
    places = np.unique(np.linspace(0, len(gates) - 1, 20).round().astype(int))
    for place in places:
        move(page, "gate-slider", place)
        gate, figures = float(gates["gate"].iloc[place]), read_spots(page, "gate")
        judged = judge_gate(leads.outcome, leads.points >= gate, weeks=leads.weeks, band=leads.band)
        expected = {
            "gate": f"{gate:g}", "rule": f"Score >= {gate:g}", "load": format_weekly(judged.leads_per_week),
            "share": format_percent(judged.share_routed), "rate": format_percent(judged.conversion),
            "caught": format_percent(judged.sqls_caught),
            "verdict": judged.verdict.capitalize(),
        }  # fmt: skip
        assert {name: figures[name] for name in expected} == expected
    assert len(places) == min(20, len(gates))
    advised = float(gates["gate"].iloc[choose_point_gate(gates, page_data.policy)])
    page.locator("[data-gate-row]").last.click()
    assert read_spots(page, "gate")["gate"] == f"{advised:g}"
    page.get_by_role("button", name="Copy").click()
    assert page.evaluate("getSelection().toString()") in ("", f"Score >= {advised:g}")


def test_money_moves_every_figure_to_what_python_says(visit, html, page_data):
    page, choices = visit(html), list_choices(page_data.comparison.tables)
    assert set(read_spots(page, "money").values()) == {"–"}, "nothing is said before an amount is known"
    move(page, "amount", 1000)
    assert set(read_spots(page, "money").values()) == {"–"}, "without a cost or a limit every lead would pay"
    ways = {"today's gate": "today", "best gate": "gate", "learned points": "learned", "model": "model"}
    random, seen = np.random.default_rng(0), set()
    for number in range(20):
        amount, cost = float(random.integers(100, 3000)), float(random.integers(1, 400))
        capacity = float(random.integers(5, 80)) if number % 2 else np.inf
        for name, value in (("amount", amount), ("cost", cost), ("limit", "" if np.isinf(capacity) else capacity)):
            move(page, name, value)
        figures = read_spots(page, "money")
        values = compute_values(choices, amount=amount, cost=cost, capacity=capacity)
        for row in values.to_dict("records"):
            prefix = ways[row["way"]]
            assert figures[f"{prefix}_leads"] == format_weekly(row["leads"])
            for name in ("value", "more"):
                assert float(figures[f"{prefix}_{name}"].replace(",", "")) == pytest.approx(row[name], abs=0.51)
            seen.add((prefix, figures[f"{prefix}_leads"]))
    assert len(seen) > 10


def test_where_only_the_amount_is_known_money_is_compared_with_as_many_leads_as_today(visit, page_data):
    money, tables = Money(amount=900.0, currency="EUR"), page_data.comparison.tables
    page = visit(render_comparison(replace(page_data, money=money)))
    assert page.get_by_label("An accepted lead brings, EUR").input_value() == "900"
    assert page.get_by_role("columnheader", name="More than today, EUR").count() == 1
    shown, limit = read_spots(page, "money"), float(page.locator("#limit").input_value())
    today = list_choices(tables)["today's gate"]["leads"].iloc[0]
    assert today <= limit < today + 0.1
    values = compute_values(list_choices(tables), amount=900, cost=0, capacity=limit).set_index("way")
    assert shown["model_leads"] == format_weekly(values.loc["model", "leads"])
    assert shown["model_more"] == format_number(values.loc["model", "more"], sign=True)
    for way, texts in make_money_choice(tables, money)["texts"].items():  # what is read where scripts are off
        assert {name: shown[f"{way}_{name}"] for name in texts} == texts


def test_a_choice_is_kept_in_its_link_and_saved_as_settings(visit, html):
    page = visit(html)
    move(page, "gate-slider", 1)
    move(page, "threshold", 3)
    for name, value in (("amount", 900), ("cost", 40)):
        move(page, name, value)
    before, money = read_spots(page, "figure"), read_spots(page, "money")
    link = page.locator("#choice-link").get_attribute("href")
    assert link == "#choice:threshold=3&gate=1&amount=900&cost=40"
    with page.expect_download() as caught:
        page.get_by_role("button", name="Save as settings").click()
    assert tomllib.loads(caught.value.path().read_text()) == {
        "threshold": {"policy": "value", "amount": 900, "cost": 40}, "points": {"gate": 10},
    }  # fmt: skip
    page.goto(page.url.split("#")[0] + link)
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert read_spots(page, "figure") == before
    assert read_spots(page, "money") == money
    assert page.locator("#gate-slider").input_value() == "1"
