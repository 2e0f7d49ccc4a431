"""The page: well formed, on its own, and honest about what cannot be told."""

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from predictor.errors import Finding
from predictor.report.page import render_page
from predictor.report.words import DASH

EMPTY = {"meta", "br", "use"}


class Reader(HTMLParser):
    """Text and tags; every tag must be closed in turn."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.texts, self.ids = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in {"style", "script"}:
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).replace("\u00a0", " ").split())


def read(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def test_page_tells_what_the_candidate_looks_at(data):
    ranked = [{"group": "Page views <b>", "rise": 0.0515, "spread": 0.0041}]
    reader = read(render_page(replace(data, metrics={**data.metrics, "importance": ranked})))
    assert "Page views <b> +0.0515 0.0041" in reader.text
    assert reader.tags.count("table") == read(render_page(data)).tags.count("table") + 1
    assert "What it looks at" not in read(render_page(data)).text


def test_page_is_well_formed(data):
    reader = read(render_page(data))
    assert reader.tags.count("svg") == 3
    assert reader.tags.count("table") == 6
    assert len(set(reader.ids)) == len(reader.ids)


def test_page_needs_nothing_from_elsewhere(data):
    page = render_page(data)
    for load in ("http://", "https://", "//", "<script", "<link", "<img", "@import", "src="):
        assert load not in page
    assert "default-src 'none'" in page


def test_same_data_give_the_same_bytes(data, make):
    assert render_page(data) == render_page(make())


def test_first_screen_gives_the_three_answers(data):
    text = read(render_page(data)).text
    first = text[: text.index("What the points do")]
    assert "SQL within 42 days. Candidate 'lightgbm'. Fitted on 1,234 leads with known outcomes" in first
    assert "from 2025-01-02 through 2026-09-30; 7 pending leads were left out." in first
    assert data.verdict.text in first
    assert "By this test it may serve: its log loss is lower than that of 'points'." in first
    # 60 leads in 10 weeks at 0.2 or more convert wholly, so the threshold nearest the band is 0: all 200, 60 SQLs
    assert "Recommended threshold 0 (every lead) Expected conversion 30 % (24 to 37 %) Leads a week 20.0" in first
    # 40 leads in 10 weeks, 20 of them among the 60 SQLs
    assert "Today's points gate, on the test leads Too tight Conversion 50 % (35 to 65 %) Leads a week 4.0" in first
    assert "With 40 test leads handed over by each, 'lightgbm' is better than the points: +20 SQLs" in first
    assert "Forward test: the newest leads" in first
    assert "were chosen on earlier leads" in first


def test_tables_hold_the_figures(data):
    text = read(render_page(data)).text
    assert "Points gate 40 20 50 % 'lightgbm' 40 40 100 %" in text
    assert "under 20 100 0 0 % 0.0 to 3.7 %" in text
    assert "unknown 20 20 100 % 84 to 100 %" in text
    assert "every candidate on the same 200 test leads, of which 30 % became SQLs" in text
    assert "By day 40, as far as enough leads were watched, 20 % were SQLs." in text
    assert text.index("AUDIT003 warning") < text.index("LEAD021 tip")


def test_texts_are_escaped(make):
    attack = "<script>alert('x')</script> & <b>"
    finding = Finding("LEAD021", "tip", f"Category '{attack}' is unknown.", attack)
    page = render_page(make(findings=(finding,)))
    assert "<script" not in page
    assert "<b>" not in page
    assert page.count("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &lt;b&gt;") == 2


def test_name_is_escaped(data):
    page = render_page(replace(data, name="<i>x</i>"))
    assert "<i>" not in page


def test_page_without_points_gate_dates_and_findings(bare):
    page = render_page(bare)
    text = read(page).text
    assert "the outcomes carry no dates, so there is no horizon" in text
    assert "Fitted on 200 leads with known outcomes; no lead was pending." in text
    assert "Today's points gate, on the test leads Cannot be told No points, or no gate, are named." in text
    assert "the leads carry no points. Name a rule book" in text
    assert "What a number of points means cannot be told" in text
    assert "How long leads take to become SQLs cannot be told" in text
    assert "nothing to draw" in text
    assert "Findings Nothing was noticed." in text
    assert f"Leads a week {DASH}" in text
    for leak in ("nan", "None", "inf %"):
        assert leak not in text


def test_page_without_a_gate_still_tells_what_points_mean(data):
    verdict = replace(data.verdict, gate=None)
    text = read(render_page(replace(data, verdict=verdict, routed=None))).text
    assert "no gate is named. Set points.gate" in text
    assert "under 20 100 0" in text


def test_page_without_the_mask_of_the_gate(data):
    text = read(render_page(replace(data, routed=None))).text
    assert "Too tight" in text
    assert "What the learned score does with as many leads cannot be told" in text


def test_page_of_a_test_block_without_sqls(make):
    text = read(render_page(make(outcome=np.zeros(200)))).text
    assert "No test lead became an SQL, so it cannot be told which of the two catches more." in text
    assert f"Share of all SQLs {DASH}" in text
    assert "nan" not in text
    assert "None" not in text


@pytest.mark.parametrize("days", [0, 3])
def test_page_with_a_short_curve(data, days):
    text = read(render_page(replace(data, curve=data.curve.iloc[:days]))).text
    assert ("How long leads take to become SQLs cannot be told" in text) is (days == 0)


def test_candidate_that_has_not_earned_its_place(data):
    gap = replace(data.verdict.differences["points"], mean=0.1, low=0.05, high=0.2)
    verdict = replace(data.verdict, differences={"points": gap})
    text = read(render_page(replace(data, verdict=verdict))).text
    assert "By this test it may not serve: its log loss is not lower than that of 'points'." in text
    assert "the chosen is worse" in text
