"""The leads that points and model would swap, with what the people who hold them want to know of each."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

import numpy as np
import pandas as pd

from predictor.core.settings_sections import ReportSettings
from predictor.data.leads import Leads
from predictor.report.compare.compared_leads import ComparedLeads
from predictor.report.compare.disagreement import list_swapped, locate_swapped
from predictor.scoring.sales_context import find_source_column

REASONS = 4  # of each lead, up and down together
_LONGEST = 200  # characters of a cell


def describe_swapped(
    tested: ComparedLeads,
    leads: Leads,
    positions: np.ndarray,
    *,
    explain: Callable[[np.ndarray], list[str]],
    settings: ReportSettings,
    seed: int = 0,
) -> pd.DataFrame:
    """The table `swapped` of a comparison with more columns: those of the firm, source, rules, reasons, the record in the CRM.

    Args:
        tested: The leads.
        leads: All leads of the table that they come from.
        positions: Where each of them is in that table.
        explain: Positions in `tested` -> the reasons for the score of each, as `Explainer.describe_table` gives them.
        settings: Columns to show, and where a record is.
        seed: As for `compute_comparison`.

    Returns:
        The columns of `list_swapped`, then those of the settings that are there, `source`, `rules` (that fired), `for` and
        `against` (reasons), `record` (its address); a column that would be empty is left out.
    """
    table = list_swapped(tested, seed=seed)
    if not len(table):
        return table
    rows = np.concatenate(list(locate_swapped(tested, seed=seed).values()))
    facts = pd.concat([leads.frame, leads.left_out[[name for name in leads.left_out if name not in leads.frame]]], axis="columns")
    source = find_source_column(map(str, facts.columns))
    named = {name: name for name in settings.columns if name in facts} | ({"source": source} if source is not None else {})
    columns = {name: facts[column].iloc[positions[rows]].to_numpy() for name, column in named.items()}
    described = {(f"{name} (file)" if name in table else name): _to_texts(values) for name, values in columns.items()}
    if tested.times is not None:
        described["rules"] = _list_rules(tested.times.iloc[rows])
    reasons = [split_reasons(text) for text in explain(rows)]
    described |= {"for": [up for up, _ in reasons], "against": [down for _, down in reasons]}
    described["record"] = [make_link(settings.record_link, key) for key in table["lead_id"]]
    return table.assign(**{name: texts for name, texts in described.items() if any(texts)})


def make_link(template: str, lead_id: str) -> str:
    """The address of a lead's record; empty without a template, or where the key is withheld.

    >>> make_link("https://crm.example.com/leads/{lead_id}", "A 17"), make_link("", "A17")
    ('https://crm.example.com/leads/A%2017', '')
    """
    return template.replace("{lead_id}", quote(lead_id, safe="")) if template and lead_id != "(withheld)" else ""


def split_reasons(text: str) -> tuple[str, str]:
    """Reasons that speak for a lead, and against it.

    >>> split_reasons("Employees 250: +9.0 points of probability; Source Web; ad: -2.0 points of probability")
    ('Employees 250: +9.0', 'Source Web; ad: -2.0')
    """
    reasons = [reason.removesuffix(" points of probability") for reason in re.split(r"(?<= points of probability); ", text)]
    up = [reason for reason in reasons if re.search(r": \+[\d.]+$", reason)]
    return "; ".join(up), "; ".join(reason for reason in reasons if reason and reason not in up)


def _list_rules(times: pd.DataFrame) -> list[str]:
    """The rules that fired for each lead, as `Webinar, Pricing page visit ×2`."""
    names, counts = list(map(str, times)), np.nan_to_num(times.to_numpy(dtype=float))
    return [
        ", ".join(name if number <= 1 else f"{name} ×{number:g}" for name, number in zip(names, row, strict=True) if number > 0)
        for row in counts.round(1).tolist()
    ]


def _to_texts(values: np.ndarray) -> list[str]:
    return ["" if pd.isna(value) else " ".join(str(value).split())[:_LONGEST] for value in values]
