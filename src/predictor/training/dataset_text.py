"""A study in words: what training would look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from predictor.core.errors import count
from predictor.core.html import to_table

if TYPE_CHECKING:
    from predictor.training.dataset import Study


def describe_study(study: Study) -> dict[str, str]:
    """What a study looks at, as label and text."""
    known, fit = study.outcome[study.mature], study.describe_fit()
    horizon = "the outcomes carry no dates" if study.horizon_days is None else f"{study.horizon_days:g} days"
    points = "none" if study.book is None else f"'{study.book.name}', gate {study.book.gate:g}"
    types = {} if study.events is None else study.events.types
    events = f"{sum(events for events, _ in types.values()):,} of {count(len(types), 'type')}" if types else "none"
    return {
        "Leads": f"{len(study.leads.frame):,}",
        "Can teach": f"{fit['n']:,}, from {fit['from']} through {fit['through']}",
        "Outcome known": f"{len(known):,} leads, of whom {100 * float(known.mean()):.1f} % became SQLs",
        "Pending": f"{int((~study.mature).sum()):,}",
        "Horizon": horizon,
        "Attributes": ", ".join(study.leads.attributes) or "none",
        "Events": events,
        "Rule book": points,
        "Protected": ", ".join(study.leads.protected) or "none",
        "Findings": ", ".join(sorted({finding.code for finding in study.findings})) or "none",
    }


def show_study(study: Study) -> str:
    """The study as a notebook shows it."""
    return to_table(["Study", ""], [[label, text] for label, text in describe_study(study).items()], texts=(0, 1))
