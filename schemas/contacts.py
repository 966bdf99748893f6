"""Whom a word goes to: the contact on file, or what the request itself gave. Pure."""

from __future__ import annotations

from typing import Literal

from schemas.datamap import DataMap
from schemas.errors import ValueRefused
from schemas.new_address import new_addresses
from schemas.request import Contact, Particulars, Request
from schemas.review import Why
from schemas.submission import Submission
from schemas.values import lookup_form

TO_REQUESTER = frozenset({"acknowledgement", "expiry", "answer", "viewing"})
"""Words that go to what the request gave, which nobody has proven: they say nothing of anybody."""

TO_WHOEVER_ASKED = frozenset({"refusal", "extension", "pause"})
"""To the contact on file once that is proven, before it like those: they say nothing of anybody."""

TO_DEPARTMENT = frozenset({"alarm", "disowned", "escalation"})
"""Alarms: to our own department, and not in the requester's language."""

TO_ALL_CONTACTS = frozenset({"cooling", "approval", "notice"})
"""Each of its own to everybody who can still stop it."""


def of_requester(submission: Submission) -> Contact | None:
    """How whoever asked is answered: by mail, else the way in which it was asked."""
    return next(iter(_given(submission)), None)


def _given(submission: Submission) -> list[Contact]:
    """Every way in which whoever asked can be answered, the best first."""
    requester = submission.requester
    others = [("phone", requester.phone), ("post", requester.postal_address)]
    others.sort(key=lambda other: other[0] != submission.channel)
    ways = [("mail", requester.email), *others]
    return [Contact(kind=kind, value=value) for kind, value in ways if value]


def elsewhere(request: Request, particulars: Particulars) -> Contact | None:
    """Another way than the contact on file that the person cannot read, and said so.

    What the request itself gave, which the desk has approved together with it; else something else
    on file. A guardian is never told by the child's own contacts.
    """
    ways = _given(particulars.submission)
    if request.relation != "guardian":
        ways += particulars.contacts
    silent = particulars.contact
    return next((way for way in ways if silent is None or not _same(way, silent)), silent)


def _same(one: Contact, other: Contact) -> bool:
    if one.kind != other.kind or one.kind == "post":
        return one == other
    form: Literal["email", "phone"] = "email" if one.kind == "mail" else "phone"
    try:
        return lookup_form(form, one.value) == lookup_form(form, other.value)
    except ValueRefused:
        return one.value == other.value


def _unless_claimed(submission: Submission) -> Contact | None:
    """The same as `of_requester`, but rather not the address at which nothing arrived.

    That is the one by which the request says the person is known: judged by the request alone, so
    the route of the answer does not tell who is on file (I15).
    """
    ways = _given(submission)
    claimed = Contact(kind="mail", value=submission.subject.email or "")
    return next((way for way in ways if not _same(way, claimed)), next(iter(ways), None))


def _cannot_be_read(request: Request) -> bool:
    """Whether the person said so of the contact on file."""
    return request.review is not None and Why.NOTHING_ARRIVED in request.review.why


def is_slow(submission: Submission) -> bool:
    """Whether the answer may take letters: judged by the request alone, whoever was found.

    Were it judged by the contact on file, the day of the expiry would tell who is on file (I15).
    A guardian is always reached by mail or phone.
    """
    if submission.requester.relation == "guardian":
        return False
    return submission.channel == "post" or submission.requester.email is None


def announced(particulars: Particulars) -> tuple[Contact, ...]:
    """Who hears of what can still be stopped, the contact that proved it first where it can.

    Every mail address, and a number beside them, which somebody calls: a mailbox is not a person
    (security rule 3). Without an address two numbers; a letter only where there is nothing else,
    since it comes too late.
    """
    unique: dict[tuple[str, str], Contact] = {}
    for contact in (particulars.contact, *particulars.contacts):
        if contact is not None:
            unique.setdefault((contact.kind, contact.value), contact)
    mails, calls, letters = (
        [one for one in unique.values() if one.route == route]
        for route in ("mail", "call", "letter")
    )
    if mails:
        return (*mails, *calls[:1])
    return tuple(calls[:2] or letters[:1])


def is_second(contact: Contact, request: Request, particulars: Particulars) -> bool:
    """Whether a yes from there is another one than the proof: beside the contact that proved it.

    Only for a person's own wish: a guardian's is not confirmed by the child.
    """
    first = particulars.contact
    return request.relation != "guardian" and first is not None and not _same(contact, first)


def addressee(
    name: str, request: Request, particulars: Particulars, datamap: DataMap
) -> Contact | None:
    """Whom the word of this name goes to; None where there is nobody to be reached."""
    purpose, _, number = name.partition("-")
    if purpose == "confirmation":
        return Contact(kind="mail", value=new_addresses(particulars, datamap)[0])
    proven = request.proof is not None and particulars.contact is not None
    unread = _cannot_be_read(request)
    if purpose in TO_REQUESTER or (purpose in TO_WHOEVER_ASKED and not proven):
        asked = particulars.submission
        return _unless_claimed(asked) if unread else of_requester(asked)
    if purpose in TO_ALL_CONTACTS or (purpose == "withdrawal" and number != "1"):
        return announced(particulars)[int(number) - 1]
    if purpose in {"guardian", "lift"}:
        return next(iter(particulars.contacts), None)
    if purpose in {"challenge", "digest"}:
        return particulars.contact
    if unread and request.proof is not None and request.proof.route == "review":
        contact = elsewhere(request, particulars)
    else:
        contact = particulars.contact
    # A person has let them in whom nothing on file could prove: what they gave is all there is.
    return contact or of_requester(particulars.submission)
