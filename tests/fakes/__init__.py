"""Honest stand-ins for the servers, in memory: they keep what the real ones promise, no more.

Each passes the points at which a worker can die (`Faults`); `tests.world` puts them together.
"""

from tests.fakes.broker import MemoryBroker, MemoryParked
from tests.fakes.evidence import MemoryEvidence
from tests.fakes.faults import Clock, Crash, Faults
from tests.fakes.outbound import RecordingOutbound
from tests.fakes.requests import MemoryRequests
from tests.fakes.sealer import MemorySealer, NothingSealed
from tests.fakes.subjects import MemorySubjects, Record

__all__ = [
    "Clock",
    "Crash",
    "Faults",
    "MemoryBroker",
    "MemoryEvidence",
    "MemoryParked",
    "MemoryRequests",
    "MemorySealer",
    "MemorySubjects",
    "NothingSealed",
    "Record",
    "RecordingOutbound",
]
