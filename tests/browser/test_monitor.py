"""The monitor's page in a real browser: everybody can read it, and a phone shows what each figure is."""

from datetime import UTC, datetime

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe

from predictor.store.episodes import join_outcomes
from predictor.store.monitor.advice import Advised
from predictor.store.monitor.monitor import Monitored
from predictor.store.monitor.opportunities import add_opportunities, compute_revenue, compute_sources, find_opportunities
from predictor.store.monitor.page import render_monitor
from predictor.store.monitor.weeks import compute_weeks


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The page of 30 weeks with 20 leads each, of which every fourth was accepted."""
    week = pd.Timestamp("2026-01-05T12:00Z") + pd.to_timedelta([7 * (row // 20) for row in range(600)], unit="D")
    leads = [f"L{row}" for row in range(600)]
    scores = pd.DataFrame({"lead_id": leads, "as_of": week, "decision": "route_to_sales", "explore": False})
    outcomes = pd.DataFrame({"lead_id": leads[::4], "kind": "accepted", "occurred_at": week[::4] + pd.Timedelta(days=3)})
    until = pd.Timestamp("2026-09-01", tz="UTC")
    joined = join_outcomes(scores, outcomes, timezone="UTC")
    empty = dict.fromkeys(("agreement", "reasons", "revenue"), pd.DataFrame())
    weeks = compute_weeks(joined, horizon_days=30, observed_until=until, band=(0.2, 0.3))
    opened = outcomes.assign(kind="opportunity", amount=1000.0, currency="EUR")
    opportunities = find_opportunities(joined, opened, timezone="UTC")
    sources = joined.assign(source=["web", "fair", None] * 200)
    tables = {
        **empty, "weeks": add_opportunities(weeks, joined, opportunities), "sources": compute_sources(sources, opportunities),
        "revenue": compute_revenue(opportunities),
    }  # fmt: skip
    drift = pd.DataFrame({"what": ["probability"], "leads": [600], "index": [0.02], "verdict": ["stable"]})
    page = tmp_path_factory.mktemp("monitor") / "monitor.html"
    now, advice = datetime(2026, 9, 1, tzinfo=UTC), Advised("keep the model", ("As promised.",))
    monitored = Monitored(
        bundle="m", until=now, tables=tables | {"drift": drift}, advice=advice, band=(0.2, 0.3), horizon_days=30.0
    )
    page.write_text(render_monitor(monitored), encoding="utf-8")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_everybody_can_read_it(browser, file, scheme, width):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(file.as_uri())
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the screen"
    weeks = page.get_by_role("table", name="Leads by the week of their score, newest first")
    heads = weeks.locator("thead th").all_text_contents()[1:]
    row = weeks.locator("tbody tr").first
    assert row.locator("th").text_content() == "2026-07-27", "the newest week is first"
    labels = [cell.evaluate("cell => getComputedStyle(cell, '::before').content") for cell in row.locator("td").all()]
    assert labels == ([f'"{head}"' for head in heads] if width == 390 else ["none"] * len(heads))
    size = page.evaluate("document.querySelector('svg text').getBoundingClientRect().height")
    assert size >= 9, "the words of a picture can be read"
    context.close()
