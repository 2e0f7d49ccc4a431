"""The page of a training, as the API serves it: its sliders, charts and files work under the server's own policy too."""

import pandas as pd
from browser.conftest import wait_drawn
from helpers import make_firm, run

from api.example import serve


def test_the_page_works_as_the_server_shows_it(browser, tmp_path):
    saved = run(make_firm(tmp_path))
    messages, requests = [], []
    context = browser.new_context()
    page = context.new_page()
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    with serve(str(saved.folder)) as address:
        answer = page.goto(f"{address}/report")
        wait_drawn(page)
        policy = answer.headers["content-security-policy"]
        scripts = next(rule for rule in policy.split("; ") if rule.startswith("script-src"))
        assert scripts.count("'sha256-") == 2, "the library and the page's own, not its data"
        assert "unsafe" not in scripts
        page.locator("#threshold").focus()
        before = page.locator("[data-figure=load]").first.text_content()
        page.keyboard.press("Home")
        assert page.locator("[data-figure=share]").first.text_content().startswith("100")
        page.keyboard.press("End")
        assert page.locator("[data-figure=load]").first.text_content() != before
        page.locator("[data-chart=gains]").hover()
        with page.expect_download() as caught:
            page.locator("[data-table=bands]").click()
        assert len(pd.read_csv(caught.value.path())) > 2
    context.close()
    assert messages == []
    assert [url for url in requests if not url.startswith("blob:")] == [f"{address}/report"]
    assert "L0" not in page_text(saved), "it lists no lead"


def page_text(saved):
    """What a reader of the page sees and what its script works with, without the library."""
    page = (saved.folder / "report.html").read_text()
    return page[: page.index("/*!")]
