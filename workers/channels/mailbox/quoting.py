"""A person's own words in a mail, without what they quote of another."""

from __future__ import annotations

import re

_BEGINS = re.compile(
    r"^\s*("
    r">|-{2,} ?(original message|forwarded message|원본 ?메(시지|일)|전달된 ?메(시지|일))"
    r"|on .{5,200} wrote:?\s*$|.{5,200}(님이|께서) ?(작성|쓰)|(from|보낸 ?사람|발신):\s.*@"
    r"|_{10,}\s*$|dsr-reply-line)",
    re.IGNORECASE,
)
_OURS = re.compile(r"https?://|DSR-[A-Z0-9]{4}-[A-Z0-9]{4}", re.IGNORECASE)
_CODE = re.compile(r"\s*(\d{4}[ -]?\d{4})\s*[.]?\s*")


def above(text: str) -> str:
    """What stands above the first line that quotes."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        wrapped = f"{line} {lines[number + 1]}" if number + 1 < len(lines) else line
        if _BEGINS.match(line) or (line.lower().startswith("on ") and _BEGINS.match(wrapped)):
            return "\n".join(lines[:number]).strip()
    return text.strip()


def code_in(text: str) -> str | None:
    """The code that a person wrote: the only one, alone on its line, above the quotation.

    Where a link or a tracking code stands above as well, a program has quoted without a mark.
    """
    own = above(text)
    if _OURS.search(own):
        return None
    found = {
        match[1].replace(" ", "").replace("-", "")
        for line in own.split("\n")
        if (match := _CODE.fullmatch(line))
    }
    return found.pop() if len(found) == 1 else None
