"""What the desk's own mails say: refused, put off, something is missing, an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas.delays import EXTENSIONS, MISSING
from schemas.letters import (
    AnswerFacts,
    ApprovalFacts,
    DisownedFacts,
    ExtensionFacts,
    LetterFacts,
    PauseFacts,
    RefusalFacts,
)
from schemas.refusals import REFUSALS
from schemas.request import Request
from schemas.words import PACKAGE_DISOWNED


def desk_facts(
    mail: str,
    common: dict[str, Any],
    request: Request,
    answer: str,
    stopping: Callable[[], dict[str, Any]],
) -> LetterFacts:
    """The facts of one mail; all of them stood in the request when it was opened."""
    purpose, _, number = mail.partition("-")
    match purpose:
        case "refusal":
            assert request.refusal is not None, "what was refused says why"
            ground = REFUSALS[request.refusal.reason]
            return RefusalFacts(
                **common,
                refused_at=request.refusal.at,
                reason=ground.reason,
                legal_ground=ground.legal_ground,
            )
        case "extension":
            assert request.extension is not None, "what was put off says why"
            ground = EXTENSIONS[request.extension.reason]
            return ExtensionFacts(
                **common,
                deadline=request.extension.until,
                reason=ground.reason,
                legal_ground=ground.legal_ground,
            )
        case "disowned":
            at, blocked = request.mails[mail].created_at, mail == PACKAGE_DISOWNED
            return DisownedFacts(**common, disowned_at=at, of_package=blocked)
        case "answer":
            answered_at = request.mails[mail].created_at
            return AnswerFacts(**common, answered_at=answered_at, answer=answer)
    assert request.review is not None, "only the desk asks, or approves"
    if purpose == "pause":
        pause = request.review.pauses[int(number) - 1]
        missing = tuple(MISSING[code] for code in pause.missing)
        return PauseFacts(**common, paused_at=pause.at, missing=missing)
    assert purpose == "approval" and request.review.effective_at is not None, mail
    return ApprovalFacts(**common, takes_effect_at=request.review.effective_at, **stopping())
