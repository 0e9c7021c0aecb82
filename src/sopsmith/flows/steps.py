"""Run steps that each know how to check and how to apply themselves.

A run checks a step, applies it if it is needed, and checks it again; only what the second check
saw counts. So a run that was killed is continued by running again, a second run changes
nothing, and `status` and `doctor`, which run the same checks, cannot disagree with it.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sopsmith.errors import Error, UsageError
from sopsmith.repo.diagnosis import ERROR, OK, SKIPPED, UNKNOWN, Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

DONE, NEEDED, BLOCKED = "done", "needed", "blocked"
_LEVELS = {DONE: OK, NEEDED: ERROR, BLOCKED: UNKNOWN}


class Looked(NamedTuple):
    """What a step's check saw.

    Attributes:
        state: DONE, NEEDED or BLOCKED.
        why: What was seen; for NEEDED, what `apply` would do.
        hint: How to get on, where it is blocked.
    """

    state: str
    why: str
    hint: str = ""


class Step(Protocol):
    """A unit of work whose check reads only."""

    @property
    def name(self) -> str:
        """A word for options and JSON: `key-secret`."""

    @property
    def title(self) -> str:
        """What people read: `age identity in the cluster`."""

    def check(self) -> Looked:
        """Look, and change nothing."""

    def apply(self) -> None:
        """Do what is needed; safe to do again after a kill at any moment."""


class Result(NamedTuple):
    """What became of a step.

    Attributes:
        before: What the first check saw.
        after: What the check after `apply` saw; None where nothing was applied.
    """

    step: Step
    before: Looked
    after: Looked | None = None

    @property
    def state(self) -> str:
        """How it stands now."""
        return (self.after or self.before).state


def choose_steps(
    steps: Sequence[Step], only: Sequence[str] = (), skip: Sequence[str] = (), start: str = ""
) -> list[Step]:
    """Return the steps that the options leave, in their order.

    Raises:
        UsageError: A name is that of no step, or nothing is left.
    """
    names = [step.name for step in steps]
    for name in (*only, *skip, *((start,) if start else ())):
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {close[0]}?" if close else "steps: " + ", ".join(names)
            raise UsageError(f"there is no step {name}", hint=hint)
    first = names.index(start) if start else 0
    left = [
        step for step in steps[first:] if (not only or step.name in only) and step.name not in skip
    ]
    if not left:
        raise UsageError("no step is left to do")
    return left


def check_steps(steps: Sequence[Step]) -> Iterator[Result]:
    """Yield how each step stands; changes nothing."""
    for step in steps:
        yield Result(step, look(step))


def apply_steps(steps: Sequence[Step], begin: Callable[[Step], None]) -> Iterator[Result]:
    """Check, apply where needed, and check again, one step after the other.

    Stops behind the first step that is not done then, since later ones build on it.

    Args:
        begin: Told of a step before it is applied.
    """
    for step in steps:
        result = _apply(step, begin)
        yield result
        if result.state != DONE:
            return


def look(step: Step) -> Looked:
    """Return what a step's check sees; an error that stops it blocks the step."""
    try:
        return step.check()
    except Error as error:
        return Looked(BLOCKED, str(error), error.hint or "")


def _apply(step: Step, begin: Callable[[Step], None]) -> Result:
    before = look(step)
    if before.state != NEEDED:
        return Result(step, before)
    begin(step)
    try:
        step.apply()
    except Error as error:
        return Result(step, before, Looked(BLOCKED, str(error), error.hint or ""))
    return Result(step, before, look(step))


def diagnose(results: Sequence[Result], steps: Sequence[Step]) -> list[Finding]:
    """Return steps as findings; those that were not reached are said to be skipped."""
    found = [_finding(result) for result in results]
    reached = {result.step.name for result in results}
    return found + [
        Finding(step.name, SKIPPED, step.title, "an earlier step is not done")
        for step in steps
        if step.name not in reached
    ]


def _finding(result: Result) -> Finding:
    seen = result.after or result.before
    return Finding(result.step.name, _LEVELS[seen.state], result.step.title, seen.why, seen.hint)
