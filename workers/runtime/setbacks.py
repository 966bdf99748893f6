"""What becomes of an item that failed, or that another request is in the way of."""

from __future__ import annotations

from schemas.errors import DsrError, PutOff, Reason, Refused, Unreachable
from schemas.messages import Do
from workers.ports import Outcome, Reply
from workers.runtime import log
from workers.runtime.cases import Case
from workers.runtime.retries import put_off


def failed(case: Case, error: BaseException, stage: str) -> Outcome:
    """Refused: told to the publisher and parked. Else: put off, where there is a step.

    Raises what is nobody's fault again: a server that is away, or the end of this process.
    """
    if isinstance(error, Unreachable) or not isinstance(error, Exception):
        raise error
    message = case.message
    if isinstance(error, Refused) and not isinstance(message, Do):
        case.item.reasons = error.reasons
        return Outcome()
    code = error.code if isinstance(error, DsrError) else "internal"
    if not isinstance(error, PutOff):
        log.failure("handler_failed", error, stage=stage, code=code)
    if isinstance(message, Do) and case.request is not None:
        step = case.request.steps[message.step]
        return Outcome(put_off(message.step, step, code, stage))
    case.item.reasons = (Reason("$", code),)
    return Outcome()


def locked(case: Case, stage: str) -> Outcome:
    """Another request is telling this recipient about this person right now: wait a little.

    Not so what comes from outside: what it brought is used up, by another request (`jti`).
    """
    message = case.message
    if not isinstance(message, Do):
        return Outcome(reply=Reply(accepted=False))
    assert case.request is not None, "a command names a request that exists"
    step = case.request.steps[message.step]
    return Outcome(put_off(message.step, step, "recipient_busy", stage))
