"""What a function of the firm's own gave, as numbers of the leads it was called with, or why it cannot be used."""

from __future__ import annotations

import numpy as np
import pandas as pd

_INDEX = "The result must have the index of leads, as events.groupby('lead').size() has"


def read_result(result: object, index: pd.Index, name: str) -> pd.DataFrame:
    """A column of float64 for each feature, a row for each lead, NaN where the result leaves a lead out.

    Args:
        result: Whatever the function gave.
        index: That of the leads.
        name: What the column of a series is called.

    Raises:
        ValueError: It is no table of finite numbers about these leads; the text goes on after the name of the function.

    >>> read_result(pd.Series([True], index=[1]), pd.RangeIndex(2), "late")["late"].tolist()
    [nan, 1.0]
    >>> read_result([1, 2], pd.RangeIndex(2), "late")
    Traceback (most recent call last):
    ValueError: must give a series or a frame, but gave a 'list'. The result must have the index of leads, as \
events.groupby('lead').size() has.
    """
    if not isinstance(result, (pd.Series, pd.DataFrame)):
        raise ValueError(f"must give a series or a frame, but gave a '{type(result).__name__}'. {_INDEX}.")  # noqa: TRY004
    frame = result.to_frame(name) if isinstance(result, pd.Series) else result
    if frame.columns.nlevels > 1 or frame.columns.has_duplicates:
        raise ValueError("must give each column a name of its own. Rename them, as with frame.columns = ['calls', 'mails'].")
    if frame.empty:  # as pandas gives it for a lead without events, with columns of any type
        return pd.DataFrame(np.nan, index=index, columns=frame.columns, dtype="float64")
    if frame.index.has_duplicates:
        raise ValueError(f"gave several rows for one lead. {_INDEX}: compute one row a lead.")
    if not frame.index.isin(index).all():
        raise ValueError(f"gave rows for leads that there are not. {_INDEX}.")
    for column in frame.columns:
        _check_column(frame[column], str(column))
    numbers = frame.reindex(index).astype("float64")
    if np.isinf(numbers.to_numpy()).any():
        raise ValueError("gave an infinite number. Leave the lead out, or give NaN.")
    return numbers


def _check_column(column: pd.Series, name: str) -> None:
    if column.dtype.kind in "Mm":
        raise ValueError(f"gave moments or spans of time in column '{name}'. Give numbers, as with .dt.total_seconds().")
    try:
        column.astype("float64")
    except (ValueError, TypeError):
        raise ValueError(f"gave something else than numbers in column '{name}'. Give numbers, as 1 and 0 for a text.") from None
