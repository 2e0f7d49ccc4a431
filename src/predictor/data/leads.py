"""The contract of the table of leads: its columns and types, and checks that report every fault at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from predictor.core.cell_formats import Format
from predictor.core.errors import Finding, TableError, count, list_names
from predictor.core.row_faults import Faults
from predictor.core.settings import Settings
from predictor.data.accounts import ACCOUNT, read_accounts
from predictor.data.columns import check_named, rename_to_ours
from predictor.data.currencies import check_currencies, check_currency_columns, find_currency, list_currency_columns
from predictor.data.denied_columns import deny_reason
from predictor.data.detect_formats import check_formats, detect_formats, to_plain_frame
from predictor.data.detect_sets import check_sets
from predictor.data.email_domains import domain_of, kind_of_domain
from predictor.data.job_titles import add_title_parts
from predictor.data.lead_checks import check_accepted_undated, check_future, check_needed, check_rows, list_facts
from predictor.data.lead_facts import LEAD_FACTS, LEAD_TIMES, compute_latest_time, list_amounts, parse_facts, parse_observed_until
from predictor.data.lead_keys import as_keys
from predictor.data.missing import blank_missing, read_missing
from predictor.data.no_dates import check_far_dates, check_no_dates
from predictor.data.parse import Kind
from predictor.data.roles import drop_late_dates, split_roles
from predictor.data.same_person import check_same_person
from predictor.data.table_keys import check_numbered, read_keys

POINTS_PREFIX, ATTRIBUTES_PREFIX, MEMBERS_PREFIX, EVENTS_PREFIX, RULES_PREFIX, OWN_PREFIX, EPISODES_PREFIX, ACCOUNT_PREFIX = (
    FEATURE_PREFIXES
) = (
    "points/", "attributes/", "members/", "events/", "rules/", "own/", "episodes/", "account/",
)  # of computed features  # fmt: skip


@dataclass(frozen=True)
class Leads:
    """Checked leads: one row per episode.

    Attributes:
        frame: Our columns first (times in UTC, `outcome` as 1.0, 0.0 or missing), then attributes, points and protected columns.
        attributes: Column -> kind, for every column that may become a feature.
        points: Columns with hand-set scores of the CRM.
        protected: Columns kept for the fairness table.
        observed_until: The moment up to which outcomes are known; None where the leads have no dates.
        findings: Warnings and tips, and what was left out; no errors.
        formats: Column -> its format in the export, where that is not the plain one.
        left_out: Columns that their names rule out as attributes, as read, and `email`; for the audit.
        faulty: How many rows were left out because they break the contract.
        currency: Of `amount`, as "EUR"; empty where it is unknown, or not one.
    """

    frame: pd.DataFrame
    attributes: dict[str, Kind]
    points: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    observed_until: pd.Timestamp | None = None
    findings: tuple[Finding, ...] = ()
    formats: Mapping[str, Format] = field(default_factory=dict)
    left_out: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    faulty: int = 0
    currency: str = ""

    @property
    def dated(self) -> bool:
        """Whether each lead has the moment it became an MQL."""
        return "mql_at" in self.frame


def check_leads(raw: pd.DataFrame, settings: Settings, *, now: pd.Timestamp | None = None) -> Leads:
    """The checked leads of an export, for training.

    Args:
        raw: The export as read: texts, or typed columns of a Parquet file.
        settings: Sections data, columns, roles, forms and label are used.
        now: Later dates are faults; None skips this check.

    Raises:
        TableError: All faults together: missing columns, unreadable dates, repeated episodes, ...
    """
    faults = Faults()
    frame = rename_columns(raw, settings, faults)
    ids = frame.get("lead_id", pd.Series(dtype="str"))
    frame = frame.assign(lead_id=as_keys(ids)) if "lead_id" in frame else frame
    numbered = check_numbered(raw, settings)
    check_needed(frame, faults)
    until = parse_observed_until(settings, faults)
    known = blank_missing(frame, settings.data.missing_values)
    plain, formats, format_findings = _apply_formats(known, settings, faults)
    raw_cells, frame = frame, parse_facts(plain, settings, faults)
    no_dates = check_no_dates(raw_cells, frame, formats, read_missing(settings.data.missing_values))
    currencies = list_currency_columns(raw) if list_amounts(frame) else {}
    row_findings = (*check_currency_columns(currencies), *check_rows(frame, ids, settings, faults), *check_same_person(frame))
    check_future(frame, now, settings, faults)
    if faults.rows:
        faults.add_shared(list_facts(plain, settings))
    rows = len(frame)
    frame, dropped = faults.settle("leads", frame, drop=settings.data.faulty_rows == "drop")
    faulty = rows - len(frame)
    frame, not_mql = _keep_mqls(frame)
    if frame.empty:
        stages = " Name your own statuses of MQL and SQL in [stages]." if settings.data.crm else ""
        do = f"Check the dates and the settings.{stages}"
        raise TableError("leads", [Finding("LEAD002", "error", "No lead is left.", do=do), *dropped, *not_mql])
    full = frame
    if settings.features.accounts:
        frame = frame.assign(**{ACCOUNT: read_accounts(frame)})
    frame = add_title_parts(reduce_email(frame))
    frame, attributes, denied = split_roles(frame, settings, kept=_list_kept(frame, settings), formats=formats)
    left_out = full.drop(columns=[name for name in (*frame, "email_domain") if name in full]).reset_index(drop=True)
    attributes, late = drop_late_dates(frame, attributes, settings.roles.allow)
    dates = [name for name in frame if name in LEAD_TIMES or attributes.get(str(name)) == "date"]
    far = check_far_dates(frame, list(map(str, dates)), settings.data.timezone)
    return Leads(
        frame=frame.reset_index(drop=True),
        attributes=attributes,
        points=settings.roles.points,
        protected=settings.roles.protected,
        observed_until=compute_latest_time(frame) if until is None else until,
        findings=(*numbered, *format_findings, *no_dates, *row_findings, *dropped, *not_mql, *denied, *late, *far),
        formats=formats,
        left_out=left_out,
        faulty=faulty,
        currency=find_currency(currencies, raw_cells["amount"]) if list_amounts(frame) else "",
    )


def rename_columns(raw: pd.DataFrame, settings: Settings, faults: Faults, *, needed: Iterable[str] | None = None) -> pd.DataFrame:
    """The export under our names, with ids as texts and without ignored columns; a fault for each missing column.

    Where `data.number_rows` is set, rows of a table without keys get their numbers as keys. Rounded keys are a fault.

    Args:
        raw: The export as read.
        settings: Sections data, columns and roles are used.
        faults: Faults are added here.
        needed: The firm's columns that must exist; None means all that the settings name.
    """
    roles = settings.roles
    named = (
        *settings.columns.values(),
        *roles.points,
        *roles.protected,
        *roles.allow,
        *settings.forms,
        roles.weight,
        *settings.report.columns,
    )
    required = [name for name in named if name] if needed is None else list(needed)
    check_named(required, raw, section="[columns], [roles], [forms] or [report]", faults=faults)
    kept = raw.drop(columns=list(roles.ignore), errors="ignore")
    frame = rename_to_ours(kept, settings.columns, LEAD_FACTS, section="columns", faults=faults)
    reserved = [str(name) for name in frame.columns if str(name).startswith(FEATURE_PREFIXES)]
    if reserved:
        what = f"{list_names(reserved)} must not begin with {list_names(FEATURE_PREFIXES)}, as computed features do."
        faults.add("LEAD012", what, "Rename them, or name them in roles.ignore.")
    return read_keys(frame, settings, faults)


def _apply_formats(
    frame: pd.DataFrame, settings: Settings, faults: Faults
) -> tuple[pd.DataFrame, dict[str, Format], tuple[Finding, ...]]:
    """The frame in the plain format, the format that each column had, and findings; keys are left alone."""
    times = [name for name in LEAD_TIMES if name in frame]
    skipped = {*LEAD_FACTS, *settings.roles.protected} - {"amount", "order_by"}
    others = [
        name for name in map(str, frame) if name not in skipped and (deny_reason(name) is None or name in settings.roles.allow)
    ]
    order = None if settings.data.date_order == "auto" else settings.data.date_order
    formats, detected = detect_formats(frame, set_formats=list_formats(settings, frame), times=times, others=others, order=order)
    findings = check_formats(detected, times)
    for finding in findings:
        if finding.severity == "error":
            faults.add(finding.code, finding.what, finding.do)
    plain = to_plain_frame(frame, formats, settings.data.missing_values)
    open_times = [name for name in times if name in detected and detected[name].has_open_order]
    plain[open_times] = None  # one fault is enough
    noted = (finding for finding in findings if finding.severity != "error")
    return plain, formats, (*noted, *check_currencies(frame, formats), *check_sets(plain, formats))


def list_formats(settings: Settings, frame: pd.DataFrame | None = None) -> dict[str, Format]:
    """Our name -> the format that the settings set for its column; only columns of the frame where one is given."""
    ours = {theirs: ours for ours, theirs in settings.columns.items()}
    formats = {ours.get(name, name): column_format for name, column_format in settings.forms.items()}
    return {name: column_format for name, column_format in formats.items() if frame is None or name in frame}


def reduce_email(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with `email_domain_kind` in place of the address, which is personal, and its domain, which is too fine."""
    sources = [frame[name] for name in ("email_domain", "email") if name in frame]
    if sources:
        cells = sources[0].where(sources[0].notna(), sources[-1])
        codes, uniques = pd.factorize(cells, use_na_sentinel=False)  # few distinct domains
        kinds = np.array([kind_of_domain(domain_of(cell)) for cell in uniques], dtype=object)[codes]
        frame = frame.assign(email_domain_kind=pd.Series(kinds, index=frame.index).astype("str"))
    return frame.drop(columns=["email", "email_domain"], errors="ignore")


def _keep_mqls(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The leads that became MQLs, and findings about the others: a warning where sales accepted some of them."""
    if "mql_at" not in frame or frame["mql_at"].notna().all():
        return frame, ()
    is_mql = frame["mql_at"].notna()
    accepted = frame["sql_at"].notna() if "sql_at" in frame else frame["outcome"] == 1
    never = int((~is_mql & ~accepted).sum())
    what = f"{count(never, 'lead')} never became an MQL (no 'mql_at') and {'was' if never == 1 else 'were'} left out."
    tips = (Finding("LEAD007", "tip", what, do="Nothing, if the export holds all leads."),) if never else ()
    return frame[is_mql], (*check_accepted_undated(accepted, is_mql), *tips)


def _list_kept(frame: pd.DataFrame, settings: Settings) -> list[str]:
    """The columns that are no attributes: ours, points, protected ones, and how many leads a row represents."""
    roles, ours = settings.roles, [name for name in LEAD_FACTS if name in frame and (name != "amount" or list_amounts(frame))]
    weight = [roles.weight] if roles.weight and roles.weight in frame else []
    account = [ACCOUNT] if ACCOUNT in frame else []
    return list(dict.fromkeys([*ours, *account, *roles.points, *roles.protected, *weight]))
