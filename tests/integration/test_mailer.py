"""The mailer against real SMTP servers: aiosmtpd, and a few that misbehave on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes, policy

import pytest

from tests.letters import LETTERS, ORGANISATION, outgoing
from tests.mail_sink import SENDER, SENT, Sink
from workers.adapters import mailer as mailer_module
from workers.adapters.mailer import Mailer
from workers.emails import Composer
from workers.ports import MailResult


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
async def port(sink: Sink) -> AsyncIterator[int]:
    async with sink.listen() as port:
        yield port


@pytest.fixture
async def mailer(port: int) -> AsyncIterator[Mailer]:
    async with Mailer(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=5) as mailer:
        yield mailer


@asynccontextmanager
async def rude_server(
    behave: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """A server that speaks as the function does, and waits for the client to go afterwards."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behave(reader, writer)
            await reader.read()
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def take_mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Speaks SMTP properly up to the end of a mail, whose answer is left to the caller."""
    writer.write(b"220 here\r\n")
    for answer in (b"250 EHLO", b"250 MAIL", b"250 RCPT", b"354 go"):
        await reader.readline()
        writer.write(answer + b"\r\n")
    return await reader.readuntil(b"\r\n.\r\n")


async def take_mail_and_leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes one mail, then answers QUIT."""
    await take_mail(reader, writer)
    writer.write(b"250 taken\r\n")
    await reader.readline()
    writer.write(b"221 bye\r\n")


async def test_a_composed_mail_arrives_whole_at_one_recipient(mailer: Mailer, sink: Sink) -> None:
    letter = Composer(ORGANISATION).compose(LETTERS["challenge"], "ko")
    mail = outgoing(subject=letter.subject, text=letter.text, html=letter.html)
    assert await mailer.send(mail) == SENT
    (envelope,) = sink.envelopes
    assert envelope.mail_from == SENDER
    assert envelope.rcpt_tos == ["minji.kim@example.kr"]
    assert isinstance(envelope.content, bytes)
    message = message_from_bytes(envelope.content, policy=policy.default)
    part = message.get_body(("plain",))
    assert part is not None
    assert part.get_content() == letter.text


async def test_mails_share_kept_connections(mailer: Mailer, sink: Sink) -> None:
    results = await asyncio.gather(*(mailer.send(outgoing()) for _ in range(100)))
    assert results == [SENT] * 100
    assert len(sink.envelopes) == 100
    assert len(sink.sessions) <= 8


async def test_a_connection_that_died_idle_is_replaced(mailer: Mailer, sink: Sink) -> None:
    assert await mailer.send(outgoing()) == SENT
    sink.hang_up()
    assert await mailer.send(outgoing()) == SENT
    assert len(sink.envelopes) == 2


async def test_a_connection_that_the_server_is_ending_is_replaced(
    mailer: Mailer, sink: Sink
) -> None:
    assert await mailer.send(outgoing()) == SENT
    sink.mail = ["421 idle for too long"]
    assert await mailer.send(outgoing()) == SENT
    assert len(sink.envelopes) == 2


async def test_a_kept_connection_that_no_longer_answers_is_replaced() -> None:
    talks = 0

    async def falls_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal talks
        talks += 1
        if talks > 1:
            return await take_mail_and_leave(reader, writer)
        await take_mail(reader, writer)
        writer.write(b"250 taken\r\n")
        return None

    async with (
        rude_server(falls_silent) as port,
        Mailer(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=2) as mailer,
    ):
        assert await mailer.send(outgoing()) == SENT
        assert await mailer.send(outgoing()) == SENT
    assert talks == 2


async def test_a_connection_idle_for_too_long_is_not_used_again(
    mailer: Mailer, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await mailer.send(outgoing()) == SENT
    monkeypatch.setattr(mailer_module, "_KEEP_IDLE", 0.0)
    assert await mailer.send(outgoing()) == SENT
    assert len(sink.sessions) == 2


@pytest.mark.parametrize("code", ["450", "451", "452", "421"])
@pytest.mark.parametrize("command", ["mail", "rcpt", "data"])
async def test_not_now_is_put_off_and_the_next_mail_goes_out(
    mailer: Mailer, sink: Sink, command: str, code: str
) -> None:
    setattr(sink, command, [f"{code} not now, minji.kim@example.kr"])
    assert await mailer.send(outgoing()) == MailResult("put_off", code)
    assert await mailer.send(outgoing()) == SENT


@pytest.mark.parametrize("code", ["550", "551", "552", "553", "554"])
@pytest.mark.parametrize("command", ["rcpt", "data"])
async def test_never_for_this_recipient_is_refused_and_the_connection_stays(
    mailer: Mailer, sink: Sink, command: str, code: str
) -> None:
    assert await mailer.send(outgoing()) == SENT
    setattr(sink, command, [f"{code} no minji.kim@example.kr here"])
    assert await mailer.send(outgoing()) == MailResult("refused", code)
    assert await mailer.send(outgoing()) == SENT
    assert len(sink.sessions) == 1


@pytest.mark.parametrize("answer", ["550 sender unknown", "530 log in first"])
async def test_what_is_wrong_with_us_is_not_held_against_the_recipient(
    mailer: Mailer, sink: Sink, answer: str
) -> None:
    sink.mail = [answer]
    assert await mailer.send(outgoing()) == MailResult("put_off", answer[:3])
    sink.rcpt = ["530 log in first"]
    assert await mailer.send(outgoing()) == MailResult("put_off", "530")


async def test_a_server_that_is_not_there_is_put_off() -> None:
    async with Mailer("smtp://127.0.0.1:1", sender=SENDER, timeout=5) as mailer:
        assert await mailer.send(outgoing()) == MailResult("put_off", "connection")


async def test_no_banner_is_put_off_in_time() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with (
        rude_server(silent) as port,
        Mailer(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=0.3, connections=1) as mailer,
    ):
        results = await asyncio.gather(mailer.send(outgoing()), mailer.send(outgoing()))
    assert set(results) == {MailResult("put_off", "timeout")}


@pytest.mark.parametrize(
    ("banner", "code"),
    [(b"421 closing\r\n", "421"), (b"554 no service\r\n", "554"), (b"hello\r\n", "malformed")],
)
async def test_a_banner_that_says_no_is_put_off(banner: bytes, code: str) -> None:
    async def unwilling(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(banner)

    async with (
        rude_server(unwilling) as port,
        Mailer(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=5) as mailer,
    ):
        assert await mailer.send(outgoing()) == MailResult("put_off", code)


@pytest.mark.parametrize(("ending", "code"), [("silence", "timeout"), ("close", "connection")])
async def test_no_answer_after_data_is_put_off_and_never_sent_again_by_itself(
    ending: str, code: str
) -> None:
    taken: list[bytes] = []

    async def takes_without_a_word(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        taken.append(await take_mail(reader, writer))
        if ending == "close":
            writer.close()

    async with (
        rude_server(takes_without_a_word) as port,
        Mailer(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=0.5) as mailer,
    ):
        assert await mailer.send(outgoing()) == MailResult("put_off", code)
        assert len(taken) == 1
        await mailer.send(outgoing())
    assert taken[0] == taken[1]


async def test_leaving_the_mailer_leaves_no_connection(sink: Sink, port: int) -> None:
    async with Mailer(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=5) as mailer:
        await asyncio.gather(*(mailer.send(outgoing()) for _ in range(8)))
        assert any(server.transport is not None for server in sink.servers)
    async with asyncio.timeout(5):
        while any(s.transport is not None for s in sink.servers):  # noqa: ASYNC110 - not ours
            await asyncio.sleep(0)


async def test_a_cancelled_mail_leaves_its_slot_to_the_next() -> None:
    arrived = asyncio.Event()

    async def ignores_the_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if arrived.is_set():
            return await take_mail_and_leave(reader, writer)
        writer.write(b"220 here\r\n")
        await reader.readline()
        arrived.set()
        return None

    async with (
        rude_server(ignores_the_first) as port,
        Mailer(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=5, connections=1) as mailer,
    ):
        first = asyncio.create_task(mailer.send(outgoing()))
        await arrived.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert await mailer.send(outgoing()) == SENT
