"""What leaves the house: a mail through the mailer, a notice through the recipient's transport."""

from __future__ import annotations

from workers.adapters.mailer import Mailer
from workers.adapters.recipients import Recipients
from workers.adapters.recipients.mail import Post
from workers.emails import Composer
from workers.ports import OutboundEffect, OutboundResult, OutgoingMail, SendMail


class PostOffice:
    """Performs outbound effects."""

    def __init__(
        self, composer: Composer, mailer: Mailer, recipients: Recipients, post: Post
    ) -> None:
        self.composer = composer
        self.mailer = mailer
        self.recipients = recipients
        self.post = post

    async def perform(self, effect: OutboundEffect) -> OutboundResult:
        """Send once and say what became of it; only a bug of ours raises."""
        if isinstance(effect, SendMail):
            return await self._mail(effect)
        return await self.recipients.perform(effect)

    async def _mail(self, effect: SendMail) -> OutboundResult:
        letter = self.composer.compose(effect.facts, effect.language)
        result = await self.mailer.send(
            OutgoingMail(
                to=effect.to,
                subject=letter.subject,
                text=letter.text,
                html=letter.html,
                message_id=effect.message_id,
                tracking=effect.tracking,
                date=effect.date,
                language=effect.language,
                in_reply_to=effect.in_reply_to,
            )
        )
        return OutboundResult(result.status, result.code)
