"""Leads that look like one person: another key, but the same e-mail address and the same dates."""

from __future__ import annotations

import pandas as pd

from predictor.core.errors import Finding, count
from predictor.core.row_faults import number_row

_DATES = ("mql_at", "sql_at")


def check_same_person(frame: pd.DataFrame) -> tuple[Finding, ...]:
    """A warning about leads with the address, `mql_at` and `sql_at` of a lead before them.

    They stay, since a firm's shared address may stand for several people.

    Args:
        frame: The leads under our names, dates in UTC; rows numbered by the index.

    >>> days = pd.to_datetime(["2026-01-05 09:12", "2026-01-05 09:12", "2026-01-06 10:00"], utc=True)
    >>> frame = pd.DataFrame({"lead_id": ["a", "b", "c"], "email": ["x@f.example", "X@f.example", "x@f.example"], "mql_at": days})
    >>> print(check_same_person(frame)[0].what)
    1 lead has the e-mail address and dates (mql_at) of another one (first in row 2): they look like one person.
    """
    if not {"lead_id", "email", "mql_at"} <= set(frame.columns):
        return ()
    dates = [name for name in _DATES if name in frame]
    people = frame[["lead_id", *dates]].assign(email=frame["email"].astype("str").str.strip().str.casefold())
    people = people[people["email"].str.contains("@", regex=False, na=False) & people["mql_at"].notna()]
    people = people.drop_duplicates(["lead_id", "mql_at"])
    copies = people.duplicated(["email", *dates])
    if not copies.any():
        return ()
    first = copies.reindex(frame.index, fill_value=False).to_numpy(dtype=bool).argmax()
    n, row = int(copies.sum()), number_row(frame.index, int(first))
    have = "has" if n == 1 else "have"
    what = f"{count(n, 'lead')} {have} the e-mail address and dates ({', '.join(dates)}) of another one (first in row {row:,}): "
    do = "Merge them in the CRM or remove the copies, which count twice, unless several people share the address."
    return (Finding("LEAD083", "warning", f"{what}they look like one person.", do=do),)
