"""What free text may be about: a suggestion for whoever reads it, never acted upon."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from schemas.datamap import DataMap

_SIGNS: Mapping[str, str] = {
    "deletion": r"삭제|파기|탈퇴|지워|잊혀|delet|eras|forget me|remove my",
    "correction": (
        r"정정|수정|변경|바꿔|바뀌|이사|틀리|잘못|고쳐|correct|rectif|change my|wrong|moved"
    ),
    "access": r"열람|사본|조회|어떤 정보|보유|access|copy of|what (data|information)|hold about",
    "restriction": r"처리 ?정지|이용 ?정지|중지|restrict|suspend",
    "objection": (
        r"동의.{0,6}(철회|취소)|수신 ?거부|광고|마케팅|object|opt.?out|unsubscribe|marketing"
    ),
}
_PERSONAL = re.compile(
    r"개인 ?정보|내 정보|제 정보|회원 ?정보|personal (data|information)|my (data|information)"
    r"|gdpr|privacy|개인정보 ?보호법",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What it may be; `recognised`: it speaks of somebody's data at all."""

    recognised: bool
    kind: str | None = None
    fields: tuple[str, ...] = ()


def suggest(text: str, datamap: DataMap) -> Suggestion:
    """By words and by the data map's labels."""
    lower = text.lower()
    kind = next((kind for kind, signs in _SIGNS.items() if re.search(signs, lower)), None)
    fields = dict.fromkeys(
        name
        for subject in datamap.subjects.values()
        for name, declared in subject.fields.items()
        for label in (declared.label.ko, declared.label.en)
        if label.lower() in lower
    )
    speaks = bool(_PERSONAL.search(text)) or (kind is not None and bool(fields))
    return Suggestion(speaks, kind, tuple(fields)[:10])
