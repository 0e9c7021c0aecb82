"""Plan the Secrets of a repository on all cores: one answer for each, in their order. Pure.

A fork asks no person and starts no program for what it opens. What it cannot do, this process
does, or has the words for why it cannot.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from sopsmith.repo.plan import UNCOMPARED, Change, plan_new, plan_present

if TYPE_CHECKING:
    from sopsmith.ports import Answer
    from sopsmith.repo.assign import Desired
    from sopsmith.repo.plan_scope import Means
    from sopsmith.sops.keyring import Keyring

Pair = tuple["Desired", bytes | None]
"""A Secret that should stand, and the bytes of the file that does; None where there is none."""


def plan_secrets(pairs: list[Pair], means: Means) -> Generator[Change, None, None]:
    """Yield the change of each Secret, in the order given.

    Whoever stops before the end closes the iterator, which ends the forks.

    Raises:
        Error: As `plan_new` and `plan_present` do.
    """
    if means.workers is None:
        for pair in pairs:
            yield _plan(pair, means, None)
        return
    standing = any(present is not None for _, present in pairs)
    # Loaded once, before there are forks, and only if there is a file to open.
    at_hand = means.keyring().at_hand() if standing else None

    def work(number: str) -> Answer:
        try:
            change = _plan(pairs[int(number)], means, at_hand)
        except Exception:  # noqa: BLE001 - this process meets it again
            return None
        if change.action == UNCOMPARED:
            return None
        return change.action, change.fields, change.data

    answers = means.workers.map(work, map(str, range(len(pairs))))
    for pair, answer in zip(pairs, answers, strict=True):
        yield _plan(pair, means, None) if answer is None else _made(pair[0], answer)


def _plan(pair: Pair, means: Means, keyring: Keyring | None) -> Change:
    item, present = pair
    if present is None:
        return plan_new(item, means.rule_for(item.path), means.now, means.kinds)
    return plan_present(item, present, keyring or means.keyring(), means.now)


def _made(item: Desired, answer: Answer) -> Change:
    assert answer is not None
    action, fields, data = answer
    assert isinstance(fields, tuple)
    return Change(
        str(action), item.scope, item.path, item.variables, tuple(map(str, fields)),
        data if isinstance(data, bytes) else None,
    )  # fmt: skip
