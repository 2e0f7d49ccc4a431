"""The page in a real browser: it opens from a file, its sliders say what Python says, its files are its tables."""

import io
import re
import tomllib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.pages import tell

from predictor.config import make_settings
from predictor.model.gate import judge_gate
from predictor.model.threshold import recommend_threshold
from predictor.model.threshold_table import compute_thresholds
from predictor.report.compare.steps import find_step
from predictor.report.compare.ways import LEARNED, POINTS, Curve
from predictor.report.page import render_told
from predictor.report.words import DASH, say_percent, say_share, say_weekly

AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}
CASES = (
    "no points", "no points, no dates", "no gate", "a gate that nothing passes", "one segment", "no SQL", "one probability",
    "one lead",
)  # fmt: skip


# One file is enough for the browser's own saving, which may hold back many in a row: the others are read before that.
KEEP = """() => {
  const make = URL.createObjectURL, blobs = new Map();
  window.kept = [];
  URL.createObjectURL = (blob) => { const url = make(blob); blobs.set(url, blob); return url; };
  HTMLAnchorElement.prototype.click = function () { kept.push([this.download, blobs.get(this.href)]); };
}"""


def clean(text):
    return " ".join(text.replace("\u00a0", " ").split())


def read_figures(page):
    """Every figure of the choice as it stands on the page; one that stands in two places says the same in both."""
    figures = {}
    for spot in page.locator("[data-figure]").all():
        name, text = spot.get_attribute("data-figure"), clean(spot.text_content())
        assert figures.setdefault(name, text) == text
    return figures


def move(page, slider, value):
    """As a hand would: the slider stands there, and tells so."""
    page.locator(f"#{slider}").evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')) }", str(value)
    )


def expect(contest, threshold):
    """What the Python functions say of a threshold, worked from the leads anew."""
    handed = contest.probability >= threshold
    row = compute_thresholds(contest.outcome, handed.astype(float), weeks=contest.weeks).iloc[-1]
    sqls = contest.outcome[handed].sum()
    share = say_share(row["conversion"], row["conversion_low"], row["conversion_high"])
    told = {
        "load": say_weekly(handed.sum() / contest.weeks), "sqls": say_weekly(sqls / contest.weeks), "conversion": share,
        "caught": say_percent(row["sqls_caught"]), "share": say_percent(handed.mean()),
        "verdict": judge_gate(contest.outcome, handed, weeks=contest.weeks, band=contest.band).verdict.capitalize(),
    }  # fmt: skip
    for way, prefix in ((POINTS, "points"), (LEARNED, "learned")):
        caught = catch(contest.ways[way], contest.outcome, handed.sum())
        told |= {
            f"{prefix}_sqls": say_weekly(caught / contest.weeks),
            f"{prefix}_caught": say_percent(caught / contest.outcome.sum()),
        }
    for side, swapped in (("in", handed & ~contest.routed), ("out", ~handed & contest.routed)):
        told[side] = "none"
        if swapped.any():
            gate = judge_gate(contest.outcome, swapped, weeks=contest.weeks)
            share = say_share(gate.conversion, gate.low, gate.high)
            told[side] = f"{say_weekly(swapped.sum() / contest.weeks)}, of which {share} became SQLs"
    return told


def catch(ranked, outcome, leads):
    """SQLs among the best so many leads, those of a tie in a random order."""
    distinct = np.unique(ranked)[::-1]
    counts = [(int((ranked >= at).sum()), float(outcome[ranked >= at].sum())) for at in distinct]
    ends, sqls = zip((0, 0.0), *counts, strict=True)
    return float(Curve(np.array(ends, float), np.array(sqls)).catch(leads))


def test_it_opens_from_a_file_without_a_network_and_says_nothing(visit, html):
    page = visit(html)
    assert page.locator("h1").count() == 1
    assert page.locator("[data-chart] svg").count() == page.locator("[data-chart]").count() == 11


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


def test_each_table_saves_as_what_it_is(visit, html, told):
    page = visit(html)
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    buttons = page.locator("[data-table]")
    names = [button.get_attribute("data-table") for button in buttons.all()]
    assert set(names) >= set(told.comparison.tables) - {"rankings_ever"}
    with page.expect_download() as caught:
        page.locator("[data-table=bands]").click()
    assert caught.value.suggested_filename == "bands.csv"
    kept = {"bands.csv": caught.value.path().read_text(encoding="utf-8")}
    page.evaluate(KEEP)
    for name, button in zip(names, buttons.all(), strict=True):
        button.click()
        file, text = page.evaluate("async () => { const [name, blob] = kept.pop(); return [name, await blob.text()] }")
        assert file == f"{name}.csv"
        assert text == kept.get(file, text)
        saved = pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])
        table = told.comparison.tables[name].drop(columns=["text"] if name == "gates" else ["column"] if name == "months" else [])
        assert list(saved) == list(table)
        for column in table:
            if pd.api.types.is_numeric_dtype(table[column]):
                np.testing.assert_allclose(saved[column].astype(float), table[column].astype(float), rtol=1e-5)
            else:
                assert saved[column].astype("object").fillna("").tolist() == table[column].astype("object").fillna("").tolist()
        shown = page.locator(f"#table-{name} tbody tr").count()
        assert shown == (len(saved.groupby("cell").head(20)) if name == "swapped" else len(saved))


def test_the_learned_points_save_as_a_rule_book(visit, html, told):
    page = visit(html)
    with page.expect_download() as caught:
        page.get_by_role("button", name="Download the rule book").click()
    assert caught.value.suggested_filename == "learned_points.toml"
    assert caught.value.path().read_text() == told.book
    assert tomllib.loads(told.book)["gate"] == 17


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_everybody_can_read_it(visit, html, scheme, width):
    page = visit(html, width=width, scheme=scheme)
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    found = Axe().run(page, options=AXE)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the screen"
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is (scheme == "light")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_table_that_goes_on_has_a_shadow_until_its_end(visit, html, width):
    page = visit(html, width=width)
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    table = page.locator("#table-rules .scroll")
    table.scroll_into_view_if_needed()
    assert table.evaluate("box => box.scrollWidth > box.clientWidth + 60")
    box = table.bounding_box()
    edge = {"x": box["x"] + box["width"] - 24, "y": box["y"] + 60, "width": 8, "height": 40}
    page.mouse.move(1, 1)
    before = page.screenshot(clip=edge)
    table.evaluate("box => { box.style.background = 'none' }")
    assert page.screenshot(clip=edge) != before
    table.evaluate("box => { box.scrollLeft = box.scrollWidth }")
    plain = page.screenshot(clip=edge)
    table.evaluate("box => { box.style.background = '' }")
    assert page.screenshot(clip=edge) == plain


def test_dark_charts_follow(visit, html):
    colours = [
        visit(html, scheme=scheme).evaluate(
            "getComputedStyle(document.querySelector('[data-chart=volume] svg .mark-symbol path')).fill"
        )
        for scheme in ("light", "dark")
    ]
    assert len(set(colours)) == 2


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
def test_what_cannot_be_told_is_said_and_the_rest_is_shown(visit, awkward, case):
    page = visit(render_told(tell(awkward[case])))
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    text = clean(page.locator("body").inner_text())
    for leak in ("nan", "NaN", "undefined", "null", "None", "Infinity"):
        assert not re.search(rf"\b{leak}\b", text)
    expected = {
        "no points": "The leads carry no points, so there is nothing to compare the model with.",
        "no points, no dates": "The leads carry no dates, so nothing can be told by week or month.",
        "no gate": "Who is swapped in and out cannot be told: no gate of points is named.",
        "a gate that nothing passes": "The points gate hands over no test lead, so there is nothing to choose between.",
        "one segment": "There is no attribute with two values or more to cut the leads by.",
        "no SQL": "No test lead became an SQL, so it cannot be told which way catches more.",
        "one probability": "Too many leads share a probability for a threshold to choose between them",
        "one lead": "Whether points or model choose better cannot be told",
    }
    assert expected[case] in text
    assert page.locator("section").count() >= 10
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
    assert "Never: dead: it never fires." in page.locator("#rules").inner_text()


def test_a_separator_of_lines_in_the_name_of_a_rule_breaks_no_chart(visit, contest):
    name = 'Pricing\u2028"page" \\now'
    rules = (replace(contest.book.rules[0], name=name), *contest.book.rules[1:])
    times = contest.times.rename(columns={contest.book.rules[0].name: name})
    page = visit(render_told(tell(replace(contest, book=replace(contest.book, rules=rules), times=times))))
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


def test_the_csv_of_every_table_is_read_alike_by_page_and_pandas(visit, html):
    """What the charts draw is what the files hold, quotes and commas included."""
    page = visit(html)
    held = page.evaluate("JSON.parse(document.getElementById('held').textContent).tables")
    read = pd.read_csv(io.StringIO(held["rules"]["csv"]))
    assert read["rule"].iloc[0] == 'Pricing page, 3 or more "now"'
    marks = page.locator("[data-chart=rules] svg .mark-symbol path").count()
    assert marks >= 2 * int(read["worth_points"].notna().sum())
