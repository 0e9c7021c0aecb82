"""Find values that two environments share, by the names of their variables."""

from __future__ import annotations

from sopsmith.formats.env_file import Variable
from sopsmith.repo.settings import RepoSettings

LONG = 16
"""Bytes from which an equal value under two different names is no chance any more."""


_Held = list[tuple[str, str, Variable]]  # environment, name without prefix, variable


def find_shared(
    scoped: dict[str, dict[str, Variable]], settings: RepoSettings
) -> list[tuple[str, ...]]:
    """Return the names of variables that hold one value in more than one environment.

    An equal value counts under one name (`DEV_DB` and `PROD_DB`) at any length, and under
    two names where it is long enough not to be a port or a switch. Empty values do not
    count, and core is open to every environment anyway.
    """
    shared = []
    for value, held in _by_value(scoped, settings).items():
        groups = [held] if len(value) >= LONG else _by_name(held)
        for group in groups:
            if len({environment for environment, _, _ in group}) > 1:
                shared.append(tuple(variable.name for _, _, variable in group))
    return shared


def _by_value(scoped: dict[str, dict[str, Variable]], settings: RepoSettings) -> dict[bytes, _Held]:
    holders: dict[bytes, _Held] = {}
    for environment in settings.environments:
        for short, variable in scoped.get(environment.name, {}).items():
            if value := variable.value.reveal():
                holders.setdefault(value, []).append((environment.name, short, variable))
    return holders


def _by_name(held: _Held) -> list[_Held]:
    groups: dict[str, _Held] = {}
    for item in held:
        groups.setdefault(item[1], []).append(item)
    return list(groups.values())
