"""The table of roles as a page shows it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from schemas.datamap import DataMap
from workers.pipeline import STATIONS
from workers.ports.privileges import EVERY, Grant, Mapped, Place
from workers.privileges.resolve import Names, broker_user
from workers.privileges.roles import roles

_DATABASES: Final[tuple[Place, ...]] = ("own", "keys", "company", "archive")
_UNIONS: Final = {
    "worker": "what all stages may",
    "web": "what all pages may",
    "operator": "what all of the above may, and `announcements`, `announcement_marks`",
}


def inserted(page: str, datamap: DataMap) -> str:
    """The page with its tables made anew."""
    for name, table in (("broker", broker_table), ("databases", database_table)):
        begin, end = f"<!-- {name}: made by `dsr privileges --out .` -->", "<!-- end -->"
        before, _, rest = page.partition(begin)
        lines = "\n".join(table(datamap))
        page = f"{before}{begin}\n{lines}\n{end}{rest.partition(end)[2]}"
    return page


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
    every = [role for role in roles(datamap).values() if role.grants and role.name not in _UNIONS]
    stages = [role for role in every if role.name in STATIONS]
    of_all = [one for one in stages[0].grants if all(one in role.grants for role in every)]
    of_stages = [one for one in stages[0].grants if all(one in role.grants for role in stages)]
    yield from _rows("(each of these)", of_all)
    yield from _rows("(each stage)", [one for one in of_stages if one not in of_all])
    for role in every:
        known = of_stages if role in stages else of_all
        yield from _rows(f"`{role.name}`", [one for one in role.grants if one not in known])


def _rows(who: str, grants: Iterable[Grant]) -> Iterator[str]:
    for grant in sorted(grants, key=lambda grant: _DATABASES.index(grant.place)):
        names = ", ".join(map(_collection, grant.collections))
        yield f"| {who} | {grant.place} | {names} | {', '.join(grant.actions)} | {grant.why} |"


def _collection(name: str | Mapped) -> str:
    if isinstance(name, Mapped):
        return str(name.value)
    return "all" if name == EVERY else f"`{name}`"


def _code(expression: str) -> str:
    return "" if expression == "^$" else f"`{expression.replace('|', chr(92) + '|')}`"
