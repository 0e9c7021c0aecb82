"""Put restored identities straight into a cluster, so that no disk sees them."""

from __future__ import annotations

from collections.abc import Sequence

from sopsmith.age import Identity
from sopsmith.errors import NoIdentity
from sopsmith.flows.key_secret import add_identities, prove_opens
from sopsmith.flows.reading import read_for_sops
from sopsmith.flows.restore import RestorePlan, RestoreRequest
from sopsmith.ports import Cluster, Trees
from sopsmith.repo.settings import CORE


def restore_to_cluster(
    made: RestorePlan, request: RestoreRequest, environment: str, cluster: Cluster, trees: Trees
) -> tuple[str, ...]:
    """Put an environment's restored identities beside those that its cluster holds.

    Only that environment's: a cluster never gets what opens another one.

    Returns:
        Their recipients.

    Raises:
        NoIdentity: The backup holds none of the environment, or what the cluster would hold
            does not open the environment's and core's files; nothing was written.
        Denied, Unreachable, Conflict: As the cluster says.
    """
    own = [one for one in made.identities if environment in one.scopes]
    if not own:
        raise NoIdentity(
            f"the backup holds no identity of {environment}, so nothing was written",
            hint="name another backup by its number",
        )
    settings = request.settings
    folders = tuple(
        f"{request.root}/{settings.overlay_folder(name)}" for name in (CORE, environment)
    )
    files = [(path, read_for_sops(trees, path)) for path in trees.walk(folders)]
    add_identities(cluster, [one.line for one in own], lambda held: _prove(files, held))
    return tuple(one.recipient for one in own)


def _prove(files: list[tuple[str, bytes]], held: Sequence[Identity]) -> None:
    prove_opens(files, held)
