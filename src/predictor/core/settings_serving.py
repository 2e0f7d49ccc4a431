"""The sections of the settings for serving: where answers are kept, how they are served, and who is notified."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, model_validator

from predictor.core.settings_sections import MOST_DAYS, Section


class StoreSettings(Section):
    """Where scores and outcomes are kept, and for how long."""

    url: str
    spool: str
    sync_s: Annotated[float, Field(gt=0, le=60)]
    retention_days: Annotated[float, Field(ge=0, le=MOST_DAYS)]

    def start_from(self, folder: Path) -> StoreSettings:
        """The same with relative paths, of a SQLite file and of the spool, made to start from a folder."""
        file = self.url.removeprefix("sqlite:///")
        url = f"sqlite:///{folder.resolve() / file}" if file != self.url else self.url
        return self.model_copy(update={"url": url, "spool": str(folder.resolve() / self.spool) if self.spool else ""})


class ServeSettings(Section):
    """How the API is served: who may ask, how it follows the bundles, and which leads it hands over at random."""

    watch_s: Annotated[float, Field(gt=0, le=3600)]
    explore_rate: Annotated[float, Field(ge=0, lt=1)]
    keys: str
    max_body_mb: Annotated[float, Field(gt=0, le=1000)]
    receive_s: Annotated[float, Field(gt=0, le=600)]
    reasons: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...]

    def start_from(self, folder: Path) -> ServeSettings:
        """The same with the path of the keys made to start from a folder."""
        return self.model_copy(update={"keys": str(folder.resolve() / self.keys) if self.keys else ""})


def _has_port(parts: SplitResult) -> bool:
    """Whether the port of a URL is one, or left out."""
    try:
        return parts.port != 0
    except ValueError:
        return False


class WebhookSettings(Section):
    """Who is notified when a lead crosses the threshold, and what the message holds."""

    urls: tuple[str, ...]
    secret: str
    band: Annotated[float, Field(ge=0, lt=1)]
    features: tuple[str, ...]
    allow_private: bool
    retry_days: Annotated[float, Field(gt=0, le=365)]

    @model_validator(mode="after")
    def _check_urls(self) -> WebhookSettings:
        for url in self.urls:
            parts = urlsplit(url)
            if parts.scheme not in ({"https", "http"} if self.allow_private else {"https"}) or not parts.hostname:
                raise ValueError("each of urls must begin with https:// and name a host; allow_private allows http:// too")
            if not (url.isascii() and url.isprintable()) or " " in url or not _has_port(parts):
                raise ValueError(
                    "urls must be of plain letters, without blanks, with a port from 1 to 65535 if any; write others as %20"
                )
            if "@" in parts.netloc or parts.fragment:
                raise ValueError("urls must hold no user, password or fragment; messages are signed")
        if len(set(self.urls)) < len(self.urls):
            raise ValueError("urls names an address twice")
        return self

    def start_from(self, folder: Path) -> WebhookSettings:
        """The same with the path of the secrets made to start from a folder."""
        return self.model_copy(update={"secret": str(folder.resolve() / self.secret) if self.secret else ""})
