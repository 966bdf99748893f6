"""Every message that a stage can be handed. Between workers they carry identifiers alone.

A message names steps (`schemas.steps`), not contents: whoever gets it loads the request and asks
whether the step is still open. `wire` is what lies on the broker, `desk` what its people decide and
report, `public` what anybody outside can bring about, `notices` what is said of a notice.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.messages.desk import (
    Confirmed,
    Decide,
    GivePin,
    NothingArrived,
    OfPerson,
    Revealed,
    SendLift,
    Settled,
    Stopped,
)
from schemas.messages.notices import (
    Acknowledge,
    OfNotice,
    Said,
    SendAgain,
    Shown,
    ToldAlong,
)
from schemas.messages.public import (
    AskDownload,
    AskViewing,
    Bounced,
    Disown,
    Download,
    GoOn,
    Lift,
    Stop,
    Summon,
    View,
)
from schemas.messages.wire import (
    ACKS,
    EVENTS,
    INTAKE,
    JOSE,
    MAX_ITEMS,
    WORK,
    WORK_SCHEMA,
    EventItem,
    Events,
    Work,
    WorkItem,
)
from schemas.submission import Proof, Submission, Withdrawal

__all__ = [
    "ACKS",
    "EVENTS",
    "INTAKE",
    "JOSE",
    "MAX_ITEMS",
    "WORK",
    "WORK_SCHEMA",
    "Acknowledge",
    "AskDownload",
    "AskViewing",
    "Bounced",
    "Confirmed",
    "Decide",
    "Disown",
    "Do",
    "Download",
    "EventItem",
    "Events",
    "GivePin",
    "GoOn",
    "Lift",
    "Message",
    "NothingArrived",
    "OfNotice",
    "OfPerson",
    "Revealed",
    "Said",
    "SendAgain",
    "SendLift",
    "Settled",
    "Shown",
    "Stop",
    "Stopped",
    "Summon",
    "Tick",
    "ToldAlong",
    "View",
    "Work",
    "WorkItem",
]


@dataclass(frozen=True, slots=True)
class Do:
    """The command: do this step of this request."""

    request: str
    step: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Some step of this request is due."""

    request: str


Message = (
    Do
    | Submission
    | Proof
    | Withdrawal
    | OfNotice
    | Disown
    | Stop
    | GoOn
    | Lift
    | Summon
    | Decide
    | AskViewing
    | View
    | AskDownload
    | Bounced
    | Download
    | Tick
    | OfPerson
)
"""What a stage can be handed."""
