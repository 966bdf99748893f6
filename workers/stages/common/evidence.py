"""What was handed in with a request is kept no longer than it takes to decide it."""

from __future__ import annotations

from schemas.lifecycle import Opening
from schemas.request import Request
from workers.ports import Tools


def evidence_goes(request: Request, tools: Tools) -> tuple[Opening, ...]:
    """What a transition opens that decides, or ends what nobody has decided.

    Also where nothing is on record: a file whose recording died lies there all the same.
    """
    if request.review is None:
        return ()
    return (Opening("evidence", tools.policy.step_timeout),)
