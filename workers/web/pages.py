"""Turns what a page says into HTML, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from schemas.datamap import Organisation
from workers.web.words import COMMON, LANGUAGES, PAGES
from workers.web.words_contact import CONTACT_PAGES

_FOLDER: Final = Path(__file__).parent / "templates"
_ALL: Final = {**PAGES, **CONTACT_PAGES}


class Pages:
    """Every page. Compiled once; what a page is told is escaped."""

    def __init__(self, organisation: Organisation, public_url: str, default_language: str) -> None:
        self._organisation = organisation
        self._default = default_language if default_language in LANGUAGES else "ko"
        # Only the path of the public address: a page stays where the visitor opened it.
        self._base = urlsplit(public_url).path.rstrip("/")
        environment = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._template = environment.get_template("page.html")

    def show(
        self,
        request: Request,
        name: str,
        *,
        tracking: str | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> HTMLResponse:
        """The page of that name."""
        language = self.language(request)
        html = self._template.render(
            language=language,
            # What a button sent has no address of its own that could be opened again.
            languages=LANGUAGES if request.method in {"GET", "HEAD"} else {},
            base=self._base,
            common=COMMON[language],
            page=_ALL[name][language],
            tracking=tracking,
            organisation=self._organisation,
        )
        return HTMLResponse(
            html,
            status,
            {**(headers or {}), **self.spoken(language)},
        )

    def language(self, request: Request) -> str:
        """`?lang=` if it is one of ours, else the first that the reader's browser asks for."""
        wanted = [request.query_params.get("lang", ""), *_accepted(request)]
        return next((tag for tag in wanted if tag in LANGUAGES), self._default)

    @staticmethod
    def spoken(language: str) -> dict[str, str]:
        """The headers that say which language was chosen, and by what."""
        return {"content-language": language, "vary": "accept-language"}


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
