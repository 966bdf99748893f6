"""What is taken out of one document, as it is collected link by link: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from schemas.datamap import Archive, RetentionBasis
from workers.adapters.subject_data.pulls import Pull
from workers.adapters.subject_data.updates import Draft

Fate = Literal["changed", "anonymised", "deleted", "archived"]
_WEIGHT: Final[dict[Fate, int]] = {"changed": 0, "anonymised": 1, "deleted": 2, "archived": 3}


@dataclass(frozen=True, slots=True)
class Keep:
    """One thing for the archive: a document, an element or some values of one."""

    basis: str
    until: datetime
    document_id: Any
    document: Mapping[str, Any]


@dataclass(slots=True)
class Removal:
    """What is done with one document."""

    collection: str
    id: Any
    path: str
    """The mapped path by which it was found first."""
    fate: Fate = "changed"
    pulls: tuple[Pull, ...] = ()
    keeps: tuple[Keep, ...] = ()
    stuck: tuple[tuple[str, str], ...] = ()
    """Paths that stand in the way, each with why."""
    _draft: Draft | None = None

    @property
    def draft(self) -> Draft:
        """What changes in the document; made when it is needed, since most just go."""
        if self._draft is None:
            self._draft = Draft(self.id)
        return self._draft

    @property
    def changes(self) -> bool:
        """Whether anything is set or unset in the document."""
        return self._draft is not None and bool(self._draft.sets or self._draft.unsets)

    def give_up(self) -> None:
        """Nothing of it is done."""
        self._draft, self.pulls, self.keeps, self.fate = None, (), (), "changed"

    @property
    def weight(self) -> int:
        """How much becomes of the document: of several fates the strongest counts."""
        return _WEIGHT[self.fate]

    @property
    def goes(self) -> bool:
        """Whether the document itself goes."""
        return self.weight >= _WEIGHT["deleted"]

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to do, and nothing in the way."""
        return not (self.goes or self.changes or self.pulls or self.stuck)

    def weigh(self, fate: Fate) -> None:
        """This fate, where it is stronger than what another link led to."""
        if _WEIGHT[fate] > self.weight:
            self.fate = fate


@dataclass(frozen=True, slots=True)
class Moment:
    """When the deletion began, what time it is, and for how long what is kept."""

    began: datetime
    now: datetime
    bases: Mapping[str, RetentionBasis]

    def until(self, rule: Archive, times: Iterable[Any]) -> datetime | None:
        """When what is archived by this rule is destroyed; None where nothing says so."""
        basis = self.bases.get(rule.basis)
        if basis is None:
            return None
        if basis.starts == "deletion":
            return basis.duration.after(self.began)
        known = [time for time in times if isinstance(time, datetime) and time.tzinfo]
        try:
            return basis.duration.after(max(known)) if known else None
        except (ValueError, OverflowError):
            return None
