"""Every step of a request, and the stage that does it.

`<name>:<part>` is one of several steps of a kind, such as `mail:challenge-1`.
"""

from __future__ import annotations

from collections.abc import Mapping

STEPS: Mapping[str, tuple[str, str]] = {
    "challenge": ("verification", "send the one-time code to the contact on file"),
    "assertion": ("verification", "restrict what a login has proven, and move on"),
    "expiry": ("verification", "clock: nobody proved in time"),
    "release": ("verification", "lift whatever a proof that came too late restricted"),
    "cooling_off": ("verification", "announce a deletion to every contact, and let it be stopped"),
    "new_address": ("verification", "have a new mail address confirmed, and the old one told"),
    "inquiry": ("review", "put a question before a person"),
    "approved": ("review", "clock: the approval of a desk of one takes effect"),
    "paused": ("review", "clock: the requester has not answered for long"),
    "evidence": ("review", "destroy what was handed in, once it is decided"),
    "correction": ("correction", "write the new values, every copy included"),
    "access": ("access", "collect what is held about the person, and seal it as a package"),
    "download": ("access", "send a fresh code for a package to the contact on file"),
    "deletion": ("deletion", "destroy what no law keeps, step by step"),
    "rescan": ("deletion", "clock: look once more for what an application still wrote"),
    "shredding": ("deletion", "clock: are the keys destroyed in every backup as well"),
    "restriction": ("restriction", "suspend the use of fields until the person lifts it"),
    "objection": ("objection", "withdraw the consent to purposes, every copy included"),
    "propagation": ("propagation", "tell the recipients that received a corrected field"),
    "notice": ("propagation", "try one recipient again"),
    "answer": ("propagation", "clock: the recipient has not settled in time"),
    "poll": ("propagation", "clock: ask a recipient how far it has got"),
    "lifting": ("propagation", "tell the recipients of a restriction that it is lifted"),
    "interim": ("completion", "clock: the person hears of the change within the hour"),
    "completion": ("completion", "tell the person what was done and who was told"),
    "answered": ("completion", "have the desk's answer to a question mailed"),
    "mail": ("mailing", "send one mail, or have somebody call or write a letter"),
    "call": ("mailing", "clock: nobody has made this call yet"),
    "letter": ("mailing", "clock: nobody has posted this letter yet"),
    "deadline": ("upkeep", "clock: the legal deadline is near, or has passed"),
}
"""Every step: the stage that does it, and what it is."""


def stage_of(step: str) -> str:
    """The stage that a step belongs to."""
    return STEPS[step.partition(":")[0]][0]
