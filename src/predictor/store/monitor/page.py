"""The monitor's page: one HTML file without a script, whose first line says what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import pandas as pd

from predictor.core.wording import (
    DASH,
    format_band,
    format_days,
    format_number,
    format_percent,
    format_range,
    format_share,
    is_missing,
)
from predictor.store.monitor.monitor import Monitored
from predictor.store.monitor.opportunities import sum_sources
from predictor.store.monitor.pictures import Series, draw_weeks

_Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]
_Cell = Callable[[dict[str, Any]], str]
_MOST_FEATURES, _MOST_REASONS = 25, 15


@dataclass(frozen=True, kw_only=True)
class _Section:
    key: str
    title: str
    text: str
    tables: tuple[_Table, ...]
    picture: str = ""


def render_monitor(monitored: Monitored) -> str:
    """The page as HTML that needs no network and runs no script; the same tables give the same bytes."""
    sections = [section for make in _SECTIONS if (section := make(monitored)) is not None]
    return Template(_read("store/monitor/monitor.html")).substitute(
        bundle=escape(monitored.bundle),
        style=_read("report/page/assets/page.css"),
        over=escape(f"Served scores of '{monitored.bundle}', outcomes known up to {monitored.until:%Y-%m-%d}"),
        advice=escape(monitored.advice.advice.capitalize()),
        reasons="\n".join(f"<li>{escape(reason)}</li>" for reason in monitored.advice.reasons),
        links="\n".join(f'<li><a href="#{section.key}">{escape(section.title)}</a></li>' for section in sections),
        sections="\n".join(_format_section(section) for section in sections),
    )


def _format_section(section: _Section) -> str:
    tables = "\n".join(_format_table(*table) for table in section.tables)
    return (
        f'<section id="{section.key}" class="wide" aria-labelledby="{section.key}-title">\n'
        f'<h2 id="{section.key}-title">{escape(section.title)}</h2>\n<p>{escape(section.text)}</p>\n{section.picture}\n{tables}\n'
        "</section>"
    )


def _format_table(caption: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    title, heads = escape(caption), "".join(f'<th scope="col">{escape(head)}</th>' for head in columns)
    lines = [
        f'<tr><th scope="row">{escape(first)}</th>{"".join(_format_cells(columns[1:], others))}</tr>' for first, *others in rows
    ]
    return (
        f'<div class="table">\n<p class="caption"><b>{title}</b></p>\n'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{title}">\n<table aria-label="{title}">\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n" + "\n".join(lines) + "\n</tbody>\n</table>\n</div>\n</div>"
    )


def _format_cells(columns: tuple[str, ...], cells: list[str]) -> list[str]:
    """Cells that name their column, which a narrow screen shows beside each."""
    return [f'<td data-label="{escape(column)}">{escape(cell)}</td>' for column, cell in zip(columns, cells, strict=True)]


def _read(path: str) -> str:
    """A file of the package."""
    return (files("predictor") / path).read_text(encoding="utf-8")


def _make_weeks(monitored: Monitored) -> _Section | None:
    weeks = monitored.tables["weeks"]
    if weeks.empty:
        return None
    band = format_band(monitored.band)
    series = Series(
        week=weeks["week"], share=weeks["conversion"], low=weeks["conversion_low"], high=weeks["conversion_high"],
        band=monitored.band,
    )  # fmt: skip
    table = _make_table("Leads by the week of their score, newest first", weeks[::-1], {
        "Week of": lambda row: f"{row['week']:%Y-%m-%d}", "Scored": _count("scored"), "Handed over": _count("handed_over"),
        "Accepted": _count("accepted"), "Recycled": _count("recycled"), "Open": _count("open"),
        "Conversion": _share("conversion"), "Days to SQL, median": _number("days_to_sql", 1),
        "90 % within": _number("days_to_sql_90", 1), "Verdict": _text("verdict"),
        "Opportunities": lambda row: _count_share(row, "opportunities", "opportunity_share"),
    })  # fmt: skip
    text = (
        f"What sales got and what became of it, all models together. Shaded: the wanted conversion, {band}. The conversion of "
        "a week with open leads can still rise. "
        "Opportunities: accepted leads that have one, and their share of the accepted, usually 50 to 60 %."
    )
    return _Section(
        key="weeks", title="Handed over", text=text, tables=(*_make_sources(monitored), table, *_make_after(monitored)),
        picture=draw_weeks(series, label="Conversion of the leads handed over, by week"),
    )  # fmt: skip


def _make_sources(monitored: Monitored) -> list[_Table]:
    """The funnel by source; none where no feature names it."""
    sources = monitored.tables.get("sources")
    if sources is None or sources.empty:
        return []
    return [_make_table("By source, those with the most leads first", sum_sources(sources), {
        "Source": _text("source"), "Scored": _count("scored"), "In the newest 4 weeks": _count("newest"),
        "Handed over": _count("handed_over"), "Accepted": _count("accepted"), "Recycled": _count("recycled"),
        "Conversion": _share("conversion"), "Opportunities": _count("opportunities"),
        "Of the accepted": _share("opportunity_share"),
    })]  # fmt: skip


def _make_agreement(monitored: Monitored) -> _Section | None:
    weeks = monitored.tables["agreement"]
    if weeks.empty or not any(weeks[name].any() for name in ("volume", "response", "acceptance")):
        return None
    table = _make_table("By the week of the handover, newest first", weeks[::-1], {
        "Week of": lambda row: f"{row['week']:%Y-%m-%d}", "Handed over": _count("handed_over"), "Volume": _text("volume"),
        "On time": _count("on_time"), "Late": _count("late"), "Waiting": _count("waiting"),
        "Hours to contact, median": _number("hours", 1), "Response": _text("response"),
        "Accepted": _percent("conversion"), "Acceptance": _text("acceptance"),
    })  # fmt: skip
    text = (
        "What sales and marketing have agreed on, in the section 'agreement' of the settings. A lead that was accepted or sent "
        "back was contacted too. `GET /v1/queue` lists the leads that wait now."
    )
    return _Section(key="agreement", title="Agreement", text=text, tables=(table,))


def _make_after(monitored: Monitored) -> list[_Table]:
    """What came after the handover: why leads came back, and what opportunities brought."""
    reasons, revenue = monitored.tables["reasons"], monitored.tables["revenue"]
    tables = []
    if len(reasons):
        columns = {"Reason": _text("reason"), "Leads": _count("leads")}
        tables.append(
            _make_table(
                f"Why sales sent leads back, the {_MOST_REASONS} most frequent reasons", reasons.head(_MOST_REASONS), columns
            )
        )
    if len(revenue):
        columns = {
            "Currency": _text("currency"), "Opportunities": _count("opportunities"), "With an amount": _count("with_amount"),
            "Sum": _count("amount"),
        }  # fmt: skip
        tables.append(_make_table("Opportunities of scored leads", revenue, columns))
    return tables


def _make_promises(monitored: Monitored) -> _Section | None:
    promises = monitored.tables.get("promises")
    if promises is None or promises.empty:
        return None
    series = Series(
        week=promises["week"], share=promises["realised"], low=promises["realised_low"], high=promises["realised_high"],
        line=promises["promised"],
    )  # fmt: skip
    groups = {
        "Probability": lambda row: f"{format_percent(row['low'])} to {format_percent(row['high'])}", "Leads": _count("leads"),
        "Promised": _percent("promised"), "Realised": _share("realised"), "Verdict": _text("verdict"),
    }  # fmt: skip
    weeks = {"Week of": lambda row: f"{row['week']:%Y-%m-%d}"} | {
        name: cell for name, cell in groups.items() if name != "Probability"
    }
    text = (
        f"Leads of this model whose outcome is known, {format_days(monitored.horizon_days)} after the score. Line: the mean "
        "probability of a week. Dots: the share that was accepted, with its 95 % interval."
    )
    tables = (
        _make_table("By probability", monitored.tables["realised"], groups),
        _make_table("By week, newest first", promises[::-1], weeks),
        *_make_rivals(monitored),
    )
    return _Section(
        key="promises", title="Promised and realised", text=text, tables=tables,
        picture=draw_weeks(series, label="Promised and realised share of accepted leads, by week"),
    )  # fmt: skip


def _make_rivals(monitored: Monitored) -> list[_Table]:
    ways, explored = monitored.tables["ways"], monitored.tables["exploration"]
    tables = []
    if len(ways):
        tables.append(_make_table("Beside the model, on the same leads", ways, {
            "Rival": _text("rival"), "Leads": _count("leads"), "AUC": _number("auc", 3),
            "AUC of the model": _number("model_auc", 3),
            "Log loss minus the model": _format_gap, "Verdict": _text("verdict"),
        }))  # fmt: skip
    if len(explored):
        tables.append(_make_table("Handed over at random, though the model would have held them back", explored, {
            "Leads": _count("leads"), "Accepted": _count("accepted"), "Conversion": _share("conversion"),
            "Promised": _percent("promised"), "Held back": _count("held_back"), "Missed, to expect": _number("missed", 0),
        }))  # fmt: skip
    return tables


def _make_expected(monitored: Monitored) -> _Section | None:
    expected = monitored.tables.get("expected")
    if expected is None or expected.empty:
        return None
    table = _make_table("SQLs to expect", expected, {
        "Week of": lambda row: f"{row['week']:%Y-%m-%d}", "Leads": _count("leads"), "Accepted so far": _count("accepted_so_far"),
        "To expect": _between("expected", "expected_low", "expected_high"), "Handed over": _count("handed_over"),
        "Of these": _between("expected_of_these", "these_low", "these_high"),
    })  # fmt: skip
    figures = _make_table("Figures to expect of these leads", monitored.tables["expected_metrics"], {
        "Figure": lambda row: {"log_loss": "Log loss", "auc": "AUC"}[row["metric"]], "To expect": _number("expected", 3),
        "95 %": lambda row: format_range(row["low"], row["high"]),
    })  # fmt: skip
    text = (
        "Leads whose outcome is not known yet, by their probabilities alone, with 95 % intervals. This sees that other leads "
        "come than before. It cannot see that sales accepts the same leads more or less often: only outcomes show that."
    )
    return _Section(key="expected", title="To expect", text=text, tables=(table, figures))


def _make_drift(monitored: Monitored) -> _Section | None:
    drift = monitored.tables["drift"]
    if not int(drift["leads"].max()):
        return None
    first, others = drift.iloc[:1], drift.iloc[1:].sort_values("index", ascending=False, kind="stable")
    table = _make_table("Population stability index", pd.concat([first, others.head(_MOST_FEATURES)]), {
        "What": lambda row: str(row.get("label", "Probability")), "Leads": _count("leads"), "Index": _number("index", 3),
        "Verdict": _text("verdict"),
    })  # fmt: skip
    text = (
        "Whether the newest leads are like those of the training: below 0.1 stable, from 0.25 on moved. The features that moved "
        f"most, at most {_MOST_FEATURES}."
    )
    return _Section(key="drift", title="Like the training", text=text, tables=(table, *_make_unlike(monitored)))


def _make_unlike(monitored: Monitored) -> list[_Table]:
    """How many leads were unlike those of the training; none where no lead was."""
    unlike = monitored.tables.get("unlike")
    if unlike is None or not unlike["unlike"].any():
        return []
    return [_make_table("Leads whose answer warned that they are unlike those of the training, newest first", unlike[::-1], {
        "Week of": lambda row: f"{row['week']:%Y-%m-%d}", "Leads": _count("leads"), "With the warning": _count("unlike"),
        "Share": _share("share"),
    })]  # fmt: skip


_SECTIONS = (_make_weeks, _make_agreement, _make_promises, _make_expected, _make_drift)


def _make_table(caption: str, frame: pd.DataFrame, columns: dict[str, _Cell]) -> _Table:
    rows = frame.to_dict("records")
    return (
        caption,
        tuple(columns),
        [tuple(cell({str(name): value for name, value in row.items()}) for cell in columns.values()) for row in rows],
    )


def _count(name: str) -> _Cell:
    return lambda row: format_number(row[name])


def _count_share(row: dict[str, Any], name: str, share: str) -> str:
    """A count, and its share in brackets where there is one."""
    count = format_number(row[name])
    return count if is_missing(row[share]) else f"{count} ({format_percent(row[share])})"


def _number(name: str, digits: int) -> _Cell:
    return lambda row: format_number(row[name], digits)


def _percent(name: str) -> _Cell:
    return lambda row: format_percent(row[name])


def _share(name: str) -> _Cell:
    return lambda row: format_share(row[name], row[f"{name}_low"], row[f"{name}_high"])


def _between(name: str, low: str, high: str) -> _Cell:
    return lambda row: f"{format_number(row[name])} ({row[low]:,} to {row[high]:,})"


def _text(name: str) -> _Cell:
    return lambda row: str(row[name]) or DASH


def _format_gap(row: dict[str, Any]) -> str:
    if is_missing(row["difference"]):
        return DASH
    ends = format_range(row["difference_low"], row["difference_high"], 4, sign=True)
    return f"{format_number(row['difference'], 4, sign=True)} ({ends})"
