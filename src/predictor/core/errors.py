"""Errors and findings: what went wrong or looks odd, where, by which rule, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, get_args

from predictor.core.html import to_paragraphs, to_table

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["error", "warning", "tip"]
_LONGEST_NAME = 200  # characters of a name or value in a message
_SEVERITIES: tuple[Severity, ...] = get_args(Severity)


@dataclass(frozen=True, slots=True)
class Finding:
    """The coded result of a check.

    Attributes:
        code: Stable name of the rule, as `LEAD003`.
        severity: `error` refuses the work, `warning` may make it wrong, `tip` is worth knowing.
        what: What is the matter and where, with counts and the first example; never a personal value.
        do: What the reader can do about it.
        column: The column of the export that it is about; None for none, or for many.
        accepted: Why the firm accepts it, as its settings say; None where it does not.
    """

    code: str
    severity: Severity
    what: str
    do: str
    column: str | None = None
    accepted: str | None = None

    def __str__(self) -> str:
        """The finding as one line.

        >>> print(Finding("LEAD002", "error", "The table of leads is empty.", "Export at least one lead."))
        LEAD002 The table of leads is empty. Export at least one lead.
        """
        return f"{self.code} {self.what} {self.do}".rstrip()


class Findings(tuple[Finding, ...]):
    """Findings that a notebook shows as a table, the gravest first; everywhere else a tuple like any other.

    >>> Findings([Finding("LEAD031", "tip", "Column 'a' has one value.", "Nothing.")]).to_frame()["code"].tolist()
    ['LEAD031']
    """

    __slots__ = ()

    def to_frame(self) -> pd.DataFrame:
        """A row a finding, the gravest first: `code`, `severity`, `what`, `do`, `column`, `accepted`."""
        import pandas as pd  # noqa: PLC0415  errors are loaded by what must start at once

        gravest = sorted(self, key=_rank)
        return pd.DataFrame(
            [asdict(finding) for finding in gravest], columns=["code", "severity", "what", "do", "column", "accepted"]
        )

    def _repr_html_(self) -> str:
        if not self:
            return to_paragraphs("Nothing was found.")
        rows = [
            [it.code, it.severity, it.what, it.do if it.accepted is None else f"Accepted: {it.accepted}"]
            for it in sorted(self, key=_rank)
        ]
        caption = ", ".join(count(number, noun) for noun in _SEVERITIES if (number := self._count(noun)))
        return to_table(["Code", "Severity", "What was found", "What to do"], rows, caption=caption, texts=range(4))

    def _count(self, severity: str) -> int:
        return sum(finding.severity == severity for finding in self)


def _rank(finding: Finding) -> int:
    return _SEVERITIES.index(finding.severity)


class PredictorError(Exception):
    """Base of every error that this package raises on purpose; its text says what to do."""


class SettingsError(PredictorError):
    """A setting is unknown, missing or out of range."""


class RuleBookError(PredictorError):
    """A rule book cannot be read or contradicts itself."""


class TrainingError(PredictorError):
    """The data cannot teach what was asked of it."""


class BundleError(PredictorError):
    """A bundle is missing, incomplete, tampered with or of another version."""


class ScoringError(PredictorError):
    """One lead cannot be scored."""


class StoreError(PredictorError):
    """The store of scores and outcomes cannot be used."""


class ReportError(PredictorError):
    """A page, summary or table that cannot be written where it was asked for."""


class TrackingError(PredictorError):
    """MLflow cannot be reached or refused."""


class TableError(PredictorError):
    """A table breaks the contract; all its faults are gathered in `findings`."""

    def __init__(self, table: str, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        faults = "\n".join(f"  {finding}" for finding in self.findings)
        super().__init__(f"The table of {table} cannot be used ({count(len(self.findings), 'fault')}):\n{faults}")


def count(number: int, noun: str) -> str:
    """A number with its noun in the right form.

    >>> count(1, "fault"), count(2, "fault"), count(12_000, "lead")
    ('1 fault', '2 faults', '12,000 leads')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def name_nearest(name: str, known: Sequence[str]) -> str:
    """The known name a person may have meant, as a sentence; empty when none is near.

    >>> name_nearest("thresold", ["threshold", "split"])
    " Did you mean 'threshold'?"
    >>> name_nearest("zzz", ["threshold"])
    ''
    """
    near = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean '{near[0]}'?" if near else ""


def list_names(names: Iterable[object], most: int = 8) -> str:
    """Quoted names for a message, cut where the list or a name gets long.

    >>> list_names(["a", "b"]), list_names("abc", most=2), len(list_names(["x" * 5_000_000]))
    ("'a', 'b'", "'a', 'b' and 1 more", 203)
    """
    texts = [f"'{text if len(text) <= _LONGEST_NAME else text[:_LONGEST_NAME] + '…'}'" for text in map(str, names)]
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more
