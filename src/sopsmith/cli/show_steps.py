"""Print how steps stand, as they come or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopsmith.cli.plain_lines import put_lines
from sopsmith.cli.talk import put_json, say
from sopsmith.flows.steps import Looked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sopsmith.flows.steps import Result, Step

SKIPPED = Looked("skipped", "an earlier step is not done")


def begin(step: Step) -> None:
    """Say that a step is being applied."""
    say(f"{step.title} …")


def show_steps(
    results: Iterable[Result], steps: Sequence[Step] = (), *, as_json: bool
) -> list[Result]:
    """Write each step's state to stdout, and how to get on to stderr; return the results.

    Args:
        results: Taken one by one, so that a person sees each when it is there.
        steps: All of them: those that no result is of are said to be skipped.
    """
    taken: list[Result] = []
    lines: list[dict[str, str]] = []
    for result in results:
        taken.append(result)
        lines.append(_line(result.step, result.after or result.before, as_json=as_json))
    reached = {result.step.name for result in taken}
    lines += [_line(one, SKIPPED, as_json=as_json) for one in steps if one.name not in reached]
    if as_json:
        put_json(lines)
    return taken


def _line(step: Step, seen: Looked, *, as_json: bool) -> dict[str, str]:
    if not as_json:
        put_lines([f"{seen.state:<7}  {step.title}: {seen.why}"])
        if seen.hint:
            say(f"hint: {seen.hint}")
    return {"step": step.name, **seen._asdict()}
