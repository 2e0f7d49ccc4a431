"""Results as a notebook shows them: each says in HTML what its figures say, and a Python prompt gets one line."""

from datetime import UTC, datetime

import pytest

import predictor
from predictor.core.errors import Findings
from predictor.core.wording import format_threshold


def test_verdict(trained):
    verdict = trained.verdict
    html = verdict._repr_html_()
    assert verdict.text.split(":")[0].replace("'", "&#x27;") in html
    for name, figures in verdict.test.items():
        assert name in html
        assert f"{figures['log_loss']:.4f}" in html
    assert f"<b>{verdict.chosen}</b>" in html
    assert repr(verdict).startswith(f"<Verdict on {len(verdict.outcome):,} test leads.")


def test_study(trained):
    dataset, html = trained.dataset, trained.dataset._repr_html_()
    assert f"{int(dataset.outcomes.mature.sum()):,} leads, of whom" in html
    assert "&#x27;b2b&#x27;, gate 60" in html
    assert all(name in html for name in dataset.leads.attributes)
    assert repr(dataset).startswith("<Dataset of ")


def test_training_shows_verdict_threshold_and_findings(trained):
    html = trained._repr_html_()
    for part in (trained.verdict, trained.advice, trained.findings):
        assert part._repr_html_() in html
    assert isinstance(trained.findings, Findings)


def test_recommendation_says_whether_its_promise_holds(trained):
    html = trained.advice._repr_html_()
    assert format_threshold(trained.advice.threshold) in html
    assert ("can be expected to keep" in html) == trained.advice.holds


def test_comparison_shows_what_it_says_and_names_its_tables(trained):
    html = trained.comparison._repr_html_()
    assert html.count("<p>") == len(trained.comparison.sentences) + len(trained.comparison.limitations) + 1
    assert "volume" in html
    assert trained.comparison.sentences[0] in repr(trained.comparison)


def test_answer_shows_probability_and_reasons(scorer):
    lead = predictor.Lead("A17", datetime(2026, 7, 1, tzinfo=UTC), {"industry": "<Software>", "seniority": "VP"})
    answer = scorer.score_lead(lead)
    html = answer._repr_html_()
    assert f"Probability {answer.probability:.3f}" in html
    assert all(reason.what in html for reason in answer.reasons)
    assert "<Software>" not in html
    assert "LEAD021" in html


def test_tables_of_a_training_have_named_columns(trained):
    assert trained.candidates["candidate"].tolist() == list(trained.models)
    assert trained.candidates["chosen"].sum() == 1
    assert trained.importance.columns.tolist() == ["group", "rise", "spread"]
    assert trained.importance["rise"].is_monotonic_decreasing


@pytest.mark.parametrize(
    ("namespace", "name"),
    [("plots", "show"), ("plots", "plot_gains"), ("", "LeadClassifier"), ("", "Findings"), ("", "Trained")],
)
def test_what_notebooks_use_is_public(namespace, name):
    assert callable(getattr(getattr(predictor, namespace) if namespace else predictor, name))
