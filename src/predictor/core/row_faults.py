"""The faults of a table, collected: all are reported at once, and faulty rows can be left out instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, PredictorError, TableError, count
from predictor.core.settings import Settings
from predictor.core.shared_facts import BIASED, count_facts, describe_shared

T = TypeVar("T")
_DROPPED = " Left out."


@dataclass
class Faults:
    """What is wrong with a table; rows are kept as masks, so that they can be left out.

    >>> faults = Faults()
    >>> faults.add_rows("LEAD003", pd.Series([False, True]), "Column 'mql_at' holds no date in {rows}.", "Fix them.")
    >>> frame, left = faults.settle("leads", pd.DataFrame({"lead_id": ["a", "b"]}), drop=True)
    >>> frame["lead_id"].tolist(), left[0].what
    (['a'], "Column 'mql_at' holds no date in 1 row (first in row 2). Left out.")
    """

    findings: list[Finding] = field(default_factory=list)
    rows: list[tuple[Finding, np.ndarray]] = field(default_factory=list)

    def add(self, code: str, what: str, do: str) -> None:
        """A fault of the table as a whole."""
        self.findings.append(Finding(code, "error", what, do=do))

    def add_rows(self, code: str, mask: pd.Series, what: str, do: str) -> None:
        """A fault of the rows in `mask`, which is as long as the table; none where it is empty.

        `{rows}` in the text becomes their number and the first of them, counted from 1 below the header.
        """
        faulty = mask.to_numpy(dtype=bool)
        if faulty.any():
            rows = f"{count(int(faulty.sum()), 'row')} (first in row {number_row(mask.index, int(faulty.argmax())):,})"
            self.rows.append((Finding(code, "error", what.replace("{rows}", rows), do=do), faulty))

    def add_shared(self, facts: Sequence[pd.Series]) -> None:
        """Say of each fault what its rows have in common beyond chance, so that nobody leaves them out unawares.

        Args:
            facts: A column of texts for each fact, as the outcome, as long as the table; see `describe_shared`.
        """
        for place, (fault, faulty) in enumerate(self.rows):
            if shared := describe_shared(count_facts(facts, faulty), int(faulty.sum()), len(faulty)):
                self.rows[place] = replace(fault, do=f"{fault.do} {shared}"), faulty

    def settle(self, table: str, frame: pd.DataFrame, *, drop: bool | None) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
        """The frame without its faulty rows and what was left out; or all faults at once.

        Args:
            table: What messages call it.
            frame: The table, with as many rows as the masks.
            drop: Whether faulty rows are left out; None where that is not to be offered either.

        Raises:
            TableError: The table has a fault as a whole, or faulty rows that are not to be dropped.
        """
        if self.findings or (self.rows and not drop):
            every = any(faulty.all() for _, faulty in self.rows)
            soft = [f if drop is not False or every else offer_to_drop(f) for f, _ in self.rows]
            raise TableError(table, self.findings + soft)
        if self.rows:
            frame = frame[~np.any([faulty for _, faulty in self.rows], axis=0)]
        return frame, tuple(check_dropped(f) for f, _ in self.rows)


def number_row(index: pd.Index, place: int) -> int:
    """The number of a row, from 1: by the index where that numbers the rows of a file, of which some were left out."""
    numbers = pd.api.types.is_integer_dtype(index.dtype) and index.is_monotonic_increasing and index.is_unique and index[0] >= 0
    return int(index[place]) + 1 if numbers else place + 1


def offer_to_drop(fault: Finding) -> Finding:
    """A fault of some rows, with the way to go on without them, unless they have something in common."""
    if BIASED in fault.do:
        return fault
    return replace(fault, do=f"{fault.do} Or set data.faulty_rows = 'drop' to leave these rows out.")


def check_dropped(fault: Finding) -> Finding:
    """A fault of some rows, once they have been left out."""
    return replace(fault, severity="warning", what=f"{fault.what}{_DROPPED}")


def check_refused(finding: Finding) -> Finding:
    """The error behind a finding of `check_dropped`, where rows were only left out to check the others; other findings stay.

    >>> fault = Finding("LEAD003", "error", "Column 'mql_at' holds no date in 1 row.", "Write dates.")
    >>> check_refused(check_dropped(fault)) == offer_to_drop(fault)
    True
    """
    if not finding.what.endswith(_DROPPED):
        return finding
    return offer_to_drop(replace(finding, severity="error", what=finding.what.removesuffix(_DROPPED)))


def read_past_faults(read: Callable[[Settings], T], settings: Settings) -> tuple[T, bool]:
    """What is read; where rows are faulty, what is read of the other rows, so that every fault is reported at once.

    Args:
        read: Reads the tables that the settings name; refuses faulty rows unless the settings drop them.
        settings: A firm's settings.

    Returns:
        Also whether it was refused at first: `check_refused` then gives the errors.

    Raises:
        TableError: More than some rows is wrong: the first error.
    """
    try:
        return read(settings), False
    except TableError as refusal:
        data = settings.data.model_copy(update={"faulty_rows": "drop"})
        try:
            return read(settings.model_copy(update={"data": data})), True
        except PredictorError:
            raise refusal from None
