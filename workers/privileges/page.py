"""The table of roles as a page shows it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from schemas.datamap import DataMap
from workers.ports.privileges import EVERY, Grant, Mapped, Place, Role
from workers.privileges.resolve import Names, broker_user
from workers.privileges.roles import roles

_DATABASES: Final[tuple[Place, ...]] = ("own", "keys", "company", "archive")
_UNIONS: Final = {
    "worker": "what all stages may",
    "web": "what all pages may",
    "operator": "what all of the above may, and `announcements`, `announcement_marks`",
}


def broker_table(datamap: DataMap) -> Iterator[str]:
    """What each may do on the broker, as regular expressions."""
    yield "| role | who | write | read | routing keys on `dsr.intake` |"
    yield "| --- | --- | --- | --- | --- |"
    for role in roles(datamap).values():
        user = broker_user(role, Names())
        if role.name in _UNIONS:
            yield f"| `{role.name}` | {role.who} | {_UNIONS[role.name]} | | |"
            continue
        cells = [_code(user.write), _code(user.read), *map(_code, user.topics.values())]
        yield f"| `{role.name}` | {role.who} | {' | '.join([*cells, ''][:3])} |"


def database_table(datamap: DataMap) -> Iterator[str]:
    """What each may do in which database."""
    yield "| role | database | collections | actions | why |"
    yield "| --- | --- | --- | --- | --- |"
    for role in roles(datamap).values():
        if role.name in _UNIONS or not role.grants:
            continue
        for grant in _sorted(role):
            names = ", ".join(map(_collection, grant.collections))
            actions = ", ".join(grant.actions)
            yield f"| `{role.name}` | {grant.place} | {names} | {actions} | {grant.why} |"


def _sorted(role: Role) -> Iterable[Grant]:
    return sorted(role.grants, key=lambda grant: _DATABASES.index(grant.place))


def _collection(name: str | Mapped) -> str:
    if isinstance(name, Mapped):
        return str(name.value)
    return "all" if name == EVERY else f"`{name}`"


def _code(expression: str) -> str:
    return "" if expression == "^$" else f"`{expression.replace('|', chr(92) + '|')}`"
