"""Say what comes after a migration: ExternalSecrets that go, Secrets compared, keys left."""

from __future__ import annotations

from typing import Any

from sopsmith.cli import doors
from sopsmith.cli.migrate_words import Asked, open_cluster, open_provider
from sopsmith.cli.table import table
from sopsmith.cli.talk import counted, note, put, put_json, say
from sopsmith.errors import UsageError
from sopsmith.flows import migrate_clean, migrate_remove, migrate_verify
from sopsmith.flows.migrate import choose_scope
from sopsmith.flows.migrate_clean import Held
from sopsmith.flows.migrate_owner import REMOVE, Removal
from sopsmith.flows.migrate_read import read_cluster
from sopsmith.flows.migrate_verify import BY_ESO, SAME, Checked
from sopsmith.ports import Cluster
from sopsmith.repo.migration import Run
from sopsmith.repo.root import read_settings


def remove(asked: Asked, options: dict[str, Any]) -> int:
    """Take ExternalSecrets away as far as that is safe now; 3 where more is to come."""
    cluster = asked.means.cluster
    assert cluster is not None
    made = migrate_remove.plan_removal(
        asked.at.root, asked.scope, asked.manifests, cluster, asked.at.doors
    )
    if not options["dry_run"]:
        migrate_remove.apply_removal(made, cluster, asked.at.doors)
    return show_removal(made, options)


def show_removal(made: Removal, options: dict[str, Any]) -> int:
    """Write what goes, waits or stays, and return 3 where more is to come."""
    if options["output"] == "json":
        put_json({
            "objects": [row._asdict() for row in made.rows],
            "files": [path for path, _ in made.files],
        })  # fmt: skip
    else:
        rows = [(row.action, row.object, row.path or "-", row.reason) for row in made.rows]
        put(table(("ACTION", "OBJECT", "FILE", "WHY"), rows).encode())
    if options["dry_run"]:
        note("dry run: nothing was changed")
    elif made.files:
        say("next: commit and push; once deployed, the same command again, until nothing is left")
    return 3 if any(row.action != REMOVE for row in made.rows) else 0


def verify(options: dict[str, Any]) -> int:
    """Compare, show, and return 3 where a Secret is not what was migrated."""
    _, checked, _ = _look(options)
    if options["output"] == "json":
        put_json([one._asdict() for one in checked])
    else:
        put(table(("SECRET", "STATE", "OWNED BY", "KEYS"), [
            (f"{one.namespace}/{one.name}", one.state, one.owner or "-", ", ".join(one.keys))
            for one in checked
        ]).encode())  # fmt: skip
    owned = sum(one.owner == BY_ESO for one in checked)
    if owned:
        note(f"{owned} still owned by an ExternalSecret: they would go with it")
    return 0 if all(one.state == SAME for one in checked) else 3


def clean(options: dict[str, Any]) -> int:
    """List what the provider holds, delete it with --yes; return 3 where some is in use."""
    runs, checked, cluster = _look(options)
    held = migrate_clean.find_held(runs, read_cluster(cluster), checked, open_provider)
    if options["yes"]:
        bad = [one for one in checked if one.state != SAME]
        if bad:
            raise UsageError(
                f"not what was migrated: {counted(len(bad), 'Secret')}, so nothing is deleted",
                hint="sopsmith migrate verify",
            )
        held = migrate_clean.delete(held, open_provider)
    _show_held(held, as_json=options["output"] == "json")
    if not options["yes"] and any(one.state == migrate_clean.HELD for one in held):
        say("next: --yes deletes what is held and that nothing reads any more")
    return 3 if any(one.state in {migrate_clean.READ, migrate_clean.UNKNOWN} for one in held) else 0


def _look(options: dict[str, Any]) -> tuple[list[Run], list[Checked], Cluster]:
    at = doors.open_repository(options["repo"])
    scope = choose_scope(options["scope"], read_settings(at.doors.files, at.root))
    runs = migrate_verify.read_runs(at.doors.files, at.root, scope.name)
    cluster = open_cluster(at, options)
    assert cluster is not None
    checked = migrate_verify.verify(runs, cluster, at.doors.keyring().identities)
    return runs, checked, cluster


def _show_held(held: list[Held], *, as_json: bool) -> None:
    if as_json:
        put_json([
            {"store": one.remote.store, "provider": one.remote.provider, "key": one.remote.key,
             "state": one.state, "secrets": list(one.secrets), "reason": one.reason}
            for one in held
        ])  # fmt: skip
        return
    rows = [(one.state, one.remote.store, one.remote.key, ", ".join(one.secrets), one.reason)
            for one in held]  # fmt: skip
    put(table(("STATE", "STORE", "KEY", "SECRETS", "WHY"), rows).encode())
