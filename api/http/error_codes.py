"""The codes of this API's own errors, and the error that carries one with its status."""

from __future__ import annotations

from collections.abc import Mapping

from predictor.core.errors import PredictorError

_CODES = tuple(f"API{number:03}" for number in range(1, 13))
NO_JSON, WRONG_FIELD, NO_PATH, NO_MODEL, NO_REPORT, NO_STORE, UNEXPECTED, NO_KEY, NO_SCOPE, NO_KEYS, TOO_LARGE, TOO_SLOW = _CODES


class RefusalError(PredictorError):
    """A request that cannot be answered now, with its status, code and headers."""

    def __init__(self, status: int, code: str, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status, self.code, self.headers = status, code, dict(headers or {})
