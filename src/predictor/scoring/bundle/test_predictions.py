"""The probabilities of a bundle's own forward test, kept so that the next bundle can be compared with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import numpy as np
import pandas as pd

FILE = "forward.json"
_MOST = 20_000  # leads, the newest; more would not change a comparison
_DIGITS = 16  # of a hash: enough that no two of a million leads share one


def write_test_predictions(leads: pd.DataFrame, probability: np.ndarray) -> str:
    """The content of `forward.json`: leads by a hash, which identifies nobody, and their probabilities in the forward test.

    Args:
        leads: The test leads, oldest first: `lead_id` and, where leads carry dates, `mql_at`.
        probability: (n,) of a model that was not trained on them.

    >>> text = write_test_predictions(pd.DataFrame({"lead_id": ["A17"]}), np.array([0.25]))
    >>> read_test_predictions(text, pd.DataFrame({"lead_id": ["A17", "B2"]})).tolist()
    [0.25, nan]
    """
    newest = slice(-_MOST, None)
    content = {"leads": _hash_leads(leads.iloc[newest]), "probability": [float(f"{p:.9g}") for p in probability[newest]]}
    return json.dumps(content) + "\n"


def read_test_predictions(text: str, leads: pd.DataFrame) -> np.ndarray:
    """The probabilities of leads that `write_test_predictions` kept; NaN for others."""
    content = json.loads(text)
    probability = dict(zip(content["leads"], content["probability"], strict=True))
    return np.array([probability.get(key, np.nan) for key in _hash_leads(leads)], dtype=float)


def _hash_leads(leads: pd.DataFrame) -> list[str]:
    moments: Iterable[object] = leads["mql_at"].map(pd.Timestamp.isoformat) if "mql_at" in leads else [""] * len(leads)
    return [
        hashlib.sha256(f"{lead_id}|{moment}".encode()).hexdigest()[:_DIGITS]
        for lead_id, moment in zip(leads["lead_id"], moments, strict=True)
    ]
