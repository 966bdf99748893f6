"""The mail of the embedded default, to be read in a browser: whatever arrived, newest first.

It only reads, and only the Maildir that it is given. Never in production: it shows every code.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Final

import uvicorn
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

_TEMPLATES: Final = Path(__file__).parent
_NO_SCRIPT: Final = {
    "content-security-policy": "sandbox allow-popups; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Mail:
    """One of them."""

    name: str
    to: str
    subject: str
    at: str
    text: str
    html: str

    def lines(self) -> Iterator[tuple[str, bool]]:
        """The text, line by line; whether a line is a link."""
        for line in self.text.splitlines():
            yield line, line.startswith(("http://127.0.0.1", "http://localhost", "https://"))


class Viewer:
    """Three pages."""

    def __init__(self, maildir: Path) -> None:
        self._maildir = maildir
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
        )
        self._page = environment.get_template("mail_viewer.html")

    async def every(self, _: Request) -> Response:
        """All of them."""
        files = sorted(self._maildir.glob("new/*"), key=lambda file: -file.stat().st_mtime)
        mails = [_read(file) for file in files[:200]]
        return HTMLResponse(self._page.render(mails=mails, mail=None), headers=_NO_SCRIPT)

    async def one(self, request: Request) -> Response:
        """Its text, with links that can be opened."""
        mail = self._named(request)
        return HTMLResponse(self._page.render(mails=[], mail=mail), headers=_NO_SCRIPT)

    async def html(self, request: Request) -> Response:
        """As a mail program shows it."""
        return HTMLResponse(self._named(request).html, headers=_NO_SCRIPT)

    def _named(self, request: Request) -> Mail:
        name = request.path_params["name"]
        found = next((f for f in self._maildir.glob("new/*") if f.name == name), None)
        if found is None:
            raise HTTPException(404)
        return _read(found)


@contextlib.asynccontextmanager
async def show_mails(maildir: Path) -> AsyncIterator[str]:
    """Served on a free port of this machine until the end of the block; gives the address."""
    viewer = Viewer(maildir)
    app = Starlette(
        routes=[
            Route("/", viewer.every),
            Route("/{name}", viewer.one),
            Route("/{name}/html", viewer.html),
        ]
    )
    config = uvicorn.Config(app, http="h11", ws="none", lifespan="off", log_config=None)
    server = _Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            await serving


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: whoever serves ends more than this."""
        yield


def _read(file: Path) -> Mail:
    mail = BytesParser(EmailMessage, policy=policy.default).parsebytes(file.read_bytes())
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    return Mail(
        name=file.name,
        to=str(mail["to"]),
        subject=str(mail["subject"]),
        at=str(mail["date"]),
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
    )
