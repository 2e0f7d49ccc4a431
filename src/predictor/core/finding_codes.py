"""The codes of all findings, and what each means: read from `findings.toml`, which the documentation repeats."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def read_codes() -> dict[str, dict[str, str]]:
    """Code -> `severity`, `means` and `do`, in words.

    >>> read_codes()["LEAD002"]["severity"]
    'error'
    """
    return tomllib.loads(files("predictor.core").joinpath("findings.toml").read_text(encoding="utf-8"))


def list_codes() -> list[str]:
    """Every code that a finding can have.

    >>> "AUDIT001" in list_codes(), "AUDIT999" in list_codes()
    (True, False)
    """
    return list(read_codes())
