"""Server logs as JSON, one object a line, without any value of a lead."""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime
from typing import Any

import orjson


class JsonLines(logging.Formatter):
    """A record as JSON: time, level, logger, text and its `fields`; of an exception its type and place, not its message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line.

        >>> record = logging.makeLogRecord({"name": "api", "levelname": "INFO", "msg": "up", "created": 0, "fields": {"ms": 3}})
        >>> JsonLines().format(record)
        '{"time":"1970-01-01T00:00:00.000+00:00","level":"INFO","logger":"api","text":"up","ms":3}'
        """
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": time, "level": record.levelname, "logger": record.name, "text": record.getMessage()}
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__  # its message may quote a person
            line["trace"] = "".join(traceback.format_tb(record.exc_info[2]))
        return orjson.dumps({name: value for name, value in line.items() if value != ""}, default=str).decode()


def make_formatter() -> JsonLines:
    """The formatter of a server process; what its lines do not show is not looked up."""
    skip_unused_fields()
    return JsonLines()


def skip_unused_fields() -> None:
    """Keep Python's logging from looking up what no log line shows: caller, thread and process (its own advice for speed)."""
    logging._srcfile = None  # noqa: SLF001  documented in Python's logging how-to
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def make_log_config() -> dict[str, Any]:
    """Settings of Python's logging for a server: all warnings, and a line for each request, on standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "predictor.cli.json_logs.make_formatter"}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"level": "WARNING", "handlers": ["lines"]},
        "loggers": {"api.requests": {"level": "INFO"}},
    }
