"""Compare the cluster's Secrets with what was migrated, by keyed signs of their values."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from typing import NamedTuple

from sopsmith import age
from sopsmith.age import Identity
from sopsmith.errors import MasterKeyError, NoIdentity, NotThere
from sopsmith.kube.external_secrets import EXTERNAL_SECRET, GROUP
from sopsmith.kube.kinds import SECRET
from sopsmith.kube.run_time import is_owned_by
from sopsmith.ports import Cluster, Files
from sopsmith.repo.migration import Migrated, Run, parse_runs, record_path, sign_all
from sopsmith.secret import Secret

SAME, DIFFERS, MISSING, UNSIGNED = "same", "differs", "missing", "not compared"
BY_ESO, BY_NOBODY = "External Secrets", "nobody"


class Checked(NamedTuple):
    """How a Secret of the cluster stands.

    Attributes:
        state: One of the words above.
        keys: Of the data, those that differ, came or went.
        owner: What the garbage collector would take it along with.
    """

    namespace: str
    name: str
    state: str
    keys: tuple[str, ...] = ()
    owner: str = ""


def read_runs(files: Files, root: str, scope: str) -> list[Run]:
    """Return what was migrated into a scope.

    Raises:
        NotThere: Nothing was.
        FormatError: The record is none.
    """
    path = record_path(scope)
    data = files.find(os.path.join(root, path))
    if data is None:
        raise NotThere(f"nothing was migrated into {scope}", path=path)
    return parse_runs(data, path)


def verify(runs: Sequence[Run], cluster: Cluster, identities: list[Identity]) -> list[Checked]:
    """Return how each migrated Secret stands in the cluster now.

    Raises:
        NoIdentity: None of the identities opens a run's key.
        Denied, Unreachable: As the cluster says.
    """
    return [
        _check(one, key, cluster)
        for run in runs
        for key in (_open(run, identities),)
        for one in run.secrets
    ]


def _check(one: Migrated, key: Secret | None, cluster: Cluster) -> Checked:
    live = cluster.find(SECRET, one.name, one.namespace)
    if live is None:
        return Checked(one.namespace, one.name, MISSING)
    owner = BY_ESO if is_owned_by(live, GROUP, EXTERNAL_SECRET) else BY_NOBODY
    if key is None:
        return Checked(one.namespace, one.name, UNSIGNED, owner=owner)
    data = {field: base64.b64decode(v or "") for field, v in (live.get("data") or {}).items()}
    now, before = sign_all(key, one.namespace, one.name, data), dict(one.signs)
    keys = sorted(name for name in {*now, *before} if now.get(name) != before.get(name))
    return Checked(one.namespace, one.name, DIFFERS if keys else SAME, tuple(keys), owner)


def _open(run: Run, identities: list[Identity]) -> Secret | None:
    if not run.key:
        return None
    try:
        found = age.unwrap(run.key, identities)
    except MasterKeyError:
        found = None
    if found is None:
        raise NoIdentity("no identity at hand opens the key of the record's signs")
    return Secret(found)
