"""What each mail says, as plain facts: a stage states them, the composer finds the words.

Facts are the same for every language: names and labels come as `Label`, everything else as a code
of the contract or a moment. None of them holds a text that a requester wrote, an old or a new
value, or whether an account exists: a mail can only say what stands here. (What the desk answers to
a question is the desk's own text.)
"""

from __future__ import annotations

from schemas.letters.common import ComplaintBody, Organisation, Purpose, RequestFacts, Result
from schemas.letters.desk import (
    AlarmFacts,
    AnswerFacts,
    ApprovalFacts,
    DisownedFacts,
    EscalationFacts,
    ExtensionFacts,
    PauseFacts,
    RefusalFacts,
)
from schemas.letters.proving import (
    AcknowledgementFacts,
    AddressNoticeFacts,
    ChallengeFacts,
    ConfirmationFacts,
    CoolingFacts,
    DigestFacts,
    ExpiryFacts,
    GuardianFacts,
    ViewingFacts,
    WithdrawalFacts,
)
from schemas.letters.results import (
    CompletionFacts,
    DownloadFacts,
    FieldOutcome,
    FollowupFacts,
    InterimFacts,
    KeptOutcome,
    LiftedFacts,
    LiftFacts,
    PackageFacts,
    RecipientOutcome,
    ResultFacts,
)

__all__ = [
    "AcknowledgementFacts",
    "AddressNoticeFacts",
    "AlarmFacts",
    "AnswerFacts",
    "ApprovalFacts",
    "ChallengeFacts",
    "ComplaintBody",
    "CompletionFacts",
    "ConfirmationFacts",
    "CoolingFacts",
    "DigestFacts",
    "DisownedFacts",
    "DownloadFacts",
    "EscalationFacts",
    "ExpiryFacts",
    "ExtensionFacts",
    "FieldOutcome",
    "FollowupFacts",
    "GuardianFacts",
    "InterimFacts",
    "KeptOutcome",
    "LetterFacts",
    "LiftFacts",
    "LiftedFacts",
    "Organisation",
    "PackageFacts",
    "PauseFacts",
    "Purpose",
    "RecipientOutcome",
    "RefusalFacts",
    "RequestFacts",
    "Result",
    "ResultFacts",
    "ViewingFacts",
    "WithdrawalFacts",
]

LetterFacts = (
    AcknowledgementFacts
    | ChallengeFacts
    | InterimFacts
    | CompletionFacts
    | CoolingFacts
    | ConfirmationFacts
    | AddressNoticeFacts
    | DigestFacts
    | GuardianFacts
    | DownloadFacts
    | LiftFacts
    | LiftedFacts
    | FollowupFacts
    | ExpiryFacts
    | ViewingFacts
    | RefusalFacts
    | WithdrawalFacts
    | AlarmFacts
    | DisownedFacts
    | EscalationFacts
    | ApprovalFacts
    | ExtensionFacts
    | PauseFacts
    | AnswerFacts
)
