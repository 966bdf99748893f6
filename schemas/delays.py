"""Why a decision takes longer than the law's usual time, and what a desk may wait for.

Sources: PIPA art. 35 (3) (postponed while there is good cause, with notice of the cause), art. 36
(5) (evidence may be asked for); Enforcement Decree art. 46 (identity); GDPR art. 12 (3) and (6).
"""

from __future__ import annotations

from collections.abc import Mapping

from schemas.datamap.base import Label
from schemas.refusals import Ground

_POSTPONED = Label(
    ko="개인정보 보호법 제35조 제3항; 유럽연합 GDPR 제12조 제3항",
    en="Personal Information Protection Act, art. 35 (3); GDPR, art. 12 (3)",
)

EXTENSIONS: Mapping[str, Ground] = {
    "complex": Ground(
        Label(
            ko="확인할 자료가 많거나 내용이 복잡하여 시간이 더 필요합니다.",
            en="There is much to look into, or it is complex, so we need more time.",
        ),
        _POSTPONED,
        neutral=True,
    ),
    "many_requests": Ground(
        Label(
            ko="한꺼번에 많은 요청을 받아 처리하는 데 시간이 더 필요합니다.",
            en="We have received many requests at once and need more time.",
        ),
        _POSTPONED,
        neutral=True,
    ),
    "answer_of_others": Ground(
        Label(
            ko="다른 기관이나 부서의 확인이 필요하여 시간이 더 필요합니다.",
            en="We need the answer of another body or department first.",
        ),
        _POSTPONED,
        neutral=True,
    ),
}
"""Per code, why the deadline is put off."""

MISSING: Mapping[str, Label] = {
    "identity": Label(
        ko="요청하신 분이 본인임을 확인할 수 있는 자료 (주민등록번호는 가리고 보내 주십시오)",
        en="Something that shows who you are (please cover any registration number)",
    ),
    "guardianship": Label(
        ko="법정대리인임을 확인할 수 있는 자료 (예: 가족관계증명서)",
        en="Something that shows that you are the legal guardian, such as a family certificate",
    ),
    "authority": Label(
        ko="대리인에게 맡기셨음을 확인할 수 있는 위임장",
        en="A power of attorney that shows that you may act for the person",
    ),
    "evidence": Label(
        ko="바꾸려는 내용이 사실임을 확인할 수 있는 자료",
        en="Something that shows that what you want entered is true",
    ),
    "particulars": Label(
        ko="요청하신 내용에 대한 더 자세한 설명",
        en="More details on what you ask for",
    ),
}
"""Per code, what a desk may ask the requester for. None says what is on file."""
