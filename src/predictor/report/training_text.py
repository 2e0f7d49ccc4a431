"""How the model came about, in words: which candidate was chosen and why, how it was calibrated, which trees were found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from predictor.core.errors import count
from predictor.core.wording import format_number
from predictor.report.tables_text import TextTable


def format_choice(metrics: Mapping[str, Any]) -> TextTable | None:
    """The candidates that could be chosen, by what they said of leads that came later; None where a bundle does not tell.

    >>> rows = [{"candidate": "points", "log_loss": 0.41, "excess": 0.002, "error": 0.003, "chosen": True},
    ...         {"candidate": "logistic", "log_loss": 0.408, "excess": 0.0, "error": 0.0, "chosen": False}]
    >>> for row in format_choice({"choice": rows}).rows:
    ...     print(row)
    ('points', '0.4100', '+0.0020', '0.0030')
    ('logistic', '0.4080', '0.0000', '0.0000')
    >>> format_choice({}) is None
    True
    """
    choice = metrics.get("choice")
    if not choice:
        return None
    rows = tuple(
        (
            str(row["candidate"]),
            format_number(row["log_loss"], 4),
            format_number(row["excess"], 4, sign=True),
            format_number(row["error"], 4),
        )
        for row in choice
    )
    chosen = frozenset(at for at, row in enumerate(choice) if row["chosen"])
    caption = "Log loss on earlier leads, each predicted from leads before it; the simplest within one standard error is chosen"
    return TextTable(caption, ("Candidate", "Log loss", "Above the best", "Standard error"), rows, chosen)


def describe_learning(metrics: Mapping[str, Any]) -> str:
    """How the chosen was calibrated and which trees were found, in a few sentences; empty where a bundle does not tell.

    >>> tuning = {"tries": 38, "rounds": 420, "rows": 4447.0, "members": 4, "parameters": {"num_leaves": 4}, "loss": 0.3912,
    ...           "usual": 0.3950}
    >>> calibrator = {"kind": "tempered", "text": "Calibrator 'tempered' lost least."}
    >>> print(describe_learning({"calibrator": calibrator, "tuning": tuning}))
    Calibrator 'tempered' lost least. Of 38 sets of trees the best lost 0.3912 out of time before calibration, the usual 0.3950: \
420 trees on 4,447 leads, mean of 4 boosters, num_leaves = 4.
    >>> describe_learning({})
    ''
    """
    told = [calibrator["text"]] if (calibrator := metrics.get("calibrator")) else []
    tuning = metrics.get("tuning")
    if tuning and tuning["tries"] > 1:
        other = [f"{name} = {value:.4g}" for name, value in tuning["parameters"].items() if isinstance(value, int | float)]
        trees = [f"{count(tuning['rounds'], 'tree')} on {count(round(tuning['rows']), 'lead')}"]
        trees += [f"mean of {count(tuning['members'], 'booster')}"] if tuning["members"] > 1 else []
        found = f"Of {tuning['tries']} sets of trees the best lost {tuning['loss']:.4f} out of time before calibration, the usual"
        told.append(f"{found} {tuning['usual']:.4f}: {', '.join(trees + other)}.")
    return " ".join(told)
