"""The page of a destruction certificate, in Korean or English."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from schemas.evidence import DestructionCertificate, Rescan, Signature
from workers.documents.templates import template
from workers.documents.words import FINDINGS, WORDS
from workers.emails.composer import KST
from workers.emails.vocabulary import LANGUAGES, Language, last_day, moment

_TEMPLATE: Final = template("certificate.html")


def render_certificate(certificate: DestructionCertificate, language: str) -> str:
    """The whole page; `ValueError` for one that is not signed: it certifies nothing.

    A language that we have no words for falls back to Korean. Times are those of Korea.
    """
    signature = certificate.signature
    if signature is None:
        raise ValueError("an unsigned certificate certifies nothing")
    known: Language = next((one for one in LANGUAGES if one == language), LANGUAGES[0])
    return _TEMPLATE.render(_values(certificate, signature, known))


def _values(
    certificate: DestructionCertificate, signature: Signature, language: Language
) -> dict[str, Any]:
    """Every name that the template knows, in words."""

    def told(at: datetime) -> str:
        return moment(at.astimezone(KST), language)

    fields = certificate.fields
    return {
        "language": language,
        "words": WORDS[language],
        "document": certificate,
        "signature": signature,
        "issuer": certificate.issuer.text(language),
        "fields": None if fields is None else [one.label.text(language) for one in fields],
        "destroyed_at": told(certificate.destroyed_at),
        "shredded_at": told(certificate.shredded_at) if certificate.shredded_at else None,
        "kept": [
            {
                "law": one.law.text(language),
                "collection": one.collection,
                "documents": one.documents,
                "until": last_day(one.until.astimezone(KST), language),
            }
            for one in certificate.kept
        ],
        "rescans": [
            {"at": told(scan.at), "findings": _found(scan, language)}
            for scan in certificate.rescans
        ],
    }


def _found(scan: Rescan, language: Language) -> list[dict[str, Any]]:
    return [
        {
            "place": f"{one.collection}.{one.path}",
            "documents": one.documents,
            "why": FINDINGS[language][one.why],
        }
        for one in scan.findings
    ]
