"""How far a deletion has got, as the control document keeps it under `deletion`.

    request, fields, began       whose it is, what goes (None: all), and since when
    ties, digests                values of the home that find documents, per field
    batch                        [collection, ids] that the counts hold and that may not be done yet
    counts, kept, findings,      the summary, in lists
    keys, rescans
    phase, site, after           where it goes on
    held                         the level at which something is in the way: nothing below it goes
    stuck                        [collection, id] that cannot be done and are passed over
    blocked                      whether the last call ended so: the next one starts over
    told                         whether the marker and the ledger have it

It may hold personal data (keys, names) and goes with the control document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from schemas.evidence import CollectionCount, ErasureSummary, Finding, Kept
from workers.adapters.subject_data.keys import identity
from workers.adapters.subject_data.removal import Removal

Phase = Literal["erase", "rescan"]
NOTHING_HELD: Final = -2
"""Below the level of the home."""
MOST_STUCK: Final = 100
"""Documents of one subject that are passed over before the rest of it waits for a remedy."""
STEPS: Final = {"freeze": 1, "erase": 3, "rescan": 5, "done": 6}
"""The numbers of the steps, as checkpoints tell them."""


@dataclass(slots=True)
class Progress:
    """One deletion."""

    request: str
    fields: tuple[str, ...] | None
    began: datetime
    ties: dict[str, Any] = field(default_factory=dict)
    digests: dict[str, list[Any]] = field(default_factory=dict)
    phase: Phase = "erase"
    site: int = 0
    after: list[Any] = field(default_factory=list)
    held: int = NOTHING_HELD
    batch: dict[str, dict[Hashable, Any]] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    kept: dict[tuple[str, str], tuple[int, datetime]] = field(default_factory=dict)
    findings: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    stuck: dict[str, list[Any]] = field(default_factory=dict)
    keys: int = 0
    rescans: int = 0
    blocked: bool = False
    told: bool = False

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Progress:
        """From the control document."""
        return cls(
            request=stored["request"],
            fields=None if stored["fields"] is None else tuple(stored["fields"]),
            began=stored["began"],
            ties=dict(stored["ties"]),
            digests=dict(stored["digests"]),
            phase=stored["phase"],
            site=stored["site"],
            after=stored["after"],
            held=stored["held"],
            batch={name: {identity(id_): id_ for id_ in ids} for name, ids in stored["batch"]},
            counts={name: Counter(counts) for name, counts in stored["counts"]},
            kept={(name, basis): (n, until) for name, basis, n, until in stored["kept"]},
            findings=Counter({(name, path, why): n for name, path, why, n in stored["findings"]}),
            stuck={name: list(ids) for name, ids in stored["stuck"]},
            keys=stored["keys"],
            rescans=stored["rescans"],
            blocked=stored["blocked"],
            told=stored["told"],
        )

    def stored(self) -> dict[str, Any]:
        """As it is read back."""
        return {
            "request": self.request,
            "fields": None if self.fields is None else list(self.fields),
            "began": self.began,
            "ties": self.ties,
            "digests": self.digests,
            "phase": self.phase,
            "site": self.site,
            "after": self.after,
            "held": self.held,
            "batch": [[name, list(ids.values())] for name, ids in self.batch.items()],
            "counts": [[name, dict(counts)] for name, counts in self.counts.items()],
            "kept": [[*where, *what] for where, what in self.kept.items()],
            "findings": [[*where, n] for where, n in self.findings.items()],
            "stuck": [[name, ids] for name, ids in self.stuck.items()],
            "keys": self.keys,
            "rescans": self.rescans,
            "blocked": self.blocked,
            "told": self.told,
        }

    def start_over(self) -> None:
        """From the first site on: what was done is not found again."""
        self.phase, self.site, self.after, self.held = "erase", 0, [], NOTHING_HELD

    def try_again(self) -> None:
        """After it was blocked, by a later call."""
        self.blocked = False
        self.findings.clear()
        self.stuck.clear()
        self.start_over()

    def plan(self, removals: Iterable[Removal], *, clean: bool) -> None:
        """Make this the batch and count it, each document once.

        Unless the last batch is known to have been carried out, it stays in this one.
        """
        before, self.batch = self.batch, {}
        if not clean:
            self.batch = {name: dict(ids) for name, ids in before.items()}
        for removal in sorted(removals, key=lambda removal: -removal.weight):
            ids = self.batch.setdefault(removal.collection, {})
            known = identity(removal.id)
            if known not in ids:
                ids[known] = removal.id
                self._count(removal, 1)

    def forget(self, removal: Removal) -> None:
        """It was not carried out after all."""
        if self.batch.get(removal.collection, {}).pop(identity(removal.id), None) is not None:
            self._count(removal, -1)

    def stick(self, removal: Removal) -> None:
        """It cannot be done: say where, and pass it over until the next try."""
        for path, why in removal.stuck[:1]:
            self.findings[removal.collection, path, why] += 1
        self.stuck.setdefault(removal.collection, []).append(removal.id)

    @property
    def stuck_documents(self) -> int:
        """How many are passed over."""
        return sum(map(len, self.stuck.values()))

    @property
    def summary(self) -> ErasureSummary:
        """What is told of it."""
        counts = {name: +counted for name, counted in sorted(self.counts.items())}
        return ErasureSummary(
            counts=tuple(
                CollectionCount(collection=name, **counted)
                for name, counted in counts.items()
                if counted
            ),
            kept=tuple(
                Kept(collection=name, basis=basis, documents=n, until=until)
                for (name, basis), (n, until) in sorted(self.kept.items())
                if n
            ),
            findings=tuple(
                Finding(collection=name, path=path, documents=n, why=why)
                for (name, path, why), n in sorted(self.findings.items())
            ),
            keys_destroyed=self.keys,
            rescans=self.rescans,
        )

    def _count(self, removal: Removal, by: int) -> None:
        counts = self.counts.get(removal.collection)
        if counts is None:
            counts = self.counts[removal.collection] = Counter()
        counts[removal.fate] += by
        for keep in removal.keeps:
            documents, until = self.kept.get((removal.collection, keep.basis), (0, keep.until))
            kept = (documents + by, max(until, keep.until))
            self.kept[removal.collection, keep.basis] = kept


def checkpoint(step: str, summary: ErasureSummary) -> dict[str, Any]:
    """What a call returns for the request's timeline; nothing in it is personal."""
    return {"step": STEPS[step], "name": step, "summary": summary.model_dump(mode="json")}
