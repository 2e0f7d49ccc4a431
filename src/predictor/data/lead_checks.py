"""Checks of leads: what a table must have, and the rows that break the contract or hold a doubt."""

from __future__ import annotations

import pandas as pd

from predictor.core.errors import Finding, count, list_names
from predictor.core.row_faults import Faults
from predictor.core.settings import Settings
from predictor.core.wording import format_percent
from predictor.data.denied_columns import deny_reason
from predictor.data.lead_facts import LEAD_FACTS, LEAD_TIMES
from predictor.data.no_dates import advise_no_date
from predictor.data.parse import parse_outcome


def check_needed(frame: pd.DataFrame, faults: Faults) -> None:
    """Faults for columns that a training cannot do without."""
    advice = 'Map it in [columns], as {} = "{}".'
    if "lead_id" not in frame:
        what = f"There is no column 'lead_id'; the table has {list_names(map(str, frame.columns))}."
        faults.add("LEAD001", what, advice.format("lead_id", "Record ID"))
    if "sql_at" not in frame and "outcome" not in frame:
        what = "There is neither 'sql_at' (when sales accepted) nor 'outcome' (yes or no)."
        faults.add("LEAD001", what, advice.format("sql_at", "Became SQL"))
    if "sql_at" in frame and "mql_at" not in frame and "outcome" not in frame:
        what = "'sql_at' needs 'mql_at' beside it: the outcome counts from the moment a lead became an MQL."
        faults.add("LEAD001", what, advice.format("mql_at", "Became MQL"))
    if frame.empty:
        faults.add("LEAD002", "The table of leads is empty.", "Export the leads that became MQLs, accepted or not.")


def check_future(frame: pd.DataFrame, now: pd.Timestamp | None, settings: Settings, faults: Faults) -> None:
    """Faults for dates after `now`: one mistyped year would make pending leads look as if their outcome were known."""
    for name in LEAD_TIMES if now is not None else ():
        if name in frame:
            late = frame[name] > now
            do = f"Fix the dates.{advise_no_date(frame[name], late, settings.data.timezone)}"
            faults.add_rows("LEAD011", late, f"Column '{name}' lies in the future in {{rows}}.", do)


def _accepted_before(frame: pd.DataFrame, timezone: str) -> pd.Series:
    """Whether `sql_at` lies before `mql_at`; a date without a time of day means the whole day."""
    day = frame["mql_at"].dt.tz_convert(timezone).dt.normalize()
    same_day = frame["sql_at"].dt.tz_convert(timezone) == day
    before: pd.Series = (frame["sql_at"] < frame["mql_at"]) & ~same_day
    return before


def check_rows(frame: pd.DataFrame, ids: pd.Series, settings: Settings, faults: Faults) -> tuple[Finding, ...]:
    """The checks across columns: faults are added, warnings returned. `ids` are the leads as the export writes them."""
    if "lead_id" not in frame:
        return ()
    faults.add_rows("LEAD006", frame["lead_id"].isna(), "There is no lead_id in {rows}.", "Export the CRM's key of every lead.")
    key = [name for name in ("lead_id", "mql_at") if name in frame]
    repeated = frame.duplicated(key, keep="first") & frame["lead_id"].notna()
    if "mql_at" in frame:
        repeated &= frame["mql_at"].notna()
        if "sql_at" in frame:
            do = "Sales accepts a lead after it became an MQL: fix the dates, or check what is mapped to mql_at and sql_at."
            before = _accepted_before(frame, settings.data.timezone)
            advice = advise_no_date(frame["sql_at"], before, settings.data.timezone)
            faults.add_rows("LEAD005", before, "'sql_at' lies before 'mql_at' in {rows}.", advice.strip() or do)
    do = f"Keep one row per episode, identified by {' and '.join(key)}: remove the duplicates."
    shortened = ids.ne(frame["lead_id"])[frame["lead_id"].isin(frame.loc[repeated, "lead_id"])]
    lengths = " Salesforce ids of 15 and of 18 characters name one lead." if shortened.any() and not shortened.all() else ""
    faults.add_rows("LEAD004", repeated, f"An episode is repeated in {{rows}}.{lengths}", do)
    findings: tuple[Finding, ...] = ()
    if "sql_at" in frame and "outcome" in frame:
        what = "There are both 'sql_at' and 'outcome': the dates decide, and 'outcome' is not used."
        findings = (Finding("LEAD016", "warning", what, do="Name the one that should not be used in roles.ignore."),)
    if "mql_at" in frame or "order_by" in frame:
        return findings
    what = "There is neither 'mql_at' nor 'order_by': the split is random and the figures are optimistic."
    return (*findings, Finding("LEAD014", "warning", what, do="Map mql_at, or map order_by to any column that grows with time."))


def list_facts(plain: pd.DataFrame, settings: Settings) -> list[pd.Series]:
    """What faulty rows may have in common: their outcome first, then the month of each date, then each category.

    Args:
        plain: The leads under our names, in the plain format, before dates are parsed: a faulty one counts as filled.
        settings: Section label is used.
    """
    accepted = plain["sql_at"].notna() if "sql_at" in plain else None
    if accepted is None and "outcome" in plain:
        accepted = parse_outcome(plain["outcome"], settings.label.outcome_yes, settings.label.outcome_no)[0] == 1
    facts = [] if accepted is None else [accepted.map({True: "were accepted by sales", False: "were not accepted"})]
    categories = []
    for name in map(str, plain):
        texts = plain[name].astype("str")
        months = texts.str.extract(r"^(\d{4}-\d{2})-\d{2}", expand=False)
        if 2 * months.notna().sum() > plain[name].notna().sum():
            facts.append(f"have a '{name}' of " + months)
        elif name not in LEAD_FACTS and name not in settings.roles.protected and deny_reason(name) is None:
            categories.append("have '" + texts + f"' in '{name}'")
    return [*facts, *categories]


def check_accepted_undated(accepted: pd.Series, is_mql: pd.Series) -> tuple[Finding, ...]:
    """A warning about leads that sales accepted without a moment when they became MQLs."""
    undated = int((accepted & ~is_mql).sum())
    if not undated:
        return ()
    have, were = ("has", "was") if undated == 1 else ("have", "were")
    share = format_percent(undated / int(accepted.sum()))
    what = f"{count(undated, 'lead')} that sales accepted {have} no 'mql_at' and {were} left out: {share} of all acceptances."
    do = "Map the date on which leads were created to mql_at in [columns], which then dates all of them. "
    do += "Or leave it so, if only leads that became MQLs are to be scored."
    return (Finding("LEAD063", "warning", what, do=do),)
