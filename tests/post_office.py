"""Dovecot and Postfix from Debian, private: own folders, own settings, own ports, ended by pid.

Postfix takes mail for people with mailboxes here, and sends a report where somebody does not exist.
Both drop their rights by themselves, so both are started by root.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import smtplib
import socket
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from imaplib import IMAP4_SSL
from pathlib import Path

POSTFIX, DOVECOT = Path("/usr/sbin/postfix"), Path("/usr/sbin/dovecot")
MASTER = Path("/usr/lib/postfix/sbin/master")
PASSWORD = "only-for-tests"
OFFICE = "privacy@corp.example"
PEOPLE = ("minji@mail.example", "jiho@mail.example", "stranger@elsewhere.example", OFFICE)
GONE = "gone.example"
"""Nobody there has a mailbox: whatever goes there comes back with a report."""
MISSING = "the mail tests need Dovecot and Postfix, started by root: run `make setup-test` as root"

_DOVECOT = """\
protocols = imap
base_dir = {folder}/dovecot/run
state_dir = {folder}/dovecot/state
log_path = {folder}/dovecot/log
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = yes
mail_location = maildir:{folder}/mail/%n
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%n
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {port}
    ssl = yes
  }}
}}
"""
_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/postfix/queue
data_directory = {folder}/postfix/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
maillog_file_prefixes = {folder}
maillog_file = {folder}/postfix/log
myhostname = mx.corp.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{ {people} }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 100
virtual_mailbox_limit = 0
local_recipient_maps =
alias_maps =
alias_database =
transport_maps = inline:{{ {{ gone.example = smtp:[127.0.0.1]:{refusing} }} }}
default_transport = error:5.1.1 no such domain
disable_dns_lookups = yes
message_size_limit = 31457280
smtpd_peername_lookup = no
"""
_SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


def missing() -> bool:
    """Whether they cannot be started here."""
    return os.geteuid() != 0 or not (POSTFIX.exists() and DOVECOT.exists())


@dataclass(frozen=True)
class PostOffice:
    """Both servers, running."""

    folder: Path
    smtp_port: int
    imap_port: int

    @property
    def smtp_url(self) -> str:
        """Where mail is handed over."""
        return f"smtp://127.0.0.1:{self.smtp_port}"

    @property
    def imap_url(self) -> str:
        """The mailbox of the privacy office."""
        return f"imaps://privacy:{PASSWORD}@localhost:{self.imap_port}"

    @property
    def certificate(self) -> Path:
        """Whom to trust (`SSL_CERT_FILE`)."""
        return self.folder / "cert.pem"

    async def send(self, content: bytes, sender: str = PEOPLE[0], to: str = OFFICE) -> None:
        """Hand one mail to Postfix; an empty sender is the null sender of reports."""
        await self.send_all([(content, sender)], to)

    async def send_all(self, mails: Sequence[tuple[bytes, str]], to: str = OFFICE) -> None:
        """The same over one connection."""

        def hand_over() -> None:
            with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=30) as server:
                for content, sender in mails:
                    server.sendmail(sender, [to], content, ["BODY=8BITMIME"])

        await asyncio.to_thread(hand_over)

    def delivered(self, person: str) -> list[bytes]:
        """Everything in somebody's mailbox, in the order of its arrival."""
        while True:
            with contextlib.suppress(FileNotFoundError):  # it was marked just now: its name changed
                files = sorted(self._files(person), key=lambda file: file.stat().st_mtime_ns)
                return [file.read_bytes() for file in files]

    def unseen(self, person: str) -> int:
        """How many mails in somebody's mailbox are not marked as seen: file names say so."""
        return sum("S" not in file.name.partition(":2,")[2] for file in self._files(person))

    def _files(self, person: str) -> list[Path]:
        home = self.folder / "mail" / person.partition("@")[0]
        return [file for part in ("new", "cur") for file in (home / part).glob("*")]

    def imap(self, user: str = "privacy") -> IMAP4_SSL:
        """A line to somebody's mailbox, as their mail program has one."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        line = IMAP4_SSL("localhost", self.imap_port, ssl_context=context, timeout=20)
        line.login(user, PASSWORD)
        return line

    def empty(self) -> None:
        """Take every mail out of every mailbox."""
        for home in (self.folder / "mail").glob("*"):
            for part in ("new", "cur"):
                for file in (home / part).glob("*"):
                    file.unlink()


def free_port() -> int:
    """One that nobody uses just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@asynccontextmanager
async def open_post_office() -> AsyncIterator[PostOffice]:
    """Running, and ended when it is left."""
    folder = _folder()
    office = PostOffice(folder, free_port(), free_port())
    processes: list[asyncio.subprocess.Process] = []
    refusing = await asyncio.start_server(_refuse, "127.0.0.1", 0)
    try:
        await _certificate(folder)
        _prepare(office, refusing.sockets[0].getsockname()[1])
        await _run(str(POSTFIX), "-c", str(folder / "postfix/etc"), "check")
        commands = (
            [str(DOVECOT), "-F", "-c", str(folder / "dovecot.conf")],
            [str(MASTER), "-d", "-c", str(folder / "postfix/etc")],
        )
        for command in commands:
            process = await _start(command, folder)
            processes.append(process)
        await _answers(office.smtp_port, processes)
        await _answers(office.imap_port, processes)
        yield office
    finally:
        for process in processes:
            await _end(process)
        refusing.close()
        shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    """Servers that drop their rights have to reach what is in it."""
    folder = Path(tempfile.mkdtemp(prefix="dsr-mail-"))
    folder.chmod(0o755)
    return folder


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The mail server of a domain in which nobody exists."""
    writer.write(b"220 gone.example\r\n")
    with contextlib.suppress(ConnectionError):
        while line := await reader.readline():
            refused = line.upper().startswith(b"RCPT")
            writer.write(b"550 5.1.1 no such user\r\n" if refused else b"250 2.0.0 well\r\n")
    writer.close()


def _prepare(office: PostOffice, refusing: int) -> None:
    folder, nobody, postfix = office.folder, pwd.getpwnam("nobody"), pwd.getpwnam("postfix")
    for name in ("dovecot/run", "dovecot/state", "postfix/etc", "postfix/queue", "postfix/data"):
        (folder / name).mkdir(parents=True)
    os.chown(folder / "postfix/data", postfix.pw_uid, postfix.pw_gid)
    (folder / "mail").mkdir()
    os.chown(folder / "mail", nobody.pw_uid, nobody.pw_gid)
    places = {
        "folder": folder,
        "password": PASSWORD,
        "refusing": refusing,
        "uid": nobody.pw_uid,
        "gid": nobody.pw_gid,
        "domains": ", ".join(sorted({one.partition("@")[2] for one in PEOPLE})),
        "people": ", ".join(f"{{ {one} = {one.partition('@')[0]}/ }}" for one in PEOPLE),
    }
    (folder / "dovecot.conf").write_text(_DOVECOT.format(port=office.imap_port, **places))
    (folder / "postfix/etc/main.cf").write_text(_MAIN.format(**places))
    (folder / "postfix/etc/master.cf").write_text(_SERVICES.format(port=office.smtp_port))


async def _certificate(folder: Path) -> None:
    await _run(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        *("-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext"),
        *("subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(folder / "key.pem")),
        *("-out", str(folder / "cert.pem")),
    )


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode(errors="replace")


async def _start(command: Sequence[str], folder: Path) -> asyncio.subprocess.Process:
    with (folder / "said").open("ab") as out:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            cwd=folder,
        )


async def _end(process: asyncio.subprocess.Process) -> None:
    """In good order where it ends so: a client may keep it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 10)
            return
    raise AssertionError(f"the mail server {process.pid} survived SIGKILL")


async def _answers(port: int, processes: Sequence[asyncio.subprocess.Process]) -> None:
    deadline = time.monotonic() + 30
    while True:
        assert all(process.returncode is None for process in processes), "a mail server ended"
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            assert time.monotonic() < deadline, "a mail server does not answer"
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
