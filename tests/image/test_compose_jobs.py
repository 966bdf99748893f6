"""What compose runs once before everything else, done with a real mongod as its image starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pymongo import MongoClient

from tests.post_office import free_port
from workers.local.mongo import _program

COMPOSE = Path(__file__).parents[2] / "deploy/compose"
MADE = {
    *("DSR_AMQP_URL", "DSR_AMQP_MANAGEMENT_URL", "DSR_MONGO_URL", "rabbitmq-admin.conf"),
    *("rabbitmq-password", "mongo-password", "mongo-key", "grafana-password"),
}

pytestmark = pytest.mark.soak


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """What prepare.sh makes, twice over."""
    folder = tmp_path / "secrets"
    subprocess.run([COMPOSE / "prepare.sh", folder], check=True)
    before = {file.name: file.read_text() for file in folder.iterdir()}
    subprocess.run([COMPOSE / "prepare.sh", folder], check=True)
    assert {file.name: file.read_text() for file in folder.iterdir()} == before
    assert set(before) == MADE
    return folder


@contextmanager
def mongod(data: Path, *arguments: str) -> Iterator[int]:
    """A server on a port of its own, until it is left."""
    data.mkdir(exist_ok=True)
    port = free_port()
    line = [_program(), "--dbpath", str(data), "--bind_ip", "127.0.0.1", "--port", str(port)]
    with (data.parent / "mongod.log").open("ab") as log:
        server = subprocess.Popen([*line, "--nounixsocket", *arguments], stdout=log)
    try:
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def test_the_replica_set_is_made_once_by_the_account_that_was_prepared(
    secrets: Path, tmp_path: Path
) -> None:
    data, key = tmp_path / "data", tmp_path / "key"
    key.write_text((secrets / "mongo-key").read_text())
    key.chmod(0o400)
    password = (secrets / "mongo-password").read_text()
    # The image makes the administrator on a server that is neither a set nor asks for a password.
    with mongod(data) as port, MongoClient[dict[str, object]](port=port) as client:
        client.admin.command("createUser", "admin", pwd=password, roles=["root"])
    with mongod(data, "--replSet", "rs0", "--keyFile", str(key)) as port:
        where = f"127.0.0.1:{port}"
        for _ in range(2):
            done = subprocess.run(
                [sys.executable, COMPOSE / "replica_set.py", "rs0", where],
                env=os.environ | {"MONGO_ADMIN_URL_FILE": str(secrets / "DSR_MONGO_URL")},
                capture_output=True,
                text=True,
                timeout=150,
                check=False,
            )
            assert (done.returncode, done.stderr) == (0, "")
            assert done.stdout == f"rs0 has its primary: {where}\n"
        address = (secrets / "DSR_MONGO_URL").read_text().replace("mongodb:27017", where)
        with MongoClient[dict[str, object]](address) as client:
            client.company.members.insert_one({"_id": 1})
