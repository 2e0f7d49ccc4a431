"""The files that the page is made of, and what makes texts safe in them: the policy, JSON in a script, code in a text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from predictor.report.page.page_table import join_units


def make_policy(*scripts: str) -> str:
    """The policy under which a browser runs these scripts and nothing else, and loads nothing.

    >>> make_policy("1")
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='"
    """
    sums = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    run = " ".join(f"'sha256-{checksum}'" for checksum in sums)
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src {run}"


def dump_json(content: Mapping[str, Any]) -> str:
    r"""JSON that is safe inside a script, whatever its texts hold.

    >>> print(dump_json({"a": "</script><!--"}))
    {"a":"\u003c/script\u003e\u003c!--"}
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return (
        text.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


@lru_cache(maxsize=1)
def open_templates() -> Environment:
    """The templates of the page, with filters that join figures to their units and mark code."""
    environment = Environment(
        loader=PackageLoader("predictor.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["joined"] = join_units
    environment.filters["code"] = _mark_code
    return environment


@lru_cache(maxsize=4)
def read_asset(name: str) -> str:
    """A script or a style of the page."""
    return (files("predictor.report.page") / "assets" / name).read_text(encoding="utf-8")


def _mark_code(text: str) -> Markup:
    """The text as HTML, with what stands between backticks as code; a line breaks between its words, never at a hyphen.

    >>> _mark_code("run `a > b`")
    Markup('run <code><span>a</span> <span>&gt;</span> <span>b</span></code>')
    """

    def mark(found: re.Match[str]) -> str:
        return f"<code>{' '.join(f'<span>{word}</span>' for word in found[1].split(' '))}</code>"

    return Markup(re.sub(r"`([^`]+)`", mark, str(escape(text))))  # noqa: S704  the text is escaped
