"""Take an identity from standard input, and say where its use was recorded."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sopsmith import age
from sopsmith.adapters import confined
from sopsmith.adapters.account import current_user
from sopsmith.adapters.environment import read_settings as read_environment
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.key_lock import lock_folder
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.adapters.trees import LocalTrees
from sopsmith.age import Identity
from sopsmith.cli.share_options import find_repositories
from sopsmith.cli.talk import note, warn
from sopsmith.errors import LayoutError, MasterKeyError
from sopsmith.flows.break_glass import SOURCE, Doors, Emergency, Target, choose_target
from sopsmith.ports import Cluster
from sopsmith.repo.key_file import parse_key_file
from sopsmith.repo.root import find_root, read_settings
from sopsmith.repo.uses import PATH, check_reason
from sopsmith.secret import Secret

LIMIT = 64 * 1024  # bytes; no list of identities is longer


class Given(NamedTuple):
    """What came from standard input."""

    text: Secret

    @property
    def identities(self) -> list[Identity]:
        """Return the identities; MasterKeyError where a line is none, or there is none."""
        found = age.parse_identities(self.text.reveal().decode("utf-8", "replace"), SOURCE)
        if not found:
            raise MasterKeyError("holds no identity", path=SOURCE)
        return found

    @property
    def pairs(self) -> list[tuple[str, Secret]]:
        """Return each age identity's recipient and text; MasterKeyError as above."""
        found = [(one.recipient, one.line) for one in parse_key_file(self.text.reveal(), SOURCE)]
        if not found:
            raise MasterKeyError("holds no identity", path=SOURCE)
        return found


def read_given() -> Given:
    """Return what stands on standard input; on a terminal it is asked for and not shown.

    Raises:
        MasterKeyError: It is too long to be identities.
    """
    if sys.stdin.isatty():
        import getpass

        return Given(Secret(getpass.getpass("identity (not shown): ").strip().encode()))
    data = sys.stdin.buffer.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise MasterKeyError(f"is longer than {LIMIT // 1024} KiB", path=SOURCE)
    return Given(Secret(data.strip()))


def open_emergency(place: str, reason: str, *, no_record: bool) -> Emergency:
    """Return why and where an identity is used.

    Args:
        place: A file or folder of the repository.

    Raises:
        UsageError: The reason is no line.
    """
    folder = place if os.path.isdir(place) else os.path.dirname(os.path.abspath(place))
    try:
        root = find_root(LocalFiles(), folder)
    except LayoutError:
        # A repository of SOPS files alone has its uses recorded too.
        root = confined.find_root(folder)
    return Emergency(root, check_reason(reason), recorded=not no_record)


def open_doors(root: str) -> Doors:
    """Return the real doors."""
    programs = LocalPrograms()
    git = ""
    if programs.locate("git"):
        done = programs.run(["git", "var", "GIT_AUTHOR_IDENT"], cwd=root)
        git = done.stdout.decode("utf-8", "replace").rpartition(">")[0]
    user = git and f"{git}>"
    now = datetime.now(UTC)
    trees = LocalTrees(programs)
    return Doors(LocalFiles(), trees, lock_folder, now, current_user(), user)


def open_target(
    options: dict[str, Any], given: Given, why: Emergency, doors: Doors
) -> tuple[Target, Cluster]:
    """Return where the identities go, and the cluster there.

    Raises:
        UsageError: Nothing says where, or the words contradict sopsmith.yaml.
        MasterKeyError: The identities are those of other environments, or none.
        OutsideError: The cluster cannot be set up.
    """
    from sopsmith.adapters.cluster import open_cluster

    settings = read_settings(doors.files, why.root)
    named, context = options["environment"], options["context"] or ""
    target = choose_target(named, context, given.pairs, settings)._replace(
        repositories=find_repositories(why.root), shared=options["share_cluster"]
    )
    return target, open_cluster(target.context, read_environment())


def say_recorded(why: Emergency) -> None:
    """Say where the use was recorded, or that it was not."""
    if why.recorded:
        path = os.path.relpath(os.path.join(why.root, PATH))
        note(f"recorded in {path}: commit it, and think of `sopsmith key rotate`")
    else:
        warn("this use was not recorded, as --no-record says")
