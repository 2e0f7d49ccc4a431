"""The contract of the two tables: what columns leads and events have, and the checks that gather every fault at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from predictor.config import Settings
from predictor.denied import deny_reason
from predictor.domains import domain_of, kind_of_domain
from predictor.errors import Finding, TableError, count, list_names, name_nearest
from predictor.parse import (
    ISO_HINT,
    Kind,
    blank_missing,
    infer_kind,
    parse_numbers,
    parse_order,
    parse_outcome,
    parse_times,
)

LEAD_TIMES = ("mql_at", "sql_at", "recycled_at", "opportunity_at")
LEAD_FACTS = (
    "lead_id", "account_id", *LEAD_TIMES, "recycle_reason", "amount", "outcome", "order_by", "email", "email_domain",
)  # fmt: skip
EVENT_COLUMNS = ("lead_id", "occurred_at", "event_type", "asset", "campaign", "value")


@dataclass(frozen=True)
class Leads:
    """Leads that keep the contract: one row an episode.

    Attributes:
        frame: Our columns first (times in UTC, `outcome` as 1.0, 0.0 or missing), then attributes, points and protected columns.
        attributes: Column -> kind, for every column that may become a feature.
        points: Columns with hand-set scores that the CRM holds.
        protected: Columns kept for the fairness table.
        observed_until: The moment up to which outcomes are known; None where the leads carry no dates.
        findings: What was noticed and left out, none of it a reason to refuse.
    """

    frame: pd.DataFrame
    attributes: dict[str, Kind]
    points: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    observed_until: pd.Timestamp | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def dated(self) -> bool:
        """Whether each lead has the moment it became an MQL."""
        return "mql_at" in self.frame


@dataclass
class Faults:
    """What is wrong with a table, gathered; rows are kept as a mask, so that they can be left out."""

    index: pd.Index
    findings: list[Finding] = field(default_factory=list)
    rows: list[tuple[Finding, pd.Series]] = field(default_factory=list)

    def add(self, code: str, what: str, do: str) -> None:
        """A fault of the table as a whole."""
        self.findings.append(Finding(code, "error", what, do))

    def add_rows(self, code: str, mask: pd.Series, what: str, do: str) -> None:
        """A fault of the rows in `mask`; none where the mask is empty. `{n}` and `{row}` in the text are filled in."""
        if mask.any():
            first = self.index.get_loc(mask.idxmax())
            text = what.format(n=count(int(mask.sum()), "row"), row=f"first in row {int(first) + 1:,}")
            self.rows.append((Finding(code, "error", text, do), mask))

    def settle(self, table: str, frame: pd.DataFrame, *, drop: bool) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
        """The frame without its faulty rows and what was left out; or all faults at once.

        Raises:
            TableError: The table has a fault as a whole, or faulty rows that are not to be dropped.
        """
        if self.findings or (self.rows and not drop):
            way = " Or set data.faulty_rows = 'drop' to leave these rows out."
            soft = [Finding(f.code, f.severity, f.what, f.do + way) for f, _ in self.rows]
            raise TableError(table, self.findings + soft)
        for _, mask in self.rows:
            frame = frame[~mask.reindex(frame.index, fill_value=False)]
        left = tuple(Finding(f.code, "warning", f.what + " These rows were left out.", f.do) for f, _ in self.rows)
        return frame, left


def check_leads(raw: pd.DataFrame, settings: Settings) -> Leads:
    """The leads of an export under the contract, for training.

    Args:
        raw: The export as read: texts, or typed columns of a Parquet file.
        settings: Sections data, columns, roles and label are used.

    Raises:
        TableError: All faults together: columns that are missing, dates that are no dates, the same episode twice, ...
    """
    faults = Faults(raw.index)
    frame = rename_columns(raw, settings, faults)
    _check_needed(frame, faults)
    if faults.findings:
        faults.settle("leads", frame, drop=False)
    frame = blank_missing(frame, settings.data.missing_values)
    frame = _parse_facts(frame, settings, faults)
    findings = _check_rows(frame, faults)
    frame, left = faults.settle("leads", frame, drop=settings.data.faulty_rows == "drop")
    frame, never = _keep_mqls(frame)
    frame, attributes, denied = _split_roles(frame, settings)
    observed_until = _observed_until(frame, settings)
    if frame.empty:
        raise TableError("leads", [Finding("LEAD002", "error", "No lead is left.", "Check the dates and the settings.")])
    return Leads(
        frame.reset_index(drop=True), attributes, settings.roles.points, settings.roles.protected, observed_until,
        (*findings, *left, *never, *denied),
    )  # fmt: skip


def rename_columns(raw: pd.DataFrame, settings: Settings, faults: Faults, *, needed: Iterable[str] | None = None) -> pd.DataFrame:
    """The export under our names, without the columns to ignore; faults for names that are not there.

    Args:
        raw: The export as read.
        settings: Sections columns and roles are used.
        faults: Where faults are gathered.
        needed: The firm's columns that must be there; None means every one that the settings name.
    """
    twice = sorted({str(name) for name in raw.columns[raw.columns.duplicated()]})
    if twice:
        faults.add("LEAD012", f"Two columns bear the same name: {list_names(twice)}.", "Rename or remove one of each.")
        return raw.loc[:, ~raw.columns.duplicated()]
    roles = settings.roles
    wanted = [*settings.columns.values(), *roles.points, *roles.protected, *roles.allow] if needed is None else needed
    known = [str(name) for name in raw.columns]
    for name in wanted:
        if name not in known:
            hint = name_nearest(name, known) or f" It has {list_names(known)}."
            faults.add("LEAD012", f"The settings name a column '{name}' that the export lacks.{hint}", "Mend [columns] or [roles].")
    for ours in settings.columns:
        if ours not in LEAD_FACTS:
            hint = name_nearest(ours, LEAD_FACTS)
            faults.add("LEAD012", f"[columns] names '{ours}', which is no word of the contract.{hint}", "Mend [columns].")
    names = {theirs: ours for ours, theirs in settings.columns.items()}
    covered = [ours for theirs, ours in names.items() if ours in known and ours != theirs]
    return raw.drop(columns=[*settings.roles.ignore, *covered], errors="ignore").rename(columns=names)


def _check_needed(frame: pd.DataFrame, faults: Faults) -> None:
    known = [str(name) for name in frame.columns]
    need = "Map it in [columns], as lead_id = \"Record ID\"."
    if "lead_id" not in frame:
        faults.add("LEAD001", f"There is no column 'lead_id'; the table has {list_names(known)}.", need)
    if "sql_at" not in frame and "outcome" not in frame:
        faults.add("LEAD001", "There is neither 'sql_at' (when sales accepted) nor 'outcome' (yes or no).", need)
    if "sql_at" in frame and "mql_at" not in frame and "outcome" not in frame:
        faults.add("LEAD001", "'sql_at' needs 'mql_at' beside it: the outcome counts from the moment a lead became an MQL.", need)
    if frame.empty:
        faults.add("LEAD002", "The table of leads is empty.", "Export the leads that became MQLs, accepted or not.")


def _parse_facts(frame: pd.DataFrame, settings: Settings, faults: Faults) -> pd.DataFrame:
    """Our own columns in their types: times in UTC, numbers as floats, e-mail reduced to its domain."""
    parsed = frame.copy()
    for name in LEAD_TIMES:
        if name in frame:
            parsed[name], bad = parse_times(frame[name], settings.data.timezone)
            faults.add_rows("LEAD003", bad, f"Column '{name}': {{n}} hold no date ({{row}}).", ISO_HINT + ".")
    for name in ("amount", *settings.roles.points):
        if name in frame:
            parsed[name], bad = parse_numbers(frame[name])
            faults.add_rows("LEAD009", bad, f"Column '{name}': {{n}} hold no number ({{row}}).", "Write plain numbers.")
    if "outcome" in frame:
        parsed["outcome"], bad = parse_outcome(frame["outcome"], settings.label.outcome_yes, settings.label.outcome_no)
        do = "Write yes and no, or name the texts in label.outcome_yes and label.outcome_no; blank means pending."
        faults.add_rows("LEAD008", bad, "Column 'outcome': {n} are neither yes nor no ({row}).", do)
    if "order_by" in frame:
        parsed["order_by"], bad = parse_order(frame["order_by"], settings.data.timezone)
        do = "Name a column of numbers or dates that grows with time."
        faults.add_rows("LEAD010", bad | parsed["order_by"].isna(), "Column 'order_by': {n} hold neither number nor date ({row}).", do)
    return reduce_email(parsed)


def reduce_email(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with `email_domain_kind` in place of the address and its domain, which are personal or too fine."""
    source = "email_domain" if "email_domain" in frame else "email"
    if source in frame:
        kinds = frame[source].map(lambda cell: kind_of_domain(domain_of(cell))).astype("str")
        frame = frame.assign(email_domain_kind=kinds)
    return frame.drop(columns=["email", "email_domain"], errors="ignore")


def _check_rows(frame: pd.DataFrame, faults: Faults) -> tuple[Finding, ...]:
    """The checks across columns; findings that refuse nothing are returned."""
    faults.add_rows("LEAD006", frame["lead_id"].isna(), "{n} have no lead_id ({row}).", "Export the CRM's key of every lead.")
    key = [name for name in ("lead_id", "mql_at") if name in frame]
    again = frame.duplicated(key, keep="first") & frame["lead_id"].notna()
    if "mql_at" in frame:
        again &= frame["mql_at"].notna()
        if "sql_at" in frame:
            do = "An acceptance comes after the hand-over: mend the dates, or check which columns are mapped to mql_at and sql_at."
            faults.add_rows("LEAD005", frame["sql_at"] < frame["mql_at"], "{n} have 'sql_at' before 'mql_at' ({row}).", do)
    do = f"One row an episode, told apart by {' and '.join(key)}: remove the copies."
    faults.add_rows("LEAD004", again, "{n} repeat an episode that is there already ({row}).", do)
    if "mql_at" in frame or "order_by" in frame:
        return ()
    what = "There is neither 'mql_at' nor 'order_by': the split is random and the figures are optimistic."
    return (Finding("LEAD014", "warning", what, "Map mql_at, or name any column that grows with time as order_by."),)


def _keep_mqls(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    if "mql_at" not in frame:
        return frame, ()
    never = frame["mql_at"].isna()
    if not never.any():
        return frame, ()
    what = f"{count(int(never.sum()), 'lead')} never became an MQL (no 'mql_at') and were left out."
    return frame[~never], (Finding("LEAD007", "tip", what, "Nothing, if the export holds all leads."),)


def _split_roles(frame: pd.DataFrame, settings: Settings) -> tuple[pd.DataFrame, dict[str, Kind], tuple[Finding, ...]]:
    """Our columns, points and protected columns first, then attributes in their kinds; denied names leave."""
    ours = [name for name in LEAD_FACTS if name in frame]
    kept = [*ours, *settings.roles.points, *settings.roles.protected]
    others = [str(name) for name in frame.columns if name not in kept]
    denied = {name: why for name in others if (why := deny_reason(name)) and name not in settings.roles.allow}
    typed = {name: infer_kind(frame[name]) for name in others if name not in denied}
    columns = [frame[kept], *(column.rename(name) for name, (_, column) in typed.items())]
    do = "Right as it is, unless the value was there before the lead became an MQL: then name it in roles.allow."
    found = tuple(Finding("LEAD030", "warning", f"Column '{n}' is no feature: {w}.", do) for n, w in denied.items())
    return pd.concat(columns, axis=1), {name: kind for name, (kind, _) in typed.items()}, found


def _observed_until(frame: pd.DataFrame, settings: Settings) -> pd.Timestamp | None:
    if "mql_at" not in frame:
        return None
    if settings.data.observed_until:
        times, bad = parse_times(pd.Series([settings.data.observed_until]), settings.data.timezone)
        if bad.any():
            what = f"data.observed_until is no date: '{settings.data.observed_until}'."
            raise TableError("leads", [Finding("LEAD003", "error", what, ISO_HINT + ".")])
        return times.iloc[0]
    return max(frame[name].max() for name in LEAD_TIMES if name in frame and frame[name].notna().any())


def check_events(raw: pd.DataFrame, settings: Settings, lead_ids: pd.Series) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Events under the contract, `occurred_at` in UTC, and what was noticed; columns beyond the contract are left out.

    Raises:
        TableError: A column that is missing, dates that are no dates, events without a lead or a type.
    """
    faults = Faults(raw.index)
    frame = raw.rename(columns={theirs: ours for ours, theirs in settings.event_columns.items()})
    for name in ("lead_id", "occurred_at", "event_type"):
        if name not in frame:
            what = f"There is no column '{name}'; the table has {list_names(frame.columns)}."
            faults.add("EVENT001", what, "Map it in [event_columns].")
    if faults.findings:
        faults.settle("events", frame, drop=False)
    frame = blank_missing(frame[[name for name in EVENT_COLUMNS if name in frame]], settings.data.missing_values)
    frame["occurred_at"], bad = parse_times(frame["occurred_at"], settings.data.timezone)
    faults.add_rows("EVENT003", bad, "Column 'occurred_at': {n} hold no date ({row}).", ISO_HINT + ".")
    lacking = frame[["lead_id", "event_type"]].isna().any(axis=1) | (frame["occurred_at"].isna() & ~bad)
    faults.add_rows("EVENT006", lacking, "{n} lack lead_id, occurred_at or event_type ({row}).", "Export all three.")
    if "value" in frame:
        frame["value"], bad = parse_numbers(frame["value"])
        faults.add_rows("EVENT009", bad, "Column 'value': {n} hold no number ({row}).", "Write plain numbers.")
    frame, left = faults.settle("events", frame, drop=settings.data.faulty_rows == "drop")
    unknown = int((~frame["lead_id"].isin(lead_ids)).sum())
    if unknown:
        what = f"{count(unknown, 'event')} of {len(frame):,} belong to no lead of the table and were left out."
        left = (*left, Finding("EVENT007", "warning", what, "Export both tables at the same time."))
    return frame.reset_index(drop=True), left
