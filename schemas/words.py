"""The words of a request to people, by their names: `cooling-2` is a word of the purpose `cooling`.

A word is opened as the step `mail:<name>`, and may go on as `call:<name>` or `letter:<name>`. Whom
it goes to is `schemas.contacts`, what it says `schemas.letters`; here is what its name says about
when it may still be said. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from schemas.contacts import TO_ALL_CONTACTS

ANNOUNCEMENTS = tuple(f"{purpose}-" for purpose in sorted(TO_ALL_CONTACTS))
"""Words about what is to begin, unless somebody stops it."""
REQUEST_DISOWNED, PACKAGE_DISOWNED = "disowned-1", "disowned-2"
"""Alarms to the department, once each: what the contact on file says that it did not ask for."""


def is_still_true(step: str) -> bool:
    """Whether a step goes on once its request is refused or withdrawn.

    A word that was opened before goes out, but not the announcement of what will not happen.
    """
    kind, _, word = step.partition(":")
    if kind == "mail":
        return not word.startswith((*ANNOUNCEMENTS, "confirmation", "pause-"))
    return kind in {"call", "letter"} and not word.startswith(
        (*ANNOUNCEMENTS, "challenge-", "pause-")
    )


def of_approval(steps: Iterable[str]) -> tuple[str, ...]:
    """Those of the steps that announce an approval: void where it does not take effect so."""
    return tuple(step for step in steps if step.partition(":")[2].startswith("approval-"))
