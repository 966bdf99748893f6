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
_TAKES_BACK = re.compile(
    r"(제 |이 |위 )?(요청|신청|접수)?(을|를)? ?(철회|취소|중단|중지|해제)"
    r"( ?(합니다|하겠습니다|해 ?주세요|해 ?주십시오|바랍니다|요청|요청합니다))?"
    r"|(please )?(i )?(withdraw|cancel|stop|revoke|lift)"
    r"( (it|this|(my|the|this) request|the (deletion|change|restriction)))?( please)?",
    re.IGNORECASE,
)
_MAY_TAKE_BACK = re.compile(
    r"철회|취소|중단|중지|해제|withdr|cancel|stop|revok|lift", re.IGNORECASE
)


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


def takes_back(text: str) -> bool | None:
    """Whether the person's own words withdraw: a line that says so and nothing else.

    None where they speak of it in another way: then only a person can tell what is meant.
    """
    own = re.split(r"(?m)^-- ?$", above(text))[0]  # a signature says the same in every mail
    if any(_TAKES_BACK.fullmatch(line.strip(" \t.!,")) for line in own.split("\n")):
        return True
    return None if _MAY_TAKE_BACK.search(own) else False


def without_codes(text: str) -> str:
    """The same with each line that is a code struck out: nobody else is to read it."""
    lines = text.split("\n")
    return "\n".join("••••••••" if _CODE.fullmatch(line) else line for line in lines)
