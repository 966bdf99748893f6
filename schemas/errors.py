"""One tree of errors: each says what to do next, and whether trying again can help.

The text of these errors is safe to log and to show: it never holds a value that a person or a
database gave us. Whatever a driver raises is chained as the cause and never printed.
"""

from __future__ import annotations

from dataclasses import dataclass


class DsrError(Exception):
    """Base of every error of ours; `str()` is one plain sentence with what to do next."""

    code = "internal"
    retryable = False


class SettingsError(DsrError):
    """A setting is missing or wrong; the sentence names it."""

    code = "settings"


class DataMapError(DsrError):
    """The data map cannot be used as it is written."""

    code = "data_map"

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"data map, {where}: {reason}")
        self.where = where
        self.reason = reason


class TopologyError(DsrError):
    """Broker or database lack what `dsr init` declares."""

    code = "topology"


class LayoutDiffers(DsrError):
    """The database's stored form is of a version that this one cannot work with."""

    code = "layout"


class AnnouncementError(DsrError):
    """An announcement cannot be sent as it is asked for; the sentence says what to change."""

    code = "announcement"


class Unreachable(DsrError):
    """A server does not answer; the same call may succeed later."""

    code = "unreachable"
    retryable = True


class NoRoom(Unreachable):
    """The database's disk is full; the same call may succeed once there is room."""

    code = "no_room"


class SpoolFull(DsrError):
    """The broker is away and a channel's spool has no room: whoever asks has to ask again."""

    code = "spool_full"
    retryable = True


class SpoolBroken(DsrError):
    """A file of a channel's spool holds no message that could be sent."""

    code = "spool_broken"


class NotFound(DsrError):
    """What was asked for does not exist."""

    code = "not_found"


class KeyFolderError(DsrError):
    """The key folder is missing or damaged; nothing was overwritten."""

    code = "key_folder"


class KeyFolderBehind(KeyFolderError):
    """The database's keys are of a newer epoch than this key folder: it may be on its way here."""

    code = "key_folder_behind"
    retryable = True


class LedgerBehind(KeyFolderError):
    """The company's database knows of deletions that the ledger of tombstones does not."""

    code = "ledger_behind"


class RestoreNotReplayed(DsrError):
    """Deleted people may be in the company's database again: nobody works with it like that."""

    code = "restore_not_replayed"


class KeyGone(DsrError):
    """The key that would open this no longer exists: what it sealed is destroyed."""

    code = "key_gone"


class SealBroken(DsrError):
    """A sealed value was altered, or belongs to another place."""

    code = "seal_broken"


class LogBroken(DsrError):
    """The signed log cannot be carried on as it stands; `dsr audit verify` says why."""

    code = "log_broken"


class NotVerified(DsrError):
    """A certificate or receipt does not prove what it says; `code` tells why."""

    code = "not_verified"

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class AssertionRefused(DsrError):
    """What a login is said to have signed proves nothing; `code` tells why, never to a stranger."""

    code = "assertion_refused"

    def __init__(self, code: str) -> None:
        super().__init__(f"the assertion was refused: {code}")
        self.code = code


class NotAllowed(DsrError):
    """Whoever asks has not said who they are, or why they may."""

    code = "not_allowed"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something from outside was refused: a schema path and a code, never a value."""

    path: str
    reason: str


class Refused(DsrError):
    """A message from outside can never be handled as it is: it is parked with these reasons."""

    code = "refused"

    def __init__(self, *reasons: Reason) -> None:
        super().__init__("; ".join(f"{r.path}: {r.reason}" for r in reasons))
        self.reasons = reasons


class PutOff(DsrError):
    """This item cannot be done now; the runtime tries it again later."""

    code = "put_off"
    retryable = True

    def __init__(self, code: str) -> None:
        super().__init__(f"put off: {code}")
        self.code = code


class ValueRefused(DsrError):
    """A value does not fit its field; `code` says how, the value itself is never told."""

    code = "value_refused"

    def __init__(self, code: str) -> None:
        super().__init__(f"the value was refused: {code}")
        self.code = code
