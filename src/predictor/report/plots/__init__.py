"""The plots of a training and of the comparison, each drawing one table; public as `predictor.plots`."""

from predictor.report.notebook import show
from predictor.report.plots.compare import plot_candidates, plot_gains, plot_importance, plot_lift, plot_point_bands
from predictor.report.plots.training import plot_curve, plot_reliability, plot_thresholds

__all__ = [
    "plot_candidates",
    "plot_curve",
    "plot_gains",
    "plot_importance",
    "plot_lift",
    "plot_point_bands",
    "plot_reliability",
    "plot_thresholds",
    "show",
]
