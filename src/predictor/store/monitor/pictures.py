"""The pictures of the monitor's page: shares week by week as SVG, in the colours of the page, without a script."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

import pandas as pd

from predictor.core.wording import format_percent, format_share

_WIDTH, _HEIGHT = 760, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 12, 28
_LABELS = 7  # weeks named below the axis, at most
_ROOM = 1.25  # above the highest dot; an interval that goes on is cut


@dataclass(frozen=True, kw_only=True)
class Series:
    """Shares of weeks with their intervals.

    Attributes:
        week: Mondays, rising.
        share: What is drawn as dots; missing shares are left out.
        low: Lower ends of the intervals.
        high: Upper ends.
        line: What is drawn as a line; None for nothing.
        band: What is shaded from side to side; None for nothing.
    """

    week: pd.Series
    share: pd.Series
    low: pd.Series
    high: pd.Series
    line: pd.Series | None = None
    band: tuple[float, float] | None = None


def draw_weeks(series: Series, *, label: str) -> str:
    """An SVG of the series; empty where fewer than two weeks have a share.

    >>> weeks = pd.Series(pd.to_datetime(["2026-03-02", "2026-03-09"]))
    >>> share = pd.Series([0.2, 0.3])
    >>> svg = draw_weeks(Series(week=weeks, share=share, low=share - 0.1, high=share + 0.1, band=(0.2, 0.3)), label="Conversion")
    >>> svg.count("<circle"), "2 Mar" in svg, draw_weeks(Series(week=weeks[:1], share=share, low=share, high=share), label="")
    (2, True, '')
    """
    if len(series.week) < 2 or int(series.share.notna().sum()) < 2:
        return ""
    shown = [series.share * _ROOM, *([] if series.line is None else [series.line])]
    top = _choose_top(max([*(float(column.max()) for column in shown), *(series.band or ())]))
    parts = [_draw_band(series.band, top), _draw_axes(series.week, top)]
    if series.line is not None:
        points = " ".join(f"{_x(at, len(series.week)):.1f},{_y(share, top):.1f}" for at, share in enumerate(series.line))
        parts.append(f'<polyline points="{points}" fill="none" stroke="var(--points)" stroke-width="2"/>')
    parts += [_draw_dot(series, at, top) for at in range(len(series.week)) if pd.notna(series.share.iloc[at])]
    view = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label)}"'
    return f"<svg {view}>{''.join(parts)}</svg>"


def _choose_top(highest: float) -> float:
    """The end of the axis: the next of 1, 2, 2.5 or 5 times a power of ten.

    >>> [_choose_top(share) for share in (0.07, 0.21, 0.3, 0.9)]
    [0.1, 0.25, 0.5, 1.0]
    """
    power = 10.0 ** math.floor(math.log10(max(highest, 0.01)))
    return min(next((power * step for step in (1, 2, 2.5, 5, 10) if power * step >= highest), 1.0), 1.0)


def _x(at: int, weeks: int) -> float:
    return _LEFT + (at + 0.5) * (_WIDTH - _LEFT - _RIGHT) / weeks


def _y(share: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - share / top * (_HEIGHT - _TOP - _BOTTOM)


def _draw_band(band: tuple[float, float] | None, top: float) -> str:
    if band is None:
        return ""
    high, low = _y(min(band[1], top), top), _y(min(band[0], top), top)
    width = _WIDTH - _LEFT - _RIGHT
    return f'<rect x="{_LEFT}" y="{high:.1f}" width="{width}" height="{low - high:.1f}" fill="var(--band)"/>'


def _draw_axes(week: pd.Series, top: float) -> str:
    parts = []
    for step in range(3):
        share = top * step / 2
        y = _y(share, top)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--line)"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{format_percent(share)}</text>')
    every = math.ceil(len(week) / _LABELS)
    for at, monday in enumerate(week):
        if at % every == 0:
            text = f"{monday.day} {monday:%b}"
            parts.append(f'<text x="{_x(at, len(week)):.1f}" y="{_HEIGHT - 8}" text-anchor="middle">{text}</text>')
    return "".join(parts)


def _draw_dot(series: Series, at: int, top: float) -> str:
    share, low, high = (float(column.iloc[at]) for column in (series.share, series.low, series.high))
    end = min(high, top)
    x, monday = _x(at, len(series.week)), series.week.iloc[at]
    title = escape(f"Week of {monday:%Y-%m-%d}: {format_share(share, low, high)}")
    ends = f'x1="{x:.1f}" x2="{x:.1f}" y1="{_y(low, top):.1f}" y2="{_y(end, top):.1f}"'
    return (
        f'<g><title>{title}</title><line {ends} stroke="var(--model)" stroke-width="1.5"/>'
        f'<circle cx="{x:.1f}" cy="{_y(share, top):.1f}" r="4" fill="var(--model)"/></g>'
    )
