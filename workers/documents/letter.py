"""A letter for paper: where the person has no mail address, the same words are posted."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from workers.emails import Letter
from workers.emails.composer import KST
from workers.emails.vocabulary import LANGUAGES, Language, moment

_FOLDER: Final = Path(__file__).parent
_TEMPLATE: Final = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
).get_template("letter.html")
_STYLE: Final = Markup((_FOLDER / "letter.css").read_text("utf-8"))  # noqa: S704 - our own file
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
