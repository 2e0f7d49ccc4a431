"""Pages for people, with a policy under which a browser runs and loads only what is in the page."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache

from fastapi.responses import HTMLResponse

_BLOCK = r"<{0}\b(?![^>]*(?:\bsrc=|\bapplication/json\b))[^>]*>(.*?)</{0}\s*>"  # inline code: neither a file nor data


def make_page_response(text: str) -> HTMLResponse:
    """A page as a response; only its own inline scripts and styles work, by their hashes."""
    return HTMLResponse(text, headers={"Content-Security-Policy": make_policy(text)})


@lru_cache(maxsize=8)
def make_policy(text: str, origin: str = "'none'") -> str:
    """The content security policy of a page.

    Args:
        text: The page.
        origin: What the page may load besides its own inline scripts and styles: `'none'`, or `'self'` for files of this server.

    >>> make_policy("<style>p {}</style>").split("; ")[1:3]
    ["script-src 'none'", "style-src 'unsafe-inline'"]
    >>> make_policy("<script>1</script>").split("; ")[1]
    "script-src 'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='"
    """
    scripts, styles = _hash_blocks(text, "script"), _hash_blocks(text, "style")
    sources = [] if origin == "'none'" else [origin]
    rules = {
        "default-src": ["'none'"],
        "script-src": [*sources, *scripts] or ["'none'"],
        "style-src": ["'unsafe-inline'"],  # for browsers that do not know the next two
        "style-src-elem": [*sources, *styles] or ["'none'"],
        "style-src-attr": ["'unsafe-inline'"],  # drawings have many, and an attribute can load nothing here
        "img-src": [*sources, "data:"],
        "font-src": ["data:"],
        "connect-src": sources or ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(values)}" for name, values in rules.items())


def _hash_blocks(text: str, tag: str) -> list[str]:
    blocks = re.findall(_BLOCK.format(tag), text, flags=re.DOTALL | re.IGNORECASE)
    hashes = (base64.b64encode(hashlib.sha256(block.encode()).digest()).decode() for block in blocks)
    return list(dict.fromkeys(f"'sha256-{value}'" for value in hashes))
