"""`schemas.deadlines.standing` as a query: what is open and near its deadline, or late."""

from __future__ import annotations

from typing import Any, Final

from schemas.deadlines import WARN_AT
from schemas.lifecycle import Status

_SHARE: Final = {"$multiply": [WARN_AT, {"$subtract": ["$deadline", "$received_at"]}]}

RISKY_AT: Final[dict[str, Any]] = {"$add": ["$received_at", _SHARE]}
"""When an open request is near its deadline."""

AT_RISK: Final[dict[str, Any]] = {
    "status": {"$in": [status.value for status in Status if not status.final]},
    "$expr": {"$gte": ["$$NOW", RISKY_AT]},
}
