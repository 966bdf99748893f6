"""The issuers' file: a login is believed as it is configured, or nothing starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import SettingsError
from tests.cast import MORNING, submission
from tests.login import Login
from workers.adapters.assertions import Assertions

TYPES = ["member", "inquirer"]


def written(folder: Path, content: Any) -> Path:
    file = folder / "issuers.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def changed(login: Login, **other: Any) -> dict[str, Any]:
    (issuer,) = json.loads(login.configuration())["issuers"]
    content = {name: value for name, value in {**issuer, **other}.items() if value is not None}
    return {"issuers": [content]}


def test_a_login_is_believed_by_the_keys_in_the_file(tmp_path: Path) -> None:
    login = Login()
    assertions = Assertions.open(written(tmp_path, login.configuration()), TYPES)
    said = assertions.verify(login.says(submission(), MORNING), MORNING)
    assert (said.subject_type, said.subject_is, said.subject) == ("member", "key", "1001")


def test_the_keys_may_be_in_a_file_beside_it(tmp_path: Path) -> None:
    login = Login()
    jwks = {"keys": [login.key.as_dict(private=False)]}
    (tmp_path / "login.jwks.json").write_text(json.dumps(jwks))
    file = written(tmp_path, changed(login, keys=None, keys_file="login.jwks.json"))
    said = Assertions.open(file, TYPES).verify(login.says(submission(), MORNING), MORNING)
    assert said.subject == "1001"


@pytest.mark.parametrize(
    ("other", "names"),
    [
        ({"keys": None}, "one_of_keys_and_keys_file"),
        ({"keys_file": "login.jwks.json"}, "one_of_keys_and_keys_file"),
        ({"keys": None, "keys_file": "missing.json"}, "cannot be read"),
        ({"keys": {"keys": []}}, "not a JWK set"),
        ({"keys": {"keys": [{"kty": "EC"}]}}, "not a JWK set"),
        ({"keys": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}}, "public keys only"),
        ({"algorithms": []}, "algorithms"),
        ({"algorithms": ["HS256"]}, "algorithms"),
        ({"subject_type": "guest"}, "no subject type"),
        ({"subject_is": "_id"}, "subject_is"),
        ({"secret": "x"}, "extra_forbidden"),
    ],
)
def test_what_is_not_usable_is_said_before_anything_starts(
    other: dict[str, Any], names: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=names):
        Assertions.open(written(tmp_path, changed(Login(), **other)), TYPES)


def test_a_private_key_has_no_business_there(tmp_path: Path) -> None:
    login = Login()
    jwks = {"keys": [login.key.as_dict(private=True)]}
    with pytest.raises(SettingsError, match="public keys only"):
        Assertions.open(written(tmp_path, changed(login, keys=jwks)), TYPES)


def test_an_issuer_twice_is_a_mistake(tmp_path: Path) -> None:
    (one,) = changed(Login())["issuers"]
    with pytest.raises(SettingsError, match="twice"):
        Assertions.open(written(tmp_path, {"issuers": [one, one]}), TYPES)


@pytest.mark.parametrize("content", ["", "not json", "[]", '{"issuers": 1}'])
def test_a_file_that_is_none_is_named(content: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="DSR_ISSUERS"):
        Assertions.open(written(tmp_path, content), TYPES)
    with pytest.raises(SettingsError, match="cannot be read"):
        Assertions.open(tmp_path / "missing.json", TYPES)
