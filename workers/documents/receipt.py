"""The page of a completion receipt, in Korean or English."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from schemas.datamap.base import Label
from schemas.evidence import CompletionReceipt
from workers.documents.receipt_words import RECEIPT_WORDS
from workers.documents.templates import template
from workers.emails.composer import KST
from workers.emails.vocabulary import (
    FRAME,
    KINDS,
    LANGUAGES,
    RESULTS,
    WHOLE,
    Language,
    moment,
    notice_words,
)

_TEMPLATE: Final = template("receipt.html")
_CHECKPOINT_LINES: Final = 3

Named = Callable[[str], Label]
"""What the data map calls a field, or a recipient; `LookupError` where it has it no longer."""


def render_receipt(
    receipt: CompletionReceipt, language: str, field: Named, recipient: Named
) -> str:
    """The whole page; `ValueError` for one that is not signed: it proves nothing.

    A language that we have no words for falls back to Korean. Times are those of Korea.
    """
    signature = receipt.signature
    if signature is None:
        raise ValueError("an unsigned receipt proves nothing")
    known: Language = next((one for one in LANGUAGES if one == language), LANGUAGES[0])
    done = {str(result): words for result, words in RESULTS[known].items()}
    fields = [
        (_called(field, one.field, known), done.get(one.result, one.result))
        for one in receipt.fields
    ]
    if not fields and receipt.kind in WHOLE:
        fields = [(FRAME[known]["all_fields"], done[WHOLE[receipt.kind]])]
    told = notice_words(receipt.kind, known)

    def when(at: datetime) -> str:
        return moment(at.astimezone(KST), known)

    return _TEMPLATE.render(
        language=known,
        words=RECEIPT_WORDS[known],
        document=receipt,
        signature=signature,
        issuer=receipt.issuer.text(known),
        kind=KINDS[known][receipt.kind],
        received_at=when(receipt.received_at),
        completed_at=when(receipt.completed_at),
        fields=fields,
        recipients=[
            (_called(recipient, one.recipient, known), told[one.status])
            for one in receipt.recipients
        ],
        checkpoint=receipt.log.checkpoint.splitlines()[:_CHECKPOINT_LINES],
    )


def _called(named: Named, name: str, language: Language) -> str:
    """Its label; the name that was signed, where the data map has changed since."""
    try:
        return named(name).text(language)
    except LookupError:
        return name
