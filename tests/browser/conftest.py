"""The system's Chromium, without a network, and pages of plain and unusual firms."""

import os
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from browser.pages import make_page, name_swapped, simulate_leads
from playwright.sync_api import sync_playwright

from predictor.report.page.render import render_comparison

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def chromium():
    """Where the system's Chromium is; tests skip without it, but for CI."""
    found = next((place for name in NAMES if (place := shutil.which(name))), None)
    if found is None:
        if os.environ.get("PREDICTOR_MUST_NOT_SKIP"):
            pytest.fail("Chromium must be there in CI: apt-get install chromium.")
        pytest.skip("No Chromium on this machine: install the system's package `chromium`.")
    return found


@pytest.fixture(scope="session")
def browser(chromium):
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def visit(browser, tmp_path):
    """Opens a page from a file, without a network, and waits until its charts are drawn; any message is a failure."""
    contexts, messages = [], []

    def open_page(html, *, width=1440, height=900, scheme="light", **options):
        place = tmp_path / "report.html"
        place.write_text(html, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: messages.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(("file:", "blob:")) else messages.append(request.url))
        page.goto(place.as_uri())
        wait_drawn(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert messages == []


def wait_drawn(page):
    """Until every chart is drawn."""
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    assert page.locator("[data-failed]").count() == 0


@pytest.fixture(scope="session")
def leads():
    return simulate_leads(1500)


@pytest.fixture(scope="session")
def page_data(leads):
    """A page for the firm itself, which may list leads."""
    return name_swapped(make_page(leads))


@pytest.fixture(scope="session")
def html(page_data):
    return render_comparison(page_data)


@pytest.fixture(scope="session")
def limited(leads):
    """Name -> leads with a limitation."""
    n = len(leads.outcome)
    none = {"points": None, "routed": None, "gate": None, "learned": None, "learned_gate": None, "times": None, "book": None}
    return {
        "no points": replace(leads, **none),
        "no points, no dates": replace(leads, **none, moments=None, weeks=None),
        "no gate": replace(leads, routed=None, gate=None),
        "a gate that nothing passes": replace(leads, routed=np.zeros(n, dtype=bool), gate=999.0),
        "one segment": replace(leads, attributes=pd.DataFrame({"industry": ["Software"] * n})),
        "no SQL": replace(leads, outcome=np.zeros(n)),
        "one probability": replace(leads, probability=np.full(n, 0.3)),
        "one lead": simulate_leads(1),
    }
