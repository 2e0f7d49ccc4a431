"""The span of a simulated firm, in seconds since 1970 UTC; no clock is read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Seconds = npt.NDArray[np.int64]

DAY = 86_400
YEAR = 365.25 * DAY
SINCE = 1_704_067_200  # 2024-01-01T00:00:00Z, the first second that is observed
BEGIN = 1_719_792_000  # 2024-07-01T00:00:00Z, the first handover; half a year of visits lies before
END = 1_782_863_999  # 2026-06-30T23:59:59Z, the last second that is observed
NEVER = np.iinfo(np.int64).max


def to_seconds(times: pd.Series) -> Seconds:
    """Moments with a zone as whole seconds; missing ones as `NEVER`.

    >>> to_seconds(pd.to_datetime(pd.Series(["2024-07-01T00:00:00Z"]))).tolist() == [BEGIN]
    True
    """
    seconds = times.astype("datetime64[s, UTC]").to_numpy(dtype="datetime64[s]")
    return np.where(np.isnat(seconds), NEVER, seconds.astype(np.int64))


def to_moments(seconds: Seconds) -> pd.Series:
    """Seconds as moments in UTC; those after the end of the span are missing, since nobody knows them.

    >>> to_moments(np.array([BEGIN, NEVER])).isna().tolist()
    [False, True]
    """
    moments = np.where(seconds > END, np.iinfo(np.int64).min, seconds).astype("datetime64[s]")
    return pd.Series(moments).astype("datetime64[us]").dt.tz_localize("UTC")
