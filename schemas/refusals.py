"""Why a request may be refused, and the law that allows it: the list that a desk chooses from.

Sources, as in force in 2026: Personal Information Protection Act (PIPA, Act No. 19234) art. 35 (4),
36 (1) and (5), 38 (2); its Enforcement Decree art. 42, 43, 46; Civil Act art. 2 (2); GDPR art. 12.
A company under another law says so in its data map's words, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.datamap.base import Label


@dataclass(frozen=True, slots=True)
class Ground:
    """A reason with its legal ground, as the person reads both.

    `neutral`: it can be told to an address that nobody has proven, since it says nothing about what
    is on file, or whether anything is.
    """

    reason: Label
    legal_ground: Label
    neutral: bool = False


REFUSALS: Mapping[str, Ground] = {
    "not_the_person": Ground(
        Label(
            ko="요청하신 분이 정보주체 본인이거나 정당한 대리인인지 확인할 수 없었습니다.",
            en="We could not confirm that the request came from the person concerned, or from"
            " somebody entitled to act for that person.",
        ),
        Label(
            ko="개인정보 보호법 시행령 제46조(정보주체 또는 대리인의 확인)",
            en="Enforcement Decree of the Personal Information Protection Act, art. 46",
        ),
        neutral=True,
    ),
    "evidence_missing": Ground(
        Label(
            ko="요청하신 내용을 확인하는 데 필요한 증거자료를 받지 못했습니다.",
            en="We did not receive the evidence that is needed to confirm what you ask for.",
        ),
        Label(
            ko="개인정보 보호법 제36조 제5항",
            en="Personal Information Protection Act, art. 36 (5)",
        ),
        neutral=True,
    ),
    "guardianship_not_shown": Ground(
        Label(
            ko="요청하신 분이 만 14세 미만 아동의 법정대리인인지 확인할 수 없었습니다.",
            en="We could not confirm that the request came from the legal guardian of a child"
            " under 14.",
        ),
        Label(
            ko="개인정보 보호법 제38조 제2항, 같은 법 시행령 제46조",
            en="Personal Information Protection Act, art. 38 (2); Enforcement Decree, art. 46",
        ),
        neutral=True,
    ),
    "manifestly_unfounded_or_repeated": Ground(
        Label(
            ko="이미 처리한 요청을 까닭 없이 되풀이한 것이거나, 근거가 없음이 명백합니다.",
            en="The request repeats without cause one that was dealt with already, or is"
            " manifestly unfounded.",
        ),
        Label(
            ko="민법 제2조 제2항(권리 남용의 금지); 유럽연합 GDPR 제12조 제5항",
            en="Civil Act, art. 2 (2) (no abuse of rights); GDPR, art. 12 (5)",
        ),
        neutral=True,
    ),
    "kept_by_law": Ground(
        Label(
            ko="다른 법령이 이 정보를 수집하고 보관하도록 정하고 있어 삭제할 수 없습니다.",
            en="Another law says that this information is collected and kept, so it cannot be"
            " deleted.",
        ),
        Label(
            ko="개인정보 보호법 제36조 제1항 단서",
            en="Personal Information Protection Act, art. 36 (1), proviso",
        ),
    ),
    "rights_of_others": Ground(
        Label(
            ko="다른 사람의 생명·신체를 해하거나 그 재산과 이익을 부당하게 침해할 우려가 있습니다.",
            en="It could harm another person's life or body, or unduly infringe another's property"
            " or other interests.",
        ),
        Label(
            ko="개인정보 보호법 제35조 제4항 제2호, 제37조 제2항 제2호",
            en="Personal Information Protection Act, art. 35 (4) 2, art. 37 (2) 2",
        ),
    ),
    "is_correct": Ground(
        Label(
            ko="조사한 결과 저희가 가지고 있는 정보가 사실과 같아 고칠 것이 없습니다.",
            en="We looked into it: what we hold is true, so there is nothing to correct.",
        ),
        Label(
            ko="개인정보 보호법 제36조 제2항",
            en="Personal Information Protection Act, art. 36 (2)",
        ),
    ),
    "not_held": Ground(
        Label(
            ko="요청하신 정보를 가지고 있지 않습니다.",
            en="We do not hold the information that the request is about.",
        ),
        Label(
            ko="개인정보 보호법 제35조 제1항, 제36조 제1항",
            en="Personal Information Protection Act, art. 35 (1), art. 36 (1)",
        ),
    ),
}
"""Per code. A code stays for ever: requests that were refused name it."""
