"""A study in words: what training would look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from predictor.core.errors import count
from predictor.core.html import to_table
from predictor.core.wording import format_percent

if TYPE_CHECKING:
    from predictor.training.dataset import Dataset


def describe_dataset(dataset: Dataset) -> dict[str, str]:
    """What a study looks at, as label and text."""
    known, fit = dataset.outcome[dataset.mature], dataset.describe_fit()
    horizon = "the outcomes carry no dates" if dataset.horizon_days is None else f"{dataset.horizon_days:g} days"
    points = "none" if dataset.book is None else f"'{dataset.book.name}', gate {dataset.book.gate:g}"
    types = {} if dataset.events is None else dataset.events.types
    events = f"{sum(events for events, _ in types.values()):,} of {count(len(types), 'type')}" if types else "none"
    return {
        "Leads": f"{len(dataset.leads.frame):,}",
        "Can teach": f"{fit['n']:,}, from {fit['from']} through {fit['through']}",
        "Outcome known": f"{len(known):,} leads, of whom {format_percent(float(known.mean()))} became SQLs",
        "Pending": f"{int((~dataset.mature).sum()):,}",
        "Horizon": horizon,
        "Attributes": ", ".join(dataset.leads.attributes) or "none",
        "Events": events,
        "Rule book": points,
        "Protected": ", ".join(dataset.leads.protected) or "none",
        "Findings": ", ".join(sorted({finding.code for finding in dataset.findings})) or "none",
    }


def format_dataset_html(dataset: Dataset) -> str:
    """The study as a notebook shows it."""
    return to_table(["Study", ""], [[label, text] for label, text in describe_dataset(dataset).items()], texts=(0, 1))
