"""What a deletion would come to: read and counted as it reads and counts; nothing is done."""

from __future__ import annotations

from collections import Counter
from typing import Final

from schemas.errors import NotFound
from schemas.evidence import ErasureSummary
from workers.adapters.erasure.cases import Case
from workers.adapters.erasure.progress import MOST_STUCK
from workers.adapters.erasure.reading import look_alone
from workers.adapters.erasure.starting import read_controls, take_up
from workers.adapters.erasure.steps import Steps
from workers.adapters.subject_data.removal import Moment
from workers.adapters.subject_data.sessions import snapshot

BATCH: Final = 5_000
"""Documents read at once: what is not carried out is passed by again for every batch."""


async def preview(case: Case, moment: Moment, steps: Steps) -> ErasureSummary:
    """The summary that the deletion would end with, and in `findings` what would be in its way.

    What is in the way holds up the home and what leads there: their documents are not counted then,
    as they would not go. `NotFound` where nothing of the person is left, or it is not this
    request's to delete.
    """
    async with snapshot(steps.db) as reader:
        await read_controls(reader, [case])
        await take_up(reader, [case], moment.now, steps.keys)
        if case.progress is None:
            raise NotFound("Another request deletes this person, or this one was stopped.")
        # What was found once may be found again through another link, since nothing goes.
        links = Counter(site.site.collection for site in case.plan)
        single = [name for name, number in links.items() if number == 1]
        while not case.complete:
            case.turn()
            await look_alone(reader, case, moment, batch=BATCH, stays=True)
            case.found |= any(case.everything())
            await steps.plan([case])
            for name in single:
                case.known.batch.pop(name, None)
            case.known.held = case.held
            if case.next is None or case.known.stuck_documents > MOST_STUCK:
                break
            case.known.site, case.known.after = case.next
    if not case.found:
        raise NotFound("Nothing of this person is in the company's database.")
    return case.known.summary
