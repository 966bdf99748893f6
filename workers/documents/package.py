"""The page of a package, in Korean or English, piece by piece.

Every text that a person or an application wrote is escaped, and stands behind its label: whatever
opens the page, a browser or a spreadsheet, finds neither a tag nor the beginning of a formula.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from markupsafe import escape

from schemas.package import PackagedRecord, PackagedValue, PackageHead
from workers.documents.package_words import WORDS
from workers.documents.templates import template
from workers.emails.composer import KST
from workers.emails.vocabulary import LANGUAGES, Language, moment

_HEAD: Final = template("package_head.html")
_FOOT: Final = template("package_foot.html")


class PackagePage:
    """One page. A language that we have no words for falls back to Korean."""

    def __init__(self, head: PackageHead, language: str) -> None:
        self._head = head
        self._language: Language = next((one for one in LANGUAGES if one == language), LANGUAGES[0])
        self._words = WORDS[self._language]
        self._labels = {one.field: one.label.text(self._language) for one in head.fields}
        self._masked = {one.field for one in head.fields if one.export == "masked"}
        self._open = False

    def head(self) -> str:
        """Everything before the first record."""
        head, language = self._head, self._language
        return _HEAD.render(
            language=language,
            words=self._words,
            head=head,
            issuer=head.issuer.text(language),
            made_at=self._moment(head.made_at),
            recipients=[
                {
                    "name": one.label.text(language),
                    "fields": [self._labels[name] for name in one.fields],
                }
                for one in head.recipients
            ],
            withheld=[self._labels[one.field] for one in head.fields if one.export == "never"],
        )

    def record(self, record: PackagedRecord, *, first: bool, number: int) -> str:
        """One record, as a row; the first of a section opens that."""
        opening = ""
        if first:
            title = escape(record.collection)
            opening = f'{self._close()}<section>\n<h2>{title}</h2>\n<table class="records">\n'
            self._open = True
        lines = [self._line(value) for value in record.values]
        if record.at is not None:
            at = self._moment(datetime.fromisoformat(record.at))
            lines.insert(0, f"<p><b>{escape(self._words.at)}</b>: {escape(at)}</p>")
        return f'{opening}<tr><th scope="row">{number}</th><td>{"".join(lines)}</td></tr>\n'

    def foot(self, counts: Mapping[str, int]) -> str:
        """Everything after the last record."""
        return self._close() + _FOOT.render(words=self._words, counts=counts)

    def _close(self) -> str:
        was_open, self._open = self._open, False
        return "</table>\n</section>\n" if was_open else ""

    def _line(self, value: PackagedValue) -> str:
        label = self._labels[value.field]
        if value.field in self._masked:
            label = f"{label} ({self._words.masked})"
        said = self._words.unreadable if value.unreadable else self._said(value.value)
        return f"<p><b>{escape(label)}</b>: {escape(said)}</p>"

    def _said(self, value: Any) -> str:
        match value:
            case None:
                return self._words.nothing
            case list() | dict() if not value:
                return self._words.nothing
            case list():
                return ", ".join(map(self._said, value))
            case dict():
                return ", ".join(f"{name} {self._said(part)}" for name, part in value.items())
            case _:
                return str(value)

    def _moment(self, at: datetime) -> str:
        return moment(at.astimezone(KST), self._language)
