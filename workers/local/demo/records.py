"""What a company has about its members besides the member's own document, copies included."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from faker import Faker

Document = dict[str, Any]

SERVICES = ("shop", "community", "storage", "support")
PAGES = ("/", "/cart", "/orders", "/clubs", "/files", "/help")
LINES = (
    "안녕하세요!",
    "오늘 모임 몇 시죠?",
    "배송이 빨라서 좋았어요.",
    "자료 감사합니다.",
    "저도요.",
)
TITLES = ("가입 인사", "지난주 등산 후기", "중고 카메라 문의", "추천 맛집", "질문 있습니다")
QUESTIONS = ("영수증을 다시 받고 싶습니다.", "배송지를 확인해 주세요.", "로그인이 되지 않습니다.")
SEGMENTS = ("daily", "weekly", "monthly", "rare")
OPEN_ORDER_DAYS = 5


class Records:
    """Draws the records; the same members, seed and day give the same ones."""

    def __init__(self, members: Sequence[Document], now: datetime, seed: int) -> None:
        self._members = members
        self._now = now
        self._random = Random(seed)
        self._fake = Faker("ko_KR")
        self._fake.seed_instance(seed)
        self._made: dict[str, list[Document]] = {}

    def draw(self) -> dict[str, list[Document]]:
        """Every collection but the members' own."""
        for member in self._members:
            self._orders(member)
            self._traces(member)
            self._address_book(member)
            self._help(member)
            self._disclosures(member)
            self._audience(member)
        self._talk()
        self._clubs()
        self._files()
        return self._made

    def _add(self, collection: str, document: Document) -> int:
        rows = self._made.setdefault(collection, [])
        rows.append({"_id": len(rows) + 1, **document})
        return len(rows)

    def _orders(self, member: Document) -> None:
        """Two orders or more, the latest still on its way."""
        address = member["profile"]["address"]
        for turn in range(self._random.randint(2, 4)):
            days = self._random.randint(0, OPEN_ORDER_DAYS) if turn == 0 else self._days_of(member)
            ordered = self._ago(days)
            amount = self._random.randrange(9_000, 290_000, 100)
            order = self._add("orders", {
                "member_id": member["_id"],
                "ordered_at": ordered,
                "amount": amount,
                "state": "shipped" if turn == 0 else "done",
                "invoice": {"name": member["name"], "address": dict(address)},
            })  # fmt: skip
            self._add("payments", self._payment(member, order, amount, ordered))
            if turn == 0:
                self._add("deliveries", {
                    "order_id": order,
                    "receiver": {"name": member["name"], "phone": member["phones"]["mobile"]},
                    "label": label(address),
                    "carrier": "hanbit-delivery",
                })  # fmt: skip

    def _payment(self, member: Document, order: int, amount: int, at: datetime) -> Document:
        return {
            "member_id": member["_id"],
            "order_id": order,
            "paid_at": at + timedelta(minutes=2),
            "payer": {"name": member["name"], "email": member["email"]},
            "payment": {
                "method": self._random.choice(("card", "transfer")),
                "amount": amount,
                "card": f"****-****-****-{self._random.randint(0, 9999):04d}",
                "approval": f"{self._random.randint(0, 99_999_999):08d}",
            },
            "ip": member["last_login"]["ip"],
        }

    def _traces(self, member: Document) -> None:
        """Logs of the last weeks, and what an account was before it was last edited."""
        for _ in range(self._random.randint(3, 6)):
            at = self._ago(self._random.randint(0, 80))
            self._add("access_logs", {
                "member_id": member["_id"],
                "at": at,
                "ip": member["last_login"]["ip"],
                "request": {"action": "login", "agent": self._fake.user_agent()},
            })  # fmt: skip
            self._add("usage_records", {
                "member_id": member["_id"],
                "at": at + timedelta(minutes=1),
                "usage": {
                    "service": self._random.choice(SERVICES),
                    "page": self._random.choice(PAGES),
                    "seconds": self._random.randint(1, 900),
                },
                "cookie": f"{self._random.getrandbits(64):016x}",
            })  # fmt: skip
        if self._random.random() < 0.2:
            self._add("member_changes", {
                "member_id": member["_id"],
                "at": self._ago(self._days_of(member)),
                "before": {"name": member["name"], "address": label(member["profile"]["address"])},
            })  # fmt: skip

    def _address_book(self, member: Document) -> None:
        address = member["profile"]["address"]
        self._add("delivery_plans", {
            "member": {"id": str(member["_id"])},
            "to": {
                "zip": address["postcode"],
                "line1": address["road"],
                **({"line2": address["detail"]} if "detail" in address else {}),
            },
            "every_weeks": 2,
        })  # fmt: skip
        self._add("delivery_zones", {"member_id": member["_id"], "postcode": address["postcode"]})

    def _help(self, member: Document) -> None:
        if self._random.random() < 0.5:
            self._add("newsletter", {
                "member_id": member["_id"], "email": member["email"], "active": True,
            })  # fmt: skip
        if self._random.random() < 0.15:
            self._add("support_tickets", {
                "member_id": member["_id"],
                "opened_at": self._ago(self._days_of(member)),
                "contact": {"name": member["name"], "email": member["email"]},
                "question": self._random.choice(QUESTIONS),
            })  # fmt: skip

    def _disclosures(self, member: Document) -> None:
        """The carrier of every order, the payment service, and marketing where they agreed."""
        given = [
            ("hanbit-delivery", ["name", "home_address", "mobile_phone"]),
            ("korea-pay", ["name", "email", "mobile_phone"]),
        ]
        if member["_id"] % 3:
            given.append(("dain-marketing", ["name", "email", "home_address", "hobbies"]))
        for recipient, items in given:
            self._add("disclosures", {
                "member_id": member["_id"],
                "recipient": recipient,
                "items": items,
                "at": self._ago(self._days_of(member)),
            })  # fmt: skip

    def _audience(self, member: Document) -> None:
        """To which segment somebody who agreed to it is counted."""
        consent = member["consents"]["profiling"]
        if consent["agreed"] == "Y":
            self._add("segments", {
                "member_id": member["_id"],
                "segment": SEGMENTS[member["_id"] % len(SEGMENTS)],
                "consented": 1,
                "changed_at": consent["at"],
            })  # fmt: skip

    def _talk(self) -> None:
        """Messages, rooms whose participants are keyed by member, posts tied by the login ID."""
        for member in self._members:
            for _ in range(self._random.randint(1, 3)):
                self._add("messages", {
                    "author": {"id": member["_id"], "name": member["name"]},
                    "text": self._random.choice(LINES),
                    "at": self._ago(self._random.randint(0, 200)),
                })  # fmt: skip
        for _ in range(len(self._members) // 5):
            self._add("rooms", {
                "participants": {
                    str(member["_id"]): {"name": member["name"], "unread": 0}
                    for member in self._some(2, 5)
                },
                "opened_at": self._ago(self._random.randint(1, 400)),
            })  # fmt: skip
        for _ in range(len(self._members) // 2):
            author, *others = self._some(1, 4)
            self._add("posts", {
                "author_login": author["login"]["id"],
                "title": self._random.choice(TITLES),
                "comments": [
                    {
                        "member_id": other["_id"],
                        "login": other["login"]["id"],
                        "text": self._random.choice(LINES),
                    }
                    for other in others
                ],
                "at": self._ago(self._random.randint(1, 900)),
            })  # fmt: skip

    def _clubs(self) -> None:
        for number in range(max(1, len(self._members) // 50)):
            self._add("clubs", {
                "title": f"{self._fake.borough()} {number + 1}기 모임",
                "groups": [
                    {
                        "label": part,
                        "people": [
                            {"member_id": member["_id"], "name": member["name"]}
                            for member in self._some(2, 6)
                        ],
                    }
                    for part in ("운영진", "회원")
                ],
            })  # fmt: skip

    def _files(self) -> None:
        """A file, who shared it, and who loaded it down: two hops away from its owner."""
        for _ in range(len(self._members) // 2):
            (owner,) = self._some(1, 1)
            file = self._add("files", {
                "owner": {"id": owner["_id"], "name": owner["name"]},
                "title": f"자료 {self._random.randint(1, 999)}.pdf",
                "bytes": self._random.randint(2_000, 9_000_000),
            })  # fmt: skip
            share = self._add("file_shares", {"file_id": file, "shared_by": owner["name"]})
            self._add("file_downloads", {
                "share_id": share,
                "file": {"id": file, "owner_name": owner["name"]},
                "at": self._ago(self._random.randint(0, 90)),
            })  # fmt: skip

    def _some(self, least: int, most: int) -> list[Document]:
        return self._random.sample(self._members, self._random.randint(least, most))

    def _days_of(self, member: Document) -> int:
        """A number of days for which the member has been one."""
        return self._random.randint(OPEN_ORDER_DAYS + 1, (self._now - member["joined_at"]).days)

    def _ago(self, days: int) -> datetime:
        return self._now - timedelta(days=days, minutes=self._random.randint(1, 1400))


def label(address: Document) -> str:
    """An address as it is printed on a parcel."""
    return " ".join(
        f"({address['postcode']}) {address['road']} {address.get('detail', '')}".split()
    )
