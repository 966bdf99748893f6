"""Logs as an allow-list: only these fields, only identifiers, codes and numbers (D4).

Nothing that an exception says is logged as it is: drivers put values into their texts.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

from schemas.deadlines import standing
from schemas.request import Request

ALLOWED = frozenset(
    {
        "code", "count", "error", "place", "queue", "reasons", "recipient", "request", "seconds",
        "stage", "status", "step", "tracking", "version", "worker",
    }
)  # fmt: skip

NOISY = (
    "aio_pika",
    "aiormq",
    "pymongo",
    "asyncio",
    "aiosmtplib",
    "httpx",
    "imap_tools",
    "flufl.bounce",
    "opentelemetry",
    "urllib3",
)
"""Whose own logs may hold what people and databases said."""

DISOWNED = frozenset({"disowned", "package_disowned"})
"""History entries by which a contact on file says that somebody asks in its name."""

_logger = logging.getLogger("dsr")


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "dsr", {}),
        }
        return json.dumps(line, ensure_ascii=False)


def set_up(level: str = "INFO") -> None:
    """Send our events to standard error as JSON lines, and silence the drivers' own logs."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    _logger.handlers[:] = [handler]
    _logger.setLevel(level)
    _logger.propagate = False
    logging.getLogger().handlers[:] = [logging.NullHandler()]
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.CRITICAL)


def event(name: str, *, level: int = logging.INFO, **fields: str | float | None) -> None:
    """Log one event; a field that is not on the list is a bug, and fails loudly."""
    unknown = fields.keys() - ALLOWED
    if unknown:
        raise ValueError(f"not on the list of what may be logged: {sorted(unknown)}")
    _logger.log(level, name, extra={"dsr": fields})


def alarm(what: str, request: Request, now: datetime) -> None:
    """Say at warning level what a history entry tells that somebody has to look at.

    That an open request is near its deadline, or past it; that its contact on file says "not me".
    """
    if what == "alarm":
        name: str = "alarm"
        code: str = standing(request.received_at, request.deadline, request.target, now)
    elif what in DISOWNED:
        name, code = "disowned", what
    else:
        return
    event(
        name,
        level=logging.WARNING,
        request=request.id,
        tracking=request.tracking,
        status=request.status,
        code=code,
    )


def failure(name: str, error: BaseException, **fields: str | float | None) -> None:
    """Log where an error came from and of which type it is, without its text."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name}:{frames[-1].lineno}" if frames else "?"
    event(name, level=logging.ERROR, error=type(error).__name__, place=place, **fields)
