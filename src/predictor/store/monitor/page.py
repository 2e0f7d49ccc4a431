"""The monitor's page: one HTML file without a script, whose first line says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template

import pandas as pd

from predictor.core.wording import format_band, format_days, format_percent, format_range
from predictor.store.monitor.monitor import Monitored
from predictor.store.monitor.opportunities import sum_sources
from predictor.store.monitor.page_tables import (
    Table,
    format_count_share,
    format_gap,
    make_table,
    show_between,
    show_count,
    show_number,
    show_percent,
    show_share,
    show_text,
)
from predictor.store.monitor.pictures import Series, draw_weeks

_MOST_FEATURES, _MOST_REASONS = 25, 15


@dataclass(frozen=True, kw_only=True)
class _Section:
    key: str
    title: str
    text: str
    tables: tuple[Table, ...]
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
    table = make_table("Leads by the week of their score, newest first", weeks[::-1], {
        "Week of": lambda row: f"{row['week']:%Y-%m-%d}", "Scored": show_count("scored"),
        "Handed over": show_count("handed_over"),
        "Accepted": show_count("accepted"), "Recycled": show_count("recycled"), "Open": show_count("open"),
        "Conversion": show_share("conversion"), "Days to SQL, median": show_number("days_to_sql", 1),
        "90 % within": show_number("days_to_sql_90", 1), "Verdict": show_text("verdict"),
        "Opportunities": lambda row: format_count_share(row, "opportunities", "opportunity_share"),
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


def _make_sources(monitored: Monitored) -> list[Table]:
    """The funnel by source; none where no feature names it."""
    sources = monitored.tables.get("sources")
    if sources is None or sources.empty:
        return []
    return [make_table("By source, those with the most leads first", sum_sources(sources), {
        "Source": show_text("source"), "Scored": show_count("scored"), "In the newest 4 weeks": show_count("newest"),
        "Handed over": show_count("handed_over"), "Accepted": show_count("accepted"), "Recycled": show_count("recycled"),
        "Conversion": show_share("conversion"), "Opportunities": show_count("opportunities"),
        "Of the accepted": show_share("opportunity_share"),
    })]  # fmt: skip


def _make_agreement(monitored: Monitored) -> _Section | None:
    weeks = monitored.tables["agreement"]
    if weeks.empty or not any(weeks[name].any() for name in ("volume", "response", "acceptance")):
        return None
    table = make_table("By the week of the handover, newest first", weeks[::-1], {
        "Week of": lambda row: f"{row['week']:%Y-%m-%d}", "Handed over": show_count("handed_over"), "Volume": show_text("volume"),
        "On time": show_count("on_time"), "Late": show_count("late"), "Waiting": show_count("waiting"),
        "Hours to contact, median": show_number("hours", 1), "Response": show_text("response"),
        "Accepted": show_percent("conversion"), "Acceptance": show_text("acceptance"),
    })  # fmt: skip
    text = (
        "What sales and marketing have agreed on, in the section 'agreement' of the settings. A lead that was accepted or sent "
        "back was contacted too. `GET /v1/queue` lists the leads that wait now."
    )
    return _Section(key="agreement", title="Agreement", text=text, tables=(table,))


def _make_after(monitored: Monitored) -> list[Table]:
    """What came after the handover: why leads came back, and what opportunities brought."""
    reasons, revenue = monitored.tables["reasons"], monitored.tables["revenue"]
    tables = []
    if len(reasons):
        columns = {"Reason": show_text("reason"), "Leads": show_count("leads")}
        tables.append(
            make_table(
                f"Why sales sent leads back, the {_MOST_REASONS} most frequent reasons", reasons.head(_MOST_REASONS), columns
            )
        )
    if len(revenue):
        columns = {
            "Currency": show_text("currency"), "Opportunities": show_count("opportunities"),
            "With an amount": show_count("with_amount"),
            "Sum": show_count("amount"),
        }  # fmt: skip
        tables.append(make_table("Opportunities of scored leads", revenue, columns))
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
        "Probability": lambda row: f"{format_percent(row['low'])} to {format_percent(row['high'])}", "Leads": show_count("leads"),
        "Promised": show_percent("promised"), "Realised": show_share("realised"), "Verdict": show_text("verdict"),
    }  # fmt: skip
    weeks = {"Week of": lambda row: f"{row['week']:%Y-%m-%d}"} | {
        name: cell for name, cell in groups.items() if name != "Probability"
    }
    text = (
        f"Leads of this model whose outcome is known, {format_days(monitored.horizon_days)} after the score. Line: the mean "
        "probability of a week. Dots: the share that was accepted, with its 95 % interval."
    )
    tables = (
        make_table("By probability", monitored.tables["realised"], groups),
        make_table("By week, newest first", promises[::-1], weeks),
        *_make_rivals(monitored),
    )
    return _Section(
        key="promises", title="Promised and realised", text=text, tables=tables,
        picture=draw_weeks(series, label="Promised and realised share of accepted leads, by week"),
    )  # fmt: skip


def _make_rivals(monitored: Monitored) -> list[Table]:
    ways, explored = monitored.tables["ways"], monitored.tables["exploration"]
    tables = []
    if len(ways):
        tables.append(make_table("Beside the model, on the same leads", ways, {
            "Rival": show_text("rival"), "Leads": show_count("leads"), "AUC": show_number("auc", 3),
            "AUC of the model": show_number("model_auc", 3),
            "Log loss minus the model": format_gap, "Verdict": show_text("verdict"),
        }))  # fmt: skip
    if len(explored):
        tables.append(make_table("Handed over at random, though the model would have held them back", explored, {
            "Leads": show_count("leads"), "Accepted": show_count("accepted"), "Conversion": show_share("conversion"),
            "Promised": show_percent("promised"), "Held back": show_count("held_back"),
            "Missed, to expect": show_number("missed", 0),
        }))  # fmt: skip
    return tables


def _make_expected(monitored: Monitored) -> _Section | None:
    expected = monitored.tables.get("expected")
    if expected is None or expected.empty:
        return None
    table = make_table("SQLs to expect", expected, {
        "Week of": lambda row: f"{row['week']:%Y-%m-%d}", "Leads": show_count("leads"),
        "Accepted so far": show_count("accepted_so_far"),
        "To expect": show_between("expected", "expected_low", "expected_high"), "Handed over": show_count("handed_over"),
        "Of these": show_between("expected_of_these", "these_low", "these_high"),
    })  # fmt: skip
    figures = make_table("Figures to expect of these leads", monitored.tables["expected_metrics"], {
        "Figure": lambda row: {"log_loss": "Log loss", "auc": "AUC"}[row["metric"]], "To expect": show_number("expected", 3),
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
    table = make_table("Population stability index", pd.concat([first, others.head(_MOST_FEATURES)]), {
        "What": lambda row: str(row.get("label", "Probability")), "Leads": show_count("leads"), "Index": show_number("index", 3),
        "Verdict": show_text("verdict"),
    })  # fmt: skip
    text = (
        "Whether the newest leads are like those of the training: below 0.1 stable, from 0.25 on moved. The features that moved "
        f"most, at most {_MOST_FEATURES}."
    )
    return _Section(key="drift", title="Like the training", text=text, tables=(table, *_make_unlike(monitored)))


def _make_unlike(monitored: Monitored) -> list[Table]:
    """How many leads were unlike those of the training; none where no lead was."""
    unlike = monitored.tables.get("unlike")
    if unlike is None or not unlike["unlike"].any():
        return []
    return [make_table("Leads whose answer warned that they are unlike those of the training, newest first", unlike[::-1], {
        "Week of": lambda row: f"{row['week']:%Y-%m-%d}", "Leads": show_count("leads"), "With the warning": show_count("unlike"),
        "Share": show_share("share"),
    })]  # fmt: skip


_SECTIONS = (_make_weeks, _make_agreement, _make_promises, _make_expected, _make_drift)
