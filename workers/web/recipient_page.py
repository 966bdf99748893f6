"""How a recipient's page looks and what it says, in Korean and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from schemas.datamap import Label, Organisation
from schemas.notice import NoticeKind
from workers.web.pages import Pages
from workers.web.words import COMMON, LANGUAGES

_FOLDER: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Item:
    """One open notice."""

    id: str
    tracking: str
    about: NoticeKind
    key: str | None
    """What the recipient knows the person by; None where nothing may be shown now."""
    rows: tuple[tuple[str, str | None], ...]
    withheld: tuple[str, ...]
    acknowledged: bool
    late: bool
    due: datetime | None


WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "ko": {
        "ask_title": "귀사에 온 통지",
        "ask": "버튼을 누르시면 등록된 메일 주소로 인증 번호를 보내 드립니다.",
        "ask_button": "인증 번호 받기",
        "code_title": "인증 번호를 입력해 주십시오",
        "code": "링크가 맞다면 등록된 주소로 여덟 자리 번호를 보냈습니다. "
        "15분 동안 쓸 수 있습니다.",
        "code_label": "인증 번호",
        "code_button": "통지 보기",
        "wrong_title": "열리지 않았습니다",
        "wrong": "번호가 맞지 않거나 기한이 지났습니다. 처음부터 다시 해 주십시오.",
        "over_title": "시간이 지났습니다",
        "over": "이 페이지는 30분 동안만 열려 있습니다. 새 인증 번호를 받아 주십시오.",
        "list_title": "처리를 기다리는 통지",
        "none": "기다리는 통지가 없습니다. 감사합니다.",
        "person": "정보주체 (귀사의 식별 번호)",
        "not_now": "지금은 보여 드릴 수 없습니다. 나중에 다시 열어 주십시오.",
        "due": "기한",
        "late": "기한이 지났습니다",
        "withheld": "정보주체가 이용을 정지하여 값을 알려 드리지 않습니다",
        "received": "접수했습니다",
        "applied": "처리했습니다",
        "refused": "처리하지 않습니다",
        "correction": "다음 값으로 고쳐 주십시오",
        "deletion": "이 사람에 대해 저희에게서 받은 다음 항목을 삭제해 주십시오",
        "restriction": "다음 항목의 이용을 멈춰 주십시오",
        "restriction_lifted": "다음 항목은 다시 이용하셔도 됩니다",
        "objection": "다음 목적으로 이용하는 것을 멈춰 주십시오",
    },
    "en": {
        "ask_title": "Notices for you",
        "ask": "The button has a code sent to the mail address that we have on file for you.",
        "ask_button": "Send me a code",
        "code_title": "Type in the code",
        "code": "If the link is right, eight digits are on their way to that address. "
        "They are good for 15 minutes.",
        "code_label": "Code",
        "code_button": "Show the notices",
        "wrong_title": "It did not open",
        "wrong": "The code was not right, or its time is over. Please begin anew.",
        "over_title": "The time is over",
        "over": "This page stays open for 30 minutes. Please have another code sent.",
        "list_title": "Notices that wait for you",
        "none": "No notice waits for you. Thank you.",
        "person": "Person (as you know them)",
        "not_now": "This cannot be shown just now. Please come back later.",
        "due": "Please settle by",
        "late": "The time for it is over",
        "withheld": "kept back, since the person has suspended its use",
        "received": "We have it",
        "applied": "It is done",
        "refused": "We do not do it",
        "correction": "Please correct it to these values",
        "deletion": "Please delete what you have from us about this person",
        "restriction": "Please stop using these items",
        "restriction_lifted": "You may use these items again",
        "objection": "Please stop using data of this person for these purposes",
    },
}


class RecipientPage:
    """Compiled once; whatever it is told is escaped."""

    def __init__(self, organisation: Organisation, public_url: str, pages: Pages) -> None:
        self._organisation = organisation
        self._base = urlsplit(public_url).path.rstrip("/")
        self._pages = pages
        environment = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._template = environment.get_template("recipient.html")

    def show(  # noqa: PLR0913 - a page, and what stands on it
        self,
        request: Request,
        page: str,
        *,
        session: str = "",
        items: Sequence[Item] = (),
        label: Label | None = None,
        hint: Label | None = None,
    ) -> HTMLResponse:
        """One of its pages: `ask`, `code`, `wrong`, `over`, `list`."""
        language = self._pages.language(request)
        words: Mapping[str, Any] = WORDS[language]
        html = self._template.render(
            language=language,
            languages=LANGUAGES if request.method in {"GET", "HEAD"} else {},
            base=self._base,
            common=COMMON[language],
            words=words,
            page=page,
            title=words[f"{page}_title"],
            session=session,
            items=items,
            label=label.text(language) if label else None,
            hint=hint.text(language) if hint else None,
            organisation=self._organisation,
        )
        return HTMLResponse(html, headers=self._pages.spoken(language))
