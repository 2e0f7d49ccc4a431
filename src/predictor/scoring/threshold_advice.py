"""The threshold that another policy would choose, from the table that a bundle keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from predictor.core.settings import make_settings
from predictor.model.threshold.recommend import Recommendation, recommend_threshold
from predictor.model.threshold.table import export_thresholds, import_thresholds, with_value
from predictor.scoring.scorer import Scorer


def advise_threshold(scorer: Scorer, differences: Mapping[str, Any]) -> tuple[Recommendation, dict[str, list[float | None]]]:
    """The threshold that a policy recommends, and the table it is taken from, by column.

    Args:
        scorer: The bundle.
        differences: Settings of section threshold that differ from the bundle's; empty for its own.

    Raises:
        SettingsError: A setting is unknown or out of range, or the policy needs one that is missing.
    """
    section = scorer.settings.threshold.model_dump(mode="json") | dict(differences)
    settings = make_settings({"threshold": section}, source="The question").threshold
    table = with_value(import_thresholds(scorer.threshold_table), settings.amount, settings.cost)
    return recommend_threshold(table, settings), export_thresholds(table)
