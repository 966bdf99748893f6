"""Whom a word goes to: the contact on file, or what the request itself gave. Pure."""

from __future__ import annotations

from schemas.datamap import DataMap
from schemas.new_address import new_addresses
from schemas.request import Contact, Particulars, Request
from schemas.submission import Submission

TO_REQUESTER = frozenset({"acknowledgement", "expiry", "answer", "viewing"})
"""Words that go to what the request gave, which nobody has proven: they say nothing of anybody."""

TO_WHOEVER_ASKED = frozenset({"refusal", "extension", "pause"})
"""To the contact on file once that is proven, before it like those: they say nothing of anybody."""

TO_ALL_CONTACTS = frozenset({"cooling", "approval", "notice"})
"""Each of its own to everybody who can still stop it."""


def of_requester(submission: Submission) -> Contact | None:
    """How whoever asked is answered: by mail, else the way in which it was asked."""
    requester = submission.requester
    if requester.email:
        return Contact(kind="mail", value=requester.email)
    others = [("phone", requester.phone), ("post", requester.postal_address)]
    others.sort(key=lambda other: other[0] != submission.channel)
    return next((Contact(kind=kind, value=value) for kind, value in others if value), None)


def is_slow(submission: Submission) -> bool:
    """Whether the answer may take letters: judged by the request alone, whoever was found.

    Were it judged by the contact on file, the day of the expiry would tell who is on file (I15).
    A guardian is always reached by mail or phone.
    """
    if submission.requester.relation == "guardian":
        return False
    return submission.channel == "post" or submission.requester.email is None


def announced(particulars: Particulars) -> tuple[Contact, ...]:
    """Who hears of what can still be stopped: every address on file, else the best contact."""
    contacts = dict.fromkeys(
        (contact.kind, contact.value)
        for contact in (particulars.contact, *particulars.contacts)
        if contact is not None
    )
    unique = [Contact(kind=kind, value=value) for kind, value in contacts]
    return tuple(c for c in unique if c.route == "mail") or tuple(unique[:1])


def addressee(
    name: str, request: Request, particulars: Particulars, datamap: DataMap
) -> Contact | None:
    """Whom the word of this name goes to; None where there is nobody to be reached."""
    if name == "confirmation":
        return Contact(kind="mail", value=new_addresses(particulars, datamap)[0])
    purpose, _, number = name.partition("-")
    proven = request.proof is not None and particulars.contact is not None
    if purpose in TO_REQUESTER or (purpose in TO_WHOEVER_ASKED and not proven):
        return of_requester(particulars.submission)
    if purpose in TO_ALL_CONTACTS or (purpose == "withdrawal" and number != "1"):
        return announced(particulars)[int(number) - 1]
    if purpose == "guardian":
        return next(iter(particulars.contacts), None)
    if purpose in {"challenge", "digest"}:
        return particulars.contact
    # A person has let them in whom nothing on file could prove: what they gave is all there is.
    return particulars.contact or of_requester(particulars.submission)
