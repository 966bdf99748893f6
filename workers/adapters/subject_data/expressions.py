"""Mapped paths as aggregation expressions: what stands there, and a document without it. Pure.

A `base` is a reference that can be written into a field path: `$$ROOT`, `$$v3`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from schemas.datamap import EACH, SUBJECT_KEY
from workers.adapters.subject_data.positions import Steps

Expression = Any
Guard = Callable[[str], Expression]
"""A condition on one element of an array, given its reference."""


def below(base: str, steps: Sequence[str]) -> str:
    """The reference to what stands at plain steps below the base."""
    start = "$" if base == "$$ROOT" else f"{base}."
    return start + ".".join(steps) if steps else base


def collect(base: str, steps: Steps, leaf: Callable[[str], Expression]) -> Expression:
    """One array of what `leaf` makes (arrays) of each place to which the steps lead."""
    if EACH not in steps:
        return leaf(below(base, steps))
    at = steps.index(EACH)
    array = below(base, steps[:at])
    return {
        "$reduce": {
            "input": {"$cond": [{"$isArray": array}, array, []]},
            "initialValue": [],
            "in": {"$concatArrays": ["$$value", collect("$$this", steps[at + 1 :], leaf)]},
        }
    }


def present(value: str) -> Expression:
    """The value in an array, or none where nothing stands there."""
    return {"$cond": [{"$lte": [value, None]}, [], [value]]}


def equals(base: str, steps: Steps, value: Any) -> Expression:
    """Whether some value there is this one; null also where nothing stands."""
    if value is None:
        return {"$eq": [collect(base, steps, present), []]}
    return {"$in": [{"$literal": value}, collect(base, steps, present)]}


def concatenated(arrays: Expression) -> Expression:
    """An array of arrays as one array."""
    return {
        "$reduce": {
            "input": arrays,
            "initialValue": [],
            "in": {"$concatArrays": ["$$value", "$$this"]},
        }
    }


def without(
    value: str, steps: Steps, guards: Mapping[int, Sequence[Guard]], entry: Guard | None
) -> Expression:
    """The top-level value (a reference) without what stands at the steps, where the guards allow.

    `guards` by the number of steps down to the element that they judge, 0 for the document;
    `entry` judges the name of an entry where a step is the subject's key.
    """
    root = all_of(guards.get(0, ()), "$$ROOT")
    gone = "$$REMOVE" if len(steps) == 1 else _removed(value, steps, 1, guards, entry)
    return {"$cond": [root, gone, value]}


def pruned(value: str, hidden: Sequence[tuple[Steps, Expression]]) -> Expression:
    """A value (a reference) without what stands at plain steps below it, where that is hidden.

    One small expression for all of them: a view's definition is read again with every query.
    """
    made: Expression = value
    names = dict.fromkeys(steps[0] for steps, _ in hidden)
    for name in names:
        here = [when for steps, when in hidden if steps == (name,)]
        further = [(steps[1:], when) for steps, when in hidden if steps[0] == name and steps[1:]]
        inner: Expression = below(value, [name])
        inner = pruned(inner, further) if further else inner
        if here:
            inner = {"$cond": [here[0] if len(here) == 1 else {"$or": here}, "$$REMOVE", inner]}
        made = {"$setField": {"field": name, "input": made, "value": inner}}
    return _if_object(value, made)


def _removed(
    value: str,
    steps: Steps,
    depth: int,
    guards: Mapping[int, Sequence[Guard]],
    entry: Guard | None,
) -> Expression:
    step, last, name = steps[depth], depth == len(steps) - 1, f"v{depth}"
    this = f"$${name}"
    if step == EACH:
        here = all_of(guards.get(depth + 1, ()), this)
        if last:
            kept = {"$filter": {"input": value, "as": name, "cond": {"$not": [here]}}}
        else:
            inner = _removed(this, steps, depth + 1, guards, entry)
            changed = {"$cond": [here, inner, this]}
            kept = {"$map": {"input": value, "as": name, "in": changed}}
        return {"$cond": [{"$isArray": value}, kept, value]}
    if step == SUBJECT_KEY:
        return _if_object(value, _entries(value, steps, depth, guards, entry))
    if last:
        return _if_object(value, {"$unsetField": {"field": step, "input": value}})
    inner_value = below(value, [step])
    inner = _removed(inner_value, steps, depth + 1, guards, entry)
    made = {"$setField": {"field": step, "input": value, "value": inner}}
    there = {"$gt": [inner_value, None]}
    return _if_object(value, {"$cond": [there, made, value]})


def _entries(
    value: str,
    steps: Steps,
    depth: int,
    guards: Mapping[int, Sequence[Guard]],
    entry: Guard | None,
) -> Expression:
    assert entry is not None, "a keyed path comes with a guard for its entries"
    name = f"v{depth}"
    judged = entry(f"$${name}.k")
    entries = {"$objectToArray": value}
    if depth == len(steps) - 1:
        kept = {"$filter": {"input": entries, "as": name, "cond": {"$not": [judged]}}}
        return {"$arrayToObject": kept}
    inner = _removed(f"$${name}.v", steps, depth + 1, guards, entry)
    changed = {"k": f"$${name}.k", "v": {"$cond": [judged, inner, f"$${name}.v"]}}
    return {"$arrayToObject": {"$map": {"input": entries, "as": name, "in": changed}}}


def _if_object(value: str, made: Expression) -> Expression:
    return {"$cond": [{"$eq": [{"$type": value}, "object"]}, made, value]}


def all_of(guards: Sequence[Guard], base: str) -> Expression:
    """Whether every guard lets this element, or document, pass."""
    judged = [guard(base) for guard in guards]
    return judged[0] if len(judged) == 1 else {"$and": judged}
