"""The sliders of the page in a real browser: every figure is what the Python functions say of that threshold."""

import numpy as np
import pytest
from browser.hands import move, read_figures

from predictor.core.settings import make_settings
from predictor.core.wording import format_percent, format_share, format_weekly
from predictor.model.threshold.gate import judge_gate
from predictor.model.threshold.recommend import recommend_threshold
from predictor.model.threshold.table import compute_thresholds
from predictor.report.compare.threshold_steps import find_step
from predictor.report.compare.ways import LEARNED, POINTS, Curve


def expect(contest, threshold):
    """What the Python functions say of a threshold, worked from the leads anew."""
    handed = contest.probability >= threshold
    row = compute_thresholds(contest.outcome, handed.astype(float), weeks=contest.weeks).iloc[-1]
    sqls = contest.outcome[handed].sum()
    share = format_share(row["conversion"], row["conversion_low"], row["conversion_high"])
    told = {
        "load": format_weekly(handed.sum() / contest.weeks), "sqls": format_weekly(sqls / contest.weeks), "conversion": share,
        "caught": format_percent(row["sqls_caught"]), "share": format_percent(handed.mean()),
        "verdict": judge_gate(contest.outcome, handed, weeks=contest.weeks, band=contest.band).verdict.capitalize(),
    }  # fmt: skip
    for way, prefix in ((POINTS, "points"), (LEARNED, "learned")):
        caught = catch(contest.ways[way], contest.outcome, handed.sum())
        told |= {
            f"{prefix}_sqls": format_weekly(caught / contest.weeks),
            f"{prefix}_caught": format_percent(caught / contest.outcome.sum()),
        }
    for side, swapped in (("in", handed & ~contest.routed), ("out", ~handed & contest.routed)):
        told[side] = "none"
        if swapped.any():
            gate = judge_gate(contest.outcome, swapped, weeks=contest.weeks)
            share = format_share(gate.conversion, gate.low, gate.high)
            told[side] = f"{format_weekly(swapped.sum() / contest.weeks)}, of which {share} became SQLs"
    return told


def catch(ranked, outcome, leads):
    """SQLs among the best so many leads, those of a tie in a random order."""
    distinct = np.unique(ranked)[::-1]
    counts = [(int((ranked >= at).sum()), float(outcome[ranked >= at].sum())) for at in distinct]
    ends, sqls = zip((0, 0.0), *counts, strict=True)
    return float(Curve(np.array(ends, float), np.array(sqls)).catch(leads))


def test_the_threshold_moves_every_figure_to_what_python_says(visit, html, told, contest):
    page, steps = visit(html), told.comparison.tables["steps"]
    seen = set()
    for place in np.linspace(0, len(steps) - 1, 10).round().astype(int):
        move(page, "threshold", place)
        figures, threshold = read_figures(page), float(steps["threshold"].iloc[place])
        expected = expect(contest, threshold)
        assert {name: figures[name] for name in expected} == expected
        assert figures["threshold"].startswith(f"{threshold:.4g}")
        assert page.locator("#capacity-value").text_content() == expected["load"]
        seen.add(figures["load"])
    assert len(seen) == 10


def test_the_capacity_moves_every_figure_to_what_the_policy_says(visit, html, told, contest):
    page, steps = visit(html), told.comparison.tables["steps"]
    slider = page.locator("#capacity")
    step, most = float(slider.get_attribute("step")), float(slider.get_attribute("max"))
    for capacity in (np.linspace(0.04, 1, 10) * most / step).round() * step:
        move(page, "capacity", capacity)
        policy = make_settings({"threshold": {"policy": "capacity", "leads_per_week": float(capacity)}}).threshold
        place, advised = find_step(steps, capacity), recommend_threshold(steps.assign(value=np.nan), policy)
        assert advised.threshold == steps["threshold"].iloc[place]
        assert advised.leads_per_week <= capacity
        figures = read_figures(page)
        expected = expect(contest, float(steps["threshold"].iloc[place]))
        assert {name: figures[name] for name in expected} == expected
        assert float(page.locator("#capacity-value").text_content().replace(",", "")) == pytest.approx(capacity)
        assert page.locator("#threshold").input_value() == str(place)


def test_sliders_and_charts_work_with_the_keyboard(visit, html, told):
    page = visit(html)
    start = int(page.locator("#threshold").input_value())
    assert told.comparison.tables["steps"]["threshold"].iloc[start] == 0.25, "it starts at the threshold of the page"
    where = "() => document.querySelector('[data-chart=steps] svg').innerHTML"
    before = page.evaluate(where)
    page.locator("#threshold").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.locator("#threshold").input_value() == str(start + 2)
    assert page.locator("#threshold").get_attribute("aria-valuetext") == read_figures(page)["threshold"]
    page.wait_for_function(f"before => ({where})() !== before", arg=before)
    assert read_figures(page)["load"] in page.locator("#said").text_content()
    page.get_by_role("button", name="Model's threshold").press("Enter")
    assert page.locator("#threshold").input_value() == str(start)
    reached = set()
    for _ in range(page.locator("a, button, input, summary, [tabindex='0']").count() + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName"))
    assert {"A", "BUTTON", "SUMMARY", "DIV"} <= reached
