"""Change the identities that a cluster holds, without a moment in which it opens too little.

What will stand in the cluster is proven before it is written, and what stands there is read
again and proven after. Somebody else may change the Secret meanwhile: a write names the version
that was read, so that nothing of theirs is lost, and is tried again on what stands then.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Conflict, Error, FormatError, MasterKeyError, NoIdentity, NotEncrypted
from sopsmith.kube.key_secret import (
    HOME,
    PLACE,
    KeySecret,
    identities_in,
    keys_of,
    merge_identities,
    recipients_in,
    take_out,
    with_keys,
)
from sopsmith.kube.kinds import SECRET
from sopsmith.secret import Secret
from sopsmith.sops.check import check
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.recognise import is_marked, recognise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sopsmith.age import Identity
    from sopsmith.ports import Cluster, Object
    from sopsmith.repo.settings import RepoSettings, Scope

    Proof = Callable[[Sequence[Identity]], object]
    """Raises where some identities do not open what they must."""

ATTEMPTS = 5
"""Writes that are tried while others write the same Secret."""


_LOOK = "sopsmith key list shows who opens what"


class ClusterKeys(NamedTuple):
    """What a cluster's key Secret holds.

    Attributes:
        found: The Secret as it was read; None where it is proven that there is none.
        keys: Its `keys.txt`.
    """

    found: Object | None
    keys: Secret
    where: KeySecret = HOME

    @property
    def recipients(self) -> tuple[str, ...]:
        """Return whose files its identities open."""
        return recipients_in(self.keys, self.where.place)

    @property
    def identities(self) -> list[Identity]:
        """Return its identities."""
        return identities_in(self.keys, self.where.place)


def read_cluster_keys(cluster: Cluster, where: KeySecret = HOME) -> ClusterKeys:
    """Return what the cluster holds now, in the platform's Secret unless another is named.

    Raises:
        Denied, Unreachable: It cannot be read, so nothing is known of it.
        ManifestError: The Secret is malformed.
    """
    found = cluster.find(SECRET, where.name, where.namespace)
    return ClusterKeys(found, keys_of(found, where.place), where)


def add_identities(
    cluster: Cluster, new: Sequence[Secret], proof: Proof, where: KeySecret = HOME
) -> ClusterKeys:
    """Put identities beside those that the cluster holds, and return what it holds then.

    Args:
        new: Texts of age identities.
        proof: Must hold of all identities together, before the write and after it.

    Raises:
        NoIdentity: They would not open what `proof` asks for; nothing was written.
        Conflict: Others kept changing the Secret.
        MasterKeyError: A line that stands there is no identity; nothing was written.
    """
    return _change(cluster, lambda keys: merge_identities(keys, new, where.place), proof, where)


def retire_identity(
    cluster: Cluster, recipient: str, proof: Proof, where: KeySecret = HOME
) -> ClusterKeys:
    """Take a recipient's identity out of the cluster, and return what it holds then.

    Args:
        proof: Must hold of the identities that are left, before the write and after it.

    Raises:
        NoIdentity: Those left would not open what `proof` asks for; nothing was written.
        MasterKeyError: None would be left.
        Conflict: Others kept changing the Secret.
    """
    return _change(cluster, lambda keys: take_out(keys, {recipient}, where.place), proof, where)


def mend_line_ends(cluster: Cluster) -> ClusterKeys:
    """Write what the cluster holds with LF for CRLF, and return what it holds then.

    Raises:
        NoIdentity: Somebody changed whose identities they are meanwhile.
        MasterKeyError: A line is no identity; nothing was written.
    """
    held = {*read_cluster_keys(cluster).recipients}

    def proof(identities: Sequence[Identity]) -> None:
        if {one.recipient for one in identities} != held:
            raise NoIdentity("its identities are others now", hint=_LOOK)

    return _change(cluster, lambda keys: Secret(keys.reveal().replace(b"\r\n", b"\n")), proof)


def refuse_foreign(
    cluster: Cluster, found: Sequence[str], settings: RepoSettings, scope: Scope
) -> None:
    """Refuse a cluster that another environment's identity shows to be its own.

    Args:
        found: The recipients of the identities that it holds.

    Raises:
        MasterKeyError: It is.
    """
    held, own = {*found}, {*scope.recipients}
    others = {one.name for one in settings.environments if held & ({*one.recipients} - own)}
    if others and not held & own:
        raise MasterKeyError(
            f"holds the identity of {', '.join(sorted(others))}, so this is not the cluster of "
            f"{scope.name}",
            path=f"{cluster.name}: {PLACE}",
            hint=f"name the context of {scope.name}: --context NAME",
        )


def prove_opens(
    files: Iterable[tuple[str, bytes]], identities: Sequence[Identity], place: str = PLACE
) -> int:
    """Open every SOPS file of some with nothing but these identities, and count them.

    Files that are none of SOPS' are passed over.

    Raises:
        NoIdentity: One does not open.
        Error: One is damaged.
    """
    keyring = Keyring(list(identities), [place])
    return sum(opens(data, path, keyring) for path, data in files)


def prove_kept(
    files: Iterable[tuple[str, bytes]], before: Sequence[Identity], after: Sequence[Identity]
) -> None:
    """Make sure that what some identities open, others open too.

    Raises:
        NoIdentity: A file would be lost.
    """
    had, has = Keyring(list(before), [PLACE]), Keyring(list(after), [PLACE])
    for path, data in files:
        try:
            opens(data, path, has)
        except Error as error:
            # What did not open before is not lost now: damaged, or for others alone.
            if _opened(data, path, had):
                raise NoIdentity(error.message, path=path, hint=error.hint) from None


def opens(data: bytes, path: str, keyring: Keyring) -> bool:
    """Tell whether a file is a SOPS file; if it is, it opens and its MAC holds.

    Raises:
        NoIdentity: It does not open.
        Error: It is damaged.
    """
    name = recognise(data, path)
    if name is None:
        return False
    try:
        check(data, name, path, keyring)
    except (NotEncrypted, FormatError) as error:
        if isinstance(error, FormatError) and is_marked(data, name):
            raise
        return False
    return True


def _opened(data: bytes, path: str, keyring: Keyring) -> bool:
    try:
        return opens(data, path, keyring)
    except Error:
        return False


def _change(
    cluster: Cluster, edit: Callable[[Secret], Secret], proof: Proof, where: KeySecret = HOME
) -> ClusterKeys:
    before = read_cluster_keys(cluster, where)
    for _ in range(ATTEMPTS):
        wanted = before._replace(keys=edit(before.keys))
        if wanted.keys == before.keys:
            _prove(proof, before, "does not open the repository")
            return before
        _prove(proof, wanted, "would not open the repository, so nothing was written")
        # A conflict is no failure yet: what stands now is read, and the change made to that.
        with suppress(Conflict):
            _write(cluster, wanted)
        before = read_cluster_keys(cluster, where)
        if edit(before.keys) == before.keys:
            _prove(proof, before, "does not open the repository any more")
            return before
    raise Conflict(
        f"was changed by others in each of {ATTEMPTS} attempts",
        path=f"{cluster.name}: {where.place}",
        hint="find out who writes it, then run the command again",
    )


def _write(cluster: Cluster, wanted: ClusterKeys) -> None:
    found, keys, where = wanted
    made = with_keys(found, keys, where)
    if found is None:
        cluster.create(SECRET, made)
        return
    if found.get("immutable"):
        raise MasterKeyError(
            "is immutable, so no identity can be put into it or taken out of it",
            path=f"{cluster.name}: {where.place}",
            hint="let whoever made it make it again without `immutable: true`",
        )
    cluster.replace(SECRET, made)


def _prove(proof: Proof, keys: ClusterKeys, what: str) -> None:
    identities, place = keys.identities, keys.where.place
    if not identities:
        raise NoIdentity("would hold no identity, so nothing was written", path=place)
    try:
        proof(identities)
    except NoIdentity as error:
        hint = error.hint if error.hint and "SOPS_AGE_KEY" not in error.hint else _LOOK
        raise NoIdentity(f"{what}: {error}", path=place, hint=hint) from None
