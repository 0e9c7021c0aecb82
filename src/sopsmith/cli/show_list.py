"""Show the inventory of a repository."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sopsmith.cli.plain_lines import put_lines
from sopsmith.cli.table import table
from sopsmith.cli.talk import counted, note, put_json, warn

if TYPE_CHECKING:
    from sopsmith.flows.inventory import Inventory, Listed, Reference

HEADS = (
    "SCOPE", "SECRET", "KEYS", "WAVE", "RECIPIENTS", "CHANGED", "AGE", "EXPIRES", "READ BY",
)  # fmt: skip
_FEW = 3  # names in a cell


def show(found: Inventory, *, whole: bool, as_json: bool) -> None:
    """Write the secrets to stdout, and what is odd about them.

    Args:
        whole: Say what is missing and unused too, not only the table.
    """
    now = datetime.now(UTC)
    if as_json:
        put_json(as_object(found, now))
        return
    _put_table(HEADS, [row_of(one, now) for one in found.secrets])
    for path, reason in found.problems:
        warn(f"{path}: {reason}")
    if whole:
        if gaps := found.gaps():
            put_lines([""])
            _put_table(
                ("IN SOME ENVIRONMENTS ALONE", *found.environments),
                [(name, *("yes" if e in scopes else "-" for e in found.environments))
                 for name, scopes in gaps.items()],
            )  # fmt: skip
        for one in found.missing:
            warn(missing_line(one))
        secrets = counted(len(found.secrets), "secret")
        note(f"{secrets}, {len(found.unused):,} that nothing is known to read")


def show_missing(found: Inventory) -> None:
    """Write the references to Secrets that are not there to stdout, a line each."""
    put_lines(missing_line(one) for one in found.missing)


def missing_line(one: Reference) -> str:
    """Return what a reference to a Secret that is not there reads like."""
    use = one.use
    name = f"{use.namespace}/{use.secret}" if use.namespace else use.secret
    return f"{one.path}: {use.consumer} reads {name} ({use.how}), which is not there"


def readers_of(one: Listed) -> list[str]:
    """Return who reads a secret: what `sopsmith.yaml` says, then what manifests do."""
    found = dict.fromkeys(f"{each.use.consumer} ({each.use.how})" for each in one.consumers)
    return [*([one.used_by] if one.used_by else []), *found]


def row_of(one: Listed, now: datetime) -> tuple[str, ...]:
    """Return the cells of a secret."""
    age = one.age_days(now)
    return (
        one.scope or "-", one.shown, _few(list(one.keys)), "-" if one.wave is None else
        str(one.wave), _few(list(one.recipients)),
        f"{one.changed.time:%Y-%m-%d}" if one.changed else "-",
        "-" if age is None else f"{age}d", f"{one.expires:%Y-%m-%d}" if one.expires else "-",
        _few(readers_of(one)),
    )  # fmt: skip


def as_object(found: Inventory, now: datetime) -> dict[str, object]:
    """Return the inventory as JSON has it."""
    return {
        "environments": list(found.environments),
        "secrets": [_secret(one, now) for one in found.secrets],
        "matrix": {name: sorted(scopes) for name, scopes in found.matrix().items()},
        "unused": [one.path for one in found.unused],
        "missing": [_reference(one) for one in found.missing],
        "problems": [{"path": path, "message": reason} for path, reason in found.problems],
    }


def _secret(one: Listed, now: datetime) -> dict[str, object]:
    commit = one.changed
    return {
        "scope": one.scope, "namespace": one.namespace, "name": one.name, "path": one.path,
        "keys": list(one.keys), "wave": one.wave, "recipients": list(one.recipients),
        "used_by": one.used_by,
        "changed": {"commit": commit.id, "author": commit.author,
                    "date": f"{commit.time:%Y-%m-%dT%H:%M:%SZ}"} if commit else None,
        "age_days": one.age_days(now),
        "expires": f"{one.expires:%Y-%m-%dT%H:%M:%SZ}" if one.expires else None,
        "consumers": [_reference(each) for each in one.consumers],
    }  # fmt: skip


def _reference(one: Reference) -> dict[str, object]:
    return {**one.use._asdict(), "path": one.path, "scope": one.scope}


def short(name: str) -> str:
    """Return a recipient that has no name in few signs, and every other name as it is."""
    return f"{name[:8]}…{name[-6:]}" if name.startswith("age1") and len(name) > 32 else name


def _few(names: list[str]) -> str:
    shown = [short(name) for name in names[:_FEW]]
    rest = len(names) - _FEW
    return ", ".join(shown) + (f" +{rest}" if rest > 0 else "") or "-"


def _put_table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    put_lines(table(heads, rows).splitlines())
