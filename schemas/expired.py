"""A deletion that nobody asked for: a rule of the data map says that a purpose has ended. Pure.

It is a request like any other from here on, so that it has the same steps, the same certificate,
the same notices to third parties and the same second scan. What stands in for the proof is the
rule (I6). It does not cool off, since nobody could have asked for it in somebody's name; and nobody
is told: no one waits for an answer, and whoever left was told how long it is kept when leaving.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from schemas.deadlines import Clocks, deadline, first_alarm, target
from schemas.destruction import BY_AGE
from schemas.lifecycle import Advance, Opening, Status, Transition, advance
from schemas.request import BY_RULE, Particulars, ProofRecord, Request, SubjectRef
from schemas.submission import Submission

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Ended:
    """One person's purpose that has ended, by which rule and since when."""

    rule: str
    subject: SubjectRef
    pseudonym: str
    since: datetime

    @property
    def request(self) -> str:
        """The id: the same for the same end of the same purpose, at most 80 characters.

        The hour in which it ended belongs to it: whoever comes back under the same key, and leaves
        again, is deleted again. No rule is shorter than an hour, so no two ends share one.
        """
        hours = int((self.since - EPOCH).total_seconds() // 3600)
        short = "".join(_DIGITS[hours // 36**place % 36] for place in (3, 2, 1, 0))
        return f"{BY_AGE}{self.rule}-{self.pseudonym[:16]}-{short}"


def particulars_of(ended: Ended, language: str, now: datetime) -> Particulars:
    """Whom it is about. A submission has to name a channel; nobody has used one."""
    said = {
        "schema": "dsr.submission/1",
        "submission_id": str(uuid5(NAMESPACE_URL, ended.request)),
        "channel": "post",
        "submitted_at": now,
        "kind": "deletion",
        "language": language,
        "requester": {"relation": "self"},
        "subject": {"login_id": ended.subject.key},
    }
    return Particulars(submission=Submission.model_validate(said), subject=ended.subject)


def opened(  # noqa: PLR0913 - what a request is made of
    ended: Ended,
    sealed: bytes,
    *,
    tracking: str,
    digest: str,
    language: str,
    clocks: Clocks,
    within: timedelta,
    now: datetime,
) -> Advance:
    """The request, ready to be deleted; its deadline is only so that it is never late in silence.

    `within`: until when its command is sent again.
    """
    profile = clocks.chosen(language)
    until = deadline(now, profile)
    request = Request.model_validate(
        {
            "_id": ended.request,
            "version": 0,
            "tracking": tracking,
            "kind": "deletion",
            "channel": BY_RULE,
            "rule": ended.rule,
            "language": language,
            "digest": digest,
            "subject": ended.pseudonym,
            "subject_type": ended.subject.type,
            "sealed": sealed,
            "received_at": now,
            "deadline": until,
            "profile": profile.name,
            "target": target(now, until, clocks.target_share),
            "created_at": now,
            "updated_at": now,
        }
    )
    proof = ProofRecord(id=ended.request, route=BY_RULE, number=0, at=now, digest=digest)
    purpose_ended = Transition(
        what="purpose_ended",
        by="retention",
        to=Status.VERIFIED,
        changes={"proof": proof},
        opens=(
            Opening("deletion", within),
            Opening("deadline", first_alarm(now, until, now), send=False),
        ),
    )
    return advance(request, purpose_ended, now)


def given_up(what: str, by: str) -> Transition:
    """There is nothing to delete by the rule any more; nobody has to be told."""
    return Transition(what, by, to=Status.WITHDRAWN, closes=("deletion", "deadline"))
