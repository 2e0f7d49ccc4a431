"""Model, points and challenger on the same served leads, and what leads that were handed over at random have shown."""

from __future__ import annotations

import numpy as np
import pandas as pd

from predictor.model.metrics.intervals import Z95, wilson
from predictor.model.metrics.metrics import compute_difference, compute_losses, compute_metrics

_RESAMPLES, _SEED = 1000, 0
_MOST_RESAMPLED = 20_000  # leads, above which the normal distribution gives the same interval at once
_NO_REASON = "(none given)"
MODEL, POINTS, CHALLENGER = "model", "points", "challenger"


def compute_ways(mature: pd.DataFrame) -> pd.DataFrame:
    """How well each way ranks and predicts the leads that all of them scored, and which is better.

    Args:
        mature: Rows of one model whose outcome is known: `outcome`, `probability`, `points`, `challenger_probability`. Points
            are no probability, so their log loss is missing.

    Returns:
        A row for each rival of the model: `rival` (`points`, `challenger`), `leads` (that both scored), `auc` (of the rival),
        `model_auc`, `log_loss`, `model_log_loss`, `difference` (log loss of the rival minus the model) with `difference_low`
        and `difference_high` (95 %), `verdict`: `better`, `worse`, `no clear difference`, or empty where nothing can be said.
        Empty where no outcome, or only one kind, is known.

    >>> outcome, probability = np.tile([0.0, 1.0], 50), np.tile([0.2, 0.8], 50)
    >>> mature = pd.DataFrame({"outcome": outcome, "probability": probability, "points": 5.0})
    >>> compute_ways(mature.assign(challenger_probability=0.5))[["rival", "auc", "model_auc", "verdict"]].values.tolist()
    [['points', 0.5, 1.0, ''], ['challenger', 0.5, 1.0, 'worse']]
    """
    rows = []
    for rival, column in ((POINTS, "points"), (CHALLENGER, "challenger_probability")):
        both = mature[mature[column].notna()]
        if both["outcome"].nunique() < 2:
            continue
        outcome, model = both["outcome"].to_numpy(), both["probability"].to_numpy(dtype=float)
        score = both[column].to_numpy(dtype=float)
        own = compute_metrics(outcome, model)
        places = (pd.Series(score).rank().to_numpy() - 0.5) / len(both)  # points are no probabilities, but rank like them
        row = {"rival": rival, "leads": len(both), "auc": compute_metrics(outcome, places)["auc"], "model_auc": own["auc"]}
        rows.append(row | _compare(outcome, model, score if rival == CHALLENGER else None, float(own["log_loss"] or 0.0)))
    return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS = (
    "rival", "leads", "auc", "model_auc", "log_loss", "model_log_loss", "difference", "difference_low", "difference_high",
    "verdict",
)  # fmt: skip


def _compare(outcome: np.ndarray, model: np.ndarray, rival: np.ndarray | None, own: float) -> dict[str, float | str]:
    figures: dict[str, float | str] = {"model_log_loss": own, "verdict": ""}
    if rival is None:
        return figures
    mean, low, high = _compute_gap(outcome, rival, model)
    verdict = "worse" if low > 0 else "better" if high < 0 else "no clear difference"
    ends = {"difference": mean, "difference_low": low, "difference_high": high}
    return figures | ends | {"log_loss": own + mean, "verdict": verdict}


def _compute_gap(outcome: np.ndarray, rival: np.ndarray, model: np.ndarray) -> tuple[float, float, float]:
    """Log loss of the rival minus the model, and its 95 % interval: by bootstrap, of many leads by the normal distribution."""
    if len(outcome) <= _MOST_RESAMPLED:
        gap = compute_difference(outcome, rival, model, resamples=_RESAMPLES, seed=_SEED)
        return gap.mean, gap.low, gap.high
    losses = compute_losses(outcome, rival) - compute_losses(outcome, model)
    mean, half = float(losses.mean()), float(Z95 * losses.std() / np.sqrt(len(losses)))
    return mean, mean - half, mean + half


def compute_exploration(mature: pd.DataFrame) -> pd.DataFrame:
    """What leads have shown that were handed over at random although the model would have held them back.

    Args:
        mature: Rows whose outcome is known: `outcome`, `probability`, `explore`, `handed_over`.

    Returns:
        A row, or none where nothing was explored: `leads` (handed over at random), `accepted`, `conversion` with
        `conversion_low` and `conversion_high` (Wilson, 95 %), `promised` (their mean probability), `held_back` (leads that
        stayed in nurture), `missed` (acceptances to expect among those, at that conversion).
    """
    random = mature[mature["explore"].astype(bool)]
    if random.empty:
        return pd.DataFrame(columns=list(_EXPLORED))
    accepted, leads = int(random["outcome"].sum()), len(random)
    low, high = (float(end) for end in wilson(accepted, leads))
    held_back = int((~mature["handed_over"].astype(bool)).sum())
    row = (leads, accepted, accepted / leads, low, high, random["probability"].mean(), held_back, held_back * accepted / leads)
    return pd.DataFrame([row], columns=list(_EXPLORED))


_EXPLORED = ("leads", "accepted", "conversion", "conversion_low", "conversion_high", "promised", "held_back", "missed")


def compute_reasons(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Why sales sent leads back: `reason` (`(none given)` where it was left out) and `leads`, most frequent first.

    Reasons that differ only in capitals or spaces are one, in the spelling that is most frequent.

    >>> compute_reasons(pd.DataFrame({"kind": ["recycled", "recycled", "accepted"], "reason": ["no budget", None, None]}))
             reason  leads
    0  (none given)      1
    1     no budget      1
    """
    texts = outcomes.loc[outcomes["kind"].eq("recycled"), "reason"].astype(object)
    written = texts.where(texts.notna(), "").value_counts().rename_axis("reason").reset_index(name="leads")
    written["reason"] = [" ".join(str(text).split()) or _NO_REASON for text in written["reason"]]
    spellings = written.groupby("reason", as_index=False)[["leads"]].sum()
    spellings = spellings.sort_values(["leads", "reason"], ascending=[False, True])
    grouped = spellings.groupby(spellings["reason"].map(str.casefold), sort=False)
    table = grouped.agg(reason=("reason", "first"), leads=("leads", "sum")).reset_index(drop=True)
    return table.sort_values(["leads", "reason"], ascending=[False, True], ignore_index=True)
