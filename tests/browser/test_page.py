"""The page in a real browser: it opens from a file, everybody can read it, and it names its limits."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.hands import clean, move, read_figures
from browser.pages import make_page, simulate_leads

from predictor.core.wording import DASH, format_percent
from predictor.report.page.render import render_comparison

AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],  # every rule runs; the thousands of places that pass are not listed
}
UNFOLD = "for (const folded of document.querySelectorAll('details')) folded.open = true"
CUT = "[...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.ariaLabel)"
CASES = (
    "no points", "no points, no dates", "no gate", "a gate that nothing passes", "one segment", "no SQL", "one probability",
    "one lead",
)  # fmt: skip


def test_it_opens_from_a_file_without_a_network_and_says_nothing(visit, html):
    page = visit(html)
    assert page.locator("h1").count() == 1
    assert page.locator("[data-chart] svg").count() == page.locator("[data-chart]").count() == 11


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_everybody_can_read_it(visit, html, scheme, width):
    page = visit(html, width=width, scheme=scheme)
    page.evaluate(UNFOLD)
    found = Axe().run(page, options=AXE)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the screen"
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is (scheme == "light")


def test_no_table_is_cut_where_leads_have_no_dates_and_groups_long_names(visit):
    named = pd.DataFrame({"How did you hear about X Education": ["Student of SomeSchool", "Multiple sources, all online"] * 750})
    page = visit(render_comparison(make_page(simulate_leads(1500, moments=None, weeks=None, attributes=named))), width=1440)
    page.evaluate(UNFOLD)
    assert page.evaluate(CUT) == []


def test_no_table_is_cut_and_a_narrow_screen_has_cards(visit, html):
    wide = visit(html, width=1440)
    wide.evaluate(UNFOLD)
    assert wide.evaluate(CUT) == []
    assert len(clean(wide.locator("body").inner_text()).split()) < 7000
    narrow = visit(html, width=390)
    narrow.evaluate(UNFOLD)
    assert narrow.evaluate(CUT) == []
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 390
    row = narrow.locator("#table-rules tbody tr").first
    assert row.evaluate("row => getComputedStyle(row).display") == "block"
    assert row.locator("td").last.evaluate("cell => getComputedStyle(cell, '::before').content") == '"What to do"'


def test_the_menu_marks_the_section_that_is_read(visit, html):
    page = visit(html)
    current = page.locator("nav a[aria-current]")
    assert current.all_inner_texts() == ["Decision"]
    for name in ("Fit", "Segments"):
        page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
        current.and_(page.get_by_text(name, exact=True)).wait_for()
    assert current.count() == 1
    page.evaluate("scrollTo({top: document.documentElement.scrollHeight, behavior: 'instant'})")
    current.and_(page.get_by_text("Glossary", exact=True)).wait_for()


@pytest.mark.parametrize("gate", [10.0, 60.0])
def test_the_name_of_the_gate_lies_above_every_line(visit, leads, gate):
    page = visit(render_comparison(make_page(replace(leads, gate=gate, routed=leads.points >= gate))))
    name, top, legend = page.evaluate("""() => {
      const chart = document.querySelector("[data-chart=gains] svg"), find = (text) =>
        [...chart.querySelectorAll("text")].find((spot) => spot.textContent === text).getBoundingClientRect();
      const lines = [...chart.querySelectorAll(".mark-line path, .mark-area path")].map((line) => line.getBoundingClientRect());
      return [find("today's gate"), Math.min(...lines.map((line) => line.top)), find("model")];
    }""")
    assert name["bottom"] <= top + 1
    assert name["top"] >= legend["bottom"], "nor on the legend"


def test_dark_charts_follow(visit, html):
    colours = [
        visit(html, scheme=scheme).evaluate(
            "getComputedStyle(document.querySelector('[data-chart=volume] svg .mark-symbol path')).fill"
        )
        for scheme in ("light", "dark")
    ]
    assert len(set(colours)) == 2


def test_a_tooltip_says_what_the_table_says(visit, html, page_data):
    page, bands = visit(html), page_data.comparison.tables["bands"]
    bars = page.locator("[data-chart=bands] svg .mark-rect.layer_1_marks path")
    assert bars.count() == len(bands)
    for row, share in enumerate(bands["conversion"]):
        bars.nth(row).hover()
        tooltip = clean(page.locator("#vg-tooltip-element.visible").inner_text())
        assert tooltip.endswith(f"Conversion {format_percent(share)}")


def test_it_prints_on_a4(visit, html):
    page = visit(html)
    paper = page.pdf(prefer_css_page_size=True)
    sizes = set(re.findall(rb"/MediaBox \[([^\]]+)\]", paper))
    assert [[round(float(end)) for end in size.split()] for size in sizes] == [[0, 0, 595, 842]]
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert not page.locator("#threshold").is_visible()
    page.set_viewport_size({"width": 700, "height": 1000})  # A4 less its margins, at 96 dots an inch
    assert page.evaluate("document.documentElement.scrollWidth") <= 700


@pytest.mark.parametrize("case", CASES)
def test_limits_are_named_and_the_rest_is_shown(visit, limited, case):
    page = visit(render_comparison(make_page(limited[case])))
    page.evaluate(UNFOLD)
    text = clean(page.locator("body").inner_text())
    for leak in ("nan", "NaN", "undefined", "null", "None", "Infinity"):
        assert not re.search(rf"\b{leak}\b", text)
    expected = {
        "no points": "The leads have no points, so there is nothing to compare the model with.",
        "no points, no dates": "The leads have no dates, so nothing can be shown by week or month.",
        "no gate": "Swapped leads are unknown: no points gate is named.",
        "a gate that nothing passes": "The points gate hands over no test lead, so there is nothing to choose between.",
        "one segment": "No column with two or more values is there to split the leads by.",
        "no SQL": "No test lead became an SQL, so nobody can say which way catches more.",
        "one probability": "too many leads have the same probability, so there are too few thresholds",
        "one lead": "Not enough leads to decide",
    }
    assert expected[case] in text
    assert page.locator("section").count() >= 6
    empty = "[...document.querySelectorAll('section')].filter(part => !part.querySelector('table, ul, dl, input')).length"
    assert page.evaluate(empty) == 0, "no section says only that it has nothing to show"
    move(page, "threshold", 0)
    figures = read_figures(page)
    assert figures["share"] == "100 %"
    if case == "no points, no dates":
        assert figures["load"] == "100.0"
        assert "Leads of every 100 leads" in text
    assert (figures["caught"] == DASH) is (case == "no SQL" or (case == "one lead" and figures["sqls"] == "0.0"))
    assert Axe().run(page, options=AXE).violations_count == 0


def test_a_rule_that_never_fires_is_named(visit, html):
    page = visit(html)
    row = page.locator("#table-rules tr", has_text="Never")
    assert row.inner_text().split("\t")[-1] == "never fires: check its name"


def test_a_separator_of_lines_in_the_name_of_a_rule_breaks_no_chart(visit, leads):
    name = 'Pricing\u2028"page" \\now'
    rules = (replace(leads.book.rules[0], name=name), *leads.book.rules[1:])
    times = leads.times.rename(columns={leads.book.rules[0].name: name})
    page = visit(render_comparison(make_page(replace(leads, book=replace(leads.book, rules=rules), times=times))))
    shown = page.locator("[data-chart=rules] svg").text_content()
    assert 'page" \\now' in shown
    assert shown.index("now") < shown.index("Webinar"), "in the order of the book"


def test_texts_of_the_export_stay_texts(visit, html):
    page = visit(html)
    assert (
        "Retail & <b>Co</b>" in page.locator("#segments").inner_text()
        or "retail & <b>co</b>" in page.locator("#segments").inner_text()
    )
    page.locator("[data-chart=rules]").scroll_into_view_if_needed()
    assert 'Pricing page, 3 or more "now"' in page.locator("[data-chart=rules] svg").text_content()
