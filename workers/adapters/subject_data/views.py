"""`<collection>_usable`: the same documents without any field that is restricted right now (D5).

A pipeline of a view collects everything by which the document names subjects, looks up the control
documents that list one of these names (only restricted subjects list any), and takes away each
restricted place, home and copies alike, those that no correction follows into included. An `_id`
always stays: without it a document could not be told from another. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from schemas.datamap import KeyedObjectLink, KeyLink, TieLink
from workers.adapters.subject_data.control import COLLECTION
from workers.adapters.subject_data.expressions import (
    Expression,
    Guard,
    all_of,
    collect,
    concatenated,
    equals,
    present,
    pruned,
    without,
)
from workers.adapters.subject_data.places import Leaf, Place, Site, SubjectModel
from workers.adapters.subject_data.positions import Scope, Steps

SUFFIX: Final = "_usable"
_HIDES: Final = "__dsr"
_NEVER: Final = {"dsr": "none"}
"""An empty array would be joined to every document that lacks the joined field."""

Stage = dict[str, Any]
_Entry = tuple[SubjectModel, Site, Place]


def view_name(collection: str) -> str:
    """What downstream systems read in place of the collection."""
    return collection + SUFFIX


def view_pipeline(collection: str, models: Mapping[str, SubjectModel]) -> list[Stage]:
    """The view's definition; empty where nothing in the collection is mapped."""
    entries = [
        (model, site, place)
        for model in models.values()
        for places in model.places.values()
        for site, place in places
        if site.collection == collection
    ]
    removals = [
        (entry, leaf) for entry in entries for leaf in entry[2].leaves if leaf.steps[0] != "_id"
    ]
    if not removals:
        return []
    sites = list({(model.name, site): (model, site) for model, site, _ in entries}.values())
    shape = _Shape(
        through={site: f"{_HIDES}_{n}" for n, (_, site) in enumerate(sites) if site.hops},
        one_person=len(sites) == 1 and _is_one_persons(sites[0][1]),
    )
    stages = [
        stage
        for model, site in sites
        if site in shape.through
        for stage in _join(model, site, 0, shape.through[site])
    ]
    names = [_names(model, site, "$$ROOT", None, shape) for model, site in sites]
    stages += [
        {"$set": {_HIDES: {"$concatArrays": [[_NEVER], *names]}}},
        _lookup(COLLECTION, _HIDES, "names"),
        {"$set": {_HIDES: concatenated(f"${_HIDES}.hides{'.f' if shape.one_person else ''}")}},
        {"$set": _removing(removals, shape)},
    ]
    return [*stages, {"$unset": [_HIDES, *shape.through.values()]}]


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a collection's documents are like."""

    through: Mapping[Site, str]
    """Where the documents are joined that lead on to the subjects."""
    one_person: bool
    """Whether a document is one person's as a whole: then only field names are looked up."""


def _is_one_persons(site: Site) -> bool:
    return isinstance(site.link, KeyLink) and not site.anchor.has_arrays


def _removing(removals: list[tuple[_Entry, Leaf]], shape: _Shape) -> dict[str, Expression]:
    """Each top-level field without its restricted places; almost always just as it is.

    What the elements of an array are judged by goes last: whatever comes after sees it gone.
    """
    judges = {
        path for (_, site, place), _ in removals for path in (site.anchor, *place.placement.where)
    }
    by_top: dict[str, list[tuple[_Entry, Leaf]]] = defaultdict(list)
    for removal in sorted(removals, key=lambda removal: removal[1].path in judges):
        by_top[removal[1].steps[0]].append(removal)
    return {
        top: {"$cond": [{"$eq": [f"${_HIDES}", []]}, f"${top}", _left(top, found, shape)]}
        for top, found in by_top.items()
    }


def _left(top: str, removals: list[tuple[_Entry, Leaf]], shape: _Shape) -> Expression:
    """What is left of one top-level field."""
    plain: list[tuple[Steps, Expression]] = []
    others: list[Callable[[str], Expression]] = []
    for (model, site, place), leaf in removals:
        guards, entry = _guards(model, site, place, leaf, shape)
        if len(leaf.steps) > 1 and guards.keys() == {0} and not leaf.path.has_arrays:
            plain.append((leaf.steps[1:], all_of(guards[0], "$$ROOT")))
        else:
            others.append(partial(without, steps=leaf.steps, guards=guards, entry=entry))
    if not plain:
        return _one_by_one(f"${top}", others)
    first = pruned(f"${top}", plain)
    if not others:
        return first
    return {"$let": {"vars": {"left": first}, "in": _one_by_one("$$left", others)}}


def _one_by_one(value: str, steps: Sequence[Callable[[str], Expression]]) -> Expression:
    """One place after the other, each taken from what the one before has left."""
    made = steps[0](value)
    if len(steps) == 1:
        return made
    name = f"left{len(steps)}"
    return {"$let": {"vars": {name: made}, "in": _one_by_one(f"$${name}", steps[1:])}}


def _guards(
    model: SubjectModel, site: Site, place: Place, leaf: Leaf, shape: _Shape
) -> tuple[dict[int, list[Guard]], Guard | None]:
    guards: dict[int, list[Guard]] = defaultdict(list)
    entry: Guard | None = None
    if isinstance(site.link, KeyedObjectLink):
        entry = lambda name: _hidden(place.field, {"t": model.name, "k": name})  # noqa: E731
    elif shape.one_person:
        guards[0].append(lambda _: {"$in": [place.field, f"${_HIDES}"]})
    else:
        rest = leaf.link.rest
        guards[leaf.link.shared].append(
            lambda base: _any_hidden(place.field, _names(model, site, base, rest, shape))
        )
    for scope, value in leaf.where:
        guards[scope.shared].append(_equal(scope.rest, value))
    return guards, entry


def _equal(rest: Steps, value: Any) -> Guard:
    return lambda base: equals(base, rest, value)


def _hidden(field: str, name: Expression) -> Expression:
    return {"$in": [{"f": field, "n": name}, f"${_HIDES}"]}


def _any_hidden(field: str, names: Expression) -> Expression:
    if isinstance(names, list) and len(names) == 1:
        return _hidden(field, names[0])
    asked = {"$map": {"input": names, "as": "name", "in": {"f": field, "n": "$$name"}}}
    return {"$gt": [{"$size": {"$setIntersection": [asked, f"${_HIDES}"]}}, 0]}


def _names(
    model: SubjectModel,
    site: Site,
    base: str,
    rest: Steps | None,
    shape: _Shape,
) -> Expression:
    """All that the anchor below the base names subjects by; `rest` None: the whole anchor."""
    steps = site.anchor.steps if rest is None else rest
    if site in shape.through:
        return _through(base, steps, f"${shape.through[site]}")
    return collect(base, steps, lambda value: _name(model, site, value))


def _name(model: SubjectModel, site: Site, value: str) -> Expression:
    match site.end:
        case KeyLink():
            return [{"t": model.name, "k": value}]
        case TieLink(tie=tie):
            return [{"t": model.name, "tie": tie.field, "v": value}]
        case _:
            entries = {"$cond": [{"$eq": [{"$type": value}, "object"]}, value, {"$literal": {}}]}
            named = {"t": model.name, "k": "$$entry.k"}
            return {"$map": {"input": {"$objectToArray": entries}, "as": "entry", "in": named}}


def _through(base: str, steps: Steps, pairs: str) -> Expression:
    """The names that the referred documents give, of those that this base refers to."""
    referred = {"$setIntersection": ["$$this.l", "$$mine"]}
    named = {"$cond": [{"$gt": [{"$size": referred}, 0]}, "$$this.n", []]}
    return {
        "$let": {
            "vars": {"mine": collect(base, steps, present)},
            "in": {
                "$reduce": {
                    "input": concatenated(f"{pairs}.p"),
                    "initialValue": [],
                    "in": {"$concatArrays": ["$$value", named]},
                }
            },
        }
    }


def _join(model: SubjectModel, site: Site, hop: int, into: str) -> list[Stage]:
    """Join the documents that are referred to, each as pairs: referred to by `l`, naming `n`."""
    here = site.hops[hop]
    local = collect("$$ROOT", here.local.steps, present)
    last = hop == len(site.hops) - 1
    if last:
        inner, anchor = [], site.end_anchor
    else:
        inner, anchor = _join(model, site, hop + 1, into), site.hops[hop + 1].local
    scope = Scope.between(here.foreign, anchor)

    def pair(element: str) -> Expression:
        if last:
            names = collect(element, scope.rest, lambda value: _name(model, site, value))
        else:
            names = _through(element, scope.rest, f"${into}")
        foreign = here.foreign.steps[scope.shared :]
        return [{"l": collect(element, foreign, present), "n": names}]

    pairs = collect("$$ROOT", here.foreign.steps[: scope.shared], pair)
    project = {"$project": {"_id": 0, "p": pairs}}
    join = _lookup(here.collection, into, here.foreign.query)
    join["$lookup"]["pipeline"] = [*inner, project]
    return [{"$set": {into: {"$concatArrays": [[_NEVER], local]}}}, join]


def _lookup(collection: str, local: str, foreign: str) -> Stage:
    return {
        "$lookup": {
            "from": collection,
            "localField": local,
            "foreignField": foreign,
            "as": local,
        }
    }
