"""A letter for paper: where the person has no mail address, the same words are posted."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from markupsafe import Markup

from workers.documents.templates import template
from workers.emails import Letter
from workers.emails.composer import KST
from workers.emails.vocabulary import LANGUAGES, Language, moment

_TEMPLATE: Final = template("letter.html")
_CSS: Final = Path(__file__).with_name("letter.css")
_STYLE: Final = Markup(_CSS.read_text("utf-8"))  # noqa: S704 - our own file
_DEAR: Final = {"ko": " 귀하", "en": ""}


def render_letter(
    letter: Letter, *, sender: str, to: tuple[str, ...], at: datetime, language: str
) -> str:
    """The page to print; `letter` is composed for paper, `to` ends with the postal address."""
    known: Language = next((one for one in LANGUAGES if one == language), LANGUAGES[0])
    return _TEMPLATE.render(
        language=known,
        style=_STYLE,
        subject=letter.subject,
        sender=sender,
        name=f"{to[0]}{_DEAR[known]}" if len(to) > 1 else None,
        to=to[-1],
        date=moment(at.astimezone(KST), known),
        lines=letter.text.rstrip("\n").split("\n"),
    )
