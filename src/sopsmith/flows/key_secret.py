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
    Mark,
    identities_in,
    keys_of,
    mark_of,
    merge_identities,
    recipients_in,
    take_out,
    with_keys,
    with_mark,
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


class Owner(NamedTuple):
    """For whom a cluster gets identities.

    Attributes:
        scope: The environment.
        repositories: Where the repository is fetched from, each as host and path.
        shared: The user says that the cluster is another environment's, or repository's, as well.
        also: Recipients that are the environment's, besides those that the settings name.
    """

    settings: RepoSettings
    scope: Scope
    repositories: tuple[str, ...] = ()
    shared: bool = False
    also: tuple[str, ...] = ()

    @property
    def mark(self) -> Mark:
        """Return the mark that the cluster gets."""
        return Mark((self.scope.name,), self.repositories)


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
    cluster: Cluster,
    new: Sequence[Secret],
    proof: Proof,
    where: KeySecret = HOME,
    owner: Owner | None = None,
) -> ClusterKeys:
    """Put identities beside those that the cluster holds, and return what it holds then.

    Args:
        new: Texts of age identities.
        proof: Must hold of all identities together, before the write and after it.
        owner: Refuse a cluster that is somebody else's, and mark it as this one's.

    Raises:
        MasterKeyError: It is another environment's cluster; nothing was written.
        NoIdentity: They would not open what `proof` asks for; nothing was written.
        Conflict: Others kept changing the Secret.
        MasterKeyError: A line that stands there is no identity; nothing was written.
    """

    def edit(keys: Secret) -> Secret:
        return merge_identities(keys, new, where.place)

    return _change(cluster, edit, proof, where, owner)


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


def refuse_foreign(cluster: Cluster, keys: ClusterKeys, owner: Owner) -> None:
    """Refuse a cluster that its key Secret shows to be another environment's, or repository's.

    Its mark says so, or it holds another environment's identity and none of this one's. Core's
    identity beside an environment's says nothing: every cluster may have it.

    Raises:
        MasterKeyError: It is.
    """
    if owner.shared:
        return
    name, mark, held = owner.scope.name, mark_of(keys.found), {*keys.recipients}
    own = {*owner.scope.recipients, *owner.also}
    others = {one.name for one in owner.settings.environments if held & ({*one.recipients} - own)}
    why = ""
    if mark.environments and name not in mark.environments:
        why = f"is marked as that of {', '.join(mark.environments)}"
    elif others and not held & own:
        why = f"holds the identity of {', '.join(sorted(others))}"
    elif not held & own and _are_others(mark.repositories, owner.repositories):
        why = f"is marked as that of the repository {', '.join(mark.repositories)}"
    if why:
        raise MasterKeyError(
            f"{why}, so this is not the cluster of {name}",
            path=f"{cluster.name}: {keys.where.place}",
            hint=f"name the context of {name}: --context NAME; if the cluster serves both, and who "
            "reads one may read the other: --share-cluster",
        )


def _are_others(marked: tuple[str, ...], ours: tuple[str, ...]) -> bool:
    return bool(marked and ours) and not {*marked} & {*ours}


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
    cluster: Cluster,
    edit: Callable[[Secret], Secret],
    proof: Proof,
    where: KeySecret = HOME,
    owner: Owner | None = None,
) -> ClusterKeys:
    before = read_cluster_keys(cluster, where)
    for _ in range(ATTEMPTS):
        if owner is not None:
            refuse_foreign(cluster, before, owner)
        wanted = before._replace(keys=edit(before.keys))
        if wanted.keys == before.keys and _is_marked(before, owner):
            _prove(proof, before, "does not open the repository")
            return before
        _prove(proof, wanted, "would not open the repository, so nothing was written")
        # A conflict is no failure yet: what stands now is read, and the change made to that.
        with suppress(Conflict):
            _write(cluster, wanted, owner)
        before = read_cluster_keys(cluster, where)
        if edit(before.keys) == before.keys:
            _prove(proof, before, "does not open the repository any more")
            return before
    raise Conflict(
        f"was changed by others in each of {ATTEMPTS} attempts",
        path=f"{cluster.name}: {where.place}",
        hint="find out who writes it, then run the command again",
    )


def _is_marked(keys: ClusterKeys, owner: Owner | None) -> bool:
    """Tell whether a Secret has the mark, or cannot get it."""
    mark, is_fixed = mark_of(keys.found), bool((keys.found or {}).get("immutable"))
    return owner is None or is_fixed or mark.with_more(owner.mark) == mark


def _write(cluster: Cluster, wanted: ClusterKeys, owner: Owner | None) -> None:
    found, keys, where = wanted
    made = with_keys(found, keys, where)
    if owner is not None:
        made = with_mark(made, mark_of(found).with_more(owner.mark))
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
