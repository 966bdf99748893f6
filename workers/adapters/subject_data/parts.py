"""A correction with more copies than one transaction should hold: part by part, the home last.

Each part is a transaction of its own that leaves its place in the control document; the fields
stay restricted until the last part claims the slot. A part that is done again changes nothing. A
document that is reached by two links counts once for each.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from schemas.errors import ValueRefused
from workers.adapters.subject_data import owners as owning
from workers.adapters.subject_data.group import (
    MAX_COPIES,
    draft_site,
    finish,
    hiding_names,
    read_homes,
    read_ties,
)
from workers.adapters.subject_data.items import Item, read_controls, verdict
from workers.adapters.subject_data.sessions import Transaction
from workers.adapters.subject_data.writes import Drafts, Planned, Writes
from workers.ports import SubjectResult

_FROM_THE_FIRST: Final[tuple[Any, ...]] = ()


async def plan_part(tx: Transaction, item: Item) -> Planned:
    """The next part: `more` while copies are left, `done` with the one that claims the slot.

    Sites that lead over other collections come first and the home, whose values tie some of them,
    comes last: what finds the copies stands as it was until they are done.
    """
    control = (await read_controls(tx, [item]))[item.number]
    settled = verdict(item, control)
    if settled is not None:
        return Planned({item.number: settled}, Writes())
    homes = await read_homes(tx, item.model, [item])
    if item.number not in homes:
        return Planned({item.number: SubjectResult("gone")}, Writes())
    ties = await read_ties(tx, item.model, [item], homes)
    progress = control.progress.get(item.effect.request, {})
    counted = Counter[str](progress.get("places", {}))
    after = tuple(progress.get("after", _FROM_THE_FIRST))
    sites = item.model.reading(item.fields).sites
    drafts, writes = Drafts(), Writes()
    left = MAX_COPIES
    try:
        for number in range(progress.get("site", 0), len(sites)):
            site, places = sites[number]
            keys = {item.number: item.owner.text}
            wanted = await owning.needles(tx, item.model, site, keys, ties)
            found = await owning.documents(tx, site, places, wanted, limit=left, after=after)
            more = len(found.documents) > left
            del found.documents[left:]
            draft_site(item, found, found.by_owner().get(item.number, ()), drafts)
            left -= len(found.documents)
            if more:
                last = (found.documents[-1]["_id"],) if found.documents else after
                writes.add(item, drafts)
                reached = {"site": number, "after": list(last), "places": drafts.places + counted}
                names = hiding_names(item, ties)
                writes.control(control.advance(item.effect.request, names, reached))
                return Planned({item.number: SubjectResult("more")}, writes)
            after = _FROM_THE_FIRST
        result = finish(
            item, control, homes[item.number], drafts=drafts, writes=writes, before=counted
        )
    except ValueRefused:
        return Planned({item.number: SubjectResult("refused")}, Writes())
    return Planned({item.number: result}, writes)
