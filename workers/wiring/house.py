"""What the runtime and the stages work with: the house, its tools and its policy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from workers.adapters.assertions import Assertions
from workers.adapters.broker import RabbitBroker
from workers.adapters.calendars import clocks
from workers.adapters.outbound import PostOffice
from workers.adapters.particulars import ParticularsSealer
from workers.adapters.recipients.signatures import Signers
from workers.adapters.subject_effects import SubjectEffects
from workers.ports import Policy, Tools
from workers.runtime.decode import IntakeRules
from workers.runtime.house import House
from workers.settings import Settings
from workers.wiring.company import Company
from workers.wiring.own import Own
from workers.wiring.telemetry import Telemetry

MAX_TRIES = 5
"""Guesses at one code (CONTRACT: security rule 4)."""


def build_house(  # noqa: PLR0913, PLR0917 - everything that there is comes together here
    settings: Settings,
    own: Own,
    company: Company,
    broker: RabbitBroker,
    outbound: PostOffice,
    telemetry: Telemetry,
) -> House:
    """The house, by these settings."""
    return House(
        requests=own.requests,
        subjects=SubjectEffects(
            company.subject_data, company.erasure, company.collector, own.exhibits
        ),
        outbound=outbound,
        publisher=broker.publisher,
        answers=broker.answers,
        parked=own.parked,
        rules=IntakeRules(
            own.keys.intake,
            settings.require_sealed_intake,
            settings.channel_users,
            broker.user,
            Signers(settings.secrets, own.requests.now),
        ),
        tools=Tools(
            now=datetime.now(UTC),
            monotonic=0.0,
            policy=policy_of(settings),
            datamap=company.datamap,
            subjects=company.subject_data,
            requests=own.requests,
            sealer=ParticularsSealer(own.vault),
            tokens=own.keys.tokens,
            evidence=own.evidence,
            assertions=Assertions.open(settings.issuers, list(company.datamap.subjects)),
            rests=outbound.recipients.rests,
        ),
        retention=company.retention if settings.retention_hours else None,
        notary=own.notary,
        sweep_every=timedelta(hours=settings.retention_hours),
        meter=telemetry.meter,
        tracer=telemetry.tracer,
    )


def policy_of(settings: Settings) -> Policy:
    """What the settings decide."""
    return Policy(
        public_url=settings.public_url.rstrip("/"),
        mail_domain=settings.mail_domain,
        default_language=settings.language,
        proof_window=settings.proof_window,
        grace=timedelta(minutes=settings.grace_minutes),
        step_timeout=timedelta(seconds=settings.step_timeout),
        interim_after=timedelta(minutes=settings.interim_minutes),
        max_tries=MAX_TRIES,
        challenges_a_day=settings.challenges_a_day,
        requests_a_day=settings.requests_a_day,
        cooling_off=timedelta(hours=settings.cooling_off_hours),
        cooling_off_young=timedelta(hours=settings.cooling_off_young_hours),
        contact_is_young=timedelta(days=settings.young_contact_days),
        second_scan=timedelta(hours=settings.second_scan_hours),
        letter_window=timedelta(hours=settings.letter_proof_hours),
        task_within=timedelta(hours=settings.task_hours),
        package_kept=timedelta(days=settings.package_days),
        package_downloads=settings.package_downloads,
        clocks=clocks(
            settings.deadlines, settings.gdpr_country, settings.gdpr_zone, settings.target_share
        ),
        approval_delay=timedelta(hours=settings.approval_delay_hours),
        reads_replies=settings.mail_replies,
    )
