"""Review: what needs a person, decided by one whose account has proven itself, and on record.

1. `rights`: who may decide what, and when. Whoever took a request in never approves it; a deletion,
   a guardian's request and what nobody has proven need a second person.
2. `approving`: whole or field by field. Where there was no proof, the approval with its evidence is
   the proof, and the restriction is set by it. A desk of one waits for a day, while everybody on
   file hears of it and can stop it.
3. `refusing`: with a reason of the list and its legal ground; the slot is claimed and the
   restriction lifted before it is final.
4. `waiting`: a deadline is put off once; while the requester is asked, the clock stands still.
5. `answering`: a question goes to a person, and the answer to whoever asked.
6. `keeping`: evidence, notes, whom it is about, and who looked at what.

Not guaranteed: that what somebody was shown was genuine. That is what the second person is for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from schemas.messages import Decide, Do, Message
from schemas.request import Request
from schemas.review import (
    AddExhibit,
    AddNote,
    Answer,
    Approve,
    AskFor,
    Extend,
    Match,
    Refuse,
    Resume,
    Reveal,
)
from workers.ports import (
    DestroyExhibits,
    Done,
    Outcome,
    Release,
    SubjectResult,
    Tools,
)
from workers.stages.review import answering, approving, keeping, refusing, rights, waiting


async def handle(message: Message, request: Request | None, tools: Tools) -> Outcome:
    """Decide what a person's decision, or a clock of the desk, means."""
    if isinstance(message, Do):
        assert request is not None, "a command names a request that exists"
        return await COMMANDS[message.step](request, tools)
    assert isinstance(message, Decide)
    allowed = rights.check(message, request)
    return await DECISIONS[type(message.decision)](message, allowed, tools)


COMMANDS: Mapping[str, Callable[[Request, Tools], Awaitable[Outcome]]] = {
    "inquiry": answering.take_in,
    "approved": approving.take_effect,
    "paused": waiting.look_again,
    "evidence": keeping.destroy,
}

DECISIONS: Mapping[type, Callable[[Decide, Request, Tools], Awaitable[Outcome]]] = {
    Approve: approving.approve,
    Refuse: refusing.refuse,
    Answer: answering.answer,
    Extend: waiting.extend,
    AskFor: waiting.ask,
    Resume: waiting.resume,
    AddExhibit: keeping.add_exhibit,
    AddNote: keeping.add_note,
    Match: keeping.match,
    Reveal: keeping.reveal,
}


def conclude(message: Message, request: Request, done: Done, tools: Tools) -> Outcome:
    """Decide by what became of the effect."""
    ((effect, result),) = done
    assert isinstance(result, SubjectResult)
    if isinstance(effect, DestroyExhibits):
        return keeping.conclude_destroyed(request, tools)
    if isinstance(message, Do):
        return approving.conclude_effect(request, result, tools)
    assert isinstance(message, Decide)
    if isinstance(effect, Release):
        return refusing.conclude(message, request, result, tools)
    return approving.conclude(message, request, result, tools)
