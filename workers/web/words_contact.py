"""What the pages say that are about a person's own mailbox, in Korean and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workers.web.words import Page

CONTACT_PAGES: Final[Mapping[str, Mapping[str, Page]]] = {
    "confirm": {
        "ko": Page(
            title="이메일 주소 확인",
            text=(
                "메일을 받으신 주소가 본인의 것이 맞으면 아래 단추를 눌러 확인해 주십시오.",
                "누르시기 전에는 아무것도 바뀌지 않습니다.",
            ),
            button="네, 제 주소입니다",
            note="아는 바가 없는 메일이라면 이 창을 닫아 주십시오. 더 하실 일은 없습니다.",
        ),
        "en": Page(
            title="Confirm your e-mail address",
            text=(
                "If the address to which we sent our mail is yours, confirm it with the button.",
                "Until you do, nothing is changed.",
            ),
            button="Yes, this is my address",
            note="You know nothing about this? Just close this window; nothing happens then.",
        ),
    },
    "go_on": {
        "ko": Page(
            title="기다리지 않고 바로 시작하시겠습니까?",
            text=(
                "메일에 적힌 요청을 본인이 하신 것이 맞으면 아래 단추를 눌러 확인해 주십시오.",
                "누르시면 기다리지 않고 바로 시작하며, 그 뒤에는 멈출 수 없습니다.",
            ),
            button="네, 바로 시작해 주십시오",
            note="누르지 않으시면 메일로 알려 드린 일시에 시작합니다. 본인이 요청하지 않으셨다면 "
            "메일의 멈추는 링크를 이용해 주십시오.",
        ),
        "en": Page(
            title="Begin at once?",
            text=(
                "If the request described in our mail is yours, confirm it with the button below.",
                "It then begins at once, and can no longer be stopped.",
            ),
            button="Yes, begin at once",
            note="If you do not use it, it begins at the time that our mail told you. Not you? Use "
            "the link in the mail that stops it.",
        ),
    },
    "stop_change": {
        "ko": Page(
            title="이메일 주소 변경을 멈추시겠습니까?",
            text=(
                (
                    "아래 단추를 누르시면 아직 이루어지지 않은 변경을 멈추고, "
                    "지금 주소를 그대로 둡니다."
                ),
                "누르지 않으시면 메일로 알려 드린 일시에 주소를 바꿉니다.",
            ),
            button="변경을 멈춥니다",
            note="본인이 요청하신 변경이면 이 창을 닫아 주십시오.",
        ),
        "en": Page(
            title="Stop the change of your e-mail address?",
            text=(
                (
                    "The button below stops the change if it has not been made yet; "
                    "your address stays."
                ),
                "If you do not use it, the address changes at the time that our mail told you.",
            ),
            button="Stop the change",
            note="If you asked for the change, just close this window.",
        ),
    },
    "stopped_change": {
        "ko": Page(
            title="답변을 받았습니다",
            text=(
                (
                    "사용할 수 있는 링크였고 주소가 바뀌기 전이었다면, 변경을 멈추었으며 "
                    "주소는 그대로입니다."
                ),
                "이미 바뀌었거나 링크가 올바르지 않다면 아무것도 달라지지 않습니다.",
                "본인이 요청하지 않으셨다면 아래 연락처로 알려 주십시오.",
            ),
            note="이 창은 닫으셔도 됩니다.",
        ),
        "en": Page(
            title="We have your answer",
            text=(
                (
                    "If the link was valid and the address had not changed yet, the change is "
                    "stopped now, and the address stays."
                ),
                "If it had changed already, or the link is not right, nothing changes.",
                "If the request was not yours, please contact us below.",
            ),
            note="You may close this window.",
        ),
    },
    "waiting": {
        "ko": Page(
            title="코드를 받을 요청",
            text=(
                "고객님이 하신 요청의 접수번호를 입력해 주십시오. 접수 확인 메일에 적혀 있습니다.",
                "기다리는 요청이면 그 코드를 저희 기록에 있는 주소로 바로 보내 드립니다.",
            ),
            button="코드를 보내 주십시오",
            note="직접 하신 요청이 없으면 이 창을 닫아 주십시오.",
            asks_tracking=True,
        ),
        "en": Page(
            title="Which request is yours?",
            text=(
                "Enter the tracking code of your own request; it is in the mail that confirmed it.",
                "If it waits, we send its code at once to the address that we have on file.",
            ),
            button="Send me the code",
            note="You asked for nothing? Just close this window.",
            asks_tracking=True,
        ),
    },
    "summoned": {
        "ko": Page(
            title="답변을 받았습니다",
            text=(
                "기다리는 고객님의 요청이었다면 곧 코드가 적힌 메일을 받으십니다.",
                "메일이 오지 않으면 접수번호를 다시 확인하시거나 아래 연락처로 알려 주십시오.",
            ),
            note="이 창은 닫으셔도 됩니다.",
        ),
        "en": Page(
            title="We have your answer",
            text=(
                "If it is a waiting request of yours, a mail with its code is on its way.",
                "If none comes, check the tracking code, or contact us below.",
            ),
            note="You may close this window.",
        ),
    },
}
