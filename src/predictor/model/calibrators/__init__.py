"""The calibrators: ways from a score to a probability, simplest first.

Each is a rising curve with intervals, and itself as text.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np

from predictor.model.calibrators.beta import Beta, fit_beta
from predictor.model.calibrators.calibrator import Calibrator
from predictor.model.calibrators.identity import Identity, fit_identity
from predictor.model.calibrators.isotonic import Isotonic, fit_isotonic
from predictor.model.calibrators.level_shift import LevelShift
from predictor.model.calibrators.serialise import read_text
from predictor.model.calibrators.sigmoid import Sigmoid, Temperature, fit_newest_sigmoid, fit_steady_sigmoid
from predictor.model.calibrators.venn_abers import VennAbers, fit_venn_abers

# Leads come oldest first: what a score is worth drifts.
Fit = Callable[[np.ndarray, np.ndarray, np.ndarray | None], Calibrator]

# From the simplest to the richest: where two do equally well, the earlier is taken.
FITS: dict[str, Fit] = {
    "none": fit_identity,
    "sigmoid": fit_newest_sigmoid,
    "beta": fit_beta,
    "isotonic": fit_isotonic,
    "venn_abers": fit_venn_abers,
}
SHUFFLED_FITS: dict[str, Fit] = FITS | {"sigmoid": fit_steady_sigmoid}  # where nothing orders the leads
_KINDS: dict[str, type[Identity | Sigmoid | Beta | Isotonic | VennAbers]] = {
    kind.kind: kind for kind in (Identity, Temperature, Sigmoid, Beta, Isotonic, VennAbers)
}


def read_calibrator(text: str) -> Calibrator:
    """The calibrator that `to_text` wrote; one without a kind is a sigmoid, as the first bundles had.

    Raises:
        ValueError: A kind that is not known, or other parts than its kind has.

    >>> read_calibrator(Identity().to_text())
    Identity(variance=(), n=0)
    >>> read_calibrator('{"kind": "magic"}')
    Traceback (most recent call last):
    ValueError: calibrator.json must be of kind 'none', 'tempered', 'sigmoid', 'beta', 'isotonic', 'venn_abers', \
'shifted', but is of kind 'magic'
    """
    content = json.loads(text)
    kind = content.get("kind", "sigmoid")
    if kind == LevelShift.kind:
        return LevelShift(
            base=read_calibrator(json.dumps(content["base"])),
            shift=content["shift"],
            variance=content["variance"],
            n=content["n"],
        )
    if kind not in _KINDS:
        known = ", ".join(f"'{name}'" for name in (*_KINDS, LevelShift.kind))
        raise ValueError(f"calibrator.json must be of kind {known}, but is of kind '{kind}'")
    return read_text(_KINDS[kind], text)
