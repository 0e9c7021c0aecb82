"""Put restored identities straight into a cluster, so that no disk sees them."""

from __future__ import annotations

from sopsmith.errors import NoIdentity
from sopsmith.flows.key_secret import (
    Owner,
    add_identities,
    prove_opens,
)
from sopsmith.flows.opening import read_scopes
from sopsmith.flows.restore import Doors, RestorePlan, RestoreRequest
from sopsmith.ports import Cluster
from sopsmith.repo.settings import FILE


def restore_to_cluster(
    made: RestorePlan, request: RestoreRequest, owner: Owner, cluster: Cluster, doors: Doors
) -> tuple[str, ...]:
    """Put an environment's restored identities beside those that its cluster holds.

    Only that environment's, by sopsmith.yaml and by the identity's label: a cluster never gets
    what opens another one.

    Args:
        owner: The environment, and whether its cluster may be another's as well.

    Returns:
        Their recipients.

    Raises:
        NoIdentity: The backup holds none of the environment, or what the cluster would hold
            does not open the environment's and core's files; nothing was written.
        MasterKeyError: The cluster is another environment's.
        Denied, Unreachable, Conflict: As the cluster says.
    """
    environment = owner.scope.name
    named = [one for one in made.identities if environment in one.scopes]
    # Whoever may change sopsmith.yaml could name prod's recipient for the cluster of dev.
    own = [one for one in named if not one.labelled or environment in one.labelled]
    if named and not own:
        raise NoIdentity(
            f"the identity of {named[0].recipient} is labelled for {', '.join(named[0].labelled)} "
            f"in the backup, so the cluster of {environment} does not get it",
            hint=f"git log -p -- {FILE} says who named that recipient for {environment}",
        )
    if not own:
        raise NoIdentity(
            f"the backup holds no identity of {environment}, so nothing was written",
            hint="name another backup by its number",
        )
    files = read_scopes(request.root, environment, request.settings, doors.files, doors.trees)
    lines = [one.line for one in own]
    add_identities(cluster, lines, lambda held: prove_opens(files, held), owner=owner)
    return tuple(one.recipient for one in own)
