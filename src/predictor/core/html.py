"""Results as HTML for notebooks: plain tables and paragraphs that take the colours of the page around them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape

_CELL = "padding: 0.2em 0.8em 0.2em 0; vertical-align: top; white-space: pre-line;"
_LESS = "font-size: 85%; opacity: 0.75;"


def to_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    caption: str = "",
    marked: Collection[int] = (),
    texts: Collection[int] = (0,),
) -> str:
    """A table as HTML; every text in it is escaped.

    Args:
        headings: One for each column.
        rows: Cells; further lines of a cell are less weighty, as an interval is.
        caption: What it shows; empty for none.
        marked: Positions of the rows to stress.
        texts: Positions of the columns that hold words; all others are aligned as numbers are.

    >>> "&lt; 10" in to_table(["Band", "Leads"], [["< 10", "5"]])
    True
    """
    sides = ["left" if position in texts else "right" for position in range(len(headings))]
    heads = zip(headings, sides, strict=True)
    head = "".join(f'<th style="{_CELL} text-align: {side};">{escape(text)}</th>' for text, side in heads)
    lines = ['<table style="border-collapse: collapse; margin: 0.5em 0;">']
    if caption:
        lines.append(f'<caption style="text-align: left; font-weight: bold; padding: 0.3em 0;">{escape(caption)}</caption>')
    lines.append(f"<tr>{head}</tr>")
    for position, row in enumerate(rows):
        cells = [
            f'<td style="{_CELL} text-align: {side};">{_to_cell(text, position in marked)}</td>'
            for text, side in zip(row, sides, strict=True)
        ]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</table>"])


def to_paragraphs(*texts: str) -> str:
    """Paragraphs as HTML, empty ones left out.

    >>> to_paragraphs("5 < 6", "")
    '<p>5 &lt; 6</p>'
    """
    return "\n".join(f"<p>{escape(text)}</p>" for text in texts if text)


def to_heading(text: str) -> str:
    """What a result is, in bold.

    >>> to_heading("Verdict")
    '<p><b>Verdict</b></p>'
    """
    return f"<p><b>{escape(text)}</b></p>"


def _to_cell(text: str, stressed: bool) -> str:
    first, *others = (escape(line) for line in text.split("\n"))
    text = f"<b>{first}</b>" if stressed else first
    return text + "".join(f'<br><span style="{_LESS}">{line}</span>' for line in others)
