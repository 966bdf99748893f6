"""What is said of a notice to a third party, which names itself and not its request.

`by` is whoever said so, as an entry of the history says it (`schemas.actors`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.notice import Notice, NoticeAnswer


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """What a recipient told us about a notice, its signature already checked."""

    notice: str
    recipient: str
    answer: NoticeAnswer
    by: str = ""
    """Whoever said so for the recipient; empty: itself."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Somebody is shown what a notice says: a person at the recipient, or of the desk."""

    notice: str
    recipient: str
    by: str


@dataclass(frozen=True, slots=True)
class ToldAlong:
    """A newer notice to the same recipient told what this one waited to tell."""

    notice: str
    recipient: str
    told: Notice
    """The newer one, as it stands now."""


@dataclass(frozen=True, slots=True)
class Said:
    """The reason that a recipient gave in its answer to our notice."""

    notice: str
    recipient: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SendAgain:
    """The recipient takes notices again: it is sent this one, which it missed."""

    notice: str
    recipient: str
    by: str


OfNotice = Acknowledge | Shown | ToldAlong | Said | SendAgain
"""What names a notice, not a request."""
