"""Find out what the two words of `sopsmith diff` mean, and read both sides."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from sopsmith.adapters.environment import read_settings as read_environment
from sopsmith.adapters.git_history import GitHistory
from sopsmith.cli.looking import open_trees
from sopsmith.cli.talk import note
from sopsmith.cli.textconv import keyring_and_key
from sopsmith.errors import UsageError
from sopsmith.flows.bootstrap import choose_context
from sopsmith.flows.compare import Side, Signer, read_cluster, read_side
from sopsmith.flows.reading import read_for_sops
from sopsmith.flows.versions import Opener
from sopsmith.repo.root import find_root, read_settings
from sopsmith.repo.settings import CORE, RepoSettings

CLUSTER, TREE = "cluster", "."
_WAYS = "sopsmith diff dev prod, HEAD~3 HEAD, main:dev dev, or prod cluster"


class _Wanted(NamedTuple):
    """What a word means: a revision (or the working tree, or a cluster) and an environment."""

    revision: str
    environment: str = ""


def open_sides(words: tuple[str, str], context: str, repo: str) -> tuple[Side, Side]:
    """Return both sides.

    Raises:
        UsageError: The two cannot be compared, or name nothing.
    """
    files, _, _ = open_trees(None)
    root = os.path.relpath(find_root(files, repo))
    settings = read_settings(files, root)
    wanted = [_parse(word, settings) for word in words]
    live = [one.revision == CLUSTER for one in wanted]
    named = [bool(one.environment) for one in wanted]
    if not any(live) and len({*named}) > 1:
        odd, other = words if not named[0] else words[::-1]
        known = ", ".join(scope.name for scope in settings.environments)
        raise UsageError(
            f"{odd!r} is no environment here, so it cannot be compared with {other}; "
            f"there are {known}",
            hint=_WAYS,
        )
    if all(live) or (any(live) and not any(named)):
        raise UsageError("these two cannot be compared", hint=_WAYS)
    keyring, key = keyring_and_key()
    signer = Signer(Opener(lambda: keyring), key)
    if key is None:
        note("no age identity is at hand, so values are compared by their ciphertexts alone")
    # A cluster gets core's Secrets too, and its side is asked for just what the other one has.
    sides = [
        {} if one.revision == CLUSTER else _read(one, root, settings, signer, live=any(live))
        for one in wanted
    ]
    if any(live):
        at = live.index(True)
        sides[at] = _ask(wanted[1 - at].environment, context, settings, sides[1 - at], signer)
    return sides[0], sides[1]


def _parse(word: str, settings: RepoSettings) -> _Wanted:
    environments = {one.name for one in settings.environments}
    if word in {CLUSTER, TREE}:
        return _Wanted(word)
    if word in environments:
        return _Wanted(TREE, word)
    revision, colon, environment = word.rpartition(":")
    if colon and environment in environments:
        return _Wanted(revision, environment)
    return _Wanted(word)


def _read(one: _Wanted, root: str, settings: RepoSettings, signer: Signer, *, live: bool) -> Side:
    scopes = frozenset({one.environment, *([CORE] if live else [])} if one.environment else ())
    if one.revision == TREE:
        return read_side(_tree(root), settings, scopes, signer)
    with GitHistory(root) as history:
        listed = history.files(one.revision)
        names = [(p, n) for p, n in listed.items() if p.startswith(history.prefix)]
        read = history.read([name for _, name in names])
        found = (
            (path.removeprefix(history.prefix), data)
            for (path, _), (_, data) in zip(names, read, strict=True)
            if data is not None
        )
        return read_side(found, settings, scopes, signer)


def _tree(root: str) -> Iterator[tuple[str, bytes]]:
    _, trees, _ = open_trees(None)
    for path in trees.walk((root,)):
        yield os.path.relpath(path, root), read_for_sops(trees, path)


def _ask(environment: str, context: str, settings: RepoSettings, of: Side, signer: Signer) -> Side:
    from sopsmith.adapters.cluster import open_cluster

    chosen = choose_context(settings, environment, context, lambda _: "")
    if not chosen:
        raise UsageError(
            f"sopsmith.yaml ties no context to {environment}", hint="name one with --context"
        )
    if settings.roll:
        note("roll: hash ends names in the cluster with a hash, so those are not found there")
    cluster = open_cluster(chosen, read_environment())
    return read_cluster(cluster, of, settings.namespace, signer)
