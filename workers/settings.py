"""Every environment variable, in one place; README's table is checked against this class."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from schemas.errors import SettingsError

Seconds = Annotated[float, Field(gt=0)]


class Settings(BaseSettings):
    """Read from `DSR_*`; a wrong one is refused with its name, never guessed."""

    model_config = SettingsConfigDict(env_prefix="DSR_", frozen=True, extra="ignore")

    secrets_dir: Path | None = Field(
        None,
        description="folder of files named like settings (`DSR_AMQP_URL`), each with its value;"
        " the environment wins",
    )
    amqp_url: str = Field(
        "amqp://guest:guest@127.0.0.1/",
        description="RabbitMQ; of a cluster the addresses of all nodes, `amqp://…,amqp://…`",
    )
    amqp_management_url: str = Field(
        "",
        description="its management API, for `dsr doctor` and `dsr init --with-users`;"
        " `http://user:password@host:15672`",
    )
    mongo_url: str = Field(
        "mongodb://127.0.0.1/?replicaSet=rs0", description="MongoDB of our databases (replica set)"
    )
    smtp_url: str = Field(
        "smtp://127.0.0.1:25",
        description="mail server; `smtps://`, user and password, or `?starttls=required`",
    )
    db: str = Field("dsr", description="database of requests and parked messages")
    keys_db: str = Field("", description="database of wrapped keys; empty: `DSR_DB` and `_keys`")
    subject_url: str = Field(
        "", description="MongoDB of the company's data; empty: `DSR_MONGO_URL`"
    )
    subject_db: str = Field("company", description="the company's own database")
    archive_url: str = Field(
        "", description="MongoDB of what the law keeps (replica set); empty: `DSR_MONGO_URL`"
    )
    archive_db: str = Field("dsr_archive", description="database of what the law keeps")
    data_map: Path = Field(
        Path("deploy/datamaps/smallmachines.yaml"), description="YAML file that describes it"
    )
    keys: Path = Field(Path("keys"), description="key folder; outside MongoDB and its backups")
    secrets: Path = Field(
        Path("secrets"), description="folder of recipients' secrets: `<name>.out` and `<name>.in`"
    )
    recipient_urls: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict, description="overrides addresses of the map: `name=url,name=url`"
    )
    allow_private_recipients: bool = Field(
        default=False, description="let recipients be on private addresses; for trials only"
    )
    channel_users: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict,
        description="broker user of each channel, `web=intake-web,…`; others are then refused;"
        " of several, `web=one|another`",
    )
    issuers: Path | None = Field(
        None, description="JSON file of the logins whose assertions prove who asks"
    )
    require_sealed_intake: bool = Field(
        default=False, description="park whatever a channel publishes in clear"
    )
    intake_jwks: Path | None = Field(
        None, description="public keys that a channel seals to; empty: those of `DSR_KEYS`"
    )
    spool: Path | None = Field(
        None, description="folder where a channel keeps, sealed, what the broker cannot take"
    )
    spool_mb: int = Field(100, ge=1, description="what it holds at most, in MB")
    imap_url: str = Field(
        "",
        repr=False,
        description="mailbox that `dsr mailbox` reads: `imaps://user:password@host`, or `imap://…`",
    )
    imap_folder: str = Field("INBOX", min_length=1, description="the one folder of it that is read")
    imap_poll: Seconds = Field(60.0, description="seconds between looks, where IDLE tells nothing")
    imap_border: str = Field(
        "", description="name of the mail server whose Authentication-Results are noted"
    )
    public_url: str = Field(
        "http://127.0.0.1:8080", description="address of `dsr web` in links; never from a request"
    )
    web_host: str = Field("127.0.0.1", description="address that `dsr web` listens on")
    web_port: int = Field(8080, ge=0, le=65535, description="its port; 0 picks a free one")
    mail_from: str = Field("privacy@localhost", description="sender of every mail")
    mail_replies: bool = Field(
        default=False, description="mails say that a code can be mailed back: `dsr mailbox` runs"
    )
    mail_domain: str = Field("dsr.localhost", description="right side of every Message-ID")
    language: str = Field("ko", pattern="^(ko|en)$", description="default language")
    deadlines: str = Field(
        "korea",
        pattern=r"^(korea|gdpr|ccpa)(,(ko|en)=(korea|gdpr|ccpa))*$",
        description="law whose clock runs, `korea`, `gdpr` or `ccpa`; by language: `korea,en=gdpr`",
    )
    gdpr_country: str = Field(
        "", description="country whose holidays count for `gdpr`, `DE` or `DE-BY`; empty: none"
    )
    gdpr_zone: str = Field("Europe/Brussels", description="time zone whose days `gdpr` counts")
    target_share: float = Field(
        0.5, gt=0, le=1, description="share of the legal time in which a request should be done"
    )
    desk_zone: str = Field(
        "Asia/Seoul", description="time zone of the desk: what it reads, and types in"
    )
    proof_hours: Seconds = Field(72.0, description="time to prove, in hours")
    grace_minutes: float = Field(
        60.0, ge=0, description="a proof this late still competes, in minutes"
    )
    interim_minutes: Seconds = Field(
        50.0, description="after applying, the person hears at the latest after so many minutes"
    )
    cooling_off_hours: float = Field(
        24.0,
        ge=0,
        description="how long a proven deletion, or access, can still be stopped, in hours",
    )
    cooling_off_young_hours: float = Field(
        120.0, ge=0, description="the same where the contact is young, in hours"
    )
    young_contact_days: float = Field(
        30.0, ge=0, description="a contact younger than that, or of unknown age, is young, in days"
    )
    second_scan_hours: Seconds = Field(
        24.0, description="when a deletion is looked after once more, in hours"
    )
    approval_delay_hours: float = Field(
        24.0,
        ge=0,
        description="how long an approval waits that a second person should share, in hours",
    )
    account_password: str = Field(
        "", repr=False, description="password of the account of `--by`; empty: it is asked for"
    )
    oidc_issuer: str = Field(
        "",
        description="OpenID Connect provider that signs the desk in, instead of password and code",
    )
    oidc_client_id: str = Field("", description="our name at that provider")
    oidc_client_secret: str = Field(
        "", repr=False, description="our secret there; empty: a public client"
    )
    oidc_claim: str = Field(
        "sub",
        pattern="^[A-Za-z][A-Za-z0-9_]{0,39}$",
        description="claim that accounts are linked by; `email` must be verified",
    )
    retention_hours: float = Field(
        24.0, ge=0, description="hours between retention sweeps; 0: only by `dsr retention run`"
    )
    particulars_days: Seconds = Field(
        1095.0, description="how long the personal part of a final request is kept, in days"
    )
    package_days: Seconds = Field(
        7.0, description="how long a package of an access request can be fetched, in days"
    )
    package_downloads: int = Field(5, ge=1, description="how often it can be fetched")
    step_timeout: Seconds = Field(
        120.0, description="seconds until a step's command is sent again; doubles each time"
    )
    tick: Seconds = Field(1.0, description="seconds between looks at the clock")
    letter_proof_hours: Seconds = Field(
        168.0, description="time to prove after a letter, or without an e-mail address, in hours"
    )
    task_hours: Seconds = Field(
        48.0, description="hours in which a call is to be made, or a letter posted"
    )
    challenges_a_day: int = Field(3, ge=1, description="codes to one contact in 24 hours")
    requests_a_day: int = Field(
        20, ge=1, description="requests from one address in 24 hours; more wait for a day"
    )
    limit_forms: str = Field(
        "60/10 minutes", description="request forms from one address; empty: without a limit"
    )
    limit_codes: str = Field("30/10 minutes", description="tries at codes from one address")
    limit_status: str = Field("30/10 minutes", description="uses of the status page, the same")
    limit_links: str = Field("60/10 minutes", description="buttons behind links of mails, the same")
    limit_logins: str = Field("30/15 minutes", description="logins at the desk, the same")
    limit_all: str = Field(
        "60000/10 minutes", description="each of these, from all addresses together"
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), description="networks of proxies whose `X-Forwarded-For` is believed, `10.0.0.0/8,…`"
    )
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="port of `/metrics`, `/healthz` and `/readyz` of `dsr worker` and `dsr web`;"
        " empty: none",
    )
    metrics_host: str = Field("127.0.0.1", description="address that this port listens on")
    metrics_token: str = Field(
        "",
        repr=False,
        description="bearer token that reads `/metrics` on the port of `dsr web`; empty: nobody",
    )
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="log level")

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(_secrets_dir=_secrets_dir(values), **values)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            name = "DSR_" + "_".join(str(part) for part in first["loc"]).upper()
            raise SettingsError(f"{name} is not usable: {first['msg']}") from None

    @field_validator("metrics_port", mode="before")
    @classmethod
    def _none(cls, value: Any) -> Any:
        return None if value in {"", "none"} else value

    @field_validator("desk_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ValueError("name a time zone, such as Asia/Seoul") from None
        return value

    @field_validator("recipient_urls", "channel_users", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
        if any(not equals or not right for _, equals, right in pairs):
            raise ValueError("write it as name=value,name=value")
        return {left.strip(): right.strip() for left, _, right in pairs}

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return (
            [one.strip() for one in value.split(",") if one.strip()]
            if isinstance(value, str)
            else value
        )

    @property
    def keys_database(self) -> str:
        """The name of the database of wrapped keys."""
        return self.keys_db or f"{self.db}_keys"

    @property
    def subject_server(self) -> str:
        """The server of the company's database."""
        return self.subject_url or self.mongo_url

    @property
    def archive_server(self) -> str:
        """The server of what the law keeps."""
        return self.archive_url or self.mongo_url

    @property
    def proof_window(self) -> timedelta:
        """The time to prove."""
        return timedelta(hours=self.proof_hours)


def _secrets_dir(values: Mapping[str, Any]) -> Path | None:
    """The folder of settings in files, which has to be known before all others are read."""
    name = values.get("secrets_dir") or os.environ.get("DSR_SECRETS_DIR")
    if not name:
        return None
    folder = Path(name)
    try:
        for file in folder.iterdir():
            if file.name.upper().startswith("DSR_"):
                file.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise SettingsError(
            "DSR_SECRETS_DIR is not usable: it must be a folder of text files that we may read"
        ) from error
    return folder
