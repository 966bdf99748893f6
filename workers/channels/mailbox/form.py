"""The template that a person fills in: made from the data map's labels, and read back.

A line is `label: value`; one that is left empty says nothing. What does not fit is never guessed:
the mail then goes to the desk as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas.datamap import DataMap
from schemas.errors import ValueRefused
from schemas.values import check
from schemas.values.specs import ListSpec, ObjectSpec, ValueSpec

_MARK = re.compile(r"\[DSR-FORM 1 (ko|en)\]")
_END = "[DSR-FORM END]"
_CHANGE = "*"

KINDS: Mapping[str, Mapping[str, str]] = {
    "ko": {
        "정정": "correction", "열람": "access", "삭제": "deletion", "처리정지": "restriction",
        "동의철회": "objection",
    },
    "en": {
        "correct": "correction", "access": "access", "delete": "deletion",
        "restrict": "restriction", "object": "objection",
    },
}  # fmt: skip
RELATIONS: Mapping[str, Mapping[str, str]] = {
    "ko": {"본인": "self", "법정대리인": "guardian", "대리인": "agent"},
    "en": {"myself": "self", "guardian": "guardian", "agent": "agent"},
}
LINES: Mapping[str, Mapping[str, str]] = {
    "ko": {
        "kind": "요청", "relation": "신청인", "requester": "신청인 이름", "name": "이름",
        "login_id": "로그인 ID", "email": "등록된 이메일", "phone": "등록된 전화번호",
        "birth_date": "생년월일", "fields": "대상 항목",
    },
    "en": {
        "kind": "Request", "relation": "Asked by", "requester": "Your name if not the person",
        "name": "Name", "login_id": "Login ID", "email": "E-mail on file",
        "phone": "Phone on file", "birth_date": "Date of birth", "fields": "About",
    },
}  # fmt: skip
WORDS: Mapping[str, tuple[str, str, str, str]] = {
    "ko": (
        "아래 양식에서 필요한 줄만 콜론(:) 뒤에 적어 회신해 주십시오. 콜론 앞은 고치지 마십시오.",
        "요청은 {kinds} 중 하나, 신청인은 {relations} 중 하나입니다.",
        "대상 항목은 쉼표로 나누어 적고, 비우면 전부입니다.",
        "정정할 값만 적어 주십시오. 여러 값은 쉼표로 나눕니다.",
    ),
    "en": (
        "Fill in the lines that you need, after the colon, and reply. Leave the words before it.",
        "Request is one of: {kinds}. Asked by is one of: {relations}.",
        "Separate what it is about by commas; empty means everything.",
        "Fill in corrected values only. Separate several values by commas.",
    ),
}


@dataclass(frozen=True, slots=True)
class Form:
    """What a filled-in template asks for; `faults` say why it cannot be acted upon as it is."""

    language: str
    kind: str = ""
    relation: str = "self"
    requester: str | None = field(default=None, repr=False)
    subject: Mapping[str, str] = field(default_factory=dict, repr=False)
    changes: Mapping[str, Any] = field(default_factory=dict, repr=False)
    fields: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def template(datamap: DataMap, language: str) -> str:
    """The empty form."""
    introduction, choices, about, changes = WORDS[language]
    lines = LINES[language]
    listed = choices.format(
        kinds=" / ".join(KINDS[language]), relations=" / ".join(RELATIONS[language])
    )
    head = [introduction, listed, about, "", f"[DSR-FORM 1 {language}]"]
    body = [f"{label}:" for label in lines.values()]
    places = [f"{_CHANGE} {label}:" for label in _places(datamap, language)]
    return "\n".join([*head, *body, "", changes, *places, _END, ""])


def read(text: str, datamap: DataMap) -> Form | None:
    """The form in a mail, also where it was filled in inside a quotation; None if there is none."""
    unquoted = "\n".join(re.sub(r"^(\s*>)+ ?", "", line) for line in text.split("\n"))
    marks = list(_MARK.finditer(unquoted))
    if not marks:
        return None
    language = marks[0][1]
    filled = unquoted[marks[0].end() :].partition(_END)[0]
    if len(marks) > 1:
        return Form(language, faults=("two_forms",))
    return _Reading(datamap, language).form(filled)


class _Reading:
    """One form, line by line."""

    def __init__(self, datamap: DataMap, language: str) -> None:
        self._datamap = datamap
        self._language = language
        self._own = {label: name for name, label in LINES[language].items()}
        self._places = _places(datamap, language)
        self._said: dict[str, str] = {}
        self._new: dict[str, Any] = {}
        self._faults: list[str] = []

    def form(self, filled: str) -> Form:
        for line in filled.split("\n"):
            self._line(line.strip())
        kind = self._choice("kind", KINDS)
        relation = self._choice("relation", RELATIONS) if "relation" in self._said else "self"
        return Form(
            language=self._language,
            kind=kind,
            relation=relation,
            requester=self._said.get("requester"),
            subject={
                name: self._said[name]
                for name in ("login_id", "name", "email", "phone", "birth_date")
                if name in self._said
            },
            changes=self._checked(),
            fields=self._named(kind),
            faults=tuple(self._faults),
        )

    def _line(self, line: str) -> None:
        label, colon, value = line.replace("\uff1a", ":").partition(":")
        label, value = " ".join(label.split()), value.strip()
        if not colon or not value:
            return
        if label.startswith(_CHANGE):
            self._change(" ".join(label.removeprefix(_CHANGE).split()), value)
        elif (name := self._own.get(label)) is None or name in self._said:
            self._faults.append("unknown_line" if name is None else "line_twice")
        else:
            self._said[name] = value

    def _change(self, label: str, value: str) -> None:
        if label not in self._places:
            self._faults.append("unknown_line")
            return
        field_name, part = self._places[label]
        if part is None:
            self._new[field_name] = value
        else:
            self._new.setdefault(field_name, {})[part] = value

    def _choice(self, name: str, of: Mapping[str, Mapping[str, str]]) -> str:
        said = "".join(self._said.get(name, "").split()).lower()
        if said not in of[self._language]:
            self._faults.append(f"unclear_{name}")
        return of[self._language].get(said, "")

    def _checked(self) -> dict[str, Any]:
        values = {}
        for name, said in self._new.items():
            spec: ValueSpec = self._datamap.field_named(name).value
            value = _split(said) if isinstance(spec, ListSpec) else said
            try:
                values[name] = check(spec, value)
            except ValueRefused:
                self._faults.append("value_refused")
        return values

    def _named(self, kind: str) -> tuple[str, ...]:
        names = []
        for label in _split(self._said.get("fields", "")):
            found = _named(self._datamap, kind, self._language).get(label)
            if found is None:
                self._faults.append("unknown_field")
            else:
                names.append(found)
        return tuple(dict.fromkeys(names))


def _split(value: str) -> list[str]:
    return [
        one for piece in re.split("[,\u3001\uff0c;]", value) if (one := " ".join(piece.split()))
    ]


def _named(datamap: DataMap, kind: str, language: str) -> dict[str, str]:
    """What a request of that kind can be about, by its label."""
    return {
        declared.label.text(language): name
        for subject in datamap.subjects.values()
        for name, declared in (
            subject.purposes.items() if kind == "objection" else subject.fields.items()
        )
    }


def _places(datamap: DataMap, language: str) -> dict[str, tuple[str, str | None]]:
    """Per line for a new value, the field and the part of it."""
    made: dict[str, tuple[str, str | None]] = {}
    for subject in datamap.subjects.values():
        for name, declared in subject.fields.items():
            spec, label = declared.value, declared.label.text(language)
            if declared.correctable == "no" or label in made:
                continue
            if isinstance(spec, ObjectSpec):
                made |= {f"{label} / {part}": (name, part) for part in spec.parts}
            elif not (isinstance(spec, ListSpec) and isinstance(spec.of, ObjectSpec)):
                made[label] = (name, None)
    return made
