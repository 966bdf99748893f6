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
from workers.emails.vocabulary import KINDS, LANGUAGES, RESULTS, Language, moment, notice_words

_TEMPLATE: Final = template("receipt.html")
_CHECKPOINT_LINES: Final = 3

Named = Callable[[str], Label]
"""What the data map calls a field, or a recipient."""


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
        fields=[(field(one.field).text(known), done[one.result]) for one in receipt.fields],
        recipients=[
            (recipient(one.recipient).text(known), told[one.status]) for one in receipt.recipients
        ],
        checkpoint=receipt.log.checkpoint.splitlines()[:_CHECKPOINT_LINES],
    )
