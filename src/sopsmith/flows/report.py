"""Hold what a report says, and bring what several flows found into one form. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sopsmith.flows.status import EXPIRED, MALFORMED
from sopsmith.repo.lint_rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sopsmith.flows.audit import Seen
    from sopsmith.flows.doctor import Result
    from sopsmith.flows.inventory import Inventory
    from sopsmith.flows.status import Due
    from sopsmith.repo.lint_rules import Finding


class Found(NamedTuple):
    """Something to see to; `level` is a word of `repo.diagnosis`."""

    place: str
    level: str
    code: str
    message: str
    hint: str = ""


class Report(NamedTuple):
    """What a report says; nothing of it is secret.

    Attributes:
        name: What the repository is called.
        now: When it was looked at (UTC).
        history: The latest commits that changed secrets, newest first.
    """

    name: str
    now: datetime
    inventory: Inventory
    findings: tuple[Found, ...]
    history: tuple[Seen, ...]


def join_findings(
    linted: Iterable[Finding], due: Iterable[Due], results: Iterable[Result]
) -> Iterator[Found]:
    """Yield what `lint`, `status` and `doctor` found, in this order."""
    for one in linted:
        place = f"{one.path}:{one.line}" if one.line else one.path
        message = f"{one.key}: {one.message}" if one.key else one.message
        rule = RULES[one.rule]
        yield Found(place, rule.severity, one.rule, message, rule.hint)
    for what in due:
        level = "error" if what.kind in (EXPIRED, MALFORMED) else "warning"
        yield Found(what.place, level, what.kind, what.reason, what.hint)
    for result in results:
        for seen in result.findings:
            if seen.is_problem:
                yield Found(seen.subject, seen.level, seen.code, seen.message, seen.hint)
