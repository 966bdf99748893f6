"""What is ours alone: requests, packages, parked messages, their keys, what is evidence."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.datamap import DataMap
from workers.adapters.audit_log import AuditLog, LogCheck, Notary, Pending
from workers.adapters.evidence import Certificates
from workers.adapters.exhibits import Exhibits
from workers.adapters.migrations import MIGRATIONS, Layout
from workers.adapters.packages import PackageStore
from workers.adapters.parked import ParkedMessages
from workers.adapters.recipients.states import RecipientStates
from workers.adapters.request_store import RequestStore
from workers.adapters.signing import Signer
from workers.adapters.vault import Vault
from workers.settings import Settings
from workers.wiring.databases import Databases
from workers.wiring.keys import Keys


@dataclass(frozen=True, slots=True)
class Own:
    """Everything that lies in our databases, and the keys to it."""

    keys: Keys
    vault: Vault
    requests: RequestStore
    packages: PackageStore
    parked: ParkedMessages
    exhibits: Exhibits
    evidence: Certificates
    log: AuditLog
    log_check: LogCheck
    notary: Notary
    recipients: RecipientStates
    layout: Layout


async def open_own(settings: Settings, datamap: DataMap, databases: Databases, keys: Keys) -> Own:
    """The first that MongoDB is asked: `Unreachable`, or `KeyFolderError` if keys do not fit."""
    vault = Vault(databases.keys, keys.holder)
    requests = RequestStore(databases.own)
    await requests.clock.sync()
    await vault.check()
    log, pending = AuditLog(databases.own), Pending(databases.own)
    signer = Signer(keys.holder)
    return Own(
        keys=keys,
        vault=vault,
        requests=requests,
        packages=PackageStore(databases.own, vault),
        parked=ParkedMessages(
            databases.own,
            vault,
            keys.intake,
            keys.holder.derive("parked message"),
            requests.now,
        ),
        exhibits=Exhibits(databases.own, vault),
        evidence=Certificates(keys.holder, datamap, settings.data_map),
        log=log,
        log_check=LogCheck(log, pending, signer.public_key),
        notary=Notary(log, pending, signer, datamap.organisation.name),
        recipients=RecipientStates(databases.own),
        layout=Layout(databases.own, MIGRATIONS),
    )
