"""What a bundle said of its own test leads, before it learned from them: kept so that the next one can be compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import numpy as np
import pandas as pd

FILE = "forward.json"
_MOST = 20_000  # leads, the newest; more tell nothing more
_DIGITS = 16  # of a hash: enough that no two of a million leads share one


def write_test_predictions(leads: pd.DataFrame, probability: np.ndarray) -> str:
    """The content of `forward.json`: leads by a hash, which names nobody, and their probabilities in the forward test.

    Args:
        leads: The test leads, oldest first: `lead_id` and, where leads carry dates, `mql_at`.
        probability: (n,) what was promised of each by a model that had not seen it.

    >>> text = write_test_predictions(pd.DataFrame({"lead_id": ["A17"]}), np.array([0.25]))
    >>> read_test_predictions(text, pd.DataFrame({"lead_id": ["A17", "B2"]})).tolist()
    [0.25, nan]
    """
    newest = slice(-_MOST, None)
    content = {"leads": _hash_leads(leads.iloc[newest]), "probability": [float(f"{p:.9g}") for p in probability[newest]]}
    return json.dumps(content) + "\n"


def read_test_predictions(text: str, leads: pd.DataFrame) -> np.ndarray:
    """What `write_test_predictions` kept of those leads; NaN of others."""
    content = json.loads(text)
    kept = dict(zip(content["leads"], content["probability"], strict=True))
    return np.array([kept.get(key, np.nan) for key in _hash_leads(leads)], dtype=float)


def _hash_leads(leads: pd.DataFrame) -> list[str]:
    moments: Iterable[object] = leads["mql_at"].map(pd.Timestamp.isoformat) if "mql_at" in leads else [""] * len(leads)
    return [
        hashlib.sha256(f"{lead_id}|{moment}".encode()).hexdigest()[:_DIGITS]
        for lead_id, moment in zip(leads["lead_id"], moments, strict=True)
    ]
