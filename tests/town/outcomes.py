"""What each row of the table must have come to: in the data, in the mailboxes, at the recipients.

All of it is seen from outside, with plain pymongo, the mail spool and the recipients' own calls.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.cast import datamap
from tests.town import Town
from tests.town.checks import typed
from tests.town.company import THEIR_WORDS, Company, label
from tests.town.deletions import OWNED, values
from tests.town.playing import ANSWER, Played
from tests.town.recipients import Call
from tests.town.table import QUESTION, ROWS, Row, people

Document = dict[str, Any]
FIELDS = {"correction": {"home_address"}, "restriction": {"home_address", "hobbies"}}
ACTS = {"correction", "deletion", "restriction", "objection"}
"""Kinds that recipients are told of."""
KEYED = (*OWNED, "member_changes", "newsletter", "segments", "delivery_zones", "disclosures")
"""Collections in which each document names its member as `member_id`."""
CHANGES = {
    "correction": {"members", "delivery_zones"},
    "objection": {"members", "newsletter", "usage_records"},
}
"""Those of them in which a request of this kind changes something."""


@dataclass(frozen=True)
class End:
    """How everything stands when all rows have been played."""

    town: Town
    played: Mapping[Row, Played]
    requests: Mapping[str, Document]
    after: Company
    usable: Mapping[int, Document]
    """What downstream systems see of each member."""
    calls: Mapping[str, list[Call]]
    """Per id of a notice, how it came to its recipient."""
    people: Mapping[int, Document]
    """The members as they know themselves: nothing is sealed."""


async def end_of(town: Town, played: Sequence[Played]) -> End:
    """Read all of it once."""
    calls: dict[str, list[Call]] = defaultdict(list)
    for recipient in town.recipients.values():
        for call in recipient.calls:
            calls[call.id].append(call)
    return End(
        town,
        {one.row: one for one in played},
        {each["_id"]: each async for each in town.ours["requests"].find()},
        await town.snapshot(),
        {each["_id"]: each async for each in town.company["members_usable"].find()},
        calls,
        {member["_id"]: member for member in people()["members"]},
    )


def assert_as_it_must_be(row: Row, end: End) -> None:
    """One row: ended in time, told rightly and to nobody else, done in the data, passed on."""
    played, request = end.played[row], end.requests.get(row.submission_id)
    assert not played.trouble, played.trouble
    assert request is not None
    assert (request["status"], request["channel"], request["relation"]) == (
        "completed", row.channel, row.relation,
    )  # fmt: skip
    _assert_in_time(played, request)
    _assert_told(played, end)
    _assert_passed_on(row, request, end)
    _DONE[row.kind](played, request, end)


def _assert_in_time(played: Played, request: Document) -> None:
    """The clock started when the person asked, and everything was over before it ended."""
    asked = played.submission.get("received_at") or played.submission["submitted_at"]
    started = request["received_at"]
    assert abs((started - datetime.fromisoformat(asked)).total_seconds()) < 0.01, "the clock"
    assert request["history"][-1]["at"] < request["deadline"]
    assert not any(entry["what"] == "alarm" for entry in request["history"])


def _assert_told(played: Played, end: End) -> None:
    """Each word once, by its way, to its address; codes to the contact on file alone."""
    row = played.row
    member = end.people[row.number]
    came = {name: [word.route for word in words] for name, words in played.words.items()}
    assert came == {name: [route] for name, route in row.words.items()}
    on_file, given = row.on_file(member), row.requester(member)
    answers = given.get("email") or given.get("phone") or given.get("postal_address")
    for name, (word,) in played.words.items():
        to_requester = name in {"acknowledgement", "answer"}
        if word.route == "letter":
            # Printed with the name before it, where that is the name on record.
            assert word.to.endswith(str(answers if to_requester else on_file)), word.to
        else:
            assert _plain(word.to) == _plain(str(answers if to_requester else on_file)), name
        assert word.language in {row.language, ""}
        assert played.tracking in word.text
    last = played.words[list(row.words)[-1] if row.kind == "inquiry" else "completion"][0].text
    assert _SAYS[row.kind][row.language] in last, last


def _plain(contact: str) -> str:
    """A number in one spelling."""
    if "@" in contact:
        return contact
    return contact.replace("-", "").replace(" ", "").replace("+82", "0")


_SAYS = {
    "access": {"ko": "/package/", "en": "/package/"},
    "correction": {"ko": "자택 주소: 정정했습니다", "en": "Home address: corrected"},
    "deletion": {"ko": "삭제했습니다", "en": "deleted"},
    "restriction": {"ko": "취미: 이용과 제공을 정지했습니다", "en": "Hobbies: "},
    "objection": {
        "ko": "마케팅 및 광고: 동의를 철회했습니다", "en": "Marketing and advertising: ",
    },
    "inquiry": {"ko": ANSWER, "en": ANSWER},
}  # fmt: skip
"""What the last word must say."""


def _assert_passed_on(row: Row, request: Document, end: End) -> None:
    """Whoever had received it was told once, of just this; nobody else was told anything."""
    expected: dict[str, set[str]] = {}
    for entry in end.town.before["disclosures"]:
        if entry["member_id"] == row.number and row.kind in ACTS:
            fields = set(entry["items"]) & FIELDS.get(row.kind, set(entry["items"]))
            if fields and (row.kind != "objection" or entry["recipient"] == "dain-marketing"):
                expected.setdefault(entry["recipient"], set()).update(fields)
    assert request.get("notices", {}).keys() == expected.keys()
    member = _member(row, end.town.before)
    for name, fields in expected.items():
        notice = request["notices"][name]
        assert notice["status"] == "applied"
        (call,) = end.calls[notice["id"]]
        assert call.body["type"] == row.kind
        known_by = member["login"]["id"] if name == "dain-marketing" else str(row.number)
        assert call.body["subject"]["key"] == known_by
        if row.kind in FIELDS:
            assert set(call.body["fields"]) == {THEIR_WORDS[name][each] for each in fields}
        if row.kind == "correction":
            assert set(map(str, call.body["fields"].values())) == {str(row.new_address)}
        if row.kind == "objection":
            assert call.body["purposes"] == ["marketing"]


def _corrected(played: Played, _request: Document, end: End) -> None:
    """The new address stands in every copy, and nothing else has changed."""
    row, address = played.row, played.row.new_address
    orders = {o["_id"] for o in end.after["orders"] if o["member_id"] == row.number}
    member = _member(row, end.after)
    assert member["profile"]["address"] == address
    postcode, own = address["postcode"], row.number
    plan = {"zip": postcode, "line1": address["road"], "line2": address["detail"]}
    labels = [d["label"] for d in end.after["deliveries"] if d["order_id"] in orders]
    assert labels and {*labels} == {label(address)}
    zones = [z["postcode"] for z in end.after["delivery_zones"] if z["member_id"] == own]
    assert zones == [postcode]
    plans = [p["to"] for p in end.after["delivery_plans"] if p["member"]["id"] == str(own)]
    assert plans == [plan]
    assert end.usable[row.number]["profile"]["address"] == address, "it is still restricted"
    before = _member(row, end.town.before)
    before = {**before, "profile": {**before["profile"], "address": address}}
    assert typed(member) == typed(before)
    _assert_kept(row, end)


def _deleted(played: Played, request: Document, end: End) -> None:
    """Nothing is left but what others wrote; what a law keeps is on the certificate."""
    row, member = played.row, end.people[played.row.number]
    names = {member["login"]["id"], member.get("email"), *member["phones"].values()} - {None}
    for name, documents in end.after.items():
        for document in documents:
            assert document.get("member_id") != row.number, (name, document["_id"])
            assert not names & values(document), (name, document["_id"])
    assert row.number not in {each["_id"] for each in end.after["members"]}
    assert row.number not in end.usable
    counts = {each["collection"]: each for each in request["certificate"]["counts"]}
    for name in OWNED:
        own = sum(each["member_id"] == row.number for each in end.town.before[name])
        count = counts.get(name, {"deleted": 0, "archived": 0})
        assert count["deleted"] + count["archived"] == own, (name, counts)
    assert any(each["basis"] == "payment" for each in request["certificate"]["kept"])


def _provided(played: Played, _request: Document, end: End) -> None:
    """The package holds this person's data, no other person's contact, and changed nothing."""
    row, member = played.row, end.people[played.row.number]
    assert played.package is not None
    archive = zipfile.ZipFile(io.BytesIO(played.package))
    data = json.loads(archive.read("personal-data.json"))
    page = archive.read("personal-data.html").decode()
    (home,) = (record for record in data["records"] if record["collection"] == "members")
    held = {value["field"]: value.get("value") for value in home["values"]}
    assert held.keys() == _exported(member)
    assert held["login_id"] == member["login"]["id"]
    assert held["home_address"] == member["profile"]["address"]
    assert held.get("email") == member.get("email")
    assert held.get("mobile_phone") == member["phones"].get("mobile")
    assert f'lang="{row.language}"' in page
    for text in (json.dumps(data, ensure_ascii=False), page):
        assert member["login"]["id"] in text
        for other in end.town.before["members"]:
            if other["_id"] != row.number:
                assert other["login"]["id"] not in text, "somebody else's login"
                assert f"{other['login']['id']}@" not in text, "somebody else's mail address"
    _assert_unchanged(played, _request, end)


def _exported(member: Document) -> set[str]:
    """What the data map has of a home record, may leave the house, and stands there."""
    of_member = datamap().subjects["member"]
    return {
        name
        for name, field in of_member.fields.items()
        if field.collection in {None, of_member.home}
        if not field.hashed and "never-exported" not in field.protection
        if _stands(member, field.path.steps)
    }


def _stands(node: Any, path: Sequence[str]) -> bool:
    for step in path:
        if step not in node:
            return False
        node = node[step]
    return True


def _suspended(played: Played, _request: Document, end: End) -> None:
    """The data stands as it was, and no view shows it."""
    row = played.row
    _assert_unchanged(played, _request, end, usable=False)
    seen = end.usable[row.number]["profile"]
    assert "hobbies" not in seen
    assert not seen.get("address"), "no part of it"


def _withdrawn(played: Played, _request: Document, end: End) -> None:
    """The consents are withdrawn, identifiers are gone, and nothing else has changed."""
    row, member = played.row, _member(played.row, end.after)
    before = _member(row, end.town.before)
    consents = {**before["consents"]}
    for name in ("marketing", "cookies"):
        at = member["consents"][name]["at"]
        assert at >= consents[name]["at"]
        consents[name] = {"agreed": False, "at": at}
    assert typed(member) == typed({**before, "consents": consents})
    for document in end.after["newsletter"]:
        assert document.get("member_id") != row.number or document["active"] is False
    for document in end.after["usage_records"]:
        assert document.get("member_id") != row.number or "cookie" not in document
    _assert_kept(row, end)


def _answered(played: Played, request: Document, end: End) -> None:
    """Nobody's data has changed; the question stands nowhere in clear."""
    _assert_unchanged(played, request, end)
    assert QUESTION not in repr(request)
    assert ANSWER not in repr(request)


def _assert_unchanged(played: Played, _request: Document, end: End, *, usable: bool = True) -> None:
    row = played.row
    before = _member(row, end.town.before)
    assert typed(_member(row, end.after)) == typed(before)
    if usable:
        assert typed(end.usable[row.number]) == typed(before)
    _assert_kept(row, end)


def _assert_kept(row: Row, end: End) -> None:
    """What names this member, and is not what the request was about, is as it was."""
    for name in set(KEYED) - CHANGES.get(row.kind, set()):
        own = [
            [typed(each) for each in documents[name] if each.get("member_id") == row.number]
            for documents in (end.town.before, end.after)
        ]
        assert own[0] == own[1], name


_DONE: Mapping[str, Callable[[Played, Document, End], None]] = {
    "access": _provided,
    "correction": _corrected,
    "deletion": _deleted,
    "restriction": _suspended,
    "objection": _withdrawn,
    "inquiry": _answered,
}


def untouched(end: End) -> list[str]:
    """What is wrong with those who asked for nothing; empty where they are as they were."""
    asked = {row.number for row in ROWS}
    return [
        f"{name} {before['_id']}"
        for name in ("members", *KEYED)
        for before in end.town.before[name]
        if before["_id" if name == "members" else "member_id"] not in asked
        if typed(before) not in [typed(each) for each in end.after[name]
                                 if each["_id"] == before["_id"]]
    ]  # fmt: skip


def _member(row: Row, documents: Company) -> Document:
    return next(each for each in documents["members"] if each["_id"] == row.number)
