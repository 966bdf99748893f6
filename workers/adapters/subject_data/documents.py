"""Seals the sealed places of documents that are about to be inserted, for sample members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from schemas.request import SubjectRef
from workers.adapters.subject_data.changes import Owner, leaf_positions, sealed
from workers.adapters.subject_data.items import owner
from workers.adapters.subject_data.places import Leaf, Place, SubjectModel
from workers.adapters.subject_data.positions import MISSING, Position, Scope, positions, resolve
from workers.adapters.subject_data.sealing import Tokens, Vault, key_name
from workers.adapters.subject_data.sessions import Document

Whose = tuple[SubjectRef, str, Document]
"""A subject, a collection, and a document of it that is the subject's."""


async def seal_documents(
    whose: Sequence[Whose], models: Mapping[str, SubjectModel], vault: Vault, tokens: Tokens
) -> list[Document]:
    """Copies of the documents as they are to be stored: sealed places sealed, digests beside them.

    The whole document is taken for the subject's own; what is sealed already is left alone.
    """
    names = [key_name(s, tokens.pseudonym(s.type, s.key)) for s, _, _ in whose]
    keys = await vault.data_keys(names, create=True)
    made = []
    for (subject, collection, document), name in zip(whose, names, strict=True):
        model = models[subject.type]
        copy = deepcopy(document)
        person = owner(model, subject.key, tokens, keys[name])
        for places in model.places.values():
            for _, place in places:
                if place.placement.sealed and place.placement.collection == collection:
                    _seal(place, copy, person)
        made.append(copy)
    return made


def _seal(place: Place, document: Document, person: Owner) -> None:
    for leaf in place.leaves:
        for position in leaf_positions(leaf, document, person.text, lambda _: True):
            if position.value in (MISSING, None) or isinstance(position.value, bytes):
                continue
            _put(document, position, sealed(place, leaf, position.value, person))
            _put_digest(place, leaf, document, position, person)


def _put_digest(
    place: Place, leaf: Leaf, document: Document, position: Position, person: Owner
) -> None:
    digest = person.blind_index(place.field, position.value) if leaf.blind else None
    if digest is None or leaf.blind is None:
        return
    scope = Scope.between(leaf.path, leaf.blind)
    above = resolve(document, position.at[: scope.shared])
    for there in positions(above, scope.rest):
        _put(above, there, digest)


def _put(document: Any, position: Position, value: Any) -> None:
    for step in position.at[:-1]:
        document = document[step] if isinstance(step, int) else document.setdefault(step, {})
    document[position.at[-1]] = value
