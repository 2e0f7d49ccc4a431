"""Points against the learned probability, on a training's forward test or on leads with outcomes."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from predictor.core.errors import BundleError, count
from predictor.model.threshold.recommend import reaches_policy
from predictor.points.rulebook import parse_rule_book
from predictor.report.compare.compared_leads import ComparedLeads
from predictor.report.compare.comparison import Comparison, compute_comparison, thin
from predictor.report.decision.decision import Decision, make_decision
from predictor.report.decision.evidence import ModelFacts
from predictor.report.decision.read_evidence import read_evidence
from predictor.report.page.render import PageData, render_comparison
from predictor.report.tables_text import describe_fit, describe_outcome
from predictor.scoring.batch import score_frame, uses_events
from predictor.scoring.bundle.files import Bundle
from predictor.scoring.scorer import Scorer
from predictor.scoring.threshold_advice import advise_threshold
from predictor.training.compared import list_known, load_compared_leads, take_frame
from predictor.training.dataset import Dataset
from predictor.training.swapped import REASONS, describe_swapped

_NO_EVENTS = "No events are given, so every lead counts as one without any: the figures of points and model are wrong \
unless these leads have none. Give the events too, with --events."


def compare_bundle(
    bundle: Bundle, *, leads: str = "", events: str = "", now: pd.Timestamp | None = None
) -> tuple[Comparison, str]:
    """The comparison of a bundle, and what readers must know about it, empty for nothing.

    Args:
        bundle: The bundle.
        leads: Leads with outcomes; empty: the comparison of its forward test, as training found it.
        events: Their events.
        now: The moment after which nothing can have happened yet; None means the clock's.

    Raises:
        BundleError: No leads are named, and the bundle is from before comparisons were kept.
        TableError: A table that breaks the contract.
        TrainingError: As `load_compared_leads`.
    """
    if not leads:
        if "comparison.json" not in bundle.files:
            do = "Name leads with outcomes with --leads, or train again."
            raise BundleError(f"Bundle '{bundle.version}' holds no comparison of its forward test. {do}")
        return Comparison.from_json(bundle.read_json("comparison.json")), ""
    text = bundle.files.get("learned_points.toml")
    learned = None if text is None else parse_rule_book(text, "learned_points.toml")
    scorer = Scorer(bundle)
    tested, dataset = load_compared_leads(scorer, learned, leads=leads, events=events, now=now)
    curve = dataset.outcomes.curve
    model = scorer.settings.model
    weekly = [scorer.settings.threshold.leads_per_week]
    comparison = compute_comparison(tested, weekly=weekly, resamples=model.resamples, seed=model.seed)
    comparison = comparison.with_tables({"swapped": _describe_bundle_swaps(scorer, tested, dataset)})
    comparison = comparison if scorer.recommends else comparison.without_model()
    tables = {"learned_points": _read_learned(bundle), "time_to_sql": None if curve is None else thin(curve)}
    notes = (
        _NO_EVENTS if not events and uses_events(scorer) else "",
        describe_overlap(tested, scorer.metrics["fit"]["through"]),
        *(f"{finding.what} {finding.do}" for finding in dataset.findings if finding.severity == "warning"),
    )
    return comparison.with_tables(tables), " ".join(note for note in notes if note)


def _describe_bundle_swaps(scorer: Scorer, tested: ComparedLeads, dataset: Dataset) -> pd.DataFrame:
    """The leads given that points and model would swap, with the reasons that the bundle gives."""
    positions, _ = list_known(dataset)
    frame, events, moments = take_frame(scorer, dataset, positions)

    def explain(rows: np.ndarray) -> list[str]:
        chosen = frame.iloc[rows].reset_index(drop=True)
        as_of = None if moments is None else moments.iloc[rows].reset_index(drop=True)
        texts: list[str] = score_frame(scorer, chosen, as_of=as_of, events=events, reasons=REASONS)["reasons"].tolist()
        return texts

    settings = scorer.settings
    return describe_swapped(tested, dataset.leads, positions, explain=explain, settings=settings.report, seed=settings.model.seed)


def write_page(bundle: Bundle, comparison: Comparison, *, note: str = "", leads: str = "") -> str:
    """The page of a comparison: that of the forward test as training wrote it, or of the leads given.

    Only the latter names leads: those that points and model would swap.

    Args:
        bundle: The bundle.
        comparison: What `compare_bundle` gave.
        note: What came with it.
        leads: As `compare_bundle` took it.

    Raises:
        BundleError: No leads are named, and the bundle holds no page.
    """
    if not leads:
        if "report.html" not in bundle.files:
            raise BundleError(
                f"Bundle '{bundle.version}' holds no page of its forward test. Name leads with --leads, or train again."
            )
        return bundle.files["report.html"]
    scorer, number = Scorer(bundle), int(comparison.tables["steps"]["leads"].iloc[0])
    warnings = [f"{warning.what} {warning.do}" for warning in scorer.model_warnings]
    data = PageData(
        comparison=comparison,
        threshold=scorer.threshold if scorer.recommends else None,
        title=f"Points and model on leads given: {bundle.version}",
        over=f"{comparison.describe_leads(count(number, 'lead'))}, scored by {bundle.version}",
        about=f"{describe_outcome(scorer.metrics)} {describe_fit(scorer.metrics)}",
        warnings=tuple(text for text in (note, *warnings) if text),
        horizon_days=scorer.metrics.get("horizon_days"),
        book=bundle.files.get("learned_points.toml", ""),
        policy=scorer.settings.threshold,
        model=_read_model(scorer),
    )
    return render_comparison(data)


def decide_bundle(bundle: Bundle, comparison: Comparison, *, leads: str = "") -> Decision:
    """What to do with points and model: as training decided by the forward test, or by the leads given.

    Args:
        bundle: The bundle.
        comparison: What `compare_bundle` gave.
        leads: As `compare_bundle` took it.
    """
    scorer = Scorer(bundle)
    if not leads and "decision" in scorer.metrics:
        return Decision.from_json(scorer.metrics["decision"])
    recommended = scorer.metrics.get("threshold", {}).get("recommended", {}).get("threshold", scorer.threshold)
    threshold = (scorer.threshold if leads else recommended) if scorer.recommends else None
    settings, model = scorer.settings.threshold, _read_model(scorer)
    return make_decision(read_evidence(comparison, threshold=threshold, settings=settings, model=model))


def _read_model(scorer: Scorer) -> ModelFacts:
    """What a bundle says of its model."""
    advice, _ = advise_threshold(scorer, {})
    return ModelFacts(
        signal=scorer.recommends,
        ranks_only=ranks_only(scorer),
        threshold=scorer.threshold,
        reaches=reaches_policy(advice.conversion, scorer.settings.threshold),
    )


def ranks_only(scorer: Scorer) -> bool:
    """Whether the probabilities of a bundle only rank leads."""
    return any(warning.code == "MODEL001" for warning in scorer.model_warnings)


def _read_learned(bundle: Bundle) -> pd.DataFrame | None:
    """The learned points of a bundle with the reasons, from its training; None for a bundle without."""
    if "comparison.json" not in bundle.files:
        return None
    return Comparison.from_json(bundle.read_json("comparison.json")).tables.get("learned_points")


def describe_overlap(tested: ComparedLeads, through: str | None) -> str:
    """How many leads the model may have learned from, in a sentence; empty for none.

    Args:
        tested: The leads.
        through: The day of the newest training lead; None where leads carry no dates.
    """
    if tested.moments is None or through is None or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", through):
        return "The leads have no dates, so the model may have been trained on some of them; then its figures are too good."
    seen = int((tested.moments.dt.strftime("%Y-%m-%d") <= through).sum())
    if not seen:
        return ""
    which = f"{seen:,} of these {count(len(tested.outcome), 'lead')} became MQLs through {through}, as did the training leads"
    return f"{which}: the figures of the model and of the learned points may be too good. Name newer leads."
