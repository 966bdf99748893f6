"""The way on from a yes, whether a code, a login or a person of the desk has given it."""

from __future__ import annotations

from schemas.lifecycle import Opening
from schemas.new_address import changes_mail
from schemas.request import Request
from workers.ports import Tools

MORE_THAN_A_MAILBOX = frozenset({"assertion", "review"})
"""Routes of a proof after which nobody waits to see what is held."""


def next_step(request: Request, route: str, tools: Tools) -> Opening:
    """What does the work of a request that is proven, or was approved; by which route."""
    cools = tools.policy.cooling_off or tools.policy.cooling_off_young
    # A mailbox is not a person; a login, and what a person was shown, is more than one.
    sees = request.kind == "access" and route not in MORE_THAN_A_MAILBOX
    if cools and (request.kind == "deletion" or sees):
        return Opening("cooling_off", tools.policy.step_timeout)
    if changes_mail(request, tools.datamap):
        return Opening("new_address", tools.policy.step_timeout)
    # The step of the other kinds has the kind's own name.
    return Opening(request.kind, tools.policy.step_timeout)
