"""The words of the pages: gettext catalogues, read as they lie here, without a compile step.

The English text in a template or module is the message's name. `make words` collects all of them
into `locale/<language>/LC_MESSAGES/<part>.po`, one file for each part of the site, so that people
who work on different parts do not meet in one file; here they are read as one.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

FOLDER: Final = Path(__file__).parent / "locale"

LANGUAGES: Final = {"ko": "한국어", "en": "English"}
"""Each by its own name; the first is the one that a company here would speak."""


def marked(message: str) -> str:
    """The message itself: says that `make words` shall collect it, where a page translates it."""
    return message


@cache
def translations(language: str) -> Translations:
    """What every message reads in that language."""
    merged = Catalog(locale=language)
    for file in sorted((FOLDER / language / "LC_MESSAGES").glob("*.po")):
        with file.open("rb") as lines:
            for message in read_po(lines, locale=language, abort_invalid=True):
                if message.id:
                    merged.add(message.id, message.string)
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return Translations(compiled)
