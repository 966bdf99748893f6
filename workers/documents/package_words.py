"""What the page of a package says, in Korean and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from workers.emails.vocabulary import Language


@dataclass(frozen=True, slots=True)
class PackageWords:
    """Every text of the page."""

    title: str
    opening: str
    tracking: str
    made_at: str
    read_by: str
    recipients: str
    recipient: str
    received: str
    nobody: str
    withheld: str
    withheld_why: str
    masked: str
    at: str
    unreadable: str
    nothing: str
    counts: str
    collection: str
    records: str
    careful: str


WORDS: Final[Mapping[Language, PackageWords]] = {
    "ko": PackageWords(
        title="개인정보 열람 자료",
        opening="저희가 보유하고 있는 고객님의 개인정보입니다. 다른 사람의 정보는 들어 있지 "
        "않습니다.",
        tracking="접수번호",
        made_at="작성 일시",
        read_by="함께 들어 있는 personal-data.json 파일은 같은 내용을 컴퓨터가 읽는 형식으로 담은 "
        "것입니다.",
        recipients="개인정보를 받은 곳",
        recipient="받은 곳",
        received="받은 항목",
        nobody="저희 기록에 따르면 개인정보를 받은 곳이 없습니다.",
        withheld="싣지 않은 항목",
        withheld_why="고객님의 안전을 위해 값을 싣지 않았습니다.",
        masked="일부를 가림",
        at="일시",
        unreadable="암호를 풀 수 없어 표시하지 못했습니다. 담당 부서에 문의해 주십시오.",
        nothing="없음",
        counts="기록 수",
        collection="보관 위치",
        records="건수",
        careful="개인정보가 들어 있습니다. 다른 사람이 볼 수 없는 곳에 보관해 주십시오.",
    ),
    "en": PackageWords(
        title="Your personal data",
        opening="This is the personal data that we hold about you. It holds nothing about others.",
        tracking="Tracking code",
        made_at="Made on",
        read_by="The file personal-data.json that came with it says the same in a form for "
        "computers.",
        recipients="Who received your data",
        recipient="Recipient",
        received="Items",
        nobody="According to our records nobody has received it.",
        withheld="Items that are left out",
        withheld_why="For your own safety their values are not shown.",
        masked="shown in part",
        at="Time",
        unreadable="This could not be decrypted. Please contact the responsible department.",
        nothing="nothing",
        counts="How much there is",
        collection="Where it is kept",
        records="Records",
        careful="This file holds personal data. Keep it where nobody else can read it.",
    ),
}
