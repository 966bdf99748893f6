"""A virtual host and databases of one's own on servers that others may use as well."""

from __future__ import annotations

from uuid import uuid4

from workers.local.stack import Stack


async def place(stack: Stack) -> dict[str, str]:
    """The settings that lead to a fresh one."""
    name = f"town-{uuid4().hex[:12]}"
    await stack.rabbit.add_vhosts(name)
    return at(stack, name)


def at(stack: Stack, vhost: str) -> dict[str, str]:
    """The settings that lead to this virtual host and to databases that are called like it."""
    db = vhost.replace("-", "_")
    return {
        "DSR_AMQP_URL": stack.rabbit.url_of(vhost),
        "DSR_MONGO_URL": stack.mongo.url,
        "DSR_SMTP_URL": stack.smtp.url,
        "DSR_MAILDIR": str(stack.smtp.maildir),
        "DSR_DB": f"{db}_dsr",
        "DSR_KEYS_DB": f"{db}_keys",
        "DSR_SUBJECT_DB": f"{db}_company",
    }
