"""How the model was trained, as text: which candidate was chosen and why, how it was calibrated, which trees were tuned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from predictor.core.errors import count
from predictor.core.wording import DASH, choose_test_words, format_number, format_percent, format_share, format_threshold
from predictor.report.tables_text import TextTable


def format_choice(metrics: Mapping[str, Any]) -> TextTable | None:
    """The candidates with their log loss out of fold, and the choice; None where a bundle does not hold it.

    A last column says why a candidate may not be chosen, where there is one.

    >>> rows = [{"candidate": "points", "log_loss": 0.41, "excess": 0.002, "error": 0.003, "chosen": True},
    ...         {"candidate": "logistic", "log_loss": 0.408, "excess": 0.0, "error": 0.0, "chosen": False}]
    >>> for row in format_choice({"choice": rows}).rows:
    ...     print(row)
    ('points', '0.4100', '+0.0020', '0.0030')
    ('logistic', '0.4080', '0.0000', '0.0000')
    >>> rows[1] |= {"note": "ranks no better than chance (p = 0.21)"}
    >>> format_choice({"choice": rows}).columns[-1], format_choice({"choice": rows}).rows[1][-1]
    ('Not chosen because', 'ranks no better than chance (p = 0.21)')
    >>> format_choice({}) is None
    True
    """
    choice = metrics.get("choice")
    if not choice:
        return None
    has_notes = any(row.get("note") for row in choice)
    rows = tuple(
        (
            str(row["candidate"]),
            format_number(row["log_loss"], 4),
            format_number(row["excess"], 4, sign=True),
            format_number(row["error"], 4),
            *([row.get("note", "")] if has_notes else []),
        )
        for row in choice
    )
    chosen = frozenset(at for at, row in enumerate(choice) if row["chosen"])
    others = "others" if metrics.get("held_out") else "leads before it"
    leads = choose_test_words(metrics).others
    rule = "chosen: the lowest, or the points within half a standard error of it, base rate or regression within one"
    caption = f"Log loss on {leads}, each predicted from {others}; {rule}"
    columns = ("Candidate", "Log loss", "Above the best", "Standard error", *(["Not chosen because"] if has_notes else []))
    return TextTable(caption=caption, columns=columns, rows=rows, marked=chosen)


def describe_training(metrics: Mapping[str, Any]) -> str:
    """How the chosen candidate was calibrated and its trees tuned, in a few sentences; empty where a bundle does not hold it.

    >>> tuning = {"tries": 38, "rounds": 420, "rows": 4447.0, "members": 4, "parameters": {"num_leaves": 4}, "loss": 0.3912,
    ...           "usual": 0.3950}
    >>> calibrator = {"kind": "tempered", "text": "Calibrator 'tempered' lost least."}
    >>> print(describe_training({"calibrator": calibrator, "tuning": tuning}))
    Calibrator 'tempered' lost least. Of 38 settings for trees the best had an out-of-fold log loss of 0.3912 before \
calibration, the default 0.3950: 420 trees on 4,447 leads, mean of 4 boosters, num_leaves = 4.
    >>> describe_training({})
    ''
    """
    calibrator = metrics.get("calibrator") or {}
    sentences = [text for text in (calibrator.get("text"), calibrator.get("final")) if text]
    tuning = metrics.get("tuning")
    if tuning and tuning["tries"] > 1:
        parameters = [f"{name} = {value:.4g}" for name, value in tuning["parameters"].items() if isinstance(value, int | float)]
        trees = [f"{count(tuning['rounds'], 'tree')} on {count(round(tuning['rows']), 'lead')}"]
        trees += [f"mean of {count(tuning['members'], 'booster')}"] if tuning["members"] > 1 else []
        best, usual = (format_number(tuning[name], 4) for name in ("loss", "usual"))
        losses = f"the best had an out-of-fold log loss of {best} before calibration, the default {usual}"
        sentences.append(f"Of {tuning['tries']} settings for trees {losses}: {', '.join(trees + parameters)}.")
    return " ".join(sentences)


def describe_accounts(metrics: Mapping[str, Any]) -> str:
    """How probabilities of accounts did in the test and how their leads count; empty where a bundle does not hold it.

    >>> describe_accounts({"accounts": {"text": "Accounts: ...", "choice": "No learned share was surely better."}})
    'Accounts: ... No learned share was surely better.'
    >>> describe_accounts({})
    ''
    """
    accounts = metrics.get("accounts")
    return " ".join(dict.fromkeys([accounts["text"], accounts["choice"]])) if accounts else ""


def format_accounts(metrics: Mapping[str, Any]) -> TextTable | None:
    """What was promised of accounts with several open leads, and what came; None where there were none.

    >>> independent = {"promised": 0.5, "log_loss": 0.62}
    >>> accounts = {"share": 0.4, "moments": 80, "accepted": 0.41, "promised": 0.42, "log_loss": 0.59, "independent": independent}
    >>> for row in format_accounts({"accounts": accounts}).rows:
    ...     print(row)
    ('As served (each further lead counts 0.40)', '80', '42 %', '41 %', '0.5900')
    ('As if leads were independent', '80', '50 %', '41 %', '0.6200')
    """
    accounts = metrics.get("accounts")
    if not accounts or not accounts["moments"]:
        return None
    served = f"As served (each further lead counts {format_number(accounts['share'], 2)})"
    ways = {served: accounts} if accounts["share"] != 1 else {}
    ways["As if leads were independent"] = accounts["independent"]
    moments, accepted = format_number(accounts["moments"]), format_percent(accounts["accepted"])
    rows = tuple(
        (name, moments, format_percent(way["promised"]), accepted, format_number(way["log_loss"], 4))
        for name, way in ways.items()
    )
    caption = "Accounts with several open leads: at least one of them is accepted"
    return TextTable(caption=caption, columns=("Way", "Moments", "Promised", "Came", "Log loss"), rows=rows)


def format_segments(metrics: Mapping[str, Any], *, short: bool = False) -> TextTable | None:
    """What decides in each segment, and how that did in the forward test; None where there are no segments.

    Args:
        metrics: Content of `metrics.json`.
        short: Whether to leave out log losses and the interval of the conversion.

    >>> row = {"name": "EMEA", "decides": "own level", "leads": 80, "accepted": 0.31, "promised": 0.3, "threshold": 0.2,
    ...        "handed": 40, "conversion": 0.5, "conversion_low": 0.35, "conversion_high": 0.65, "log_loss": 0.5,
    ...        "single_log_loss": 0.52, "final_threshold": 0.21}
    >>> format_segments({"segments": {"column": "region", "rows": [row]}}).rows[0]
    ('EMEA', 'own level', '80', '30 %', '31 %', '0.5000', '0.5200', '20 %', '40', '50 % (35 to 65 %)', '21 %')
    >>> format_segments({"segments": {"column": "region", "rows": [row]}}, short=True).rows[0]
    ('EMEA', 'own level', '80', '30 %', '31 %', '40', '50 %', '21 %')
    >>> format_segments({}) is None
    True
    """
    segments = metrics.get("segments")
    if not segments:
        return None
    rows = [row for row in segments["rows"] if row["name"] is not None or row["leads"]]
    columns: dict[str, Callable[[Mapping[str, Any]], str]] = {
        "Segment": lambda row: "others" if row["name"] is None else str(row["name"]),
        "What decides": lambda row: str(row["decides"]),
        "Leads": lambda row: format_number(row["leads"]),
        "Promised": lambda row: format_percent(row["promised"]),
        "SQLs": lambda row: format_percent(row["accepted"]),
        "Log loss": lambda row: format_number(row["log_loss"], 4),
        "By the single model": lambda row: format_number(row["single_log_loss"], 4),
        "Threshold of the test": lambda row: format_threshold(row["threshold"]),
        "Handed over": lambda row: format_number(row["handed"]),
        "Conversion": lambda row: (
            format_percent(row["conversion"])
            if short
            else format_share(row["conversion"], row["conversion_low"], row["conversion_high"])
        ),
        "Threshold now": lambda row: DASH if row["final_threshold"] is None else format_threshold(row["final_threshold"]),
    }
    shown = [name for name in columns if not (short and name in {"Log loss", "By the single model", "Threshold of the test"})]
    caption = f"Segments by '{segments['column']}' in the {choose_test_words(metrics).name}"
    return TextTable(
        caption=caption, columns=tuple(shown), rows=tuple(tuple(columns[name](row) for name in shown) for row in rows)
    )


def describe_segments(metrics: Mapping[str, Any]) -> str:
    """Why each segment has something of its own, or not; empty where there are no segments.

    >>> rows = [{"name": "EMEA", "text": "Too few outcomes."}, {"name": None, "text": ""}]
    >>> describe_segments({"segments": {"column": "region", "rows": rows}})
    'EMEA: Too few outcomes.'
    """
    rows = metrics.get("segments", {}).get("rows", [])
    return " ".join(f"{row['name']}: {row['text']}" for row in rows if row["text"])
