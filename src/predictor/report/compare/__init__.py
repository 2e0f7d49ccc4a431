"""The tables of the report: the candidates side by side, what points mean, and points against the learned score."""

from predictor.report.compare.bands import compute_point_bands
from predictor.report.compare.comparison import Comparison, compute_comparison
from predictor.report.compare.equal_volume import EqualVolume, compute_equal_volume
from predictor.report.compare.verdict import METRICS, ReportData, compute_threshold_rows, compute_verdict_table
from predictor.report.compare.ways import Contest
from predictor.report.compare.words import BETTER, SAME, WORSE, tell_difference

__all__ = [
    "BETTER",
    "METRICS",
    "SAME",
    "WORSE",
    "Comparison",
    "Contest",
    "EqualVolume",
    "ReportData",
    "compute_comparison",
    "compute_equal_volume",
    "compute_point_bands",
    "compute_threshold_rows",
    "compute_verdict_table",
    "tell_difference",
]
