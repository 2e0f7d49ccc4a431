"""The page: well formed, self-contained, and clear about its limits. tests/browser opens it in a browser."""

import io
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from unit.report.page.page_reader import read

from predictor.core.errors import Finding
from predictor.core.wording import DASH
from predictor.report.page.render import make_policy, render_page


@pytest.fixture(scope="module")
def reader(data):
    return read(render_page(data))


def test_page_is_well_formed(reader):
    assert len(set(reader.ids)) == len(reader.ids)
    links = {value[1:] for name, value in reader.attributes if name == "href"}
    assert links <= set(reader.ids), "a link leads nowhere"
    assert len(links) > 10


def test_page_needs_nothing_from_elsewhere(data, reader):
    page = render_page(data)
    for block in reader.blocks:
        page = page.replace(block, "")
    for load in ("http://", "https://", "//", "<link", "<img", "@import", "src=", "url("):
        assert load not in page
    library, script = reader.blocks[1:]
    assert make_policy(library, script) in dict(reader.attributes)["content"] or make_policy(library, script) in page
    assert "default-src 'none'" in page
    assert "unsafe-eval" not in page


def test_same_data_give_the_same_bytes(data, make):
    assert render_page(data) == render_page(make())


def test_tables_hold_the_figures(reader):
    assert "under 20 100 0 0 % 0.0 to 3.7 %" in reader.text
    assert "unknown 20 20 100 % 84 to 100 %" in reader.text
    assert "every candidate on the same 200 test leads, of which 30 % became SQLs" in reader.text
    assert "By day 40, the last with enough leads, 20 % were SQLs." in reader.text
    assert reader.text.index("AUDIT003 warning") < reader.text.index("LEAD021 tip")


def test_every_chart_has_its_table_and_every_table_its_csv(data, reader):
    content = reader.content
    assert {"gains", "steps", "bands", "volume", "equal_sqls", "capacity", "cells", "reliability", "time_to_sql"} <= set(
        content["charts"]
    )
    drawn = {value for name, value in reader.attributes if name == "data-chart"}
    saved = [value for name, value in reader.attributes if name == "data-table"]
    assert drawn == set(content["charts"])
    assert drawn <= set(saved) == set(content["tables"])
    assert len(saved) == len(set(saved))
    for name in ("steps", "volume", "gains", "bands"):
        saved_table = pd.read_csv(io.StringIO(content["tables"][name]["csv"]), keep_default_na=False, na_values=[""])
        table = data.comparison.tables[name]
        assert list(saved_table) == list(table)
        for column in content["tables"][name]["numbers"]:
            np.testing.assert_allclose(saved_table[column].astype(float), table[column].astype(float), rtol=1e-5)


def test_what_the_candidate_uses(data, reader):
    ranked = [{"group": "Page views <b>", "rise": 0.0515, "spread": 0.0041}]
    ranked_reader = read(render_page(replace(data, metrics={**data.metrics, "importance": ranked})))
    assert "Page views <b> +0.0515 0.0041" in ranked_reader.text
    assert ranked_reader.tags.count("table") == reader.tags.count("table") + 1
    assert "uses most" not in reader.text


def test_swapped_leads_say_why_and_link_to_their_record(data):
    """Texts are escaped, and the lead is a link where there is an address."""
    swapped = data.comparison.tables["swapped"].assign(**{
        "Company": "Nut & <b>Bolt</b>", "source": "Web", "rules": "Demo", "for": "Employees 250: +9.0; Industry IT: +3.0",
        "against": "", "record": "https://crm.example.com/r?id=L1&x=\"",
    })  # fmt: skip
    page = render_page(replace(data, comparison=data.comparison.with_tables({"swapped": swapped})), named=True)
    assert '<a href="https://crm.example.com/r?id=L1&amp;x=&#34;" rel="noreferrer">L' in page
    assert "<small>Nut &amp; &lt;b&gt;Bolt&lt;/b&gt;</small><small>Web</small>" in page
    assert ">Employees 250: +9.0<small>Industry IT: +3.0</small></td>" in page
    assert "more have the same probability" not in page
    short = swapped.iloc[3:]
    page = read(render_page(replace(data, comparison=data.comparison.with_tables({"swapped": short})), named=True))
    assert "3 leads more have the same probability as leads on the other side of the model's boundary" in page.text


def test_matrix_of_fit_and_engagement_is_on_the_page(data):
    cells = [(fit, number) for fit in "ABC" for number in (1, 2, 3, 4)]
    table = pd.DataFrame(cells, columns=["fit", "engagement"]).assign(
        leads=[40, *[0] * 11], sqls=[20, *[0] * 11], conversion=[0.5, *[np.nan] * 11], conversion_low=[0.35, *[np.nan] * 11],
        conversion_high=[0.65, *[np.nan] * 11], promised=[0.4, *[np.nan] * 11],
    )  # fmt: skip
    comparison = data.comparison.with_tables({"fit_engagement": table})
    text = read(page := render_page(replace(data, comparison=comparison))).text
    assert "Fit Engagement 1 Engagement 2 Engagement 3 Engagement 4 Fit A 50 % 35 to 65 % 40 leads no lead" in text
    assert '<td class="shade-4" data-label="Engagement 1">' in page
    assert "Fit and engagement" not in read(render_page(data)).text, "no section, and no entry of the menu, without a table"


def test_the_page_of_a_bundle_lists_no_lead(data, reader):
    page = render_page(data)
    assert "L000" not in page
    assert "swapped" not in reader.content["tables"]
    assert len(data.comparison.tables["swapped"]) == 40, "the comparison itself lists them"
    assert "The bundle does not list these leads." in reader.text


def test_the_learned_book_can_be_saved(data):
    rules = pd.DataFrame(
        {"rule": ["Demo"], "hand_points": [50.0], "points": [9], "times": [2.0], "why": ["Set to 50; learned 9."], "gate": [21.0]}
    )
    comparison = data.comparison.with_tables({"learned_points": rules})
    reader = read(render_page(replace(data, comparison=comparison, learned_book="name = 'x'  # </script>\n")))
    assert reader.content["files"] == {"learned_points.toml": "name = 'x'  # </script>\n"}
    assert "Download the rule book (TOML)" in reader.text
    assert "Set to 50; learned 9." in reader.content["tables"]["learned_points"]["csv"]
    assert "Demo 9 50 2" in reader.text
    assert reader.content["tables"]["learned_points"]["csv"].startswith(
        "rule,hand_points,points,times,why,gate\nDemo,50,9,2,Set to 50; learned 9.,21\n"
    )
    assert "The gate of this rule book is 21: a lead with 21 learned points or more goes to sales." in reader.text


def test_texts_are_escaped(make):
    attack = "<script>alert('x')</script> & <b>"
    finding = Finding("LEAD021", "tip", f"Category '{attack}' is unknown.", do=attack)
    page = render_page(make(findings=(finding,)))
    assert len(re.findall("<script", page)) == 3
    assert "<b>" not in page.split("</main>")[0].replace("<b>Forward", "").replace("<figcaption><b>", "").replace(
        'caption"><b>', ""
    )
    assert page.count("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &lt;b&gt;") == 2


def test_what_the_script_reads_cannot_end_it(data):
    bands = data.comparison.tables["bands"].assign(band="</script><script>alert(1)</script>")
    page = render_page(replace(data, comparison=data.comparison.with_tables({"bands": bands})))
    assert len(re.findall("<script", page)) == 3
    assert "</script><script>alert(1)" in read(page).content["tables"]["bands"]["csv"]


def test_name_is_escaped(data):
    page = render_page(replace(data, name="<i>x</i>"))
    assert "<i>" not in page


def test_page_without_points_gate_dates_and_findings(bare):
    reader = read(render_page(bare))
    text = reader.text
    assert "Rank leads by the model: the best 20 % hold 20 % of all SQLs" in text
    assert "the outcomes have no dates, so there is no horizon" in text
    assert "Fitted on 200 leads with known outcomes; no lead was pending." in text
    assert "Today All 200 test leads together: 30 % became SQLs." in text
    assert "Limits of these leads (9) The leads have no points, so there is nothing to compare the model with." in text
    assert "Conversion by points is unknown" in text
    for of_points in ("Swapped leads", "Chosen by", "your points", "the leads with points"):
        assert of_points not in text
    assert "How long leads take to become SQLs is unknown" in text
    assert "There is nothing to draw" in text
    assert "Leads of every 100 leads 100.0" in text
    assert "There is no rule book, so rules cannot be judged one by one." in text
    empty = {"findings", "points", "disagree", "rules", "learned", "segments", "time"} & set(reader.ids)
    assert not empty, "no section without content"
    assert "steps" not in reader.content["charts"]
    for leak in ("nan", "None", "inf %"):
        assert leak not in text


def test_page_without_a_gate_still_shows_what_points_mean(data, ungated):
    text = read(render_page(replace(data, comparison=ungated))).text
    assert "Use the model to choose leads, in place of your points" in text
    assert "6.0 leads a week, whoever chooses: 6.0 SQLs instead of 3.0" in text
    assert "Today All 200 test leads together: 20 leads a week, of which 30 % became SQLs." in text
    assert "No gate is named, so the page cannot show what today's gate does" in text
    assert "under 20 100 0" in text
    assert "Swapped leads are unknown" in text


def test_page_of_a_test_block_without_sqls(make):
    reader = read(render_page(make(outcome=np.zeros(200))))
    assert "No test lead became an SQL, so nobody can say which way catches more." in reader.text
    assert "There is nothing to draw: no test lead became an SQL." in reader.text
    assert f"Share of all SQLs {DASH}" in reader.text
    assert "gains" not in reader.content["charts"]
    assert "nan" not in reader.text
    assert "None" not in reader.text


@pytest.mark.parametrize("days", [0, 3])
def test_page_with_a_short_curve(data, days):
    comparison = data.comparison.with_tables({"time_to_sql": data.comparison.tables["time_to_sql"].iloc[:days]})
    text = read(render_page(replace(data, comparison=comparison))).text
    assert ("How long leads take to become SQLs is unknown" in text) is (days == 0)
