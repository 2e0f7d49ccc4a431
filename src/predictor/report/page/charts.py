"""The charts of the page, one for each table: Vega-Lite specifications, written with Altair. They hold the name of the data only.

Colours are variables of the page's style, light or dark; points, learned points and model each have one colour everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import altair as alt
import pandas as pd

from predictor.core.wording import format_percent
from predictor.report.compare.compared_leads import LEARNED, MODEL, POINTS

Spec = dict[str, Any]
Band = tuple[float, float]
Draw = Callable[[pd.DataFrame, Band], alt.LayerChart]

COLOURS = {POINTS: "var(--points)", LEARNED: "var(--learned)", MODEL: "var(--model)"}
_INK, _SOFT, _LINE, _BAND, _CAUGHT = "var(--ink)", "var(--soft)", "var(--line)", "var(--band)", "var(--caught)"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
_FEWEST = 30  # leads behind a conversion that is drawn: with fewer the line jumps up and down
_MOVING = frozenset({"gains", "steps"})  # the charts that show where the sliders are
_REQUIRED = {"gains": "caught", "volume": "sqls", "equal_sqls": "leads", "rules": "worth_points", "cells": "conversion"}
_ROWS = {"steps": 3, "capacity": 2, "months": 2}  # fewer are not worth a chart
_PERCENT = alt.Axis(labelExpr="format(100 * datum.value, '.3~g') + '\u00a0%'", tickCount=5)
_SHARE, _TEXT = "share", "_text"  # a share in a tooltip is text from the one place that writes shares
_NAMES = alt.Axis(labelFontSize=13, ticks=False, domain=False, labelColor=_INK)


def list_charts(tables: Mapping[str, pd.DataFrame], *, band: Band = (0.2, 0.3)) -> dict[str, Spec]:
    """The charts of these tables, by name of the table; charts that would show nothing are left out.

    Args:
        tables: The tables of a comparison.
        band: The wanted conversion of the leads handed over.
    """
    charted = {name: table for name in _CHARTS if (table := tables.get(name)) is not None}
    return {name: _finish(name, table, band) for name, table in charted.items() if _can_be_drawn(name, table)}


def format_tips(spec: Mapping[str, Any], table: pd.DataFrame) -> dict[str, list[str]]:
    """The shares that the tooltips of a chart show, as text: a column of the chart's data -> its rows.

    Args:
        spec: The chart.
        table: The table that it draws.

    >>> spec = {"layer": [{"encoding": {"tooltip": [{"field": "leads"}, {"field": "conversion_text"}]}}, {"encoding": {}}]}
    >>> format_tips(spec, pd.DataFrame({"leads": [9], "conversion": [0.267]}))
    {'conversion_text': ['27 %']}
    """
    tips = [tip["field"] for layer in spec["layer"] for tip in layer["encoding"].get("tooltip", ())]
    shares = dict.fromkeys(field.removesuffix(_TEXT) for field in tips if field.endswith(_TEXT))
    return {f"{name}{_TEXT}": [format_percent(share) for share in table[name]] for name in shares}


def _can_be_drawn(name: str, table: pd.DataFrame) -> bool:
    """Whether there are enough rows, and the figures that the chart requires."""
    rows = table["leads"].nunique() if name == "steps" else len(table)
    return rows >= _ROWS.get(name, 1) and (name not in _REQUIRED or bool(table[_REQUIRED[name]].notna().any()))


def _finish(name: str, table: pd.DataFrame, band: Band) -> Spec:
    """The whole specification, in the width, font and colours of the page."""
    draw, height = _CHARTS[name]
    size = alt.AutoSizeParams(type="fit-x", contains="padding")
    chart = draw(table, band).properties(width="container", height=height or 22 * len(table) + 40, autosize=size)
    axis = {
        "labelColor": _SOFT, "titleColor": _SOFT, "gridColor": _LINE, "domainColor": _LINE, "tickColor": _LINE,
        "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "titlePadding": 8,
    }  # fmt: skip
    legend = {
        "labelColor": _INK,
        "labelFontSize": 12,
        "orient": "top",
        "offset": 24,
        "title": None,
        "symbolSize": 90,
        "symbolOpacity": 1,
    }
    look = {"font": _FONT, "background": "transparent", "axis": axis, "legend": legend, "view": {"stroke": None}, "aria": False}
    spec: Spec = chart.to_dict(validate=False)  # a test checks it against the schema: that takes most of a second
    return spec | {"config": look, "usermeta": {"moves": name in _MOVING}}


def _of(name: str) -> alt.Chart:
    return alt.Chart(alt.NamedData(name=name))


def _stack(*layers: alt.Chart) -> alt.LayerChart:
    return alt.LayerChart(layer=list(layers))


def _paint(colours: Mapping[str, str], field: str = "way:N", *, legend: str = "circle") -> alt.Color:
    """A colour for each name, with a legend of that symbol; an empty symbol for no legend."""
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    symbol = alt.Legend(symbolType=legend, symbolSize=90 if legend == "circle" else 300) if legend else None
    return alt.Color(field, scale=scale, legend=symbol)


def _paint_ways(table: pd.DataFrame, *, legend: str = "circle") -> alt.Color:
    """The colour of each way, the same in every chart."""
    ways = {way: colour for way, colour in COLOURS.items() if way in set(table["way"])}
    return _paint(ways, legend=legend if len(ways) > 1 else "")


def _tips(*fields: tuple[str, str, str]) -> list[alt.Tooltip]:
    """Tooltips: field, title, and format of a number; empty for a text, and `_SHARE` for a share."""
    return [_make_tip(*field) for field in fields]


def _make_tip(field: str, title: str, form: str) -> alt.Tooltip:
    if form in {"", _SHARE}:
        return alt.Tooltip(f"{field}{_TEXT if form else ''}:N", title=title)
    return alt.Tooltip(f"{field}:Q", title=title, format=form)


def _shade(band: Band) -> alt.Chart:
    """The wanted conversion."""
    zone = alt.Chart(alt.InlineData(values=[{"low": band[0], "high": band[1]}]))
    shaded: alt.Chart = zone.mark_rect(color=_BAND, opacity=0.55).encode(y="low:Q", y2="high:Q")
    return shaded


def _mark_ends(name: str, field: str, across: alt.X, *, colour: str = _INK) -> alt.Chart:
    """The interval of a figure, as a vertical line."""
    rule = _of(name).mark_rule(opacity=0.6, strokeWidth=1.5, color=colour)
    ends: alt.Chart = rule.encode(x=across, y=f"{field}_low:Q", y2=f"{field}_high:Q")
    return ends


def _draw_gains(table: pd.DataFrame, _: Band) -> alt.LayerChart:
    """The share of SQLs that each way catches by share of leads worked, with today's gate and the place of the sliders."""
    x = alt.X("share:Q", title="Share of leads that sales works, best first", axis=_PERCENT)
    y = alt.Y("caught:Q", title="Share of all SQLs caught", axis=_PERCENT, scale=alt.Scale(domain=[0, 1]))
    colour, ends = _paint_ways(table), (("caught_low", "from", _SHARE), ("caught_high", "to", _SHARE))
    tips = _tips(("way", "By", ""), ("share", "Leads worked", _SHARE), ("caught", "SQLs caught", _SHARE), *ends)
    spread = _of("gains").mark_area(opacity=0.16).encode(x=x, y="caught_low:Q", y2="caught_high:Q", color=colour)
    line = _of("gains").mark_line(strokeWidth=2.5).encode(x=x, y=y, color=colour, tooltip=tips)
    gate = _of("gate").mark_point(shape="diamond", size=160, filled=True, opacity=1, fill=COLOURS[POINTS], stroke="var(--ground)")
    # above the plot, where no line can be
    side = alt.ExprRef("datum.share > 0.5 ? 'right' : 'left'")
    name = _of("gate").mark_text(color=_INK, align=side, dy=-8, fontSize=12).encode(text="label:N", y=alt.value(0))
    stem = _of("gate").mark_rule(color=COLOURS[POINTS], strokeDash=[1, 3], strokeWidth=1.5, opacity=0.9)
    here = _of("here").mark_point(size=150, filled=True, opacity=1, fill=COLOURS[MODEL], stroke="var(--ground)", strokeWidth=2)
    rule = _of("here").mark_rule(color=_INK, strokeDash=[4, 3], opacity=0.7).encode(x="share:Q")
    places = [mark.encode(x="share:Q", y="caught:Q") for mark in (gate, here)]
    return _stack(spread, line, rule, stem.encode(x="share:Q"), name.encode(x="share:Q"), *places)


def _draw_steps(table: pd.DataFrame, band: Band) -> alt.LayerChart:
    """What each threshold hands over: conversion with its interval, share of all SQLs, share of all leads."""
    drawn = _of("steps").transform_filter(f"datum.leads >= {min(_FEWEST, int(table['leads'].max()))}")
    x = alt.X("threshold:Q", title="Threshold (probability)", axis=alt.Axis(tickCount=6))
    y: dict[str, Any] = {"title": "Share", "axis": _PERCENT, "scale": alt.Scale(domain=[0, 1], clamp=True)}
    lines = {"conversion": ("conversion", COLOURS[MODEL], [1, 0]), "share_routed": ("share of all leads", _SOFT, [6, 3])}
    if table["sqls_caught"].notna().any():
        lines["sqls_caught"] = ("share of all SQLs", _CAUGHT, [2, 2])
    colour = _paint({name: paint for name, paint, _ in lines.values()}, "what:N", legend="stroke")
    names, _, dashes = (list(part) for part in zip(*lines.values(), strict=True))
    dash = alt.StrokeDash("what:N", scale=alt.Scale(domain=names, range=dashes))
    spread = drawn.mark_area(color=COLOURS[MODEL], opacity=0.16).encode(x=x, y="conversion_low:Q", y2="conversion_high:Q")
    shown = []
    for field, (name, *_) in lines.items():
        tips = _tips(("threshold", "Threshold", ".4"), (field, name.capitalize(), _SHARE))
        line = drawn.transform_calculate(what=f"'{name}'").mark_line(strokeWidth=2.5, interpolate="step-before")
        shown.append(line.encode(x=x, y=alt.Y(f"{field}:Q", **y), color=colour, strokeDash=dash, tooltip=tips))
    rule = _of("here").mark_rule(color=_INK, strokeDash=[4, 3]).encode(x="threshold:Q")
    return _stack(_shade(band), spread, *shown, rule)


def _draw_bands(table: pd.DataFrame, band: Band) -> alt.LayerChart:
    """Conversion by band of points."""
    x = alt.X("band:N", title="Points", sort=list(table["band"]), axis=alt.Axis(labelAngle=-30))
    y = alt.Y("conversion:Q", title="Became SQLs", axis=_PERCENT)
    tips = _tips(("band", "Points", ""), ("leads", "Leads", ",d"), ("conversion", "Conversion", _SHARE))
    bar = _of("bands").mark_bar(color=COLOURS[POINTS], opacity=0.85).encode(x=x, y=y, tooltip=tips)
    return _stack(_shade(band), bar, _mark_ends("bands", "conversion", x))


def _draw_volume(table: pd.DataFrame, _: Band) -> alt.LayerChart:
    return _draw_dots("volume", table, "sqls", "SQLs caught")


def _draw_equal(table: pd.DataFrame, _: Band) -> alt.LayerChart:
    return _draw_dots("equal_sqls", table, "leads", "Leads to work")


def _draw_dots(name: str, table: pd.DataFrame, field: str, title: str) -> alt.LayerChart:
    """One figure of each way with its interval, a row a way."""
    y = alt.Y("way:N", title=None, sort=[way for way in COLOURS if way in set(table["way"])], axis=_NAMES)
    colour, scale = _paint_ways(table, legend=""), alt.Scale(zero=False, nice=True)
    low = alt.X(f"{field}_low:Q", title=title, scale=scale, axis=alt.Axis(tickCount=5))
    ends = _of(name).mark_rule(strokeWidth=3, opacity=0.5).encode(y=y, x=low, x2=f"{field}_high:Q", color=colour)
    tips = _tips(("way", "By", ""), (field, title, ",.1f"), (f"{field}_low", "from", ",.1f"), (f"{field}_high", "to", ",.1f"))
    dot = _of(name).mark_point(filled=True, size=140, opacity=1).encode(y=y, x=f"{field}:Q", color=colour, tooltip=tips)
    return _stack(ends, dot)


def _draw_capacity(table: pd.DataFrame, _: Band) -> alt.LayerChart:
    """SQLs a week at each capacity."""
    x = alt.X("leads_per_week:O", title="Leads that sales works a week", axis=alt.Axis(labelAngle=0))
    y = alt.Y("sqls_per_week:Q", title="SQLs a week", axis=alt.Axis(tickCount=5))
    across, colour = alt.XOffset("way:N", sort=list(COLOURS)), _paint_ways(table)
    tips = _tips(("way", "By", ""), ("leads_per_week", "Leads a week", ",.0f"), ("sqls_per_week", "SQLs a week", ",.1f"))
    dot = _of("capacity").mark_point(filled=True, size=80, opacity=1)
    ends = _of("capacity").mark_rule(strokeWidth=2, opacity=0.5)
    dots = dot.encode(x=x, xOffset=across, y=y, color=colour, tooltip=tips)
    return _stack(dots, ends.encode(x=x, xOffset=across, y="sqls_per_week_low:Q", y2="sqls_per_week_high:Q", color=colour))


def _draw_cells(table: pd.DataFrame, _: Band) -> alt.LayerChart:
    """Conversion of the four cells."""
    cells = {"both": _SOFT, "only points": COLOURS[POINTS], "only the model": COLOURS[MODEL], "neither": _SOFT}
    y = alt.Y("cell:N", title=None, sort=list(table["cell"]), axis=_NAMES)
    x = alt.X("conversion:Q", title="Became SQLs", axis=_PERCENT)
    tips = _tips(("cell", "Handed over by", ""), ("leads", "Leads", ",d"), ("conversion", "Conversion", _SHARE))
    bar = _of("cells").mark_bar(opacity=0.85).encode(y=y, x=x, color=_paint(cells, "cell:N", legend=""), tooltip=tips)
    return _stack(bar, _of("cells").mark_rule(color=_INK).encode(y=y, x="conversion_low:Q", x2="conversion_high:Q"))


def _draw_rules(_: pd.DataFrame, __: Band) -> alt.LayerChart:
    """Points of each rule and its worth in the model, on the scale of the points."""
    # in the order of the data: names in a specification would become part of an expression, which some characters break
    y = alt.Y("rule:N", title=None, sort=None, axis=alt.Axis(ticks=False, domain=False, labelColor=_INK))
    axis: dict[str, Any] = {"title": "Points per event", "axis": alt.Axis(tickCount=6), "scale": alt.Scale(padding=12)}
    names = {"points": "points set by hand", "worth_points": "worth in the model"}
    colour = _paint(dict(zip(names.values(), (COLOURS[POINTS], COLOURS[MODEL]), strict=True)), "what:N")
    tips = _tips(("rule", "Rule", ""), ("points", "Points", ",.0f"), ("worth_points", "Worth", ",.1f"), ("result", "Result", ""))
    link = _of("rules").mark_rule(color=_LINE, strokeWidth=3).encode(y=y, x=alt.X("points:Q", **axis), x2="worth_points:Q")
    dots = [
        _of("rules").transform_calculate(what=f"'{name}'", result="datum.told").mark_point(filled=True, size=90, opacity=1)
        .encode(y=y, x=alt.X(f"{field}:Q", **axis), color=colour, tooltip=tips)
        for field, name in names.items()
    ]  # fmt: skip
    return _stack(link, *dots)


def _draw_months(table: pd.DataFrame, _: Band) -> alt.LayerChart:
    """Promised and observed conversion by month."""
    x = alt.X("group:O", title=None, sort=list(table["group"]), axis=alt.Axis(labelAngle=-30))
    names = {"conversion": ("observed", "circle"), "promised": ("promised by the model", "diamond")}
    colour = _paint({"observed": _INK, "promised by the model": COLOURS[MODEL]}, "what:N")
    shares = (("conversion", "Conversion", _SHARE), ("promised", "Promised", _SHARE))
    tips = _tips(("group", "Month", ""), ("leads", "Leads", ",d"), *shares)
    dots = [
        _of("months").transform_calculate(what=f"'{name}'").mark_point(filled=True, size=80, opacity=1, shape=shape)
        .encode(x=x, y=alt.Y(f"{field}:Q", title="Became SQLs", axis=_PERCENT), color=colour, tooltip=tips)
        for field, (name, shape) in names.items()
    ]  # fmt: skip
    return _stack(dots[0], _mark_ends("months", "conversion", x), dots[1])


def _draw_reliability(table: pd.DataFrame, _: Band) -> alt.LayerChart:
    """Promised and observed conversion: on the dashed line they are equal."""
    end = min(1.0, 1.05 * float(max(table["predicted"].max(), table["observed_high"].max(), 0.01)))
    scale = alt.Scale(domain=[0, end], nice=False)
    x = alt.X("predicted:Q", title="Promised: mean probability", scale=scale, axis=_PERCENT)
    y = alt.Y("observed:Q", title="Became SQLs", scale=scale, axis=_PERCENT)
    right = alt.Chart(alt.InlineData(values=[{"at": 0.0}, {"at": end}])).mark_line(color=_SOFT, strokeDash=[5, 4])
    tips = _tips(("n", "Leads", ",d"), ("predicted", "Promised", _SHARE), ("observed", "Became SQLs", _SHARE))
    dot = _of("reliability").mark_point(color=COLOURS[MODEL], filled=True, size=110, opacity=1).encode(x=x, y=y, tooltip=tips)
    ends = _mark_ends("reliability", "observed", x, colour=COLOURS[MODEL])
    return _stack(dot, right.encode(x="at:Q", y="at:Q"), ends)


def _draw_time(_: pd.DataFrame, __: Band) -> alt.LayerChart:
    """The share of leads that are SQLs by each day."""
    x = alt.X("days:Q", title="Days after becoming an MQL", axis=alt.Axis(tickCount=6))
    y = alt.Y("converted:Q", title="Are SQLs by then", axis=_PERCENT)
    tips = _tips(("days", "Day", ",.1f"), ("converted", "Are SQLs", _SHARE))
    line = _of("time_to_sql").mark_line(interpolate="step-after", strokeWidth=2.5, color=_CAUGHT)
    rule = _of("horizon").mark_rule(color=_INK, strokeDash=[4, 3]).encode(x="days:Q")
    return _stack(line.encode(x=x, y=y, tooltip=tips), rule)


_CHARTS: dict[str, tuple[Draw, int]] = {  # name of the table -> what draws it, and its height; 0: by its rows
    "gains": (_draw_gains, 320),
    "steps": (_draw_steps, 280),
    "bands": (_draw_bands, 260),
    "volume": (_draw_volume, 130),
    "equal_sqls": (_draw_equal, 130),
    "capacity": (_draw_capacity, 280),
    "cells": (_draw_cells, 190),
    "rules": (_draw_rules, 0),
    "months": (_draw_months, 260),
    "reliability": (_draw_reliability, 320),
    "time_to_sql": (_draw_time, 260),
}
