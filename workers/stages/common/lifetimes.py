"""How long codes are good whose mail says it by its own time, not by that of the newest code.

The stage that made the code checks its end; two copies of the mail must be identical, so mailing
computes it again. Both ask here.
"""

from __future__ import annotations

from datetime import timedelta

from schemas.request import Route
from workers.ports import Policy

VIEWING = timedelta(hours=1)
"""A code to see where a request stands."""
_MAILED_DOWNLOAD = timedelta(hours=1)


def of_download(route: Route, policy: Policy) -> timedelta:
    """A code for a download, by the way that it goes."""
    ways = {"call": policy.task_within + _MAILED_DOWNLOAD, "letter": policy.letter_window}
    return ways.get(route, _MAILED_DOWNLOAD)
