"""What anybody outside can bring about: by a link, a public page, or a mail that came back."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Disown:
    """The contact on file says: this wasn't me. The token is that of the link in the challenge."""

    tracking: str
    token: str


@dataclass(frozen=True, slots=True)
class Stop:
    """From a link in a notice: somebody who reads a contact on file stops the deletion."""

    tracking: str
    token: str


@dataclass(frozen=True, slots=True)
class GoOn:
    """From a link in a notice to a second contact: what waits is the person's own wish."""

    tracking: str
    token: str


@dataclass(frozen=True, slots=True)
class Lift:
    """From a link in a completion: the person lifts a restriction."""

    tracking: str
    token: str


@dataclass(frozen=True, slots=True)
class Summon:
    """From a link in a digest: the contact wants the code of this one of the waiting requests."""

    tracking: str
    token: str


@dataclass(frozen=True, slots=True)
class AskViewing:
    """From the status page: somebody wants a code to see where this request stands."""

    tracking: str


@dataclass(frozen=True, slots=True)
class View:
    """From the status page, with that code, or with the PIN that the desk has given."""

    tracking: str
    code: str
    try_id: str
    """Tells one try from another."""


@dataclass(frozen=True, slots=True)
class AskDownload:
    """From the link of a package: somebody wants a fresh code, to the contact on file."""

    tracking: str
    token: str


@dataclass(frozen=True, slots=True)
class Download:
    """From the link of a package, with a code: somebody wants the package itself."""

    tracking: str
    token: str
    code: str
    try_id: str
    """Tells one try from another."""


@dataclass(frozen=True, slots=True)
class Bounced:
    """A report says that a mail of this request did not arrive; anybody can write such a report."""

    request: str
    mail: str
    """Its name, such as `challenge-1`."""
    address: str = field(repr=False)
