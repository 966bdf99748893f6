"""Every address of `dsr web`, on one screen."""

from __future__ import annotations

from pathlib import Path

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
from workers.web.figures import of_public_port
from workers.web.headers import SecurityHeaders
from workers.web.health import Health
from workers.web.limits import Limits
from workers.web.links import Links
from workers.web.packages import Packages
from workers.web.pages import Pages
from workers.web.parts import Parts
from workers.web.processors import Callbacks
from workers.web.recipients import RecipientPages
from workers.web.standing import Standing
from workers.web.verification import Verification

_STATIC = Path(__file__).parent / "static"
_PROBLEMS = dict.fromkeys((400, 408, 415), "problems/unreadable") | {413: "problems/too_large"}


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


def create_app(parts: Parts) -> Starlette:
    """The application; it connects to nothing by itself."""
    policy = parts.house.tools.policy
    pages = Pages(parts.datamap.organisation, policy.public_url, policy.default_language)
    acks, health = Acknowledgements(parts), Health(parts.ready)
    certificates, packages = Certificates(parts, pages), Packages(parts, pages)
    standing = Standing(parts, pages)
    asking, verification = Asking(parts, pages), Verification(parts, pages)
    limits = Limits(parts.rates, parts.trusted_proxies, pages)
    certificate = limits.on("links", certificates.show)
    download = limits.on("codes", packages.take)
    desk = desk_routes(parts.desk, pages, limits) if parts.desk else []

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

    return Starlette(
        routes=[
            Route("/", asking.rights, methods=["GET"]),
            Route("/request/{kind}", asking.show, methods=["GET"]),
            Route("/request/{kind}", limits.on("forms", asking.take), methods=["POST"]),
            Route("/send", limits.on("forms", asking.send), methods=["POST"]),
            Route("/verify", verification.show, methods=["GET"]),
            Route("/verify", limits.on("codes", verification.take), methods=["POST"]),
            Route("/status", standing.show, methods=["GET"]),
            Route("/status", limits.on("status", standing.take), methods=["POST"]),
            Route("/withdraw", limits.on("status", standing.withdraw), methods=["POST"]),
            Route("/notices/{notice}/ack", acks.take, methods=["POST"]),
            *_of_third_parties(parts, pages, limits),
            *_of_mails(Links(parts, pages), limits),
            Route("/certificate/{tracking}/{token}", certificate, methods=["GET"]),
            Route("/package/{tracking}/{token}", packages.show, methods=["GET"]),
            Route("/package/{tracking}/{token}", download, methods=["POST"]),
            Route("/healthz", health.alive, methods=["GET"]),
            Route("/readyz", health.ready, methods=["GET"]),
            *of_public_port(parts.figures, parts.figures_token),
            *([Mount("/desk", routes=desk)] if desk else []),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        middleware=[
            Middleware(SecurityHeaders, public_url=policy.public_url),
            # Inside the headers, so that the page for an error of ours carries them too.
            Middleware(ExceptionMiddleware, handlers={Exception: failed}),
        ],
        exception_handlers={HTTPException: failed, DsrError: failed},
    )
