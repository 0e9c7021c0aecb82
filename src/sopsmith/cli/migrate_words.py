"""Open the doors of the migrations, and show their plans: names and places, never values."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sopsmith.adapters.environment import read_settings as read_environment
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.adapters.trees import LocalTrees
from sopsmith.cli import doors
from sopsmith.cli.doors import Repository
from sopsmith.cli.table import table
from sopsmith.cli.talk import note, put, put_json, say
from sopsmith.errors import UsageError
from sopsmith.flows import migrate as flow
from sopsmith.flows.migrate import Found, Left, Plan, choose_scope
from sopsmith.flows.migrate_eso import FROM_CLUSTER, FROM_ENV, Means
from sopsmith.flows.migrate_read import Manifest
from sopsmith.kube.external_values import Provider
from sopsmith.ports import Cluster
from sopsmith.repo.contexts import choose_context
from sopsmith.repo.root import read_settings

STDIN = "-"


class Asked(NamedTuple):
    """What `migrate eso` works with.

    Attributes:
        scope: Where the Secrets go.
    """

    at: Repository
    scope: str
    manifests: list[Manifest]
    left: list[Left]
    means: Means


def open_eso(options: dict[str, Any]) -> Asked:
    """Return the objects and the doors that the options name.

    Raises:
        UsageError: The options do not fit together.
        OutsideError: A path or the cluster cannot be read.
    """
    from sopsmith.flows.migrate_read import put_into, read_cluster, read_manifests, read_text

    paths, source = options["paths"], options["source"]
    if bool(paths) == options["from_cluster"]:
        raise UsageError("name either manifests or --cluster")
    if (source == FROM_ENV) != bool(options["env_file"]):
        raise UsageError("--from env-file and --env-file FILE go together")
    if STDIN in paths and (len(paths) > 1 or options["remove"] or options["env_file"] == STDIN):
        raise UsageError("standard input cannot be that as well")
    at = doors.open_repository(options["repo"])
    wants = options["from_cluster"] or source == FROM_CLUSTER or options["remove"]
    cluster = open_cluster(at, options, wants=wants)
    manifests: list[Manifest] = []
    left: list[Left] = []
    if options["from_cluster"] and cluster is not None:
        manifests = read_cluster(cluster)
    elif paths == (STDIN,):
        manifests = read_text(sys.stdin.buffer.read(), "standard input")
    else:
        manifests, left = read_manifests(paths, LocalTrees(LocalPrograms()))
    manifests = put_into(manifests, options["namespace"])
    scope = choose_scope(options["scope"], read_settings(at.doors.files, at.root)).name
    return Asked(at, scope, manifests, left, _means(source, cluster, options, at))


def open_cluster(at: Repository, options: dict[str, Any], *, wants: bool = True) -> Cluster | None:
    """Return the scope's cluster, or None where none is wanted and none is named.

    Raises:
        UsageError: Nothing says which it is, or the context is another environment's.
    """
    if not wants and not options["context"]:
        return None
    from sopsmith.adapters.cluster import open_cluster as opened

    scope = choose_scope(options["scope"], read_settings(at.doors.files, at.root))
    return opened(choose_context(scope, options["context"] or ""), read_environment())


def resolve_eso(asked: Asked) -> tuple[list[Found], list[Left]]:
    """Return what can follow with its values, and what cannot."""
    from sopsmith.flows.migrate_eso import resolve
    from sopsmith.flows.migrate_read import find_run_time

    found, left = resolve(asked.manifests, asked.means)
    cluster, is_live = asked.means.cluster, not any(one.path for one in asked.manifests)
    beside = find_run_time(asked.manifests, cluster) if cluster and is_live else []
    return found, [*asked.left, *left, *beside]


def migrate(
    found: Sequence[Found], left: Sequence[Left], at: Repository, options: dict[str, Any]
) -> int:
    """Plan, write unless it is a dry run, and show the plan."""
    made = flow.plan_migration(at.root, options["scope"], found, left, at.doors)
    if not options["dry_run"]:
        flow.apply_migration(made, at.root, at.doors)
    show(made, as_json=options["output"] == "json", dry_run=options["dry_run"])
    return 0


def show(made: Plan, *, as_json: bool, dry_run: bool) -> None:
    """Write a plan to stdout, and to stderr what a person should do next."""
    lists = [{"action": one.action, "path": one.path} for one in made.changes]
    if as_json:
        rows = [row._asdict() for row in made.rows]
        put_json({"scope": made.scope, "objects": rows, "files": lists})
    else:
        rows_ = [(r.action, r.object, r.origin or "-", r.path or "-", r.reason) for r in made.rows]
        head = ("ACTION", "OBJECT", "VALUES FROM", "FILE", "WHY")
        put((table(head, rows_) if rows_ else "nothing to migrate\n").encode())
    behind = sum(row.action == flow.LEFT for row in made.rows)
    if behind:
        note(f"{behind} left where they are; why stands in the last column")
    if dry_run:
        note("dry run: nothing was written")
    elif made.changes:
        say(f"next: commit and push; when it is deployed: sopsmith migrate verify -e {made.scope}")


def open_provider(name: str, settings: tuple[tuple[str, str], ...]) -> Provider:
    """Return the door to a store.

    Raises:
        UsageError: There is no door to this provider.
    """
    if name == "aws":
        from sopsmith.adapters.provider_aws import AwsValues

        return AwsValues(dict(settings))
    if name == "vault":
        from sopsmith.adapters.provider_vault import VaultValues

        return VaultValues(dict(settings), read_environment())
    raise UsageError(f"there is no door to the provider {name or 'of an unknown store'}")


def _means(source: str, cluster: Cluster | None, options: dict[str, Any], at: Repository) -> Means:
    env = None
    if source == FROM_ENV:
        from sopsmith.flows.migrate_env import EnvValues
        from sopsmith.formats import env_file

        path, data = doors.read_env(options["env_file"], at)
        env = EnvValues(env_file.parse(data, path))
    return Means(source, cluster, cache(open_provider), env)


def migrate_sops(options: dict[str, Any]) -> int:
    """Open loose SOPS files, and migrate the Secrets in them."""
    import os

    from sopsmith.flows.migrate_loose import find_loose, plan_moved, put_secrets_into

    at = doors.open_repository(options["repo"])
    settings = read_settings(at.doors.files, at.root)
    home = os.path.join(at.root, settings.root, settings.overlays)
    trees = LocalTrees(LocalPrograms())
    paths = tuple(os.path.normpath(path) for path in options["paths"])
    found, left = find_loose(paths, home, at.doors.keyring(), trees)
    found = put_secrets_into(found, options["namespace"])
    made = flow.plan_migration(at.root, options["scope"], found, left, at.doors)
    old = plan_moved(made.rows, left, trees, paths, at.doors.files) if options["remove"] else {}
    if not options["dry_run"]:
        flow.apply_migration(made, at.root, at.doors)
        _write(old, at)
    show(made, as_json=options["output"] == "json", dry_run=options["dry_run"])
    if old:
        gone = ", ".join(path for path, data in old.items() if data is None)
        note(f"{'would remove' if options['dry_run'] else 'removed'}: {gone}")
    return 0


def _write(edited: dict[str, bytes | None], at: Repository) -> None:
    """Replace lists, and then remove what they named."""
    lists = [(path, data) for path, data in edited.items() if data is not None]
    if lists:
        at.doors.replace(lists)
    for path, data in edited.items():
        if data is None:
            at.doors.files.remove(path)
