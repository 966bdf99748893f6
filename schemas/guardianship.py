"""A guardian acts for a child until the child is old enough, and for no other. Pure.

For a stranger the answers are alike (I15): whether the child is unknown, the guardian another one,
the child too old, or all of it right, the request is acknowledged and awaits a proof. A code goes
out only where all is right. What nobody proves in time comes to a person, whichever it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from schemas.errors import ValueRefused
from schemas.lifecycle import Status, Transition
from schemas.request import Contact, Particulars, Request
from schemas.review import Why, at_desk
from schemas.submission import Requester
from schemas.values import lookup_form


@dataclass(frozen=True, slots=True)
class Guardianship:
    """Who may act for a child, as the child's record says."""

    lapses_at: datetime
    """The first moment of the birthday from which on the child decides itself."""
    name: str | None
    email: str | None
    phone: str | None

    @property
    def contact(self) -> Contact | None:
        """How the guardian is reached: mail before phone. Since when is on no record."""
        if self.email:
            return Contact(kind="mail", value=self.email)
        return Contact(kind="phone", value=self.phone) if self.phone else None


def lapses_at(birth_date: date, until: int, zone: str) -> datetime:
    """When somebody comes of that age; who was born on a 29th of February, on the 1st of March."""
    try:
        birthday = birth_date.replace(year=birth_date.year + until)
    except ValueError:
        birthday = date(birth_date.year + until, 3, 1)
    return datetime.combine(birthday, time(), ZoneInfo(zone))


def acts_for_child(requester: Requester, guardian: Guardianship, asked_at: datetime) -> bool:
    """Whether this is the guardian on the child's record, and the child was a child that day.

    The name has to be given and to be the one on file; so has each address and number that is
    given, where one is on file.
    """
    if asked_at >= guardian.lapses_at or guardian.contact is None:
        return False
    if not requester.name or not guardian.name:
        return False
    return (
        _same("name", requester.name, guardian.name)
        and _same("email", requester.email, guardian.email)
        and _same("phone", requester.phone, guardian.phone)
    )


def _same(form: Literal["name", "email", "phone"], given: str | None, on_file: str | None) -> bool:
    if not given or not on_file:
        return True
    try:
        return lookup_form(form, given) == lookup_form(form, on_file)
    except ValueRefused:
        return False


def has_lapsed(particulars: Particulars, now: datetime) -> bool:
    """Whether a guardian asked who by now may no longer: the child is old enough."""
    return particulars.lapses_at is not None and now >= particulars.lapses_at


def has_ended(request: Request, particulars: Particulars, now: datetime) -> bool:
    """The same, unless a person has decided since: the desk may know of a guardian of an adult."""
    lapsed, review = particulars.lapses_at, request.review
    if lapsed is None or now < lapsed:
        return False
    return review is None or not review.why or review.opened_at < lapsed


def stopped_by_age(
    request: Request, particulars: Particulars, now: datetime, step: str
) -> Transition | None:
    """Instead of the work of that step: a person asks the child, who has come of age meanwhile.

    None where nothing has lapsed, or where a person decided since it has.
    """
    if not has_ended(request, particulars, now):
        return None
    return to_review(request, now, by=step, closes=(step,))


def to_review(request: Request, now: datetime, *, by: str, closes: tuple[str, ...]) -> Transition:
    """A person has to find out whether the guardian may ask."""
    return Transition(
        what="guardian_unclear",
        by=by,
        to=Status.IN_REVIEW,
        changes={"review": at_desk(request.review, (Why.GUARDIAN_UNCLEAR,), now)},
        closes=closes,
    )
