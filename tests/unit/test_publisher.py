"""What a channel took in is validated, sealed, and sent once, however often the broker is away."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import Refused, SpoolBroken, SpoolFull, Unreachable
from schemas.submission import Proof
from tests.cast import proof_content, submission_content, withdrawal
from workers.adapters.intake_seal import IntakeKeys, public_keys, seal
from workers.adapters.spool import FolderSpool
from workers.channels import publisher as library
from workers.channels.publisher import Publisher
from workers.ports.intake import Answer, Outgoing

MB = 1024 * 1024


class Line:
    """A broker that can be away."""

    def __init__(self) -> None:
        self.away = False
        self.bugs = 0
        self.taken: list[Outgoing] = []

    async def publish(self, outgoing: Outgoing) -> Answer:
        if self.away:
            raise Unreachable("RabbitMQ does not answer")
        if self.bugs:
            self.bugs -= 1
            raise RuntimeError("nobody foresaw that")
        self.taken.append(outgoing)
        answer: Answer = asyncio.get_running_loop().create_future()
        answer.set_result({"accepted": True})
        return answer


def body(**other: Any) -> bytes:
    return json.dumps(submission_content(**other)).encode()


@pytest.fixture
def keys(tmp_path: Path) -> IntakeKeys:
    return IntakeKeys.create(tmp_path / "intake")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "AGAIN", 0.01)


def channel(
    line: Line,
    keys: IntakeKeys,
    spool: FolderSpool | None = None,
    failed: Callable[[Exception], None] = lambda _: None,
) -> Publisher:
    key = keys.public_jwks()["keys"][0]
    return Publisher(line, lambda plain: seal(plain, key), spool, failed)


async def test_whatever_leaves_is_sealed_and_carries_its_own_id(keys: IntakeKeys) -> None:
    line = Line()
    async with channel(line, keys) as publisher:
        message, _ = await publisher.submission(sent := body())
        proof, _ = await publisher.proof(json.dumps(proof_content("DSR-ACEF-HJKM", "1")).encode())
        back = withdrawal("DSR-ACEF-HJKM", "12345678")
        await publisher.withdrawal(back.model_dump_json(by_alias=True, exclude_none=True).encode())
    assert isinstance(proof, Proof)
    assert [one.routing_key for one in line.taken] == [
        "submission.web", "proof.web", "withdrawal.web",
    ]  # fmt: skip
    assert line.taken[0].message_id == message.submission_id
    assert {one.content_type for one in line.taken} == {"application/jose"}
    assert keys.unseal(line.taken[0].body) == sent


async def test_what_is_not_valid_never_leaves(keys: IntakeKeys, tmp_path: Path) -> None:
    line, spool = Line(), FolderSpool(tmp_path / "spool", MB)
    async with channel(line, keys, spool) as publisher:
        with pytest.raises(Refused):
            await publisher.submission(body(channel="fax"))
    assert (line.taken, spool.waiting()) == ([], [])


async def test_without_a_spool_a_broker_that_is_away_is_told(keys: IntakeKeys) -> None:
    line = Line()
    line.away = True
    async with channel(line, keys) as publisher:
        with pytest.raises(Unreachable):
            await publisher.submission(body())


async def test_what_the_broker_cannot_take_is_kept_and_sent_on_in_its_order(
    keys: IntakeKeys, tmp_path: Path
) -> None:
    line, spool = Line(), FolderSpool(tmp_path / "spool", MB)
    line.away = True
    async with channel(line, keys, spool) as publisher:
        sent = [(await publisher.submission(body()))[0].submission_id for _ in range(5)]
        _, answer = await publisher.submission(body(statement="나중에"))
        assert publisher.waits
        line.away = False
        await publisher.sent()
        assert await asyncio.wait_for(answer, 5) == {"accepted": True}
    assert [one.message_id for one in line.taken][:5] == sent
    assert len(line.taken) == 6
    assert spool.waiting() == []


async def test_what_comes_while_something_waits_goes_behind_it(
    keys: IntakeKeys, tmp_path: Path
) -> None:
    line, spool = Line(), FolderSpool(tmp_path / "spool", MB)
    line.away = True
    async with channel(line, keys, spool) as publisher:
        first, _ = await publisher.submission(body())
        line.away = False
        second, _ = await publisher.submission(body())
        await publisher.sent()
    assert [one.message_id for one in line.taken] == [first.submission_id, second.submission_id]


async def test_another_process_finds_what_one_left_and_sends_the_same_bytes(
    keys: IntakeKeys, tmp_path: Path
) -> None:
    line, spool = Line(), FolderSpool(tmp_path / "spool", MB)
    line.away = True
    async with channel(line, keys, spool) as publisher:
        await publisher.submission(body())
    (name,) = spool.waiting()
    kept = spool.read(name)
    line.away = False
    async with channel(line, keys, FolderSpool(tmp_path / "spool", MB)) as publisher:
        await publisher.sent()
    assert line.taken == [kept]


async def test_only_one_process_sends_on(keys: IntakeKeys, tmp_path: Path) -> None:
    spool = FolderSpool(tmp_path / "spool", MB)
    with spool.only_sender() as ours, FolderSpool(tmp_path / "spool", MB).only_sender() as theirs:
        assert (ours, theirs) == (True, False)


async def test_a_full_spool_takes_nothing_and_says_what_to_do(
    keys: IntakeKeys, tmp_path: Path
) -> None:
    line, spool = Line(), FolderSpool(tmp_path / "spool", 2000)
    line.away = True
    async with channel(line, keys, spool) as publisher:
        await publisher.submission(body())
        with pytest.raises(SpoolFull, match="DSR_SPOOL_MB"):
            await publisher.submission(body())
    assert len(spool.waiting()) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{not json\nbody",
        b"\xff\xfe\n",
        b"[]\n",
        b'{"routing_key": "submission.web"}\nbody',
        b'{"routing_key": 1, "message_id": "x", "content_type": "y"}\nbody',
    ],
)
async def test_a_broken_file_of_the_spool_is_set_aside_and_the_ones_behind_it_go_on(
    keys: IntakeKeys, tmp_path: Path, content: bytes
) -> None:
    line, spool = Line(), FolderSpool(tmp_path / "spool", MB)
    line.away = True
    said: list[Exception] = []
    async with channel(line, keys, spool) as publisher:
        sent = [(await publisher.submission(body()))[0].submission_id for _ in range(3)]
    broken = tmp_path / "spool" / spool.waiting()[0]
    broken.write_bytes(content)
    line.away = False
    async with channel(line, keys, spool, said.append) as publisher:
        await asyncio.wait_for(publisher.sent(), 10)
    assert [one.message_id for one in line.taken] == sent[1:]
    assert spool.waiting() == []
    assert broken.with_suffix(".1.broken").read_bytes() == content
    assert [type(error) for error in said] == [SpoolBroken]


async def test_no_broken_file_takes_the_place_of_another(tmp_path: Path) -> None:
    spool = FolderSpool(tmp_path / "spool", MB)
    for content in (b"one", b"two", b"three"):
        (tmp_path / "spool" / "0000000000000001.msg").write_bytes(content)
        spool.set_aside("0000000000000001.msg")
    kept = [file.read_bytes() for file in (tmp_path / "spool").glob("*.broken")]
    assert sorted(kept) == [b"one", b"three", b"two"]
    assert spool.waiting() == []


async def test_a_file_that_is_no_file_stops_nobody(keys: IntakeKeys, tmp_path: Path) -> None:
    line, spool = Line(), FolderSpool(tmp_path / "spool", MB)
    (tmp_path / "spool" / "0000000000000001.msg").mkdir()
    line.away = True
    async with channel(line, keys, spool) as publisher:
        message, _ = await publisher.submission(body())
        line.away = False
        await asyncio.wait_for(publisher.sent(), 10)
    assert [one.message_id for one in line.taken] == [message.submission_id]


async def test_an_error_that_nobody_foresaw_is_told_and_loses_nothing(
    keys: IntakeKeys, tmp_path: Path
) -> None:
    line, spool = Line(), FolderSpool(tmp_path / "spool", MB)
    line.away = True
    said: list[Exception] = []
    async with channel(line, keys, spool, said.append) as publisher:
        sent = [(await publisher.submission(body()))[0].submission_id for _ in range(2)]
        line.away, line.bugs = False, 3
        await asyncio.wait_for(publisher.sent(), 10)
    assert [one.message_id for one in line.taken] == sent
    assert spool.waiting() == []
    assert [type(error) for error in said] == [RuntimeError], "the same three times is told once"


async def test_the_spool_holds_nothing_of_a_person_in_clear(
    keys: IntakeKeys, tmp_path: Path
) -> None:
    line, spool = Line(), FolderSpool(tmp_path / "spool", MB)
    line.away = True
    async with channel(line, keys, spool) as publisher:
        await publisher.submission(body(statement="CANARY"))
    files = [file for file in (tmp_path / "spool").rglob("*") if file.is_file()]
    assert files
    for file in files:
        assert file.stat().st_mode & 0o077 == 0
        assert not any(word in file.read_bytes() for word in (b"CANARY", b"minji"))


def test_a_killed_channel_has_lost_nothing_that_it_had_taken(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from workers.adapters.spool import FolderSpool\n"
        "from workers.ports.intake import Outgoing\n"
        "spool = FolderSpool(pathlib.Path(sys.argv[1]), 1 << 30)\n"
        "for n in range(100000):\n"
        "    spool.add(Outgoing('submission.web', str(n), 'application/jose', b'x' * 5000))\n"
        "    print(n, flush=True)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "spool")],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout
    for line in child.stdout:
        if int(line) == 40:
            os.kill(child.pid, signal.SIGKILL)
            break
    taken = 41 + len(child.stdout.readlines())
    child.wait()
    child.stdout.close()
    spool = FolderSpool(tmp_path / "spool", MB)
    kept = [spool.read(name) for name in spool.waiting()]
    assert [one.message_id for one in kept] == [str(n) for n in range(len(kept))]
    assert taken <= len(kept) <= taken + 1
    assert all(len(one.body) == 5000 for one in kept)


def test_a_channel_that_has_the_public_keys_alone_seals_to_the_newest(tmp_path: Path) -> None:
    keys = IntakeKeys.create(tmp_path / "intake")
    file = tmp_path / "intake.jwks"
    file.write_text(json.dumps(keys.public_jwks()))
    assert keys.unseal(seal(b"{}", public_keys(file)[0])) == b"{}"
    assert "d" not in public_keys(file)[0]


def test_a_worker_opens_what_is_sealed_to_a_key_that_is_younger_than_itself(tmp_path: Path) -> None:
    worker = IntakeKeys.create(tmp_path / "intake")
    old = worker.public_jwks()["keys"][0]
    IntakeKeys.add(tmp_path / "intake")
    new = IntakeKeys.open(tmp_path / "intake").public_jwks()["keys"][0]
    assert new["kid"] != old["kid"]
    assert worker.unseal(seal(b"new", new)) == b"new"
    assert worker.unseal(seal(b"old", old)) == b"old"
    with pytest.raises(Refused, match="unknown_intake_key"):
        worker.unseal(seal(b"x", {**new, "kid": "../../etc/passwd"}))
