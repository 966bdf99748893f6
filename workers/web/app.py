"""Every address of `dsr web`, on one screen."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from schemas.errors import DsrError
from workers.runtime import log
from workers.web.acks import Acknowledgements
from workers.web.asking import Asking
from workers.web.certificates import Certificates
from workers.web.desk import desk_routes
from workers.web.disclosures import Disclosures
from workers.web.headers import SecurityHeaders
from workers.web.health import Health
from workers.web.links import Links
from workers.web.packages import Packages
from workers.web.pages import Pages
from workers.web.parts import Form, Parts
from workers.web.processors import Callbacks
from workers.web.recipients import RecipientPages
from workers.web.standing import Standing
from workers.web.verification import Verification

_STATIC = Path(__file__).parent / "static"
_PROBLEMS = dict.fromkeys((400, 408, 415), "problems/unreadable") | {413: "problems/too_large"}


GROUPS: Final = ("form", "links", "recipients", "desk")
"""What one process may serve without the rest: each needs other users of the servers."""
_MACHINES = ("/notices/", "/opendsr/", "/disclosures")
"""Addresses where programs call: they are answered in JSON."""


def _of_third_parties(parts: Parts, pages: Pages) -> list[Route]:
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
        Route("/recipients/{name}/{token}", page.take, methods=["POST"]),
    ]


def _of_form(form: Form, pages: Pages) -> list[Route]:
    """Pages that only publish."""
    asking, verification = Asking(form, pages), Verification(form, pages)
    return [
        Route("/", asking.rights, methods=["GET"]),
        Route("/request/{kind}", asking.show, methods=["GET"]),
        Route("/request/{kind}", asking.take, methods=["POST"]),
        Route("/send", asking.send, methods=["POST"]),
        Route("/verify", verification.show, methods=["GET"]),
        Route("/verify", verification.take, methods=["POST"]),
    ]


def _of_links(parts: Parts, pages: Pages) -> list[Route]:
    """Where requests stand, and whatever a mail links to."""
    links, standing = Links(parts, pages), Standing(parts, pages)
    certificates, packages = Certificates(parts, pages), Packages(parts, pages)
    return [
        Route("/status", standing.show, methods=["GET"]),
        Route("/status", standing.take, methods=["POST"]),
        Route("/withdraw", standing.withdraw, methods=["POST"]),
        Route("/proof/{tracking}/{token}", links.ask_proof, methods=["GET"]),
        Route("/proof/{tracking}/{token}", links.take_proof, methods=["POST"]),
        Route("/disown/{tracking}/{token}", links.ask_disown, methods=["GET"]),
        Route("/disown/{tracking}/{token}", links.take_disown, methods=["POST"]),
        Route("/stop/{tracking}/{token}", links.ask_stop, methods=["GET"]),
        Route("/stop/{tracking}/{token}", links.take_stop, methods=["POST"]),
        Route("/nothing-arrived/{tracking}/{token}", links.ask_nothing_arrived, methods=["GET"]),
        Route("/nothing-arrived/{tracking}/{token}", links.take_nothing_arrived, methods=["POST"]),
        Route("/lift/{tracking}/{token}", links.ask_lift, methods=["GET"]),
        Route("/lift/{tracking}/{token}", links.take_lift, methods=["POST"]),
        Route("/confirm/{tracking}/{token}", links.ask_confirm, methods=["GET"]),
        Route("/confirm/{tracking}/{token}", links.take_proof, methods=["POST"]),
        Route("/go-on/{tracking}/{token}", links.ask_go_on, methods=["GET"]),
        Route("/go-on/{tracking}/{token}", links.take_go_on, methods=["POST"]),
        Route("/waiting/{tracking}/{token}", links.ask_summon, methods=["GET"]),
        Route("/waiting/{tracking}/{token}", links.take_summon, methods=["POST"]),
        Route("/stop-change/{tracking}/{token}", links.ask_stop_change, methods=["GET"]),
        Route("/stop-change/{tracking}/{token}", links.take_stop_change, methods=["POST"]),
        Route("/certificate/{tracking}/{token}", certificates.show, methods=["GET"]),
        Route("/package/{tracking}/{token}", packages.show, methods=["GET"]),
        Route("/package/{tracking}/{token}", packages.take, methods=["POST"]),
    ]


def create_app(parts: Parts | Form, groups: Collection[str] = GROUPS) -> Starlette:
    """The application; it connects to nothing by itself. A `Form` serves nothing but the form."""
    form = parts if isinstance(parts, Form) else parts.form
    policy = form.policy
    pages = Pages(form.datamap.organisation, policy.public_url, policy.default_language)
    health = Health(form.ready)
    routes = _of_form(form, pages) if "form" in groups else []
    if isinstance(parts, Parts):
        if "links" in groups:
            routes += _of_links(parts, pages)
        if "recipients" in groups:
            acks = Acknowledgements(parts)
            routes += [Route("/notices/{notice}/ack", acks.take, methods=["POST"])]
            routes += _of_third_parties(parts, pages)

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
            code = "unavailable" if status >= 500 else "not_found"
            return JSONResponse({"error": code}, status, headers)
        lost = "problems/unavailable" if request.method == "POST" else "problems/not_now"
        wrong = _PROBLEMS.get(status, "problems/not_found")
        name = lost if status >= 500 else wrong
        return pages.show(request, name, status=status, headers=headers)

    desk = parts.desk if isinstance(parts, Parts) and "desk" in groups else None
    return Starlette(
        routes=[
            *routes,
            Route("/healthz", health.alive, methods=["GET"]),
            Route("/readyz", health.ready, methods=["GET"]),
            *([Mount("/desk", routes=desk_routes(desk, pages))] if desk else []),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        middleware=[
            Middleware(SecurityHeaders, public_url=policy.public_url),
            # Inside the headers, so that the page for an error of ours carries them too.
            Middleware(ExceptionMiddleware, handlers={Exception: failed}),
        ],
        exception_handlers={HTTPException: failed, DsrError: failed},
    )
