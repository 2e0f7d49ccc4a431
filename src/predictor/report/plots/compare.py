"""The plots of points against model, of candidates and of importance; each draws one table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from predictor.core.wording import METRICS
from predictor.report.plots.training import FIRST, INK, PERCENT, SECOND, THIRD, add_legend, compute_spread, make_axes

_LINES = {"model": (FIRST, "-"), "points": (SECOND, "--"), "learned points": (THIRD, ":")}
_MOST = 15  # groups of features that fit into a plot
_FEWEST_LIFT = 0.02  # share of all leads from which lift is drawn: with fewer the line jumps up and down


def plot_candidates(table: pd.DataFrame, metric: str = "log_loss") -> Figure:
    """One figure of every candidate on the forward test, with its 95 % interval.

    Args:
        table: What `compute_verdict_table` gives.
        metric: The metric to draw, a key of `METRICS`.
    """
    drawn = table.iloc[::-1]
    figure, axes = make_axes(METRICS[metric].heading, "")
    places = np.arange(len(drawn))
    middle, low, high = (drawn[f"{metric}{end}"].to_numpy(dtype=float) for end in ("", "_low", "_high"))
    axes.errorbar(middle, places, xerr=compute_spread(middle, low, high), color=FIRST, fmt="o", capsize=3, linewidth=1.5)
    _name_rows(figure, axes, [str(name) for name in drawn["candidate"]])
    return figure


def plot_gains(table: pd.DataFrame) -> Figure:
    """The share of all SQLs that each way catches, by share of all leads handed over.

    Args:
        table: What `compute_gains` gives, as `comparison.tables["gains"]` is; with at least one SQL.
    """
    figure, axes = make_axes("Share of all leads handed over", "Share of all SQLs caught")
    axes.plot([0, 1], [0, 1], color=INK, linestyle="--", linewidth=1, label="at random")
    _draw_ways(axes, table, "caught", start=True)
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.xaxis.set_major_formatter(PERCENT)
    return add_legend(figure, axes)


def plot_lift(table: pd.DataFrame) -> Figure:
    """The conversion of the leads that each way ranks highest, as a multiple of the conversion of all leads.

    Args:
        table: What `compute_gains` gives, as `comparison.tables["gains"]` is; with at least one SQL.
    """
    figure, axes = make_axes("Share of all leads handed over", "Lift: conversion / conversion of all leads")
    axes.axhline(1, color=INK, linestyle="--", linewidth=1, label="at random")
    drawn = table[table["share"] >= min(_FEWEST_LIFT, float(table["share"].max()))]
    _draw_ways(axes, drawn, "lift")
    axes.set(xlim=(0, 1), ylim=(0, None))
    axes.xaxis.set_major_formatter(PERCENT)
    axes.yaxis.set_major_formatter("{x:g}")
    return add_legend(figure, axes)


def plot_point_bands(table: pd.DataFrame) -> Figure:
    """Conversion by band of points, with its 95 % interval and its leads.

    Args:
        table: What `compute_point_bands` gives, as `comparison.tables["bands"]` is.
    """
    figure, axes = make_axes("Points", "Conversion")
    places = np.arange(len(table))
    share, low, high = (table[name].to_numpy(dtype=float) for name in ("conversion", "conversion_low", "conversion_high"))
    axes.bar(places, share, width=0.7, color=FIRST, alpha=0.35, label="conversion")
    axes.errorbar(
        places, share, yerr=compute_spread(share, low, high), color=FIRST, fmt="o", capsize=3, linewidth=1.5, label="95 %"
    )
    names = [f"{band} ({leads:,})" for band, leads in zip(table["band"], table["leads"], strict=True)]
    axes.set_xticks(places, names, rotation=45, ha="right", rotation_mode="anchor", fontsize=8)
    axes.set_xlabel("Points (number of leads)", color=INK, fontsize=10)
    axes.set_ylim(0, 1.08 * max(float(high.max()), 0.01))
    axes.grid(visible=False, axis="x")
    return add_legend(figure, axes)


def plot_importance(table: pd.DataFrame) -> Figure:
    """What the chosen candidate uses most: the rise of its log loss when the values are shuffled.

    Args:
        table: What `compute_importance` gives, as `trained.importance` is; the 15 largest are drawn.
    """
    drawn = table.head(_MOST).iloc[::-1]
    figure, axes = make_axes("Rise of the log loss without it (nats a lead)", "")
    places = np.arange(len(drawn))
    rise, spread = drawn["rise"].to_numpy(dtype=float), drawn["spread"].to_numpy(dtype=float)
    axes.barh(places, rise, xerr=spread, color=FIRST, alpha=0.8, ecolor=INK, capsize=2)
    axes.axvline(0, color=INK, linewidth=0.8)
    _name_rows(figure, axes, [str(group) for group in drawn["group"]])
    return figure


def _name_rows(figure: Figure, axes: Axes, names: Sequence[str]) -> None:
    """Names in place of numbers on the vertical axis, with the room they need."""
    axes.set_yticks(range(len(names)), names, fontsize=9)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.grid(visible=False, axis="y")
    figure.set_size_inches(5.6, 1.0 + 0.28 * max(len(names), 3))


def _draw_ways(axes: Axes, table: pd.DataFrame, name: str, *, start: bool = False) -> None:
    """A line for each way with its interval, from 0 on if `start`."""
    for way, rows in table.groupby("way", sort=False):
        colour, line = _LINES.get(str(way), (INK, "-"))
        share, middle, low, high = (
            np.append([0.0] if start else [], rows[column].to_numpy(dtype=float))
            for column in ("share", name, f"{name}_low", f"{name}_high")
        )
        axes.fill_between(share, low, high, color=colour, alpha=0.12, linewidth=0)
        axes.plot(share, middle, color=colour, linestyle=line, linewidth=2, label=str(way))
