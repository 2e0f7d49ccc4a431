"""The sliders of the page in a real browser: every figure is what the Python functions say of that threshold."""

import numpy as np
import pytest
from browser.hands import clean, move, read_figures

from predictor.core.settings import make_settings
from predictor.core.wording import format_percent, format_share, format_threshold, format_weekly
from predictor.model.threshold.gate import judge_gate
from predictor.model.threshold.recommend import recommend_threshold
from predictor.model.threshold.table import compute_thresholds
from predictor.report.compare.compared_leads import LEARNED, POINTS, Curve
from predictor.report.compare.threshold_steps import compute_load


def expect(leads, threshold):
    """What the Python functions say of a threshold, computed again from the leads."""
    handed = leads.probability >= threshold
    row = compute_thresholds(leads.outcome, handed.astype(float), weeks=leads.weeks).iloc[-1]
    sqls = leads.outcome[handed].sum()
    share = format_share(row["conversion"], row["conversion_low"], row["conversion_high"])
    texts = {
        "load": format_weekly(handed.sum() / leads.weeks), "sqls": format_weekly(sqls / leads.weeks), "conversion": share,
        "caught": format_percent(row["sqls_caught"]), "share": format_percent(handed.mean()),
        "verdict": judge_gate(leads.outcome, handed, weeks=leads.weeks, band=leads.band).verdict.capitalize(),
    }  # fmt: skip
    for way, prefix in ((POINTS, "points"), (LEARNED, "learned")):
        caught = catch(leads.ways[way], leads.outcome, handed.sum())
        texts |= {
            f"{prefix}_sqls": format_weekly(caught / leads.weeks),
            f"{prefix}_caught": format_percent(caught / leads.outcome.sum()),
        }
    for side, swapped in (("in", handed & ~leads.routed), ("out", ~handed & leads.routed)):
        texts[side] = "none"
        if swapped.any():
            gate = judge_gate(leads.outcome, swapped, weeks=leads.weeks)
            share = format_share(gate.conversion, gate.low, gate.high)
            texts[side] = f"{format_weekly(swapped.sum() / leads.weeks)}, of which {share} became SQLs"
    return texts


def catch(ranked, outcome, leads):
    """SQLs among the best leads, tied ones in a random order."""
    distinct = np.unique(ranked)[::-1]
    counts = [(int((ranked >= at).sum()), float(outcome[ranked >= at].sum())) for at in distinct]
    ends, sqls = zip((0, 0.0), *counts, strict=True)
    return float(Curve(np.array(ends, float), np.array(sqls)).catch(leads))


def test_the_threshold_moves_every_figure_to_what_python_says(visit, html, page_data, leads):
    page, steps = visit(html), page_data.comparison.tables["steps"]
    seen = set()
    for place in np.linspace(0, len(steps) - 1, 10).round().astype(int):
        move(page, "threshold", place)
        figures, threshold = read_figures(page), float(steps["threshold"].iloc[place])
        expected = expect(leads, threshold)
        assert {name: figures[name] for name in expected} == expected
        assert figures["threshold"] == format_threshold(threshold)
        assert page.locator("#capacity-value").text_content() == expected["load"]
        seen.add(figures["load"])
    assert len(seen) == 10


def locate_capacity(steps, capacity):
    """The row of the lowest threshold that hands over no more than a capacity, else the last."""
    enough = compute_load(steps) <= capacity
    return int(np.argmax(enough)) if enough.any() else len(steps) - 1


def test_the_capacity_moves_every_figure_to_what_the_policy_says(visit, html, page_data, leads):
    page, steps = visit(html), page_data.comparison.tables["steps"]
    slider = page.locator("#capacity")
    step, most = float(slider.get_attribute("step")), float(slider.get_attribute("max"))
    for capacity in (np.linspace(0.04, 1, 10) * most / step).round() * step:
        move(page, "capacity", capacity)
        policy = make_settings({"threshold": {"policy": "capacity", "leads_per_week": float(capacity)}}).threshold
        place, advised = locate_capacity(steps, capacity), recommend_threshold(steps.assign(value=np.nan), policy)
        assert advised.threshold == steps["threshold"].iloc[place]
        assert advised.leads_per_week <= capacity
        figures = read_figures(page)
        expected = expect(leads, float(steps["threshold"].iloc[place]))
        assert {name: figures[name] for name in expected} == expected
        assert float(page.locator("#capacity-value").text_content().replace(",", "")) == pytest.approx(capacity)
        assert page.locator("#threshold").input_value() == str(place)


def test_sliders_and_charts_work_with_the_keyboard(visit, html, page_data):
    page = visit(html)
    start = int(page.locator("#threshold").input_value())
    assert page_data.comparison.tables["steps"]["threshold"].iloc[start] == 0.25, "it starts at the threshold of the page"
    where = "() => document.querySelector('[data-chart=steps] svg').innerHTML"
    before = page.evaluate(where)
    page.locator("#threshold").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.locator("#threshold").input_value() == str(start + 2)
    assert clean(page.locator("#threshold").get_attribute("aria-valuetext")) == read_figures(page)["threshold"]
    page.wait_for_function(f"before => ({where})() !== before", arg=before)
    assert read_figures(page)["load"] in page.locator("#announcement").text_content()
    page.get_by_role("button", name="Model's threshold").press("Enter")
    assert page.locator("#threshold").input_value() == str(start)
    reached = set()
    for _ in range(page.locator("a, button, input, summary, [tabindex='0']").count() + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName"))
    assert {"A", "BUTTON", "SUMMARY", "DIV"} <= reached
