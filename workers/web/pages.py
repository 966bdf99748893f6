"""Turns a template and what it is told into a page, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from babel.dates import format_date, get_timezone_name
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from schemas.datamap import Organisation
from workers.web.catalogues import LANGUAGES, translations
from workers.web.translated import Translated

_FOLDER: Final = Path(__file__).parent / "templates"

_KEPT: Final = frozenset({"for", "field"})
"""What stays in the address of a page when its language is changed."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads in a language; `say` translates a message into it."""

    language: str
    say: Callable[[str], str]


class Pages:
    """Every page. Compiled once; what a page is told is escaped."""

    def __init__(self, organisation: Organisation, public_url: str, default_language: str) -> None:
        self._organisation = organisation
        self._default = default_language if default_language in LANGUAGES else "ko"
        # Only the path of the public address: a page stays where the visitor opened it.
        self._base = urlsplit(public_url).path.rstrip("/")

    def show(
        self,
        request: Request,
        name: str,
        *,
        tracking: str | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **facts: Any,
    ) -> HTMLResponse:
        """The page of the template `templates/<name>.html`, told these facts."""
        language = self.language(request)
        html = (
            _environment(language)
            .get_template(f"{name}.html")
            .render(
                facts,
                language=language,
                # What a button sent has no address of its own that could be opened again.
                languages=LANGUAGES if request.method in {"GET", "HEAD"} else {},
                in_language=lambda tag: _in(tag, request),
                base=self._base,
                link=lambda path: self.link(request, path),
                tracking=tracking,
                organisation=self._organisation,
            )
        )
        return HTMLResponse(html, status, {**(headers or {}), **self.spoken(language)})

    def link(self, request: Request, path: str, query: Iterable[tuple[str, str]] = ()) -> str:
        """The address of another page of ours, in the language that was chosen on this one."""
        chosen = request.query_params.get("lang", "")
        pairs = [*query, *([("lang", chosen)] if chosen in LANGUAGES else [])]
        return f"{self._base}{path}{'?' if pairs else ''}{urlencode(pairs)}"

    def reader(self, request: Request) -> Reader:
        """Who reads this page."""
        language = self.language(request)
        return Reader(language, translations(language).gettext)

    def language(self, request: Request) -> str:
        """`?lang=` if it is one of ours, else the first that the reader's browser asks for."""
        wanted = [request.query_params.get("lang", ""), *_accepted(request)]
        return next((tag for tag in wanted if tag in LANGUAGES), self._default)

    @staticmethod
    def spoken(language: str) -> dict[str, str]:
        """The headers that say which language was chosen, and by what."""
        return {"content-language": language, "vary": "accept-language"}


@cache
def _environment(language: str) -> Environment:
    """Made once in a process: compiling takes longer than all pages of a minute."""
    said = translations(language)
    environment = Translated(
        said.gettext,
        loader=FileSystemLoader(_FOLDER),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.policies["ext.i18n.trimmed"] = True
    # The end of a legal time; midnight ends the day before.
    environment.filters["lastday"] = lambda moment: _full(
        (moment - timedelta(seconds=1)).date(), language
    )
    # With its zone: whoever reads it may be in another one.
    environment.filters["moment"] = lambda moment: (
        f"{format_date(moment, 'long', locale=language)} {moment:%H:%M}"
        f" ({get_timezone_name(moment, locale=language)})"
    )
    # `newstyle`: what a message is told is escaped, the message itself is not.
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        said.gettext, said.ngettext, newstyle=True
    )
    return environment


@lru_cache(1024)
def _full(day: date, language: str) -> str:
    return format_date(day, "full", locale=language)


def _accepted(request: Request) -> list[str]:
    """The languages of Accept-Language, best first, without their regions."""
    ranked: list[tuple[float, str]] = []
    for entry in request.headers.get("accept-language", "")[:500].split(","):
        tag, _, quality = entry.partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        if weight > 0:
            ranked.append((-weight, tag.strip().lower().partition("-")[0]))
    return [tag for _, tag in sorted(ranked, key=lambda pair: pair[0])]


def _in(language: str, request: Request) -> str:
    """The address of this very page in a language."""
    kept = [pair for pair in request.query_params.multi_items() if pair[0] in _KEPT]
    return "?" + urlencode([*kept, ("lang", language)])
