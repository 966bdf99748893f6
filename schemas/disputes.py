"""What a request disputes: fields that nobody uses from its proof on until it is done. Pure."""

from __future__ import annotations

from schemas.request import DISPUTE_NOTHING, Request


def disputed(request: Request, everything: tuple[str, ...] = ("*",)) -> tuple[str, ...]:
    """The fields that a request of this kind restricts while it is open.

    Of everything, too: a deletion of it must not be used until it is gone, or stopped.
    """
    if request.kind in DISPUTE_NOTHING:
        return ()
    return request.fields or everything
