"""Plots for notebooks and MLflow, each of one table and without global state; the page has its own charts."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from predictor.model.threshold.recommend import Recommendation

FloatArray = NDArray[np.float64]

# after Okabe and Ito: distinct for colour-blind readers
INK, FIRST, SECOND, THIRD = "#333334", "#0072b2", "#b35a00", "#007a5c"
_SIZE = (4.6, 3.5)  # inches: small, so that text stays readable on a phone
_FEWEST = 30  # leads behind a conversion that is drawn: with fewer the line jumps up and down
PERCENT = FuncFormatter(lambda share, _: f"{100 * share:.4g}\u00a0%")  # round ticks of an axis


def plot_reliability(table: pd.DataFrame) -> Figure:
    """Predicted and observed conversion: on the dashed line they are equal.

    Args:
        table: What `compute_reliability` gives.
    """
    figure, axes = make_axes("Predicted probability", "Observed conversion")
    predicted, observed, low, high = (
        table[name].to_numpy(dtype=float) for name in ("predicted", "observed", "observed_low", "observed_high")
    )
    end = min(1.0, 1.08 * max(float(predicted.max()), float(high.max()), 0.01))
    axes.plot([0, end], [0, end], color=INK, linestyle="--", linewidth=1, label="as predicted")
    spread = compute_spread(observed, low, high)
    axes.errorbar(predicted, observed, yerr=spread, color=FIRST, fmt="o-", capsize=3, linewidth=1.5, label="test leads, 95 %")
    axes.set(xlim=(-0.02 * end, end), ylim=(-0.02 * end, end))
    return add_legend(figure, axes)


def plot_thresholds(table: pd.DataFrame, advice: Recommendation) -> Figure:
    """What to expect of each threshold: conversion, share of leads and share of SQLs.

    Args:
        table: What `compute_thresholds` gives; drawn where at least 30 leads are handed over.
        advice: What `recommend_threshold` chose from it.
    """
    enough = table["leads"] >= min(_FEWEST, int(table["leads"].max()))
    drawn = table[enough].astype(float)
    threshold = drawn["threshold"]
    figure, axes = make_axes("Threshold (probability)", "Share")
    axes.fill_between(threshold, drawn["conversion_low"], drawn["conversion_high"], color=FIRST, alpha=0.2, linewidth=0)
    axes.plot(threshold, drawn["conversion"], color=FIRST, linewidth=2, label="conversion, 95 %")
    axes.plot(threshold, drawn["share_routed"], color=SECOND, linestyle="--", label="share of all leads")
    if drawn["sqls_caught"].notna().all():
        axes.plot(threshold, drawn["sqls_caught"], color=THIRD, linestyle=":", linewidth=2, label="share of all SQLs")
    axes.axvline(advice.serving, color=INK, linewidth=1, label="recommended")
    axes.set(xlim=(0, None), ylim=(0, 1))
    return add_legend(figure, axes)


def plot_curve(curve: pd.DataFrame, horizon_days: float | None = None) -> Figure:
    """The share of leads that have become SQLs by each day after they became MQLs.

    Args:
        curve: What `compute_conversion_curve` gives, with at least one row.
        horizon_days: Drawn as a vertical line; None for none.
    """
    days = np.append(0.0, curve["days"].to_numpy(dtype=float))
    converted = np.append(0.0, curve["converted"].to_numpy(dtype=float))
    figure, axes = make_axes("Days after becoming an MQL", "Leads that are SQLs by then")
    axes.step(days, converted, where="post", color=FIRST, linewidth=2, label="share of leads")
    if horizon_days is not None:
        axes.axvline(horizon_days, color=INK, linestyle="--", linewidth=1, label=f"horizon: {horizon_days:g} days")
    axes.set(xlim=(0, None), ylim=(0, 1.1 * float(converted.max()) or 1.0))
    return add_legend(figure, axes)


def make_axes(across: str, up: str) -> tuple[Figure, Axes]:
    """An empty plot in the style of the page, with shares on the vertical axis.

    Args:
        across: Label of the horizontal axis.
        up: Label of the vertical axis.
    """
    figure = Figure(figsize=_SIZE, layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(across, color=INK, fontsize=10)
    axes.set_ylabel(up, color=INK, fontsize=10)
    axes.tick_params(colors=INK, labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.grid(color=INK, alpha=0.15, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter(PERCENT)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    return figure, axes


def compute_spread(middle: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """The lengths of error bars, (2, n): below and above the middle."""
    return np.stack([np.maximum(middle - low, 0), np.maximum(high - middle, 0)])


def add_legend(figure: Figure, axes: Axes) -> Figure:
    """The figure with its legend above the axes, where it covers nothing."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=2, frameon=False, fontsize=9, labelcolor=INK)
    return figure
