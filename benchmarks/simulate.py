"""How long a firm of 100,000 leads takes, beside the mere drawing and sorting of as many random events by NumPy.

python benchmarks/simulate.py [LEADS]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from predictor.simulate.calendar import END
from predictor.simulate.files import save_firm
from predictor.simulate.firm import Firm, simulate_firm
from predictor.simulate.truth import HORIZON_DAYS, true_probability

Answer = TypeVar("Answer")


def check_answers(firm: Firm, leads: int) -> None:
    """The firm has its size, its truth is a law of its tables, and the outcomes keep what the truth promises."""
    assert firm.leads["lead_id"].nunique() == leads
    assert len(firm.events) >= 29 * leads
    assert np.array_equal(true_probability(firm.leads, firm.events), firm.truth["probability"])
    horizon = pd.Timedelta(days=HORIZON_DAYS)
    mature = firm.leads["mql_at"] + horizon <= pd.Timestamp(END, unit="s", tz="UTC")
    outcomes = (firm.leads["sql_at"] <= firm.leads["mql_at"] + horizon)[mature]
    probability = firm.truth["probability"][mature]
    noise = np.sqrt((probability * (1 - probability)).sum())
    assert abs(outcomes.sum() - probability.sum()) < 4 * noise


def draw_reference(leads: int, events: int) -> None:
    """As many random rows, in the order of lead and time."""
    rng = np.random.default_rng(0)
    lead, when, kind = rng.integers(0, leads, events), rng.random(events), rng.integers(0, 16, events)
    order = np.lexsort((when, lead))
    assert len(kind[order]) == events


def measure(work: Callable[[], Answer]) -> tuple[float, Answer]:
    """Seconds, and what came out."""
    start = time.perf_counter()
    answer = work()
    return time.perf_counter() - start, answer


def main(leads: int) -> None:
    """Prints the table."""
    simulated, firm = measure(lambda: simulate_firm(leads, seed=1))
    check_answers(firm, leads)
    with tempfile.TemporaryDirectory() as folder:
        saved, _ = measure(lambda: save_firm(firm, Path(folder)))
    reference, _ = measure(lambda: draw_reference(leads, len(firm.events)))
    print(f"{leads:,} leads, {len(firm.leads):,} episodes, {len(firm.events):,} events\n")
    print("| work | seconds | times the reference |\n|---|---:|---:|")
    for name, seconds in (("draw and sort with NumPy", reference), ("simulate_firm", simulated), ("save_firm", saved)):
        print(f"| {name} | {seconds:.2f} | {seconds / reference:.1f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
