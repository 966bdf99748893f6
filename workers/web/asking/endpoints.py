"""The pages of the request form: the rights, what is wrong, the form, the review, what happens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from schemas.datamap import DataMap
from schemas.deadlines import deadline
from schemas.values import ChoiceSpec, ListSpec, ObjectSpec, ValueSpec
from workers.web.asking.draft import Draft, draft
from workers.web.asking.form import MOST_FIELDS, MULTIPLE, Wish, make_form
from workers.web.asking.kinds import RIGHTS
from workers.web.asking.slots import choices, correctable, slots
from workers.web.bodies import Typed, read_form
from workers.web.catalogues import LANGUAGES, marked
from workers.web.pages import Pages
from workers.web.parts import Form

PATIENCE: Final = 2.0
"""Seconds that the last page waits for the tracking code; without it the mail brings it."""
_WRONG: Final = marked("Something in the form cannot be used as it is. Please look through it.")
_TOO_LATE: Final = marked("This page was open for long. Please look at it once more and send it.")


@dataclass(frozen=True, slots=True)
class Correction:
    """One field of the form of corrections: what stands now, and what should."""

    label: str
    now: Any
    should: tuple[Any, ...]
    """Inputs, each with what the form knows of it."""


class Asking:
    """The endpoints."""

    def __init__(self, parts: Form, pages: Pages) -> None:
        self._datamap: DataMap = parts.datamap
        self._intake, self._drafts = parts.intake, parts.drafts
        self._clocks = parts.policy.clocks
        self._pages = pages

    async def rights(self, request: Request) -> Response:
        """What can be asked for."""
        child = _for_child(request)
        cards = [
            (right, self._address(request, Wish(right.kind, child))) for right in RIGHTS.values()
        ]
        return self._pages.show(
            request,
            "asking/rights",
            cards=cards,
            child=child,
            myself=self._pages.link(request, "/"),
            my_child=self._pages.link(request, "/", [("for", "child")]),
        )

    async def show(self, request: Request) -> Response:
        """The form; of a correction first the question which fields are wrong."""
        wish = self._wish(request)
        if wish.kind == "correction" and not wish.fields:
            return self._choose(request, wish)
        return self._form(request, wish, make_form(wish, self._datamap))

    async def take(self, request: Request) -> Response:
        """What was typed: what is wrong with it, else the page on which it is read once more."""
        wish = self._wish(request)
        typed = await read_form(request, repeats=MULTIPLE)
        if "draft" in typed:
            found, _ = self._opened(typed)
            return self._form(
                request, found.wish, make_form(found.wish, self._datamap, found.typed)
            )
        if wish.kind == "correction" and not wish.fields:
            return self._choose(request, wish)
        form = make_form(wish, self._datamap, typed)
        if {*typed} - {field.name for field in form}:
            return self._form(request, wish, form, status=422, problem=_WRONG)
        if not form.validate():
            return self._form(request, wish, form, status=422)
        reader = self._pages.reader(request)
        made = draft(wish, typed, self._datamap, reader, datetime.now(UTC))
        if made is None:
            return self._form(request, wish, form, status=422, problem=_WRONG)
        return self._review(request, made)

    async def send(self, request: Request) -> Response:
        """Publish it; the same page sent twice is one request."""
        found, fresh = self._opened(await read_form(request))
        if not fresh:
            again = found.again(datetime.now(UTC))
            return self._review(request, again, problem=_TOO_LATE)
        body = json.dumps(found.body, ensure_ascii=False).encode()
        tracking = await self._intake.submission(body, PATIENCE)
        return self._pages.show(
            request,
            "asking/sent",
            tracking=tracking,
            right=RIGHTS[found.wish.kind],
            child=found.wish.child,
            email=found.body["requester"].get("email"),
            until=self._until(found),
        )

    def _choose(self, request: Request, wish: Wish) -> Response:
        named = [
            (name, field.label.text(self._pages.language(request)))
            for name, field in correctable(self._datamap).items()
        ]
        return self._pages.show(
            request,
            "asking/fields",
            named=named,
            kept=[*wish.query(), *_chosen_language(request)],
            action=self._pages.link(request, f"/request/{wish.kind}").partition("?")[0],
        )

    def _form(
        self, request: Request, wish: Wish, form: Any, *, status: int = 200, problem: str = ""
    ) -> Response:
        language = self._pages.language(request)
        pairs = [(n, self._label(wish, n, language)) for n in choices(self._datamap, wish.kind)]
        return self._pages.show(
            request,
            "asking/form",
            status=status,
            right=RIGHTS[wish.kind],
            wish=wish,
            form=form,
            problem=problem,
            named=pairs,
            corrections=self._corrections(wish, form, language),
            action=self._address(request, wish),
        )

    def _corrections(self, wish: Wish, form: Any, language: str) -> list[Correction]:
        if wish.kind != "correction":
            return []
        known = correctable(self._datamap)
        return [
            Correction(
                label=known[name].label.text(language),
                now=form[f"now.{name}"],
                should=tuple((slot, form[slot.name]) for slot in slots(name, known[name].value)),
            )
            for name in wish.fields
        ]

    def _review(self, request: Request, made: Draft, problem: str = "") -> Response:
        language = self._pages.language(request)
        return self._pages.show(
            request,
            "asking/review",
            right=RIGHTS[made.wish.kind],
            wish=made.wish,
            body=made.body,
            chosen=[self._label(made.wish, n, language) for n in made.body.get("fields", [])],
            changes=[
                (self._label(made.wish, change["field"], language), self._lines(request, change))
                for change in made.body.get("changes", [])
            ],
            problem=problem,
            draft=made.seal(self._drafts),
            send=self._pages.link(request, "/send"),
            change=self._address(request, made.wish),
        )

    def _lines(self, request: Request, change: dict[str, Any]) -> list[tuple[str, str]]:
        """A value as it is read once more: each part by its name, where it has parts."""
        spec = correctable(self._datamap)[change["field"]].value
        return list(_read(spec, change["value"], "", self._pages.reader(request).say))

    def _label(self, wish: Wish, name: str, language: str) -> str:
        return self._datamap.label(wish.kind, name).text(language)

    def _until(self, made: Draft) -> datetime:
        """The end of the legal time, in the zone whose days count."""
        profile = self._clocks.chosen(made.body["language"])
        asked = datetime.fromisoformat(made.body["submitted_at"])
        return deadline(asked, profile).astimezone(profile.zone)

    def _opened(self, typed: Typed) -> tuple[Draft, bool]:
        found = Draft.open(typed.get("draft", ""), self._drafts)
        if found is None:
            raise HTTPException(400)
        return found

    def _wish(self, request: Request) -> Wish:
        """What the address says; a field that cannot be corrected is left out."""
        kind = request.path_params["kind"]
        if kind not in RIGHTS:
            raise HTTPException(404)
        asked = request.query_params.getlist("field") if kind == "correction" else []
        known = correctable(self._datamap)
        fields = tuple(dict.fromkeys(name for name in asked if name in known))[:MOST_FIELDS]
        return Wish(RIGHTS[kind].kind, _for_child(request), fields)

    def _address(self, request: Request, wish: Wish) -> str:
        return self._pages.link(request, f"/request/{wish.kind}", wish.query())


def _read(
    spec: ValueSpec, value: Any, part: str, say: Callable[[str], str]
) -> Iterator[tuple[str, str]]:
    match spec:
        case ObjectSpec():
            for name, inner in value.items():
                yield from _read(spec.parts[name].value, inner, name, say)
        case ListSpec():
            for item in value:
                yield from _read(spec.of, item, part, say)
        case ChoiceSpec():
            yield part, say(str(value))
        case _:
            yield part, str(value)


def _for_child(request: Request) -> bool:
    return request.query_params.get("for") == "child"


def _chosen_language(request: Request) -> list[tuple[str, str]]:
    chosen = request.query_params.get("lang", "")
    return [("lang", chosen)] if chosen in LANGUAGES else []
