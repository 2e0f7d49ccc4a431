"""One share has one text: verdict, card, page with its tooltips, notebook, terminal and API print the same figure."""

import json
import math
import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from rich.console import Console

from api.app import create_app
from predictor.cli import console
from predictor.model.threshold.describe import describe_routed
from predictor.report.card import write_card
from predictor.report.notebook import show
from predictor.report.page.render import render_page
from predictor.report.summary import format_frame
from predictor.report.tables_text import format_thresholds
from predictor.scoring.bundle.files import save_bundle

LEAD = {"lead_id": "A17", "as_of": "2026-03-31T14:05:00Z", "attributes": {"industry": "software"}, "events": []}
SHARES = [(0.0346, "3.5 %"), (0.9972, "99.7 %"), (0.0, "0 %"), (1.0, "100 %"), (math.nan, "\u2013")]
INTERVALS = [
    (0.0346, (0.0299, 0.1042), "3.0 to 10.4 %"),
    (0.9972, (0.97, 0.9996), "97.0 to over 99.9 %"),
    (0.001, (0.0001, 0.02), "under 0.1 to 2.0 %"),
    (0.0, (0.0, 0.0004), "0.0 to under 0.1 %"),
]


@pytest.mark.parametrize(("share", "text"), SHARES)
def test_a_share_reads_the_same_everywhere(trained, share, text):
    rates = {name: {**figures, "base_rate": share} for name, figures in trained.verdict.test.items()}
    verdict = replace(trained.verdict, test=rates)
    report = replace(trained.report, verdict=verdict)
    with console.out.capture() as capture:
        console.show_verdict(verdict)
    row = trained.thresholds.iloc[-1].copy()
    row["share_routed"], row["conversion"] = 0.5, share
    assert f"of which {text} became SQLs" in verdict._repr_html_()
    assert f"of which {text} became SQLs" in " ".join(capture.get().split())
    assert f"of which {text} became SQLs" in write_card(report, facts=trained.facts)
    assert f"of which {text} became SQLs" in render_page(report)
    assert f"of which {text} (" in describe_routed(row)


@pytest.mark.parametrize(("share", "text"), SHARES)
def test_the_api_says_it_too(trained, tmp_path, share, text):
    evidence, known = json.loads(trained.files["evidence.json"]), not math.isnan(share)
    evidence |= {"whole": (5000, share if known else 0.0), "pending": None}
    for bins in evidence["features"].values():
        bins["shares"] = [(400, share) if known else None] * len(bins["shares"])  # no evidence without a share
    folder = save_bundle(tmp_path, "shares", trained.files | {"evidence.json": json.dumps(evidence)}, {})
    with TestClient(create_app(bundle=folder, store_url=f"sqlite:///{tmp_path / 'scores.db'}")) as client:
        reasons = client.post("/v1/score", json=LEAD).json()["reasons"]
    sentences = {reason["evidence"] for reason in reasons}
    end = f", {text} were accepted; of all leads, {text}."
    assert sentences
    assert {sentence and sentence[-len(end) :] for sentence in sentences} == {end if known else None}


@pytest.mark.parametrize(("share", "ends", "text"), INTERVALS)
def test_an_interval_reads_the_same_everywhere(trained, monkeypatch, share, ends, text):
    monkeypatch.setattr(console, "out", Console(width=140, highlight=False))  # where no figure is wrapped
    figures = {"share_routed": 0.5, "conversion": share, "conversion_low": ends[0], "conversion_high": ends[1]}
    steps = trained.thresholds.assign(**figures)
    with console.out.capture() as capture:
        console.show_thresholds(steps.to_dict("list"), float(steps["threshold"].iloc[0]))
    assert text in capture.get()
    assert f"({text}) become SQLs" in describe_routed(steps.iloc[0])
    assert f"({text})" in format_frame("gates", steps).rows[0][list(steps).index("conversion")]
    assert text in show(steps)._repr_html_()
    assert text in str(format_thresholds(steps.assign(recommended=False)).rows)


@pytest.mark.parametrize(("share", "text"), SHARES)
def test_a_tooltip_of_the_page_says_what_its_table_says(trained, share, text):
    changed = {"conversion": share, "promised": share, "caught": share, "predicted": share, "observed": share, "converted": share}
    tables = {
        name: frame.assign(**{column: value for column, value in changed.items() if column in frame})
        for name, frame in trained.comparison.tables.items()
    }
    page = render_page(replace(trained.report, comparison=trained.comparison.with_tables(tables)))
    content = json.loads(re.search(r'<script [^>]*id="content"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
    tips = {name: table["tips"] for name, table in content["tables"].items() if table["tips"]}
    drawn = {"bands"} if math.isnan(share) else {"bands", "cells", "months", "reliability", "time_to_sql", "steps"}
    assert set(tips) >= drawn
    for name, columns in tips.items():
        for column in changed.keys() & {column.removesuffix("_text") for column in columns}:
            assert set(columns[f"{column}_text"]) == {text.replace(" ", "\u00a0")}, (name, column)
