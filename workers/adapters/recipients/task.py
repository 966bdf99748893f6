"""A notice as an item on the desk's list, for paper files and systems without an interface.

Nothing leaves the house: the item is the open notice itself (`dsr tasks list`), and escalates as
every other does that is not settled in time.
"""

from __future__ import annotations

from workers.adapters.recipients.transport import NotAsked, Outgoing
from workers.ports import OutboundResult


class Task(NotAsked):
    """The desk, as one recipient's hands."""

    async def send(self, outgoing: Outgoing, seconds: float) -> OutboundResult:  # noqa: ARG002
        """It is on the list from now on."""
        return OutboundResult("delivered", seq=outgoing.told.seq)
