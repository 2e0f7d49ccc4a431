"""What a bundle keeps to notice leads unlike those of its training, and how little their scores say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from predictor.data.leads import EVENTS_PREFIX, OWN_PREFIX
from predictor.features.assemble import assemble_table
from predictor.features.encode import FeatureSet
from predictor.features.event_features import ZERO_WITHOUT_EVENTS
from predictor.model.calibrated_model import CalibratedModel
from predictor.model.coverage import Spread, fit_spread
from predictor.model.sample import Sample
from predictor.scoring.batch import award_leads, compute_own_features
from predictor.scoring.coverage import find_no_events, make_empty_row
from predictor.scoring.own import find_own
from predictor.training.dataset import Dataset

_RARE = 0.01  # share of the training leads below which something is unlike them
_CHANGED = 1e-9  # of a score in log-odds
_TRIED = 500  # leads by which it is seen whether the model looks at a number
_ENDS, _MIDDLE = (0.01, 0.99), 0.5
_NO_END = 1e300  # where more than half of the leads have the value at that end


def describe_coverage(dataset: Dataset, sample: Sample, final: CalibratedModel) -> dict[str, Any]:
    """What `reference.json` keeps to notice leads unlike those of the training; JSON.

    `events`: the share of training leads without events, where that is rare, and the `spread` without events; `attributes`: the
    `most` attributes that a usual lead may have unknown, of how many (`of`), and the `spread` without attributes; `ranges`: the
    ends beyond which a number is far outside; `any`: the spread of all leads. What the model does not look at is left out.

    Args:
        dataset: The leads.
        sample: Those that the final model was fitted on, as it sees them.
        final: The final model.
    """
    leads = sample.take(final.positions)
    drawn = leads.draw_representative()
    low, high = final.calibrator.interval(final.scores)
    known = final.out_of_fold[drawn], (low[drawn], high[drawn])

    def hide(*, events: bool, attributes: bool) -> Spread | None:
        """None where the model gives the same scores without what is hidden."""
        hidden = _hide(dataset, sample.features, events=events, attributes=attributes)[final.positions[drawn]]
        score = final.model.score(hidden)
        changed = np.abs(score - final.model.score(leads.matrix[drawn])).max() > _CHANGED
        return fit_spread(score, *known) if changed else None

    content: dict[str, Any] = {"any": fit_spread(np.zeros(len(drawn)), *known).to_json()}
    without = float(find_no_events(sample.matrix, sample.features, make_empty_row(sample.features)).mean())
    if sample.features.event_features and without < _RARE and (spread := hide(events=True, attributes=False)):
        content["events"] = {"share": without, "spread": spread.to_json()}
    columns = sample.features.attributes
    if columns and (spread := hide(events=False, attributes=True)):
        missing = np.isnan(sample.matrix[:, columns]).sum(axis=1)
        most = max(float(np.quantile(missing, 1 - _RARE, method="higher")), len(columns) / 2)
        content["attributes"] = {"most": int(most), "of": len(columns), "spread": spread.to_json()}
        content["ranges"] = _list_ranges(sample, final)
    return content


def _hide(dataset: Dataset, features: FeatureSet, *, events: bool, attributes: bool) -> np.ndarray:
    """The training leads as the matrix holds them, without their events or their attributes, and with the points that remain."""
    names, rows = list(dataset.leads.attributes), dataset.rows
    frame = dataset.leads.frame.drop(columns=names) if attributes else dataset.leads.frame
    table = None if events or dataset.events is None else dataset.events.table
    if dataset.points.awards is not None:
        awards = award_leads(dataset.points.book, frame, as_of=dataset.as_of, events=table)
        points = assemble_table(frame, [], crm_points=dataset.leads.points, awards=awards)
        rows = rows.assign(**{str(name): points[name] for name in points})
    if events:
        empty = {one.name: 0.0 for one in dataset.event_features if one.kind in ZERO_WITHOUT_EVENTS}
        rows = rows.drop(columns=[name for name in rows if str(name).startswith(EVENTS_PREFIX)])
        rows = pd.concat([rows, pd.DataFrame(empty, index=rows.index)], axis=1)
    if attributes:
        rows = rows.drop(columns=[name for name in names if name in rows])
    own = find_own(features, dataset.settings.features.own)
    if own is not None and dataset.as_of is not None and (events or dataset.stored is None):  # the store has no events
        rows = rows.drop(columns=[name for name in rows if str(name).startswith(OWN_PREFIX)])
        rows = pd.concat([rows, compute_own_features(own, frame, frame, as_of=dataset.as_of, events=table)], axis=1)
    at = dataset.outcomes.sort_by_time(dataset.outcomes.training)
    return features.encode_table(rows.iloc[at], None if dataset.as_of is None else dataset.as_of.iloc[at]).matrix


def _list_ranges(sample: Sample, final: CalibratedModel) -> dict[str, list[float]]:
    """For each number among the attributes that the model looks at, the ends beyond which a value is far outside."""
    some = sample.matrix[:: max(len(sample) // _TRIED, 1)]
    ranges, score = {}, final.model.score(some)
    for place, feature in enumerate(sample.features.features):
        values = sample.matrix[:, place]
        held = values[~np.isnan(values)]
        if feature.kind != "number" or not feature.is_attribute or not len(held):
            continue
        hidden = some.copy()
        hidden[:, place] = np.nan
        if np.abs(final.model.score(hidden) - score).max() > _CHANGED:
            ranges[feature.name] = compute_range(held)
    return ranges


def compute_range(values: np.ndarray) -> list[float]:
    """The ends beyond which a number is far outside those of the training.

    Twice as far from the middle as 98 % of the training leads are, or twice as many times, whichever is farther: so far out lies
    one of 400,000 leads where numbers or their logarithms are normal. Three digits, so that no end is one lead's value.

    >>> compute_range(np.arange(1.0, 1000.0))
    [-478.0, 1960.0]
    >>> compute_range(np.exp(np.linspace(0, 10, 999)))
    [-146.0, 2680000.0]
    """
    low, middle, high = np.quantile(values, [_ENDS[0], _MIDDLE, _ENDS[1]])
    below = 2 * low - middle if low < middle else -_NO_END
    above = 2 * high - middle if high > middle else _NO_END
    if middle > 0:
        above = max(above, high * high / middle)
    return [float(f"{end:.3g}") for end in (below, above)]
