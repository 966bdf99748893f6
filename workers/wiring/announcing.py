"""What `dsr announce` works with."""

from __future__ import annotations

from workers.adapters.announcing import Announcer, MongoMarks
from workers.adapters.outbound import PostOffice
from workers.settings import Settings
from workers.wiring.company import Company
from workers.wiring.own import Own


def build_announcer(
    settings: Settings, own: Own, company: Company, marks: MongoMarks, outbound: PostOffice
) -> Announcer:
    """It mails with the words, and over the connections, of all other mail."""
    return Announcer(
        company.subject_data.audience(),
        marks,
        outbound.composer,
        outbound.mailer,
        tokens=own.keys.tokens,
        mail_domain=settings.mail_domain,
    )
