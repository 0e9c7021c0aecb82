"""Say how far `bootstrap` is: the checks of its own steps, so that the two cannot disagree."""

from __future__ import annotations

from collections.abc import Iterator

from sopsmith.flows.doctor import CLUSTER, Check, Context
from sopsmith.flows.doctor_sync import bootstrap_command
from sopsmith.flows.steps import check_steps, diagnose
from sopsmith.repo.diagnosis import OK, SKIPPED, Finding

_CODE = "bootstrap-step"


def _check_steps(context: Context) -> Iterator[Finding]:
    if not context.environment or context.open_steps is None:
        message = "the steps are those of one environment: --environment NAME"
        yield Finding(_CODE, SKIPPED, "sopsmith bootstrap", message)
        return
    steps = context.open_steps()
    again = bootstrap_command(context)
    for one in diagnose(list(check_steps(steps)), steps):
        hint = one.hint or ("" if one.level == OK else again)
        yield one._replace(code=_CODE, subject=f"step {one.code}", hint=hint)


CHECKS = (
    Check("bootstrap", "each step of bootstrap is done", (_CODE,), _check_steps, CLUSTER),
)  # fmt: skip
