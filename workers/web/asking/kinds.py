"""What can be asked for, in the words of the cards and of the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from schemas.submission import Kind
from workers.web.catalogues import marked


@dataclass(frozen=True, slots=True)
class Right:
    """One right, as its card says it; texts are messages of the catalogues."""

    kind: Kind
    title: str
    about: str
    then: str
    """What happens once it is confirmed."""
    choose: str | None = None
    """The question that its choices answer: fields, or purposes."""
    all_of_them: str | None = None
    """What it means to choose none of them."""


_RIGHTS: Final = (
    Right(
        "access",
        marked("See my data"),
        marked("Get a copy of everything that we hold about you."),
        marked("We collect everything and mail you how to download it."),
    ),
    Right(
        "correction",
        marked("Correct my data"),
        marked("Something is wrong or out of date: an address, a phone number, a name."),
        marked("We correct it everywhere, and tell those who had received the wrong data."),
        marked("What is wrong?"),
    ),
    Right(
        "deletion",
        marked("Delete my data"),
        marked("Leave, and have your data destroyed; what a law makes us keep stays locked away."),
        marked("We wait for a while, in which you can still stop it, then delete and certify it."),
        marked("What shall be deleted?"),
        marked("If you choose nothing, the whole account is deleted."),
    ),
    Right(
        "restriction",
        marked("Suspend the use of my data"),
        marked("Your data stays, but nobody uses it or passes it on until you say so."),
        marked("We suspend its use at once, until you lift that yourself."),
        marked("The use of what shall be suspended?"),
        marked("If you choose nothing, the use of all of it is suspended."),
    ),
    Right(
        "objection",
        marked("Withdraw a consent"),
        marked("No more advertising, no more analysis of what you do."),
        marked("We withdraw the consent everywhere, and tell those who acted on it."),
        marked("Which use do you object to?"),
        marked("If you choose nothing, all of these consents are withdrawn."),
    ),
    Right(
        "inquiry",
        marked("Ask a question"),
        marked("Anything else about your personal data."),
        marked("Our staff read it and answer you."),
    ),
)
RIGHTS: Final[Mapping[str, Right]] = {right.kind: right for right in _RIGHTS}
"""By kind, in the order of the cards."""

WORDS: Final = (
    *(marked("postcode"), marked("road"), marked("detail"), marked("relation"), marked("date")),
    *(marked("name"), marked("phone"), marked("email"), marked("mother"), marked("father")),
    *(marked("guardian"), marked("female"), marked("male"), marked("other"), marked("single")),
    *(marked("married"), marked("divorced"), marked("widowed"), marked("undisclosed")),
)
"""Names of parts and options as data maps give them; one that is not here is shown as it is."""
