"""One share has one text: verdict, card, page, terminal and API print the same figure."""

import math
from dataclasses import replace

import pytest

from predictor.cli import console
from predictor.features.feature import Feature
from predictor.model.conversion_by_value import Bins, ConversionByValue
from predictor.model.threshold.describe import describe_routed
from predictor.report.card import write_card
from predictor.report.page.render import render_page
from predictor.scoring.reason_text import describe_evidence

VIEWS = Feature("page_views", "Page views", "Page views", kind="number")


@pytest.mark.parametrize(
    ("share", "text"), [(0.0346, "3.5 %"), (0.9972, "99.7 %"), (0.0, "0 %"), (1.0, "100 %"), (math.nan, "\u2013")]
)
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
    if not math.isnan(share):  # evidence of a share that is not known is left out
        evidence = ConversionByValue((5000, share), None, {VIEWS.name: Bins((1.0,), ((400, share), (400, share), None))})
        assert describe_evidence(evidence, VIEWS, 3.0).endswith(f" {text} were accepted; of all leads, {text}.")
