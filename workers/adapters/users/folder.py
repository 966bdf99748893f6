"""The folder of what each role needs to log in: `<role>/DSR_AMQP_URL` and so on, for nobody else.

A role's folder is what `DSR_SECRETS_DIR` of its process names. Passwords are made once: what stands
in a file stays, so that a second run disturbs no process that is at work.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

_BYTES = 24


def with_user(url: str, user: str, password: str) -> str:
    """The same server for somebody else."""
    split = urlsplit(url)
    host = split.netloc.rpartition("@")[2]
    who = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return urlunsplit(split._replace(netloc=f"{who}@{host}"))


def password_of(url: str) -> str | None:
    """The one in an address."""
    found = urlsplit(url).password
    return None if found is None else unquote(found)


class UserFolder:
    """One folder for a house."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def password(self, role: str) -> str:
        """The role's own, the same on all servers: as it stands in a file of it, else a fresh one.

        Nothing is written here.
        """
        for file in sorted((self.folder / role).glob("DSR_*_URL")):
            if found := password_of(file.read_text(encoding="utf-8").strip()):
                return found
        return secrets.token_hex(_BYTES)

    def keep(self, role: str, values: dict[str, str], *, plan: bool) -> list[str]:
        """Write what differs, whole or not at all; a line for each file."""
        changes = []
        for name, value in values.items():
            file = self.folder / role / name
            if read(file) != value:
                changes.append(f"file {role}/{name}")
                if not plan:
                    write(file, value)
        return changes


def read(file: Path) -> str | None:
    """What stands in it; None where it is not there."""
    return file.read_text(encoding="utf-8").rstrip("\n") if file.is_file() else None


def write(file: Path, value: str) -> None:
    """For the owner's eyes alone, and never half."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(f"{value}\n", encoding="utf-8")
    draft.replace(file)
