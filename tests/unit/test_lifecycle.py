"""Statuses, the table of what follows what, and the one pure function that moves a request."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.lifecycle import (
    TRANSITIONS,
    Advance,
    IllegalTransition,
    Opening,
    Status,
    Transition,
    advance,
)
from schemas.request import Request, to_document
from tests.cast import MORNING

LATER = MORNING + timedelta(hours=1)
NOTHING = Transition("nothing", "test")


def request(**other: Any) -> Request:
    content = {
        "_id": "r-1",
        "tracking": "DSR-ACEF-HJKM",
        "kind": "correction",
        "channel": "web",
        "language": "ko",
        "digest": "d",
        "sealed": b"s",
        "received_at": MORNING,
        "deadline": MORNING + timedelta(days=10),
        "created_at": MORNING,
        "updated_at": MORNING,
    }
    return Request.model_validate(content | other)


def step(request: Request, transition: Transition) -> Advance:
    return advance(request, transition, LATER)


def test_the_final_statuses_are_those_that_nothing_leaves() -> None:
    final = {status for status in Status if status.final}
    assert final == {Status.COMPLETED, Status.REFUSED, Status.EXPIRED, Status.WITHDRAWN}


def test_every_status_can_be_reached_from_the_first_and_ends() -> None:
    reached, todo = set[Status](), [Status.RECEIVED]
    while todo:
        status = todo.pop()
        reached.add(status)
        todo += TRANSITIONS[status] - reached
    assert reached == set(Status)


@pytest.mark.parametrize("before", Status)
@pytest.mark.parametrize("after", Status)
def test_exactly_the_transitions_of_the_table_are_possible(before: Status, after: Status) -> None:
    move = Transition("moved", "test", to=after)
    if after is before or after in TRANSITIONS[before]:
        assert step(request(status=before), move).request.status is after
    else:
        with pytest.raises(IllegalTransition):
            step(request(status=before), move)


def test_every_transition_is_one_version_and_one_line_of_history() -> None:
    made = step(request(version=4), NOTHING)
    assert (made.before, made.request.version) == (4, 5)
    (entry,) = made.entries
    assert (entry.version, entry.what, entry.by, entry.at) == (5, "nothing", "test", LATER)


def test_work_is_sent_at_once_and_a_clock_only_when_it_is_due() -> None:
    opens = (
        Opening("correction", timedelta(minutes=2)),
        Opening("expiry", timedelta(hours=73), send=False),
    )
    made = step(request(), replace(NOTHING, opens=opens))
    assert [(out.kind, out.name) for out in made.owes] == [("work", "correction")]
    assert made.request.steps["correction"].due == LATER + timedelta(minutes=2)
    assert made.request.steps["expiry"].due == LATER + timedelta(hours=73)


def test_the_next_due_time_is_that_of_the_first_open_step() -> None:
    opens = tuple(Opening(f"mail:{n}", timedelta(hours=n)) for n in (3, 1, 2))
    opened = step(request(), replace(NOTHING, opens=opens)).request
    assert opened.next_due == LATER + timedelta(hours=1)
    closed = step(opened, replace(NOTHING, closes=("mail:1",))).request
    assert closed.next_due == LATER + timedelta(hours=2)
    assert step(closed, replace(NOTHING, closes=("mail:2", "mail:3"))).request.next_due is None


def test_closing_what_is_not_open_changes_nothing() -> None:
    opened = step(request(), replace(NOTHING, opens=(Opening("expiry", timedelta(1)),))).request
    assert step(opened, replace(NOTHING, closes=("challenge",))).request.steps == opened.steps


def test_a_step_that_is_closed_and_opened_at_once_is_open_anew() -> None:
    opened = request(steps={"correction": {"due": MORNING, "attempts": 3}})
    again = Transition(
        "again", "test", closes=("correction",), opens=(Opening("correction", timedelta(1)),)
    )
    assert step(opened, again).request.steps["correction"].attempts == 0


def test_a_new_status_is_told_once_and_a_status_that_stands_is_not() -> None:
    moved = step(request(), Transition("challenged", "test", to=Status.AWAITING_PROOF))
    assert [(out.kind, out.name) for out in moved.owes] == [("event", "request.awaiting_proof")]
    same = step(moved.request, Transition("challenged", "test", to=Status.AWAITING_PROOF))
    assert same.owes == ()


def test_the_request_that_was_moved_is_itself_unchanged() -> None:
    before = request()
    kept = to_document(before)
    step(before, Transition("x", "test", changes={"fields": ("hobbies",)}))
    assert to_document(before) == kept


def test_what_changed_is_named_so_that_only_that_is_written() -> None:
    made = step(request(), Transition("x", "test", changes={"fields": ("hobbies",)}))
    assert made.changed == {"fields", "status", "version", "steps", "next_due", "updated_at"}
    assert to_document(made.request, tuple(made.changed))["fields"] == ("hobbies",)


def test_two_transitions_in_one_write_are_both_in_the_history_and_the_join_needs_no_message() -> (
    None
):
    settled = Transition(
        "settled",
        "propagation",
        opens=(Opening("completion", timedelta(1)), Opening("mail:x", timedelta(1))),
    )
    first = step(request(), settled)
    due = Transition(
        "due", "completion", closes=("completion",), opens=(Opening("mail:done", timedelta(1)),)
    )
    both = first.then(step(first.request, due), joined="completion")
    assert (both.before, both.request.version) == (1, 3)
    assert [entry.version for entry in both.entries] == [2, 3]
    assert [out.name for out in both.owes] == ["mail:x", "mail:done"]
    assert set(both.request.steps) == {"mail:x", "mail:done"}


steps = st.sampled_from(["challenge", "expiry", "correction", "mail:completion"])
openings = st.builds(Opening, steps, st.timedeltas(timedelta(0), timedelta(days=9)), st.booleans())
moves = st.builds(
    Transition,
    what=st.just("moved"),
    by=st.just("test"),
    to=st.none() | st.sampled_from(Status),
    opens=st.lists(openings, max_size=3, unique_by=lambda opening: opening.step).map(tuple),
    closes=st.lists(steps, max_size=3).map(tuple),
)


@given(st.lists(moves, max_size=8))
def test_whatever_happens_the_history_is_whole_and_the_next_due_time_true(
    happens: list[Transition],
) -> None:
    standing, versions = request(), [1]
    for move in happens:
        try:
            made = advance(standing, move, LATER)
        except IllegalTransition:
            continue
        standing = made.request
        versions += [entry.version for entry in made.entries]
    assert versions == list(range(1, standing.version + 1))
    due = [step.due for step in standing.steps.values()]
    assert standing.next_due == min(due, default=None)
    assert Request.model_validate(to_document(standing)) == standing
