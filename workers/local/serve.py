"""`make serve`: the house of the demo, kept up until Ctrl-C."""

from __future__ import annotations

import asyncio
import json
import secrets
import shlex
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from schemas.errors import DsrError
from schemas.review import Role
from workers.local.demo import play
from workers.local.demo.cast import ERRANDS
from workers.local.demo.house import House, open_house
from workers.local.mail_viewer import show_mails


def run() -> None:
    """Run until SIGINT or SIGTERM; ends everything that it started and nothing else."""
    try:
        play.run(_serve())
    except play.Interrupted:
        print("Everything is ended.")


async def _serve() -> None:
    with tempfile.TemporaryDirectory(prefix="dsr-serve-") as folder:
        async with (
            open_house(Path(folder), _say) as house,
            show_mails(house.maildir) as mails,
        ):
            _tell(house, mails, await _staff(house))
            await house.programs.meanwhile(asyncio.Event().wait())


async def _staff(house: House) -> str:
    """Accounts for the desk, each with its second factor; how to sign in with them."""
    lines = []
    for name, role in (("park", Role.AGENT), ("han", Role.REVIEWER), ("choi", Role.OFFICER)):
        password = secrets.token_urlsafe(12)
        await house.parts.accounts.add(name, role, password, "serve")
        secret = await house.parts.second_factor.give(name)
        lines.append(f"           {name} ({role}), password {password}, authenticator {secret}")
    return "\n".join(lines)


def _tell(house: House, mails: str, staff: str) -> None:
    """Where everything is, and how to play a correction by hand."""
    settings = house.parts.settings
    environment, example = _keep_settings(house), _keep_example(house)
    _say(f"""
requests   {settings.public_url}/
status     {settings.public_url}/status
mail       {mails}
desk       {settings.public_url}/desk/
{staff}
RabbitMQ   {settings.amqp_url}
MongoDB    {settings.mongo_url}
           databases {settings.subject_db} (the company), {settings.db} (requests)
Maildir    {house.maildir}/new, one file for each mail
members    such as {_somebody()}

In another terminal, to have a member's address corrected:
  . {environment}
  dsr submit {example}
and with the code of the mail that follows:
  echo CODE | dsr prove TRACKING --channel web
  dsr requests show TRACKING

Ctrl-C ends all of it.""")


def _somebody() -> str:
    """Whom to play on the request form."""
    errand = ERRANDS[0]
    return f"{errand.known.name}, login ID {errand.known.login_id}, {errand.email}"


def _keep_settings(house: House) -> Path:
    """The operator's settings as a shell reads them, this very `dsr` first on the PATH."""
    file = house.folder / "env"
    lines = [
        f"export {name}={shlex.quote(value)}"
        for name, value in (house.programs.environment | house.users.of("operator")).items()
        if name.startswith("DSR_")
    ]
    lines.append(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"')
    file.touch(mode=0o600)
    file.write_text("\n".join(lines) + "\n")
    return file


def _keep_example(house: House) -> Path:
    file = house.folder / "example.json"
    body = ERRANDS[0].submission(datetime.now(UTC))
    file.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n")
    return file


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    """Run, and say in one sentence why it could not."""
    try:
        run()
    except DsrError as error:
        print(f"serve: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
