"""The system's Chromium, without a network, and pages of firms from plain to awkward."""

import os
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from browser.pages import simulate_contest, tell
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
    """Opens a page from a file, without a network, and waits until its charts are drawn; whatever it says is a failure."""
    contexts, said = [], []

    def open_page(html, *, width=1440, height=900, scheme="light", **options):
        place = tmp_path / "report.html"
        place.write_text(html, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(("file:", "blob:")) else said.append(request.url))
        page.goto(place.as_uri())
        wait_drawn(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def wait_drawn(page):
    """Until every chart is drawn."""
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    assert page.locator("[data-failed]").count() == 0


@pytest.fixture(scope="session")
def contest():
    return simulate_contest(1500)


@pytest.fixture(scope="session")
def told(contest):
    """A page for the firm itself, which may name leads."""
    return tell(contest)


@pytest.fixture(scope="session")
def html(told):
    return render_comparison(told)


@pytest.fixture(scope="session")
def awkward(contest):
    """Name -> leads of which something cannot be told."""
    n = len(contest.outcome)
    none = {"points": None, "routed": None, "gate": None, "learned": None, "learned_gate": None, "times": None, "book": None}
    return {
        "no points": replace(contest, **none),
        "no points, no dates": replace(contest, **none, moments=None, weeks=None),
        "no gate": replace(contest, routed=None, gate=None),
        "a gate that nothing passes": replace(contest, routed=np.zeros(n, dtype=bool), gate=999.0),
        "one segment": replace(contest, attributes=pd.DataFrame({"industry": ["Software"] * n})),
        "no SQL": replace(contest, outcome=np.zeros(n)),
        "one probability": replace(contest, probability=np.full(n, 0.3)),
        "one lead": simulate_contest(1),
    }
