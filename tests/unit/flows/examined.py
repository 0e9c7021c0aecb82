"""Open a small repository for `doctor`, without a program or an environment of the caller's."""

from __future__ import annotations

from collections.abc import Sequence

from tests.unit.flows.keys_at import NOW, Place

from sopsmith.adapters.key_lock import lock_keys
from sopsmith.adapters.private import close_to_others, is_open_to_others
from sopsmith.adapters.programs import Finished
from sopsmith.flows.doctor import Check, Context, Machine, diagnose
from sopsmith.flows.install_plugin import MARK
from sopsmith.repo.diagnosis import OK, SKIPPED, Finding

SCRIPT = f"#!/bin/true\n# {MARK}\n".encode()
"""What this sopsmith would install, by what only it knows."""


class NoPrograms:
    """`ports.Programs` of a machine with those alone whose answers are given.

    Args:
        said: What each writes, by its name.
    """

    def __init__(self, said: dict[str, bytes] | None = None) -> None:
        self.said = said or {}

    def run(
        self,
        argv: list[str],
        *,
        stdin: bytes = b"",
        env: dict[str, str] | None = None,
        cwd: str | None = None,
    ) -> Finished:
        """Return what a program says."""
        return Finished(0, self.said[argv[0]], b"")

    def locate(self, name: str) -> str | None:
        """Return a path for those that there are."""
        return f"/usr/bin/{name}" if name in self.said else None


def open_context(place: Place, programs: NoPrograms | None = None) -> Context:
    """Return the context of a repository, whose one file of identities is the place's."""
    doors = place.doors
    machine = Machine(
        key_files=(str(place.keys),),
        is_open=is_open_to_others,
        close=close_to_others,
        lock=lock_keys,
        plugin=SCRIPT,
        plugin_home=str(place.root.parent / "plugins"),
    )
    return Context(
        root=str(place.root),
        files=doors.files,
        trees=doors.trees,
        workers=doors.workers,
        programs=programs or NoPrograms(),
        machine=machine,
        load_keyring=lambda: place.keyring,
        now=NOW,
    )


def found(
    place: Place, checks: Sequence[Check], *only: str, context: Context | None = None
) -> list[Finding]:
    """Return what checks find that is not well, in their order."""
    results = diagnose(context or open_context(place), checks, only)
    every = [one for result in results for one in result.findings]
    return [one for one in every if one.level not in (OK, SKIPPED)]


def codes_of(place: Place, checks: Sequence[Check]) -> list[str]:
    """Return the codes of what is not well, each once."""
    return list(dict.fromkeys(one.code for one in found(place, checks)))
