"""Show recipients, changes of them, and where they disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sopsmith.cli.plain_lines import put_lines
from sopsmith.cli.show_rekey import rekey_object, show_outcome, show_plan
from sopsmith.cli.table import table
from sopsmith.cli.talk import note, put, put_json, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sopsmith.flows.recipients import Prepared
    from sopsmith.flows.recipients_look import Finding, Key
    from sopsmith.flows.rekey_plan import Outcome
    from sopsmith.repo.recipients import NamedRecipient
    from sopsmith.repo.settings import RepoSettings

RECOVERY = "(recovery)"


def show_prepared(prepared: Prepared, *, dry_run: bool) -> None:
    """Write to stdout who comes or goes and what becomes of the files."""
    where = " and ".join(prepared.configuration)
    sign = "-" if prepared.leaves else "+"
    done = f", in {where}" if where else ", as sopsmith.yaml and .sops.yaml say already"
    put(f"{', '.join(prepared.scopes)}: {sign} {full_name(prepared.who)}{done}\n".encode())
    show_plan(prepared.plan, dry_run=dry_run)


def show_change(prepared: Prepared, outcome: Outcome, *, as_json: bool, dry_run: bool) -> None:
    """Report what came of a change: on stderr, or all of it on stdout as JSON."""
    if as_json:
        put_json({
            "scopes": prepared.scopes,
            "action": "remove" if prepared.leaves else "add",
            **prepared.who._asdict(),
            "configuration": prepared.configuration,
            **rekey_object(prepared.plan, outcome, dry_run=dry_run),
        })  # fmt: skip
        return
    show_outcome(prepared.plan, outcome, as_json=False, dry_run=dry_run)
    if prepared.leaves and prepared.plan.changes and not dry_run:
        note("what they could read they may have kept: change it at its source")
    if outcome.problems and not dry_run:
        note("run the same command again when that is mended")


def show_list(settings: RepoSettings, *, as_json: bool) -> None:
    """Write each scope's recipients to stdout."""
    named = [(scope.name, one) for scope in settings.scopes for one in scope.named]
    if as_json:
        put_json({
            "recipients": [{"scope": scope, **one._asdict()} for scope, one in named],
            "recovery": [one._asdict() for one in settings.recovery],
        })  # fmt: skip
        return
    named += [(RECOVERY, one) for one in settings.recovery]
    rows = [(scope, one.name, one.purpose, one.recipient) for scope, one in named]
    put(table(("SCOPE", "NAME", "PURPOSE", "RECIPIENT"), rows).encode())


def show_findings(
    found: list[Finding], known: Mapping[str, NamedRecipient], *, as_json: bool
) -> None:
    """Write what disagrees to stdout, and how much it is to stderr."""
    if as_json:
        put_json({
            "findings": [
                {
                    "path": one.path,
                    "key": one.key,
                    "message": one.message,
                    "extra": [name for _, name in one.extra],
                    "missing": [name for _, name in one.missing],
                }
                for one in found
            ]
        })  # fmt: skip
        return
    put_lines(_line(one, known) for one in found)
    say(f"{len(found):,} disagree" if found else "files, rules and sopsmith.yaml agree")


def full_name(one: NamedRecipient) -> str:
    """Return a recipient as people know it, with its text."""
    return f"{one.name} ({one.recipient})" if one.name else one.recipient


def _line(one: Finding, known: Mapping[str, NamedRecipient]) -> str:
    words = [one.message] if one.message else []
    if one.extra:
        words.append(f"opens for {_names(one.extra, known)}, who should not read it")
    if one.missing:
        words.append(f"does not open for {_names(one.missing, known)}, who should")
    if one.message and (one.extra or one.missing):
        words = [f"{words[0]} {' and '.join(words[1:])}"]
    return ": ".join(part for part in (one.path, one.key, ", ".join(words)) if part)


def _names(keys: tuple[Key, ...], known: Mapping[str, NamedRecipient]) -> str:
    return ", ".join(
        full_name(known[name]) if name in known else name if kind == "age" else f"{kind} {name}"
        for kind, name in keys
    )
