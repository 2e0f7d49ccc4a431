"""A table as an Excel workbook that opens right by double click: headers in words, numbers as numbers, shares as shares."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from predictor.data.read.table_errors import make_table_error

_SHARES = frozenset({"probability", "low", "high", "threshold"})
_WIDEST, _NARROWEST = 60, 9  # characters


def write_workbook(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as .xlsx: a sheet with a fixed header and a filter; texts stay texts, whatever they begin with.

    Args:
        frame: The table; moments are written in UTC.
        path: The file.

    Raises:
        TableError: openpyxl is not installed.
    """
    try:
        from openpyxl import Workbook  # noqa: PLC0415  an optional extra
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
        from openpyxl.styles import Font  # noqa: PLC0415
    except ModuleNotFoundError as error:
        do = "Name a CSV; or install openpyxl (pip install 'lead-conversion-predictor[excel]')."
        raise make_table_error("leads", f"'{path.suffix}' needs openpyxl to be written.", do) from error
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Leads")
    sheet.freeze_panes = "B2"
    for place, name in enumerate(frame, 1):
        letters = max([len(str(name)), *(len(str(cell)) for cell in frame[name].head(200))])
        sheet.column_dimensions[_name_column(place)].width = min(max(letters + 2, _NARROWEST), _WIDEST)

    def make_cell(name: str, value: object) -> WriteOnlyCell:
        cell = WriteOnlyCell(sheet, value=_to_cell(value))
        if isinstance(value, str):
            cell.data_type = "s"  # a text that begins with = is no formula
        elif name in _SHARES:
            cell.number_format = "0.0 %"
        return cell

    heads = [WriteOnlyCell(sheet, value=name_head(str(name))) for name in frame]
    for head in heads:
        head.font = Font(bold=True)
    sheet.append(heads)
    for row in frame.itertuples(index=False, name=None):
        sheet.append([make_cell(str(name), value) for name, value in zip(frame.columns, row, strict=True)])
    sheet.auto_filter.ref = f"A1:{_name_column(max(len(frame.columns), 1))}{len(frame) + 1}"
    book.save(path)


def name_head(name: str) -> str:
    """A column's name in words; a name that is written in words already stays.

    >>> name_head("points_decision"), name_head("lead_id"), name_head("Company Name")
    ('Points decision', 'Lead ID', 'Company Name')
    """
    words = name.replace("_", " ")
    return (words[:1].upper() + words[1:]).replace(" id", " ID") if words != name or name.islower() else name


def _to_cell(value: object) -> object:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):  # noqa: PLR0124  NaN
        return None
    if isinstance(value, pd.Timestamp):
        moment = value.tz_convert("UTC").tz_localize(None) if value.tzinfo else value
        return moment.to_pydatetime()
    return value.item() if hasattr(value, "item") else value


def _name_column(place: int) -> str:
    """The letters of a column.

    >>> _name_column(1), _name_column(28)
    ('A', 'AB')
    """
    letters = ""
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
