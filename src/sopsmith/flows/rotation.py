"""Replace an environment's identity with no moment in which Argo CD cannot decrypt.

    generate   the new identity stands on disk        before anything names it
    back-up    a backup holds it                      before anything is encrypted to it
    inject     the cluster holds both identities      before any file needs the new one
    move       files and configuration name the new   while the cluster opens both
    sync       Argo CD has the moved files
    retire     the cluster loses the old identity     once nothing it opens needs the old one
    renew      a backup holds what is in use

Each step is done and then noted in the repository. Every step can be done again, so a run that
was killed anywhere is finished by the same command.
"""

from __future__ import annotations

import os
from dataclasses import replace
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.age import generate_post_quantum, is_post_quantum
from sopsmith.errors import Conflict, LayoutError, UsageError
from sopsmith.flows.key_secret import opens, read_cluster_keys
from sopsmith.flows.keys_apart import refuse_inside
from sopsmith.flows.rotation_doors import Doors, Request
from sopsmith.flows.rotation_files import recipients_of
from sopsmith.flows.rotation_steps import Steps, can_back_up
from sopsmith.repo.rotation import (
    FOLDER,
    GENERATE,
    MOVE,
    NO_BACKUP,
    Rotation,
    check_agrees,
    dump_rotation,
    parse_rotation,
    rotation_path,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable

    from sopsmith.ports import Files

__all__ = [
    "Doors", "Outcome", "Planned", "Request", "abort_rotation", "find_rotations", "plan_rotation",
    "run_rotation",
]  # fmt: skip


class Outcome(NamedTuple):
    """How far a run came.

    Attributes:
        rotation: As it stands now.
        waiting: Why it cannot go on by itself, or "" at the end.
    """

    rotation: Rotation
    waiting: str


class Planned(NamedTuple):
    """What a run would begin or take on.

    Attributes:
        rotation: Its new recipient is "" where it is yet to be made.
        files: How many files have the old recipient.
    """

    rotation: Rotation
    files: int


def find_rotations(files: Files, root: str) -> list[Rotation]:
    """Return every rotation that is noted in a repository, done or not.

    Raises:
        LayoutError, FormatError: A file is broken, or in the middle of a merge.
    """
    names = files.names(os.path.join(root, FOLDER))
    ours = [name.removesuffix(".json") for name in names if name.endswith(".json")]
    return [one for name in ours if (one := _find(files, root, name)) is not None]


def plan_rotation(request: Request, doors: Doors) -> Planned:
    """Return the rotation that stands, or the one that a run would begin; writes nothing.

    Raises:
        Error: It could not be begun or taken on.
    """
    rotation = _standing(request, doors) or _begin(request, doors)
    files = Steps(request, doors).tree(rotation).all_files()
    return Planned(rotation, sum(rotation.old in recipients_of(data, path) for path, data in files))


def run_rotation(request: Request, doors: Doors, begin: Callable[[str], None]) -> Outcome:
    """Take a rotation on until it is done or waits for somebody.

    Args:
        begin: Told of each step before it is done.

    Raises:
        Conflict: Another process rotates this environment, or the rotation is being taken back.
        LayoutError, FormatError: What is noted disagrees with the repository; says how.
        Error: A step could not be done; the next run does it again.
    """
    steps = Steps(request, doors)
    with doors.lock(_lock_path(request)):
        rotation = _standing(request, doors)
        if rotation is None:
            rotation = _begin(request, doors)
            begin(GENERATE)
            stronger = request.post_quantum or is_post_quantum(rotation.old)
            make = generate_post_quantum if stronger else doors.new_identity
            identity, recipient = make()
            steps.append(identity, recipient)
            rotation = replace(rotation, new=recipient).after(GENERATE, doors.moment())
            _note(rotation, request, doors)
        while (step := rotation.next_step) is not None:
            begin(step)
            done = steps.apply(step, rotation)
            after = done.rotation if done.waiting else done.rotation.after(step, doors.moment())
            if after != rotation:
                _note(after, request, doors)
            rotation = after
            if done.waiting:
                return Outcome(rotation, done.waiting)
        return Outcome(rotation, "")


def abort_rotation(request: Request, doors: Doors) -> Rotation:
    """Take back a rotation that has not moved the repository yet, and return what it was.

    Its identity stays on disk, labelled as retired: an identity is never deleted.

    Raises:
        UsageError: There is none, or it is too late.
        NoIdentity: The cluster would not open the repository without it.
    """
    steps = Steps(request, doors)
    with doors.lock(_lock_path(request)):
        rotation = _find(doors.files, request.root, request.name)
        if rotation is None or rotation.next_step is None:
            raise UsageError(f"no rotation of {request.name} stands")
        if MOVE in rotation.done or steps.tree(rotation).has_new():
            raise UsageError(
                f"the repository moves to {rotation.new} already, so nothing is taken back",
                hint=f"finish it: {rotation.command}",
            )
        _demand_same_cluster(rotation, request)
        # Noted first: a run that finds the cluster without the new identity must not go on.
        rotation = replace(rotation, aborting=True)
        _note(rotation, request, doors)
        steps.take_from_cluster(rotation, rotation.new, rotation.old)
        steps.label_retired(rotation.new)
        doors.files.remove(_path(request))
        return rotation


def _find(files: Files, root: str, name: str) -> Rotation | None:
    path = rotation_path(name)
    data = files.find(os.path.join(root, path))
    if data is None:
        return None
    rotation = parse_rotation(data, path)
    if rotation.name != name:
        raise LayoutError(f"is about {rotation.name}", path=path)
    return rotation


def _standing(request: Request, doors: Doors) -> Rotation | None:
    """Return the rotation to take on, once it agrees with everything else.

    One that is done stands until another one is asked for: whoever was killed behind the last
    step runs the command again, and shall not begin another rotation by it.
    """
    rotation = _find(doors.files, request.root, request.name)
    if rotation is None:
        return None
    if rotation.next_step is None:
        return None if request.again else rotation
    path = rotation_path(rotation.name)
    if rotation.aborting:
        raise Conflict("is being taken back", path=path, hint=rotation.command)
    if rotation.backup == NO_BACKUP:
        # That no backup is needed is said on the command line of each run: what Git says of it
        # somebody else may have written.
        rotation = replace(rotation, backup=_backup_at_first(request, doors))
    _demand_same_cluster(rotation, request)
    if request.recipient not in ("", rotation.old):
        raise Conflict(f"replaces {rotation.old}, not {request.recipient}", path=path)
    check_agrees(rotation, Steps(request, doors).tree(rotation).recipients())
    return rotation


def _begin(request: Request, doors: Doors) -> Rotation:
    """Return a rotation at its beginning, once it is sure that it can come to its end."""
    steps, keyring = Steps(request, doors), doors.means.keyring()
    rotation = Rotation(
        request.environment, "", "", request.context, doors.moment(), tenant=request.tenant
    )
    recipients = steps.tree(rotation).recipients()
    old = request.recipient or _only(rotation, request, doors, recipients)
    if old not in recipients:
        raise UsageError(f"{old} is no recipient of {rotation.name} in {rotation.settings_path}")
    rotation = replace(rotation, old=old, backup=_backup_at_first(request, doors))
    refuse_inside(os.path.realpath(request.root), request.keys_path, doors.files)
    steps.demand_in_cluster(rotation)
    # A file that is broken names no recipient; the plan finds it.
    steps.tree(rotation).plan()
    for path, data in steps.tree(rotation).own_files():
        opens(data, path, keyring)
    return rotation


def _backup_at_first(request: Request, doors: Doors) -> str:
    """Return what is noted of a backup before there is one.

    Raises:
        LayoutError: There can be none, and the user has not accepted that.
    """
    return "" if can_back_up(request, doors) else NO_BACKUP


def _only(rotation: Rotation, request: Request, doors: Doors, recipients: tuple[str, ...]) -> str:
    """Return the recipient whose identity the cluster holds, or the only one there is."""
    held = recipients
    if len(recipients) > 1 and doors.cluster is not None:
        in_cluster = read_cluster_keys(doors.cluster, request.keys_in).recipients
        held = tuple(one for one in recipients if one in in_cluster)
    if len(held) != 1:
        found = ", ".join(held or recipients) or "none at all"
        raise UsageError(
            f"which recipient of {rotation.name} shall go? It has {found}",
            hint=f"{rotation.bare_command} --recipient age1…",
        )
    return held[0]


def _demand_same_cluster(rotation: Rotation, request: Request) -> None:
    if rotation.context != request.context:
        was = f"with the context {rotation.context}" if rotation.context else "without a cluster"
        flag = f"--context {quote(rotation.context)}" if rotation.context else "--no-cluster"
        raise UsageError(f"the rotation was begun {was}", hint=f"add {flag}")


def _note(rotation: Rotation, request: Request, doors: Doors) -> None:
    doors.files.write(_path(request), dump_rotation(rotation))


def _path(request: Request) -> str:
    return os.path.join(request.root, rotation_path(request.name))


def _lock_path(request: Request) -> str:
    """Return what is locked: beside the identities, so that git does not see it.

    It is one for all environments, since each rotation edits the same two configurations.
    """
    return f"{request.keys_path}.rotation"
