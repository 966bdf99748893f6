"""The links that mails hold: each a token of its own, which opens one thing of one request."""

from __future__ import annotations

from schemas.request import Request
from workers.ports import Tools


def link_to(
    page: str, request: Request, tools: Tools, number: int | None = None, purpose: str | None = None
) -> str:
    """Of the challenge with that number, or of the newest; 0 is of none, and proves nothing.

    `purpose` where the token's is not the page's name.
    """
    number = request.link_number if number is None else number
    token = tools.tokens.link(request.id, number, purpose or page, request.digest)
    return f"{tools.policy.public_url}/{page}/{request.tracking}/{token}"
