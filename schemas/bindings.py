"""What codes of a request are bound to, and the locks under which it does what only one may do."""

from __future__ import annotations

from schemas.request import Request


def code_lock(subject: str) -> str:
    """The lock on sending this person a code, so that those of the day can be counted (D1)."""
    return f"{subject}|@code"


def lifted_by(request: Request) -> str:
    """What the code is bound to that lifts a restriction: no challenge's code is one of these."""
    return f"lift:{request.digest}"


def viewed_by(request: Request) -> str:
    """What the code is bound to that shows where it stands: it proves nothing else."""
    return f"viewing:{request.digest}"


def pinned_by(request: Request) -> str:
    """What the PIN is bound to that shows where it stands: it proves nothing either."""
    return f"pin:{request.digest}"


def escalation_lock(recipient: str) -> str:
    """The lock on telling the department of this recipient, so that it is told once a day."""
    return f"@escalation|{recipient}"
