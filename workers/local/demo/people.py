"""Members as a company might have registered them: Korean names, addresses and numbers."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from faker import Faker

Document = dict[str, Any]

SEOUL = ZoneInfo("Asia/Seoul")
HOBBIES = ("등산", "독서", "낚시", "요리", "수영", "사진", "영화 감상", "자전거", "캠핑", "바둑")
QUESTIONS = ("졸업한 초등학교는?", "가장 좋아하는 음식은?", "첫 반려동물의 이름은?")
ANSWERS = ("한빛초등학교", "된장찌개", "보리", "미역국", "초코")
DEPARTMENTS = ("영업팀", "개발팀", "인사팀", "재무팀", "생산관리팀", "디자인팀")
TITLES = ("사원", "대리", "과장", "차장", "부장", "이사")
MARITAL = ("single", "married", "divorced", "widowed", "undisclosed")
GRADES = ("basic", "silver", "gold")
CHILDREN_ONE_IN = 40


@dataclass(frozen=True, slots=True)
class Known:
    """What is fixed about a member of the cast; the rest is drawn like everybody's."""

    name: str
    login_id: str
    values: Mapping[str, Any] = field(default_factory=dict)
    """Dotted paths of the member's document."""
    child: bool = False
    """Whether a guardian has to ask."""


class People:
    """Draws members; the same seed and day give the same people."""

    def __init__(self, now: datetime, seed: int) -> None:
        self._now = now
        self._random = Random(seed)
        self._fake = Faker("ko_KR")
        self._fake.seed_instance(seed)

    def member(self, number: int, known: Known | None) -> Document:
        """The document of one member."""
        draw, fake = self._random, self._fake
        child = known.child if known else number % CHILDREN_ONE_IN == 0
        joined = self._now - timedelta(
            days=draw.randint(40, 300 if child else 2500), minutes=draw.randint(0, 1439)
        )
        age = draw.randint(9, 12) if child else draw.randint(19, 75)
        birth = (self._now - timedelta(days=age * 365 + draw.randint(10, 350))).date()
        female = draw.random() < 0.5
        login_id = f"{fake.user_name()}.{number}"
        document: Document = {
            "_id": number,
            "name": fake.name_female() if female else fake.name_male(),
            "birth_date": _midnight(birth),
            "email": f"{login_id}@mail.example",
            "login": {
                "id": login_id,
                "password": _password(draw),
                "recovery": {"question": draw.choice(QUESTIONS), "answer": draw.choice(ANSWERS)},
            },
            "phones": {
                "home": f"02-{draw.randint(300, 899)}-{number:04d}",
                "mobile": f"010-{draw.randint(2000, 9999)}-{number:04d}",
            },
            "contact_since": {"email": joined, "mobile": joined},
            "profile": self._profile(draw, birth, female=female, child=child),
            "identity": {"rrn": _registration_number(birth, number, female=female)},
            "last_login": {"at": self._moments_ago(draw), "ip": fake.ipv4_public()},
            "grade": draw.choice(GRADES),
            "points": draw.randint(0, 9000),
            "joined_at": joined,
            "consents": _consents(number, joined, child=child),
        }
        if child:
            document["guardian"] = self._guardian(draw, number)
        if known is not None:
            _settle(document, known)
        return document

    def address(self) -> Document:
        """A road address; a house has no detail."""
        made: Document = {
            "postcode": self._fake.postcode(),
            "road": self._fake.road_address().partition(" (")[0],
        }
        if self._random.random() < 0.7:
            made["detail"] = f"{self._random.randint(1, 30)}층 {self._random.randint(101, 2505)}호"
        return made

    def _profile(self, draw: Random, birth: date, *, female: bool, child: bool) -> Document:
        made: Document = {
            "gender": "F" if female else "M",
            "address": self.address(),
            "hobbies": draw.sample(HOBBIES, draw.randint(1, 3)),
            "marital_status": "undisclosed" if child else draw.choice(MARITAL),
            "anniversaries": [{"name": "생일", "date": _midnight(birth)}],
        }
        if child:
            return made | {"occupation": "학생"}
        return made | {
            "occupation": self._fake.job(),
            "company": {
                "name": self._fake.company(),
                "department": draw.choice(DEPARTMENTS),
                "job_title": draw.choice(TITLES),
                "phone": f"031-{draw.randint(200, 899)}-{draw.randint(1000, 9999)}",
            },
        }

    def _guardian(self, draw: Random, number: int) -> Document:
        mother = draw.random() < 0.5
        return {
            "name": self._fake.name_female() if mother else self._fake.name_male(),
            "relation": "mother" if mother else "father",
            "phone": f"010-{draw.randint(2000, 9999)}-{5000 + number:04d}",
            "email": f"guardian.{number}@mail.example",
        }

    def _moments_ago(self, draw: Random) -> datetime:
        return self._now - timedelta(minutes=draw.randint(5, 60_000))


def _settle(document: Document, known: Known) -> None:
    document["name"] = known.name
    document["login"]["id"] = known.login_id
    document["email"] = f"{known.login_id}@mail.example"
    for path, value in known.values.items():
        *above, last = path.split(".")
        node = document
        for step in above:
            node = node[step]
        node[last] = value


def _consents(number: int, since: datetime, *, child: bool) -> Document:
    """In the types of three applications; not drawn, so that what is drawn stays as it was."""
    marketing, profiling = number % 3 != 0, not child and number % 4 != 0
    return {
        "marketing": {"agreed": marketing, "at": since},
        "profiling": {"agreed": "Y" if profiling else "N", "at": since},
        "cookies": {"agreed": True, "at": since},
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SEOUL).astimezone(UTC)


def _password(draw: Random) -> str:
    salt, digest = (
        base64.b64encode(draw.randbytes(size)).decode().rstrip("=") for size in (16, 32)
    )
    return f"$argon2id$v=19$m=65536,t=3,p=4${salt}${digest}"


def _registration_number(birth: date, number: int, *, female: bool) -> str:
    """Looks like one; its region and serial are the member's number, so that it is nobody's."""
    century = 3 if birth.year >= 2000 else 1
    return f"{birth:%y%m%d}-{century + female}{number:06d}"
