"""The contract of the two tables: what columns leads and events have, and the checks that gather every fault at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, TableError, count, list_names
from predictor.core.row_faults import Faults
from predictor.core.settings import Settings
from predictor.core.settings_sections import Format
from predictor.data.columns import as_keys, check_named, rename_to_ours
from predictor.data.denied_columns import deny_reason
from predictor.data.detect_formats import check_formats, detect_formats, to_plain_frame
from predictor.data.email_domains import domain_of, kind_of_domain
from predictor.data.job_titles import add_title_parts
from predictor.data.parse import ISO_HINT, Kind, blank_missing, parse_numbers, parse_order, parse_outcome, parse_times
from predictor.data.roles import drop_late_dates, split_roles

LEAD_TIMES = ("mql_at", "sql_at", "recycled_at", "opportunity_at")
LEAD_FACTS = (
    "lead_id", "account_id", *LEAD_TIMES, "recycle_reason", "amount", "outcome", "order_by", "email", "email_domain",
)  # fmt: skip
MADE_HERE = ("points/", "attributes/", "events/", "rules/")  # how features that are worked out here begin


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
        forms: Column -> how the export spells it, where that is not the plain way.
        left_out: Columns that are no attributes by their names, as read, for the audit; with the address of `email`.
    """

    frame: pd.DataFrame
    attributes: dict[str, Kind]
    points: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    observed_until: pd.Timestamp | None = None
    findings: tuple[Finding, ...] = ()
    forms: Mapping[str, Format] = field(default_factory=dict)
    left_out: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)

    @property
    def dated(self) -> bool:
        """Whether each lead has the moment it became an MQL."""
        return "mql_at" in self.frame


def check_leads(raw: pd.DataFrame, settings: Settings, *, now: pd.Timestamp | None = None) -> Leads:
    """The leads of an export under the contract, for training.

    Args:
        raw: The export as read: texts, or typed columns of a Parquet file.
        settings: Sections data, columns, roles and label are used.
        now: The moment after which nothing can have happened yet; None where that is not to be checked.

    Raises:
        TableError: All faults together: columns that are missing, dates that are no dates, the same episode twice, ...
    """
    faults = Faults()
    frame = rename_columns(raw, settings, faults)
    _check_needed(frame, faults)
    until = _read_observed_until(settings, faults)
    frame = blank_missing(frame, settings.data.missing_values)
    frame, forms, spelled = _respell(frame, settings, faults)
    frame = _parse_facts(frame, settings, faults)
    findings = _check_rows(frame, settings, faults)
    _check_future(frame, now, faults)
    frame, left = faults.settle("leads", frame, drop=settings.data.faulty_rows == "drop")
    frame, never = _keep_mqls(frame)
    if frame.empty:
        stages = " Name in [stages] what your own statuses of MQL and SQL are called." if settings.data.crm else ""
        do = f"Check the dates and the settings.{stages}"
        raise TableError("leads", [Finding("LEAD002", "error", "No lead is left.", do), *left, *never])
    read, frame = frame, add_title_parts(reduce_email(frame))
    frame, attributes, denied = split_roles(frame, settings, kept=_list_kept(frame, settings))
    left_out = read.drop(columns=[name for name in (*frame, "email_domain") if name in read]).reset_index(drop=True)
    attributes, late = drop_late_dates(frame, attributes, settings.roles.allow)
    return Leads(
        frame.reset_index(drop=True), attributes, settings.roles.points, settings.roles.protected,
        until if until is not None else _find_latest(frame), (*spelled, *findings, *left, *never, *denied, *late), forms,
        left_out,
    )  # fmt: skip


def rename_columns(raw: pd.DataFrame, settings: Settings, faults: Faults, *, needed: Iterable[str] | None = None) -> pd.DataFrame:
    """The export under our names, without the columns to ignore, keys as texts; faults for names that are not there.

    Args:
        raw: The export as read.
        settings: Sections columns and roles are used.
        faults: Where faults are gathered.
        needed: The firm's columns that must be there; None means every one that the settings name.
    """
    roles = settings.roles
    wanted = (
        [*settings.columns.values(), *roles.points, *roles.protected, *roles.allow, *settings.forms]
        if needed is None
        else list(needed)
    )
    check_named(wanted, raw, section="[columns], [roles] or [forms]", faults=faults)
    read = raw.drop(columns=list(roles.ignore), errors="ignore")
    frame = rename_to_ours(read, settings.columns, LEAD_FACTS, section="columns", faults=faults)
    taken = [str(name) for name in frame.columns if str(name).startswith(MADE_HERE)]
    if taken:
        what = f"{list_names(taken)} must not begin with {list_names(MADE_HERE)}, as features that are worked out here do."
        faults.add("LEAD012", what, "Rename them, or name them in roles.ignore.")
    return frame.assign(lead_id=as_keys(frame["lead_id"])) if "lead_id" in frame else frame


def _check_needed(frame: pd.DataFrame, faults: Faults) -> None:
    known = [str(name) for name in frame.columns]
    need = 'Map it in [columns], as {} = "{}".'
    if "lead_id" not in frame:
        faults.add(
            "LEAD001", f"There is no column 'lead_id'; the table has {list_names(known)}.", need.format("lead_id", "Record ID")
        )
    if "sql_at" not in frame and "outcome" not in frame:
        faults.add(
            "LEAD001",
            "There is neither 'sql_at' (when sales accepted) nor 'outcome' (yes or no).",
            need.format("sql_at", "Became SQL"),
        )
    if "sql_at" in frame and "mql_at" not in frame and "outcome" not in frame:
        what = "'sql_at' needs 'mql_at' beside it: the outcome counts from the moment a lead became an MQL."
        faults.add("LEAD001", what, need.format("mql_at", "Became MQL"))
    if frame.empty:
        faults.add("LEAD002", "The table of leads is empty.", "Export the leads that became MQLs, accepted or not.")


def _respell(
    frame: pd.DataFrame, settings: Settings, faults: Faults
) -> tuple[pd.DataFrame, dict[str, Format], tuple[Finding, ...]]:
    """The frame in plain spelling, how each column was spelled, and what is worth knowing of that; keys are left alone."""
    times = [name for name in LEAD_TIMES if name in frame]
    apart = {*LEAD_FACTS, *settings.roles.protected} - {"amount", "order_by"}
    free = [name for name in map(str, frame) if name not in apart]
    others = [name for name in free if deny_reason(name) is None or name in settings.roles.allow]
    order = None if settings.data.date_order == "auto" else settings.data.date_order
    forms, found = detect_formats(frame, set_forms=name_formats(settings, frame), times=times, others=others, order=order)
    told = check_formats(found, times)
    for finding in told:
        if finding.severity == "error":
            faults.add(finding.code, finding.what, finding.do)
    return to_plain_frame(frame, forms), forms, tuple(finding for finding in told if finding.severity != "error")


def name_formats(settings: Settings, frame: pd.DataFrame | None = None) -> dict[str, Format]:
    """Our name -> the form that the settings give its column, of those that the frame has."""
    ours = {theirs: ours for ours, theirs in settings.columns.items()}
    named = {ours.get(name, name): form for name, form in settings.forms.items()}
    return named if frame is None else {name: form for name, form in named.items() if name in frame}


def _parse_facts(frame: pd.DataFrame, settings: Settings, faults: Faults) -> pd.DataFrame:
    """Our own columns in their types: times in UTC, numbers as floats."""
    parsed = frame.copy()
    for name in LEAD_TIMES:
        if name in frame:
            parsed[name], bad = parse_times(frame[name], settings.data.timezone)
            faults.add_rows("LEAD003", bad, f"Column '{name}' holds no date in {{rows}}.", ISO_HINT + ".")
    for name in ("amount", *settings.roles.points):
        if name in frame:
            parsed[name], bad = parse_numbers(frame[name])
            faults.add_rows("LEAD009", bad, f"Column '{name}' holds no number in {{rows}}.", "Write plain numbers.")
    if "outcome" in frame:
        parsed["outcome"], bad = parse_outcome(frame["outcome"], settings.label.outcome_yes, settings.label.outcome_no)
        do = "Write yes and no, or name the texts in label.outcome_yes and label.outcome_no; blank means pending."
        faults.add_rows("LEAD008", bad, "Column 'outcome' holds neither yes nor no in {rows}.", do)
    if "order_by" in frame:
        parsed["order_by"], bad = parse_order(frame["order_by"], settings.data.timezone)
        do = "Name a column of numbers or dates that grows with time."
        bad |= parsed["order_by"].isna()
        faults.add_rows("LEAD010", bad, "Column 'order_by' holds neither number nor date in {rows}.", do)
    return parsed


def reduce_email(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with `email_domain_kind` in place of the address and its domain, which are personal or too fine."""
    sources = [frame[name] for name in ("email_domain", "email") if name in frame]
    if sources:
        cells = sources[0].where(sources[0].notna(), sources[-1])
        codes, uniques = pd.factorize(cells, use_na_sentinel=False)  # of many rows few domains differ
        kinds = np.array([kind_of_domain(domain_of(cell)) for cell in uniques], dtype=object)[codes]
        frame = frame.assign(email_domain_kind=pd.Series(kinds, index=frame.index).astype("str"))
    return frame.drop(columns=["email", "email_domain"], errors="ignore")


def _check_future(frame: pd.DataFrame, now: pd.Timestamp | None, faults: Faults) -> None:
    """One mistyped year would make pending leads look as if their outcome were known."""
    for name in LEAD_TIMES if now is not None else ():
        if name in frame:
            do = "Nothing can have happened yet: mend the dates."
            faults.add_rows("LEAD011", frame[name] > now, f"Column '{name}' lies in the future in {{rows}}.", do)


def _accepted_before(frame: pd.DataFrame, timezone: str) -> pd.Series:
    """Whether `sql_at` lies before `mql_at`; a date without a time of day speaks of the whole day."""
    day = frame["mql_at"].dt.tz_convert(timezone).dt.normalize()
    same_day = frame["sql_at"].dt.tz_convert(timezone) == day
    before: pd.Series = (frame["sql_at"] < frame["mql_at"]) & ~same_day
    return before


def _check_rows(frame: pd.DataFrame, settings: Settings, faults: Faults) -> tuple[Finding, ...]:
    """The checks across columns; findings that refuse nothing are returned."""
    if "lead_id" not in frame:
        return ()
    faults.add_rows("LEAD006", frame["lead_id"].isna(), "There is no lead_id in {rows}.", "Export the CRM's key of every lead.")
    key = [name for name in ("lead_id", "mql_at") if name in frame]
    again = frame.duplicated(key, keep="first") & frame["lead_id"].notna()
    if "mql_at" in frame:
        again &= frame["mql_at"].notna()
        if "sql_at" in frame:
            do = "An acceptance comes after the hand-over: mend the dates, or check what is mapped to mql_at and sql_at."
            before = _accepted_before(frame, settings.data.timezone)
            faults.add_rows("LEAD005", before, "'sql_at' lies before 'mql_at' in {rows}.", do)
    do = f"One row an episode, told apart by {' and '.join(key)}: remove the copies."
    faults.add_rows("LEAD004", again, "An episode that is there already is repeated in {rows}.", do)
    found: tuple[Finding, ...] = ()
    if "sql_at" in frame and "outcome" in frame:
        what = "There are both 'sql_at' and 'outcome': the dates decide, and 'outcome' is not looked at."
        found = (Finding("LEAD016", "warning", what, "Name the one that is not meant in roles.ignore."),)
    if "mql_at" in frame or "order_by" in frame:
        return found
    what = "There is neither 'mql_at' nor 'order_by': the split is random and the figures are optimistic."
    return (*found, Finding("LEAD014", "warning", what, "Map mql_at, or name any column that grows with time as order_by."))


def _keep_mqls(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    if "mql_at" not in frame:
        return frame, ()
    never = frame["mql_at"].isna()
    if not never.any():
        return frame, ()
    what = f"{count(int(never.sum()), 'lead')} never became an MQL (no 'mql_at') and were left out."
    return frame[~never], (Finding("LEAD007", "tip", what, "Nothing, if the export holds all leads."),)


def _list_kept(frame: pd.DataFrame, settings: Settings) -> list[str]:
    """Our columns, points and protected columns: what is no attribute."""
    ours = [name for name in LEAD_FACTS if name in frame]
    return list(dict.fromkeys([*ours, *settings.roles.points, *settings.roles.protected]))


def _read_observed_until(settings: Settings, faults: Faults) -> pd.Timestamp | None:
    """The moment that the settings name; None where they leave it to the data."""
    said = settings.data.observed_until
    if not said:
        return None
    times, bad = parse_times(pd.Series([said]), settings.data.timezone)
    if bad.any():
        faults.add("LEAD003", f"data.observed_until is no date: '{said}'.", ISO_HINT + ".")
    until: pd.Timestamp = times.iloc[0]
    return until


def _find_latest(frame: pd.DataFrame) -> pd.Timestamp | None:
    """The latest time of the leads; None where they carry no dates."""
    if "mql_at" not in frame:
        return None
    latest: pd.Timestamp = max(frame[name].max() for name in LEAD_TIMES if name in frame and frame[name].notna().any())
    return latest
