"""The page for a code that was read, not clicked: tracking code and eight digits, typed in.

Whether they are right is told by mail alone. Only what cannot be right by its form is said here,
since that follows from what was typed, not from anybody's record.
"""

from __future__ import annotations

import json
from typing import Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from wtforms import Form as Inputs
from wtforms import StringField
from wtforms.validators import InputRequired, ValidationError

from schemas import tracking
from workers.web.bodies import read_form
from workers.web.catalogues import marked
from workers.web.pages import Pages
from workers.web.parts import Form

LARGEST: Final = 1024
_TYPED: Final[dict[int, str]] = {
    **{0xFF10 + digit: str(digit) for digit in range(10)},
    **dict.fromkeys(map(ord, " -\u00a0\u3000"), ""),
}
"""What a person or a keyboard adds to a code."""
_MISSING: Final = marked("Please fill this in.")


def _known_form(_: Inputs, field: StringField) -> None:
    """Of a tracking code: mistyped ones are noticed by their check character."""
    try:
        tracking.parse(field.data or "")
    except ValueError:
        raise ValidationError(
            marked("This is no tracking code. Please compare it with the mail.")
        ) from None


def _eight_digits(_: Inputs, field: StringField) -> None:
    code = (field.data or "").translate(_TYPED)
    if not (code.isdecimal() and code.isascii() and len(code) == 8):
        raise ValidationError(marked("A code has eight digits. Please compare it with the mail."))


class TrackingForm(Inputs):
    """Which request."""

    tracking = StringField(validators=[InputRequired(_MISSING), _known_form])


class CodeForm(TrackingForm):
    """Which request, and its code."""

    code = StringField(validators=[InputRequired(_MISSING), _eight_digits])


class Verification:
    """The endpoints."""

    def __init__(self, parts: Form, pages: Pages) -> None:
        self._intake = parts.intake
        self._pages = pages

    async def show(self, request: Request) -> Response:
        """Two inputs; nothing happens before the button."""
        return self._pages.show(request, "verification/ask", form=CodeForm())

    async def take(self, request: Request) -> Response:
        """Publish it as a proof."""
        form = CodeForm(await read_form(request, LARGEST))
        if not form.validate():
            return self._pages.show(request, "verification/ask", status=422, form=form)
        code = tracking.parse(form.tracking.data or "")
        body = {
            "schema": "dsr.proof/1",
            "proof_id": str(uuid4()),
            "tracking": code,
            "code": (form.code.data or "").translate(_TYPED),
            "channel": "web",
        }
        await self._intake.proof(json.dumps(body).encode())
        return self._pages.show(request, "verification/taken", tracking=code)
