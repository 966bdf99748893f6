"""Every setting comes from the environment; a wrong one is refused by its name, never guessed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from schemas.errors import SettingsError
from workers.settings import Settings


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"DSR_{name.upper()}", raising=False)


def test_without_a_setting_everything_has_its_default() -> None:
    settings = Settings()
    assert settings.db == "dsr"
    assert settings.keys_database == "dsr_keys"
    assert settings.subject_server == settings.mongo_url
    assert settings.proof_window == timedelta(hours=72)


def test_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSR_DB", "other")
    monkeypatch.setenv("DSR_SUBJECT_URL", "mongodb://company/")
    monkeypatch.setenv("DSR_REQUIRE_SEALED_INTAKE", "true")
    settings = Settings()
    assert (settings.db, settings.keys_database) == ("other", "other_keys")
    assert settings.subject_server == "mongodb://company/"
    assert settings.require_sealed_intake is True


def test_pairs_are_read_from_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSR_CHANNEL_USERS", "web=intake-web, phone=intake-phone,")
    monkeypatch.setenv("DSR_RECIPIENT_URLS", "korea-pay=https://pay.example/dsr?a=b")
    settings = Settings()
    assert settings.channel_users == {"web": "intake-web", "phone": "intake-phone"}
    assert settings.recipient_urls == {"korea-pay": "https://pay.example/dsr?a=b"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DSR_PROOF_HOURS", "0"),
        ("DSR_PROOF_HOURS", "-1"),
        ("DSR_PROOF_HOURS", "soon"),
        ("DSR_GRACE_MINUTES", "-1"),
        ("DSR_STEP_TIMEOUT", "0"),
        ("DSR_TICK", "0"),
        ("DSR_CHALLENGES_A_DAY", "0"),
        ("DSR_WEB_PORT", "65536"),
        ("DSR_LANGUAGE", "de"),
        ("DSR_LOG_LEVEL", "VERBOSE"),
        ("DSR_REQUIRE_SEALED_INTAKE", "perhaps"),
        ("DSR_CHANNEL_USERS", "web"),
        ("DSR_CHANNEL_USERS", "web="),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name_without_its_value(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"^{name} is not usable"):
        Settings()


def test_a_password_in_an_address_is_not_repeated_when_another_setting_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DSR_MONGO_URL", "mongodb://u:hunter2@host/")
    monkeypatch.setenv("DSR_TICK", "hunter3")
    with pytest.raises(SettingsError) as refused:
        Settings()
    assert "hunter" not in str(refused.value)


def test_every_setting_says_what_it_is() -> None:
    undescribed = [name for name, field in Settings.model_fields.items() if not field.description]
    assert undescribed == []


def test_a_setting_may_stand_in_a_file_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "DSR_MONGO_URL").write_text("mongodb://u:hunter2@host/\n")
    (tmp_path / "DSR_CHANNEL_USERS").write_text("web=intake-web")
    (tmp_path / "somebody-elses").write_text("nothing of ours")
    (tmp_path / "..data").mkdir()  # how Kubernetes lays out a secret
    monkeypatch.setenv("DSR_SECRETS_DIR", str(tmp_path))
    settings = Settings()
    assert settings.mongo_url == "mongodb://u:hunter2@host/"
    assert settings.channel_users == {"web": "intake-web"}
    assert settings.db == "dsr"


def test_the_environment_wins_over_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "DSR_DB").write_text("of-the-file")
    (tmp_path / "DSR_SUBJECT_DB").write_text("of-the-file")
    monkeypatch.setenv("DSR_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("DSR_DB", "of-the-environment")
    settings = Settings()
    assert (settings.db, settings.subject_db) == ("of-the-environment", "of-the-file")


def test_a_wrong_setting_in_a_file_is_refused_by_its_name_without_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "DSR_TICK").write_text("hunter3")
    monkeypatch.setenv("DSR_SECRETS_DIR", str(tmp_path))
    with pytest.raises(SettingsError, match=r"^DSR_TICK is not usable") as refused:
        Settings()
    assert "hunter" not in str(refused.value)


@pytest.mark.parametrize("make", ["nothing", "a file", "no text", "a folder in it"])
def test_a_folder_of_settings_that_cannot_be_read_is_refused(
    make: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "secrets"
    if make == "a file":
        folder.write_text("DSR_DB=other")
    elif make != "nothing":
        folder.mkdir()
    if make == "no text":
        (folder / "DSR_DB").write_bytes(b"\xff\xfe")
    elif make == "a folder in it":
        (folder / "DSR_DB").mkdir()
    monkeypatch.setenv("DSR_SECRETS_DIR", str(folder))
    with pytest.raises(SettingsError, match=r"^DSR_SECRETS_DIR is not usable"):
        Settings()
