"""Collects the messages of the pages: what `make words` writes, and what the tests compare with.

`python -m tests.catalogues` brings every catalogue up to date: new messages come in untranslated
(in English as they are), those that nothing says any more go.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from workers.web import catalogues

SITE = catalogues.FOLDER.parent
PARTS = ("pages", "desk", "recipients")
"""A part's messages come from `workers/web/<part>` and `templates/<part>`; the first part takes
the rest, and what several parts say."""

_METHODS = {
    ".py": ("python", {}),
    ".html": ("jinja2.ext:babel_extract", {"trimmed": "true", "silent": "false"}),
}
_KEYWORDS = {"_": None, "gettext": None, "marked": None, "ngettext": (1, 2)}

MessageId = str | tuple[str, ...]


def file_of(language: str, part: str) -> Path:
    return catalogues.FOLDER / language / "LC_MESSAGES" / f"{part}.po"


def extracted() -> dict[str, set[MessageId]]:
    """Per part the messages that its files say."""
    said: dict[str, set[MessageId]] = {part: set() for part in PARTS}
    for file in sorted(SITE.rglob("*")):
        if file.suffix in _METHODS:
            said[_part(file)].update(_messages(file))
    shared = said[PARTS[0]]
    for part in PARTS[1:]:
        said[part] -= shared
    return said


def read(language: str, part: str) -> Catalog:
    """The catalogue as it is committed; an empty one where there is none."""
    file = file_of(language, part)
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as lines:
        return read_po(lines, locale=language, abort_invalid=True)


def update() -> None:
    """Bring the files to what the site says."""
    for part, messages in extracted().items():
        for language in catalogues.LANGUAGES:
            _write(language, part, messages)


def _write(language: str, part: str, messages: set[MessageId]) -> None:
    old, new = read(language, part), Catalog(locale=language)
    for message in messages:
        known = old.get(message if isinstance(message, str) else message[0])
        if known is not None and known.id == message:
            new.add(message, known.string)
        else:
            new.add(message, message if language == "en" else "")
    file = file_of(language, part)
    if not messages:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as out:
        write_po(out, new, omit_header=True, sort_output=True, width=100)


def _part(file: Path) -> str:
    folders = file.relative_to(SITE).parts[:-1]
    return next((part for part in PARTS[1:] if part in folders), PARTS[0])


def _messages(file: Path) -> Iterator[MessageId]:
    method, options = _METHODS[file.suffix]
    for _, message, _, _ in extract_from_file(method, file, keywords=_KEYWORDS, options=options):
        yield message if isinstance(message, str) else tuple(message)


if __name__ == "__main__":
    update()
