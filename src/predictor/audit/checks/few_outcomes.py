"""Too few outcomes of one kind to train on, or to judge by."""

from __future__ import annotations

from collections.abc import Iterator

from predictor.audit.view import View
from predictor.core.errors import Finding, count

CODE = "AUDIT018"
_FEWEST_TESTED = 20  # of either outcome, below which an AUC is known to 0.1 at best


def check_few_outcomes(view: View) -> Iterator[Finding]:
    """A warning where accepted or other leads are too few to train on or to test on."""
    if view.split is None:
        return
    few = []
    for name, leads, fewest in (("training", view.split.fit, view.split.fewest), ("test", view.split.test, _FEWEST_TESTED)):
        outcome = view.outcome[leads]
        outcome = outcome[view.known[leads]]
        accepted = int(outcome.sum())
        if min(accepted, len(outcome) - accepted) < fewest:
            leads_accepted = f"{accepted:,} of the {count(len(outcome), f'{name} lead')} were accepted"
            few.append(f"{leads_accepted}, and {fewest} of each outcome are needed")
    if few:
        do = "Export older leads, or wait for more: a model trained on so few is weak, and its metrics are uncertain."
        yield Finding(CODE, "warning", f"There are few outcomes: {'; '.join(few)}.", do=do)
