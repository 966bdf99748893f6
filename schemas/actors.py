"""Who did it, as an entry of a request's history says: a stage by its name, or somebody else. Pure.

What stages decide is compared by the bare names of accounts (whoever called first, whoever took the
request in): an entry is for whoever reads it, and nothing is decided by it.
"""

from __future__ import annotations

_DESK, _RECIPIENT = "desk:", "recipient:"


def of_desk(account: str) -> str:
    """A person of the desk, whose account has proven itself; no name of a stage is one of these."""
    return f"{_DESK}{account}"


def of_recipient(recipient: str) -> str:
    """Somebody at a recipient, whose page or signature has proven itself."""
    return f"{_RECIPIENT}{recipient}"


def recipient_of(by: str) -> str | None:
    """The recipient that did it; None where it was none."""
    return by.removeprefix(_RECIPIENT) if by.startswith(_RECIPIENT) else None


def without_desk(by: str) -> str:
    """The bare name of an account, in whichever way it was written; others as they are.

    Older entries name some accounts without saying that they are of the desk.
    """
    return by.removeprefix(_DESK)
