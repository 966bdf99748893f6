"""Every address of `dsr web`, on one screen."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from schemas.errors import DsrError
from workers.runtime import log
from workers.web.acks import Acknowledgements
from workers.web.asking import Asking
from workers.web.desk import desk_routes
from workers.web.disclosures import Disclosures
from workers.web.figures import of_public_port
from workers.web.headers import SecurityHeaders
from workers.web.health import Health
from workers.web.limits import Limits
from workers.web.links import Links
from workers.web.packages import Packages
from workers.web.pages import Pages
from workers.web.parts import Form, Parts
from workers.web.processors import Callbacks
from workers.web.recipients import RecipientPages
from workers.web.signed import SignedDocuments
from workers.web.standing import Standing
from workers.web.verification import Verification

_STATIC = Path(__file__).parent / "static"
_PROBLEMS = dict.fromkeys((400, 408, 415), "problems/unreadable") | {413: "problems/too_large"}
_CODES = {408: "too_slow", 413: "too_large"}


GROUPS: Final = ("form", "links", "recipients", "desk")
"""What one process may serve without the rest: each needs other users of the servers."""
_MACHINES = ("/notices/", "/opendsr/", "/disclosures")
"""Addresses where programs call: they are answered in JSON."""


def _of_third_parties(parts: Parts, pages: Pages, limits: Limits) -> list[Route]:
    third = parts.third_parties
    if third is None:
        return []
    gate = Disclosures(parts.house, third.gate, third.service_keys)
    callbacks = Callbacks(parts.house, parts.datamap, third.processors)
    page = RecipientPages(parts.house, parts.datamap, third.notices, third.doors, third.post, pages)
    return [
        Route("/disclosures", gate.ask, methods=["POST"]),
        Route("/opendsr/callbacks/{notice}", callbacks.take, methods=["POST"]),
        Route("/recipients/{name}/{token}", page.ask, methods=["GET"]),
        Route("/recipients/{name}/{token}", limits.on("codes", page.take), methods=["POST"]),
    ]


def _of_mails(links: Links, limits: Limits) -> list[Route]:
    """Behind each link a page that does nothing, and its button."""
    pages = {
        "proof": (links.ask_proof, links.take_proof),
        "disown": (links.ask_disown, links.take_disown),
        "stop": (links.ask_stop, links.take_stop),
        "nothing-arrived": (links.ask_nothing_arrived, links.take_nothing_arrived),
        "lift": (links.ask_lift, links.take_lift),
        "confirm": (links.ask_confirm, links.take_proof),
        "go-on": (links.ask_go_on, links.take_go_on),
        "waiting": (links.ask_summon, links.take_summon),
        "stop-change": (links.ask_stop_change, links.take_stop_change),
    }
    return [
        Route(f"/{name}/{{tracking}}/{{token}}", endpoint, methods=[method])
        for name, (ask, take) in pages.items()
        for method, endpoint in (("GET", ask), ("POST", limits.on("links", take)))
    ]


def _of_form(form: Form, pages: Pages, limits: Limits) -> list[Route]:
    """Pages that only publish."""
    asking, verification = Asking(form, pages), Verification(form, pages)
    return [
        Route("/", asking.rights, methods=["GET"]),
        Route("/request/{kind}", asking.show, methods=["GET"]),
        Route("/request/{kind}", limits.on("forms", asking.take), methods=["POST"]),
        Route("/send", limits.on("forms", asking.send), methods=["POST"]),
        Route("/verify", verification.show, methods=["GET"]),
        Route("/verify", limits.on("codes", verification.take), methods=["POST"]),
    ]


def _of_links(parts: Parts, pages: Pages, limits: Limits) -> list[Route]:
    """Where requests stand, and whatever a mail links to."""
    standing, packages = Standing(parts, pages), Packages(parts, pages)
    signed = SignedDocuments(parts, pages)
    return [
        Route("/status", standing.show, methods=["GET"]),
        Route("/status", limits.on("status", standing.take), methods=["POST"]),
        Route("/withdraw", limits.on("status", standing.withdraw), methods=["POST"]),
        *_of_mails(Links(parts, pages), limits),
        *(
            Route(f"/{name}/{{tracking}}/{{token}}", limits.on("links", page), methods=["GET"])
            for name, page in (("certificate", signed.certificate), ("receipt", signed.receipt))
        ),
        Route("/package/{tracking}/{token}", packages.show, methods=["GET"]),
        Route("/package/{tracking}/{token}", limits.on("codes", packages.take), methods=["POST"]),
    ]


def _of_all_but_the_form(
    parts: Parts, groups: Collection[str], pages: Pages, limits: Limits
) -> Iterator[BaseRoute]:
    if "links" in groups:
        yield from _of_links(parts, pages, limits)
    if "recipients" in groups:
        yield Route("/notices/{notice}/ack", Acknowledgements(parts).take, methods=["POST"])
        yield from _of_third_parties(parts, pages, limits)
    if "desk" in groups and parts.desk:
        yield Mount("/desk", routes=desk_routes(parts.desk, pages, limits))
    yield from of_public_port(parts.figures, parts.figures_token)


def create_app(parts: Parts | Form, groups: Collection[str] = GROUPS) -> Starlette:
    """The application; it connects to nothing by itself. A `Form` serves nothing but the form."""
    form = parts if isinstance(parts, Form) else parts.form
    policy = form.policy
    pages = Pages(form.datamap.organisation, policy.public_url, policy.default_language)
    health, limits = Health(form.ready), Limits(form.rates, form.trusted_proxies, pages)
    routes: list[BaseRoute] = []
    if "form" in groups:
        routes += _of_form(form, pages, limits)
    if isinstance(parts, Parts):
        routes += _of_all_but_the_form(parts, groups, pages, limits)

    def failed(request: Request, error: Exception) -> Response:
        """Whatever went wrong: said plainly, in the form that this address speaks."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        if isinstance(error, DsrError):
            status = 503 if error.retryable else 500
        if status >= 500:
            log.failure("web_failed", error, status=status)
        headers = {"retry-after": "60"} if status == 503 else {}
        if isinstance(error, HTTPException):
            headers |= error.headers or {}
        if request.url.path.startswith(_MACHINES):
            code = "unavailable" if status >= 500 else _CODES.get(status, "not_found")
            return JSONResponse({"error": code}, status, headers)
        lost = "problems/unavailable" if request.method == "POST" else "problems/not_now"
        wrong = _PROBLEMS.get(status, "problems/not_found")
        name = lost if status >= 500 else wrong
        return pages.show(request, name, status=status, headers=headers)

    return Starlette(
        routes=[
            *routes,
            Route("/healthz", health.alive, methods=["GET"]),
            Route("/readyz", health.ready, methods=["GET"]),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        middleware=[
            Middleware(SecurityHeaders, public_url=policy.public_url),
            # Inside the headers, so that the page for an error of ours carries them too.
            Middleware(ExceptionMiddleware, handlers={Exception: failed}),
        ],
        exception_handlers={HTTPException: failed, DsrError: failed},
    )
