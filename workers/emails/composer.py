"""Turns the facts of a mail into its words."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from jinja2.ext import Extension
from markupsafe import Markup

from schemas.announcement import Announcement
from schemas.datamap.base import Label
from schemas.letters import (
    CompletionFacts,
    FollowupFacts,
    LetterFacts,
    Organisation,
    Purpose,
    ResultFacts,
)
from workers.emails.shapes import Letter, Shapes
from workers.emails.vocabulary import (
    CHANNELS,
    FRAME,
    KINDS,
    LANGUAGES,
    RELATIONS,
    RESULTS,
    WHOLE,
    Language,
    day,
    last_day,
    moment,
    notice_words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# Korea has had one offset and no summer time since 1988: no time zone data is needed for it.
KST = timezone(timedelta(hours=9), "KST")

_FOLDER = Path(__file__).parent
_PARTS = ("subject", "txt", "html")
_COMMON = frozenset(
    {"tracking", "kind", "fields", "channel", "outcomes", "recipients", "kept", "package"}
)


class Composer:
    """Composes every mail of one organisation. A template is compiled once, when it is needed.

    A language without templates falls back to `default_language`. Moments are shown in `zone`.
    """

    def __init__(
        self, organisation: Organisation, *, default_language: str = "ko", zone: tzinfo = KST
    ) -> None:
        self._default = _known(default_language, LANGUAGES[0])
        self._zone = zone
        self._environment = Environment(
            loader=FileSystemLoader(_FOLDER),
            extensions=[_InlineStyles],
            autoescape=select_autoescape(["html"], default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._shapes = Shapes()
        self._frames = {
            language: _frame(self._environment, organisation, language) for language in LANGUAGES
        }

    def compose(self, facts: LetterFacts, language: str, *, paper: bool = False) -> Letter:
        """The letter in that language; equal facts give equal letters.

        `paper`: its text is for a letter, or to be read out in a call; the HTML is for mail only.
        """
        chosen = _known(language, self._default)
        names = (facts.purpose, chosen, "paper" if paper else "mail")

        def render(words: dict[str, Any]) -> Letter:
            return self._rendered(facts.purpose, chosen, words, paper=paper)

        return self._shapes.letter(names, self._words(facts, chosen), render)

    def _rendered(
        self, purpose: Purpose, language: Language, words: dict[str, Any], *, paper: bool
    ) -> Letter:
        templates = self._parts(purpose, language)
        values = self._frames[language] | words | {"paper": paper}
        if paper:
            ways = [f"{purpose}/{language}.{part}" for part in ("paper", "txt")]
            templates = (templates[0], self._environment.select_template(ways), templates[2])
            values["footer_text"] = values["footer_paper"]
        return _letter(templates, values)

    def to_recipient(
        self, language: str, *, link: str | None = None, code: str | None = None
    ) -> Letter:
        """To a person at a recipient: that a notice waits, or the code for the page; no more."""
        chosen = _known(language, self._default)
        values = self._frames[chosen] | {"link": link, "code": code}
        return _letter(self._parts("recipient", chosen), values)

    @property
    def default_language(self) -> str:
        """What a person reads of whom no language is known."""
        return self._default

    def announcement(self, announcement: Announcement, language: str) -> Letter:
        """The letter in that language; the same for everybody who gets it."""
        chosen = _known(language, self._default)
        said = announcement.words(chosen)
        values = self._frames[chosen] | {
            "about": said.subject,
            "body": said.body,
            "paragraphs": re.split(r"\n\s*\n", said.body),
            "effective": day(announcement.effective, chosen),
        }
        return _letter(self._parts("announcement", chosen), values)

    def _parts(self, folder: str, language: Language) -> tuple[Template, ...]:
        # Jinja keeps what it has compiled.
        names = (f"{folder}/{language}.{part}" for part in _PARTS)
        return tuple(map(self._environment.get_template, names))

    def _words(self, facts: LetterFacts, language: Language) -> dict[str, Any]:
        """Every fact under its own name, in words."""
        values: dict[str, Any] = {
            "tracking": facts.tracking,
            "kind": KINDS[language][facts.kind],
            "channel": CHANNELS[language][facts.channel],
            "fields": _field_labels(facts, language),
            "deletion": facts.kind == "deletion",
            "access": facts.kind == "access",
            "restriction": facts.kind == "restriction",
            "objection": facts.kind == "objection",
            "inquiry": facts.kind == "inquiry",
            "asked_by": RELATIONS[language][facts.relation],
            "everything": not facts.fields,
        }
        for name in _OWN_FACTS[type(facts)]:
            value = getattr(facts, name)
            if isinstance(value, datetime):
                if name == "deadline":
                    value = last_day(value, language)
                else:
                    value = moment(value.astimezone(self._zone), language)
            elif isinstance(value, Label):
                value = value.text(language)
            elif isinstance(value, tuple):
                value = [label.text(language) for label in value]
            values[name] = value
        if isinstance(facts, ResultFacts):
            values |= self._results(facts, language)
        if isinstance(facts, FollowupFacts):
            values["recipients"] = _answers(facts, language)
        if isinstance(facts, CompletionFacts):
            values["package"] = self._package(facts, language)
        return values

    def _results(self, facts: ResultFacts, language: Language) -> dict[str, Any]:
        outcomes = [
            {
                "label": one.label.text(language),
                "result": RESULTS[language][one.result],
                "reason": one.reason.text(language) if one.reason else "",
                "legal_ground": one.legal_ground.text(language) if one.legal_ground else "",
            }
            for one in facts.outcomes
        ]
        if not outcomes and facts.kind in WHOLE:
            everything = {"label": FRAME[language]["all_fields"], "reason": "", "legal_ground": ""}
            outcomes = [{**everything, "result": RESULTS[language][WHOLE[facts.kind]]}]
        return {
            "outcomes": outcomes,
            "recipients": _answers(facts, language),
            "kept": [
                {
                    "law": one.law.text(language),
                    "until": last_day(one.until.astimezone(self._zone), language),
                }
                for one in facts.kept
            ],
            "corrected": any(one.result == "corrected" for one in facts.outcomes),
            "partly": any(one.result == "refused" for one in facts.outcomes),
        }

    def _package(self, facts: CompletionFacts, language: Language) -> dict[str, Any] | None:
        package = facts.package
        if package is None:
            return None
        return {
            "link": package.link,
            "until": moment(package.until.astimezone(self._zone), language),
            "downloads": package.downloads,
            # What it calls its collections is for the company, not for the person.
            "records": f"{sum(number for _, number in package.records):,}",
        }


class _InlineStyles(Extension):
    """Replaces each class by its rule of `_base/style.css` when a template is loaded."""

    def preprocess(
        self,
        source: str,
        name: str | None,
        filename: str | None = None,  # noqa: ARG002 - the name that Jinja passes
    ) -> str:
        """The template's source with inline styles; a class without a rule is an error."""
        if not name or not name.endswith(".html"):
            return source
        return re.sub(r'class="(\w+)"', lambda match: f'style="{_RULES[match[1]]}"', source)


_RULES: Mapping[str, str] = {
    # The spaces would be sent, encoded and stored with every mail.
    name: rule.replace("; ", ";").replace(": ", ":")
    for name, rule in re.findall(
        r"^\.(\w+) \{ (.+) \}$", (_FOLDER / "_base/style.css").read_text("utf-8"), re.MULTILINE
    )
}
_OWN_FACTS: Mapping[type, tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind) if field.name not in _COMMON)
    for kind in get_args(LetterFacts)
}


def _known(language: str, default: Language) -> Language:
    return next((known for known in LANGUAGES if known == language), default)


def _letter(templates: tuple[Template, ...], values: dict[str, Any]) -> Letter:
    subject, text, html = templates
    line = subject.render(values)
    return Letter(
        subject=line,
        text=text.render(values) + "\n",
        html=html.render(values, subject=line) + "\n",
    )


def _frame(
    environment: Environment, organisation: Organisation, language: Language
) -> dict[str, Any]:
    """What stays the same in every letter of a language; the footer is rendered once."""
    name = organisation.name.text(language)
    words = FRAME[language]
    values = {
        "language": language,
        "words": words | {"greeting": words["greeting"].format(organisation=name)},
        "organisation": {
            "name": name,
            "department": organisation.department.text(language),
            "phone": organisation.phone,
            "email": organisation.email,
            "postal_address": organisation.postal_address.text(language),
            "complaint_bodies": [
                {"name": body.name.text(language), "url": body.url, "phone": body.phone}
                for body in organisation.complaint_bodies
            ],
            "website": organisation.website,
        },
    }
    html = environment.get_template("_base/footer.html").render(values)
    footer = environment.get_template("_base/footer.txt")
    return values | {
        "footer_text": footer.render(values, paper=False),
        "footer_paper": footer.render(values, paper=True).rstrip(),
        "footer_html": Markup(html),  # noqa: S704 - rendered with autoescape just above
    }


def _answers(facts: ResultFacts | FollowupFacts, language: Language) -> list[dict[str, str]]:
    """What each recipient answered, in words."""
    said = notice_words(facts.kind, language)
    return [
        {"name": one.name.text(language), "status": said[one.status]} for one in facts.recipients
    ]


def _field_labels(facts: LetterFacts, language: Language) -> list[str]:
    """What the request is about; an inquiry is about no field of the record."""
    if not facts.fields and facts.kind != "inquiry":
        objection = facts.kind == "objection"
        return [FRAME[language]["all_purposes" if objection else "all_fields"]]
    return [label.text(language) for label in facts.fields]
