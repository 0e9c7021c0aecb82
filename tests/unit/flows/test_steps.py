"""Steps are checked, applied where needed, and checked again."""

from __future__ import annotations

import pytest

from sopsmith.errors import Denied, UsageError
from sopsmith.flows.steps import (
    BLOCKED,
    DONE,
    NEEDED,
    Looked,
    Result,
    apply_steps,
    check_steps,
    choose_steps,
    diagnose,
)
from sopsmith.repo.diagnosis import ERROR, OK, SKIPPED, UNKNOWN


class Light:
    """A step that is done once it was applied, unless it is broken."""

    def __init__(self, name: str, *, on: bool = False, broken: bool = False) -> None:
        self.name = name
        self.title = f"the {name}"
        self.on = on
        self.broken = broken
        self.applied = 0

    def check(self) -> Looked:
        return Looked(DONE, "is on") if self.on else Looked(NEEDED, "is off")

    def apply(self) -> None:
        self.applied += 1
        if self.broken:
            raise Denied("may not be touched", hint="ask")
        self.on = True


def run(*steps: Light) -> list[Result]:
    return list(apply_steps(steps, lambda _step: None))


def test_a_needed_step_is_applied_and_its_second_check_counts() -> None:
    (result,) = run(Light("lamp"))
    assert (result.before.state, result.state) == (NEEDED, DONE)


def test_a_step_that_is_done_is_not_applied() -> None:
    lamp = Light("lamp", on=True)
    assert run(lamp) == [Result(lamp, Looked(DONE, "is on"))] and not lamp.applied


def test_what_apply_claims_does_not_count_where_the_check_says_otherwise() -> None:
    class Liar(Light):
        def apply(self) -> None:
            self.applied += 1

    (result,) = run(Liar("lamp"))
    assert result.state == NEEDED


def test_nothing_is_applied_behind_a_step_that_failed() -> None:
    broken, behind = Light("switch", broken=True), Light("lamp")
    results = run(broken, behind)
    assert [one.state for one in results] == [BLOCKED] and not behind.applied


def test_a_second_run_continues_where_the_first_stopped() -> None:
    first, broken, last = Light("wire"), Light("switch", broken=True), Light("lamp")
    run(first, broken, last)
    broken.broken = False
    results = run(first, broken, last)
    assert [one.state for one in results] == [DONE] * 3 and first.applied == 1


def test_a_check_applies_nothing_and_looks_at_every_step() -> None:
    steps = [Light("switch", broken=True), Light("lamp")]
    assert [one.state for one in check_steps(steps)] == [NEEDED, NEEDED]
    assert not any(step.applied for step in steps)


def test_only_skip_and_from_leave_steps_in_their_order() -> None:
    steps = [Light(name) for name in ("a", "b", "c", "d")]
    left = choose_steps(steps, only=("d", "b", "c"), skip=("c",), start="b")
    assert [step.name for step in left] == ["b", "d"]


@pytest.mark.parametrize(
    "options", [{"only": ("lamb",)}, {"skip": ("lamp",)}, {"start": "x"}], ids=str
)
def test_a_name_of_no_step_and_an_empty_choice_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        choose_steps([Light("lamp")], **options)  # type: ignore[arg-type]


def test_a_diagnosis_tells_problems_from_what_could_not_be_looked_at() -> None:
    steps = [Light("wire"), Light("switch", broken=True), Light("lamp")]
    found = diagnose(run(*steps), steps)
    assert [one.level for one in found] == [OK, UNKNOWN, SKIPPED]
    assert diagnose(list(check_steps(steps[1:2])), steps[1:2])[0].level == ERROR
