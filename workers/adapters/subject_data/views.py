"""`<collection>_usable`: the same documents without any field that is restricted right now (D5).

A pipeline of a view collects everything by which the document names subjects, looks up the control
documents that list one of these names (only restricted subjects list any), and takes away each
restricted place, home and copies alike, those that no correction follows into included. An `_id`
always stays: without it a document could not be told from another. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from schemas.datamap import KeyedObjectLink, KeyLink, TieLink
from workers.adapters.subject_data.control import COLLECTION
from workers.adapters.subject_data.expressions import (
    Expression,
    Guard,
    collect,
    concatenated,
    equals,
    present,
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
    through = {site: f"{_HIDES}_{n}" for n, (_, site) in enumerate(sites) if site.hops}
    stages = [
        stage
        for model, site in sites
        if site in through
        for stage in _join(model, site, 0, through[site])
    ]
    names = [[_NEVER], *(_names(model, site, "$$ROOT", None, through) for model, site in sites)]
    stages += [
        {"$set": {_HIDES: {"$concatArrays": names}}},
        _lookup(COLLECTION, _HIDES, "names"),
        {"$set": {_HIDES: concatenated(f"${_HIDES}.hides")}},
    ]
    stages += _removing(removals, through)
    return [*stages, {"$unset": [_HIDES, *through.values()]}]


def _removing(removals: list[tuple[_Entry, Leaf]], through: Mapping[Site, str]) -> list[Stage]:
    """Stages that take the places away; what other places are judged by goes last."""
    judges = {
        path for (_, site, place), _ in removals for path in (site.anchor, *place.placement.where)
    }
    removals = sorted(removals, key=lambda removal: removal[1].path in judges)
    layers: list[dict[str, Expression]] = []
    depth: dict[str, int] = defaultdict(int)
    lowest = 0
    for (model, site, place), leaf in removals:
        top = leaf.steps[0]
        if leaf.path in judges:
            # Stages after this one see it gone: not before all others have been judged.
            lowest = lowest or len(layers)
        layer = max(depth[top], lowest)
        depth[top] = layer + 1
        while len(layers) <= layer:
            layers.append({})
        made = without(top, leaf.steps, *_guards(model, site, place, leaf, through))
        layers[layer][top] = {"$cond": [{"$eq": [f"${_HIDES}", []]}, f"${top}", made]}
    return [{"$set": layer} for layer in layers]


def _guards(
    model: SubjectModel, site: Site, place: Place, leaf: Leaf, through: Mapping[Site, str]
) -> tuple[dict[int, list[Guard]], Guard | None]:
    guards: dict[int, list[Guard]] = defaultdict(list)
    entry: Guard | None = None
    if isinstance(site.link, KeyedObjectLink):
        entry = lambda name: _hidden(place.field, {"t": model.name, "k": name})  # noqa: E731
    else:
        rest = leaf.link.rest
        guards[leaf.link.shared].append(
            lambda base: _any_hidden(place.field, _names(model, site, base, rest, through))
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
    through: Mapping[Site, str],
) -> Expression:
    """All that the anchor below the base names subjects by; `rest` None: the whole anchor."""
    steps = site.anchor.steps if rest is None else rest
    if site in through:
        return _through(base, steps, f"${through[site]}")
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
