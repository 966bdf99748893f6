"""What the pages say, in Korean and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LANGUAGES: Final = {"ko": "한국어", "en": "English"}
"""Each by its own name; the first is the one that a company here would speak."""


@dataclass(frozen=True, slots=True)
class Page:
    """A title, paragraphs, and the button of a page that asks something."""

    title: str
    text: tuple[str, ...]
    button: str | None = None
    note: str | None = None
    code: str | None = None
    """The label of a code to type in."""
    send: str | None = None
    """The button behind that."""
    asks_tracking: bool = False
    """Whether the form asks which request is meant."""


@dataclass(frozen=True, slots=True)
class Common:
    """What every page says."""

    tracking: str
    contact: str
    languages: str


COMMON: Final[Mapping[str, Common]] = {
    "ko": Common(
        tracking="접수 번호",
        contact="문의",
        languages="언어",
    ),
    "en": Common(
        tracking="Tracking code",
        contact="Contact",
        languages="Language",
    ),
}

_RECEIVED: Final = {
    "ko": Page(
        title="답변을 받았습니다",
        text=(
            "사용할 수 있는 링크였다면 그에 따라 처리하고, 결과를 메일로 알려 드립니다.",
            "이미 사용했거나 기한이 지난 링크라면 아무것도 바뀌지 않습니다.",
        ),
        note="이 창은 닫으셔도 됩니다.",
    ),
    "en": Page(
        title="We have your answer",
        text=(
            "If the link was valid, we act on it and tell you the outcome by mail.",
            "If it had been used already or was too old, nothing changes.",
        ),
        note="You may close this window.",
    ),
}

PAGES: Final[Mapping[str, Mapping[str, Page]]] = {
    "proof": {
        "ko": Page(
            title="개인정보 요청 확인",
            text=(
                "메일에 적힌 요청을 본인이 하신 것이 맞으면 아래 단추를 눌러 확인해 주십시오.",
                "누르시기 전에는 아무것도 바뀌지 않습니다.",
            ),
            button="네, 제가 한 요청입니다",
            note="본인이 요청하지 않으셨다면 이 창을 닫고, 메일의 “본인이 아닙니다” 링크를 "
            "이용해 주십시오.",
        ),
        "en": Page(
            title="Confirm your request",
            text=(
                "If the request described in our mail is yours, confirm it with the button below.",
                "Until you do, nothing is changed.",
            ),
            button="Yes, I made this request",
            note="Not you? Close this window and use the link “This was not me” in the mail.",
        ),
    },
    "nothing_arrived": {
        "ko": Page(
            title="확인 코드를 받지 못하셨습니까?",
            text=(
                "메일과 스팸 메일함을 먼저 확인해 주십시오. 편지는 며칠 걸릴 수 있습니다.",
                "그래도 받지 못하셨거나 그 연락처를 쓰지 않으시면 아래 단추를 눌러 주십시오.",
            ),
            button="아무것도 받지 못했습니다",
            note="누르시면 담당자가 다른 확인 방법을 찾으며, 먼저 보낸 코드는 쓸 수 없게 됩니다.",
        ),
        "en": Page(
            title="Did no confirmation code reach you?",
            text=(
                "Please look into your mail and its spam folder first. A letter can take days.",
                "If nothing came, or you no longer use that contact, press the button below.",
            ),
            button="Nothing has arrived",
            note="Our staff will then find another way; a code that was sent before ends.",
        ),
    },
    "will_look": {
        "ko": Page(
            title="말씀을 접수했습니다",
            text=(
                "요청이 아직 확인을 기다리고 있다면 담당자가 살펴보고 다음 방법을 알려 드립니다.",
                "이미 처리되었거나 종료된 요청이라면 아무것도 바뀌지 않습니다.",
            ),
            note="이 창은 닫으셔도 됩니다.",
        ),
        "en": Page(
            title="We have noted it",
            text=(
                "If the request is still waiting for its confirmation, our staff look into it.",
                "If it has been dealt with or closed already, nothing changes.",
            ),
            note="You may close this window.",
        ),
    },
    "disown": {
        "ko": Page(
            title="본인이 요청하지 않았습니까?",
            text=(
                "아래 단추를 누르시면 아직 처리되지 않은 요청을 막고, 담당자가 살펴봅니다.",
                "열람 자료가 준비되어 있다면 더는 아무도 받을 수 없게 막습니다.",
                "이미 처리되었다는 안내를 받으셨다면 아래 연락처로 알려 주십시오.",
            ),
            button="제가 한 요청이 아닙니다",
            note="본인이 하신 요청이면 이 창을 닫아 주십시오.",
        ),
        "en": Page(
            title="Was this not you?",
            text=(
                "The button below blocks the request if it is still open; our staff looks into it.",
                "If there is data to download, nobody can download it any more.",
                "If you were told that it has been carried out already, please contact us.",
            ),
            button="I did not make this request",
            note="If the request is yours, just close this window.",
        ),
    },
    "stop": {
        "ko": Page(
            title="요청 처리를 멈추시겠습니까?",
            text=(
                (
                    "아래 단추를 누르시면 메일로 알려 드린 일이 아직 시작되지 않은 경우 멈추고, "
                    "아무것도 삭제하거나 바꾸거나 보여 드리지 않습니다."
                ),
                "누르지 않으시면 메일로 알려 드린 일시에 시작합니다.",
            ),
            button="멈춥니다",
            note="요청하신 대로 처리하기를 원하시면 이 창을 닫아 주십시오.",
        ),
        "en": Page(
            title="Stop this request?",
            text=(
                (
                    "The button below stops what our mail told you of, if it has not begun yet; "
                    "nothing is deleted, changed or shown then."
                ),
                "If you do not use it, it begins at the time that our mail told you.",
            ),
            button="Stop it",
            note="If you want it done, just close this window.",
        ),
    },
    "package": {
        "ko": Page(
            title="개인정보 열람 자료 받기",
            text=(
                (
                    "자료를 받으시려면 먼저 코드를 요청해 주십시오. 코드는 저희에게 등록된 "
                    "연락처로 보내 드립니다."
                ),
            ),
            button="코드 보내기",
            note="하루에 받으실 수 있는 코드의 수는 정해져 있습니다.",
            code="이미 코드를 받으셨으면 여기에 입력해 주십시오.",
            send="자료 받기",
        ),
        "en": Page(
            title="Download your personal data",
            text=(
                (
                    "To download it, first ask for a code. We send it to the contact that we have "
                    "on file."
                ),
            ),
            button="Send me a code",
            note="The number of codes in a day is limited.",
            code="If you have a code already, enter it here.",
            send="Download",
        ),
    },
    "package_code": {
        "ko": Page(
            title="코드를 입력해 주십시오",
            text=(
                (
                    "사용할 수 있는 링크이고 오늘 보낸 코드가 많지 않다면, 등록된 연락처로 코드를 "
                    "보냈습니다. 코드는 한 시간 동안 한 번 쓸 수 있습니다."
                ),
            ),
            note="코드가 오지 않으면 스팸 메일함을 확인하시거나 아래 연락처로 알려 주십시오.",
            code="메일로 받은 코드",
            send="자료 받기",
        ),
        "en": Page(
            title="Enter the code",
            text=(
                (
                    "If the link is valid and not too many codes were sent today, we have sent one "
                    "to the contact on file. It is good for one download within an hour."
                ),
            ),
            note="No code? Look into your spam folder, or contact us below.",
            code="The code from the mail",
            send="Download",
        ),
    },
    "package_refused": {
        "ko": Page(
            title="자료를 드릴 수 없습니다",
            text=(
                "코드가 올바르지 않거나 기한이 지났거나, 자료를 더는 받으실 수 없습니다.",
                "다시 입력하시거나, 메일의 링크를 다시 열어 새 코드를 요청해 주십시오.",
            ),
            code="메일로 받은 코드",
            send="자료 받기",
        ),
        "en": Page(
            title="This cannot be handed out",
            text=(
                "The code is not right or too old, or the data can no longer be downloaded.",
                "Enter it again, or open the link in our mail once more to ask for a new code.",
            ),
            code="The code from the mail",
            send="Download",
        ),
    },
    "lift": {
        "ko": Page(
            title="개인정보 처리정지를 푸시겠습니까?",
            text=(
                "아래 단추를 누르시면 정지하신 정보를 다시 이용하고 제공할 수 있게 됩니다.",
                "누르시기 전에는 처리정지가 그대로 유지됩니다.",
            ),
            button="처리정지를 풉니다",
            note="계속 정지해 두시려면 이 창을 닫아 주십시오.",
        ),
        "en": Page(
            title="Lift the restriction of your personal data?",
            text=(
                "With the button below, the information may be used and passed on again.",
                "Until you use it, the restriction stays as it is.",
            ),
            button="Lift the restriction",
            note="If you want to keep the restriction, just close this window.",
        ),
    },
    "received": _RECEIVED,
    "stopped": {
        "ko": Page(
            title="답변을 받았습니다",
            text=(
                (
                    "사용할 수 있는 링크였고 시작되기 전이었다면, 처리를 멈추었으며 "
                    "아무것도 삭제하거나 바꾸지 않습니다."
                ),
                "이미 시작되었거나 링크가 올바르지 않다면 아무것도 달라지지 않습니다.",
                (
                    "본인이 요청하지 않으셨다면, 또는 멈추었는지 확인하고 싶으시면 "
                    "아래 연락처로 알려 주십시오."
                ),
            ),
            note="이 창은 닫으셔도 됩니다.",
        ),
        "en": Page(
            title="We have your answer",
            text=(
                (
                    "If the link was valid and nothing had begun, the request is stopped now, "
                    "and nothing is deleted or changed."
                ),
                "If it had begun already, or the link is not right, nothing changes.",
                (
                    "If the request was not yours, or you want to be sure that it is stopped, "
                    "please contact us below."
                ),
            ),
            note="You may close this window.",
        ),
    },
    "not_found": {
        "ko": Page(
            title="찾을 수 없는 주소입니다",
            text=("메일의 링크가 줄바꿈으로 잘렸을 수 있습니다. 주소 전체를 복사해 여십시오.",),
        ),
        "en": Page(
            title="There is no page at this address",
            text=("The link may have been cut at a line break. Copy the whole address.",),
        ),
    },
    "not_now": {
        "ko": Page(
            title="지금은 보여 드릴 수 없습니다",
            text=("몇 분 뒤에 다시 열어 주십시오.",),
        ),
        "en": Page(
            title="This cannot be shown right now",
            text=("Please open it again in a few minutes.",),
        ),
    },
    "unavailable": {
        "ko": Page(
            title="지금은 처리할 수 없습니다",
            text=("답변이 저장되지 않았습니다. 몇 분 뒤에 다시 시도해 주십시오.",),
        ),
        "en": Page(
            title="This does not work right now",
            text=("Your answer was not recorded. Please try again in a few minutes.",),
        ),
    },
}
