"""Say what a provider still holds of Secrets that were migrated, and delete it on request.

Nothing is deleted that an ExternalSecret of the cluster still reads, or whose Secret in the
cluster still hangs on one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sopsmith.errors import ManifestError, NotThere
from sopsmith.flows.migrate_read import Manifest
from sopsmith.flows.migrate_verify import BY_ESO, MISSING, Checked
from sopsmith.kube.external_secrets import (
    CLUSTER_EXTERNAL_SECRET,
    EXTERNAL_SECRET,
    parse_external_secrets,
)
from sopsmith.kube.external_values import Provider
from sopsmith.repo.migration import Migrated, RemoteKey, Run

HELD, GONE, READ, UNKNOWN, DELETED = "held", "gone", "in use", "unknown", "deleted"
OpenProvider = Callable[[str, tuple[tuple[str, str], ...]], Provider]


class Held(NamedTuple):
    """How a key of a provider stands.

    Attributes:
        state: One of the words above.
        secrets: The Secrets that were made from it.
    """

    remote: RemoteKey
    state: str
    secrets: tuple[str, ...]
    reason: str = ""


def find_held(
    runs: Sequence[Run], manifests: Sequence[Manifest], checked: Sequence[Checked],
    open_provider: OpenProvider,
) -> list[Held]:  # fmt: skip
    """Return every key that migrated Secrets were made from, and whether it may go.

    Args:
        manifests: The ExternalSecrets that the cluster has now.
        checked: How the migrated Secrets stand there.

    Raises:
        Denied, Unreachable: As the provider says.
    """
    used: dict[RemoteKey, list[Migrated]] = {}
    for run in runs:
        for one in run.secrets:
            for remote in one.remote:
                used.setdefault(remote, []).append(one)
    readers = _readers(manifests)
    states = {(one.namespace, one.name): one for one in checked}
    return [
        _look(remote, secrets, readers, states, open_provider)
        for remote, secrets in sorted(used.items())
    ]


def delete(held: Iterable[Held], open_provider: OpenProvider) -> list[Held]:
    """Delete what is held and not used, and return how all stands then.

    Raises:
        Denied, Unreachable: As the provider says; what came before is deleted.
    """
    after = []
    for one in held:
        if one.state == HELD:
            open_provider(one.remote.provider, one.remote.settings).delete(one.remote.key)
            one = one._replace(state=DELETED)  # noqa: PLW2901
        after.append(one)
    return after


def _look(
    remote: RemoteKey, secrets: Sequence[Migrated], readers: dict[str, str],
    states: dict[tuple[str, str], Checked], open_provider: OpenProvider,
) -> Held:  # fmt: skip
    names = tuple(f"{one.namespace}/{one.name}" for one in secrets)
    if remote.provider not in {"aws", "vault"}:
        return Held(remote, UNKNOWN, names, f"{remote.store} is not one that can be asked")
    reader = readers.get(remote.key) or readers.get("")
    if reader:
        return Held(remote, READ, names, f"{reader} reads it, or may")
    for one in secrets:
        state = states[one.namespace, one.name]
        if state.state == MISSING:
            return Held(remote, READ, names, f"{one.namespace}/{one.name} is not in the cluster")
        if state.owner == BY_ESO:
            reason = f"{one.namespace}/{one.name} is still owned by an ExternalSecret"
            return Held(remote, READ, names, reason)
    try:
        open_provider(remote.provider, remote.settings).value(remote.key, "")
    except NotThere:
        return Held(remote, GONE, names)
    return Held(remote, HELD, names)


def _readers(manifests: Sequence[Manifest]) -> dict[str, str]:
    """Return an ExternalSecret that reads each key."""
    found: dict[str, str] = {}
    for one in manifests:
        if one.content.get("kind") not in {EXTERNAL_SECRET, CLUSTER_EXTERNAL_SECRET}:
            continue
        try:
            made = parse_external_secrets(one.content)
        except ManifestError:
            continue
        # What `find` takes is known to the provider alone, so under "" it may be any key.
        found |= {s.ref.key if s.ref else "": e.place for e in made for s in e.sources}
    return found
