"""Open the doors of `migrate sealed-secrets`: the controller's keys, or the cluster."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from sopsmith.adapters.programs import LocalPrograms
from sopsmith.adapters.trees import LocalTrees
from sopsmith.cli import doors
from sopsmith.cli.migrate_after import show_removal
from sopsmith.cli.migrate_words import STDIN, migrate, open_cluster
from sopsmith.cli.talk import warn
from sopsmith.errors import Error, UsageError
from sopsmith.flows import migrate_sealed as flow
from sopsmith.flows.migrate import Left, choose_scope
from sopsmith.flows.migrate_read import Manifest
from sopsmith.kube.sealed_secrets import load_keys
from sopsmith.repo.kustomization import parse_documents
from sopsmith.repo.root import read_settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from sopsmith.cli.doors import Repository
    from sopsmith.ports import Cluster


def migrate_sealed(options: dict[str, Any]) -> int:
    """Open SealedSecrets with the controller's keys, and migrate them."""
    if not options["key"]:
        raise UsageError(
            "the controller's private keys are needed to open SealedSecrets: --key FILE",
            hint="kubectl get secret -n kube-system "
            "-l sealedsecrets.bitnami.com/sealed-secrets-key -o yaml",
        )
    at = doors.open_repository(options["repo"])
    keys = _keys(options["key"], at)
    cluster = open_cluster(at, options, wants=options["from_cluster"])
    manifests, left = _read(options, cluster)
    found, more = flow.open_sealed(manifests, keys, options["namespace"])
    return migrate(found, [*left, *more], at, options)


def remove_sealed(options: dict[str, Any]) -> int:
    """Take SealedSecrets away as far as that is safe now; 3 where more is to come."""
    at = doors.open_repository(options["repo"])
    cluster = open_cluster(at, options)
    assert cluster is not None
    manifests, left = _read(options, cluster)
    for one in left:
        warn(f"{one.object}: {one.reason}")
    manifests = flow.put_into(manifests, options["namespace"])
    scope = choose_scope(options["scope"], read_settings(at.doors.files, at.root))
    made = flow.plan_sealed_removal(at.root, scope.name, manifests, cluster, at.doors)
    if not options["dry_run"]:
        flow.apply_sealed_removal(made, cluster, at.doors)
    return show_removal(made, options)


def _read(options: dict[str, Any], cluster: Cluster | None) -> tuple[list[Manifest], list[Left]]:
    if bool(options["paths"]) == options["from_cluster"]:
        raise UsageError("name either manifests or --cluster")
    if options["from_cluster"] and cluster is not None:
        return flow.read_live(cluster), []
    return flow.read_sealed(options["paths"], LocalTrees(LocalPrograms()))


def _keys(path: str, at: Repository) -> list[RSAPrivateKey]:
    data = sys.stdin.buffer.read() if path == STDIN else at.doors.files.read(path)
    try:
        objects = parse_documents(data, path)
    except Error:
        # PEM blocks are no YAML.
        objects = []
    return load_keys(data, objects, path)
