"""Open the doors of a rotation, and say how it stands."""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime
from typing import Any

from sopsmith import age
from sopsmith.adapters.environment import read_settings as read_environment
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.key_lock import lock_keys
from sopsmith.adapters.private import PrivateFiles
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.cli import backup_words
from sopsmith.cli.backup_words import back_up
from sopsmith.cli.consent_words import open_consent
from sopsmith.cli.key_files import keys_file
from sopsmith.cli.rekeying import build_means
from sopsmith.cli.sops_verbs import keyring_of_environment
from sopsmith.cli.table import table
from sopsmith.cli.talk import note, put, put_json, say
from sopsmith.errors import UsageError
from sopsmith.flows.rotation import (
    Doors,
    Outcome,
    Planned,
    Request,
    abort_rotation,
    find_rotations,
    plan_rotation,
    run_rotation,
)
from sopsmith.flows.rotation_files import read_settings
from sopsmith.ports import Cluster
from sopsmith.repo.contexts import find_environment, refuse_other
from sopsmith.repo.root import find_root
from sopsmith.repo.rotation import WORDS, Rotation, rotation_name, rotation_path
from sopsmith.repo.settings import FILE, RepoSettings

_WAYS = {
    "commit and push": "git add --all && git commit --message 'Rotate an identity' && git push",
    "git push": "git push",
    "git fetch": "git fetch",
}
"""What to do, by the end of the sentence that says what a rotation waits for."""
_UNITS = {"s": 1, "m": 60, "h": 3600}
_DURATION = re.compile(r"(?:[0-9]+[smh])+")


def open_rotation(options: dict[str, Any]) -> tuple[Request, Doors]:
    """Return what a user asks for, and the real doors.

    Raises:
        LayoutError: The folder lies in no repository, or it cannot be worked with.
        UsageError: The words do not fit together, or it is not sure which cluster is meant.
        OutsideError: The kubeconfig cannot be used.
    """
    files = LocalFiles()
    root = os.path.relpath(find_root(files, options["repo"]))
    settings = read_settings(files, root)
    environment, keys_path = options["environment"], keys_file()
    context = _context(options, settings, find_rotations(files, root))
    consent = open_consent(root, settings, options)
    request = Request(
        root,
        environment,
        keys_path,
        context,
        options["recipient"],
        synced=options["synced"],
        wait=parse_duration(options["wait"]),
        without_backup=options["without_backup"],
        again=options["again"],
        tenant=options.get("tenant", ""),
        shared=options["share_cluster"],
        post_quantum=options["post_quantum"],
    )
    return request, Doors(
        files=files,
        keys=PrivateFiles(),
        lock=lock_keys,
        # Each step may have to open files with an identity that an earlier one has made.
        means=build_means({"jobs": None, "input_type": ""})._replace(
            keyring=keyring_of_environment
        ),
        programs=LocalPrograms(),
        new_identity=age.generate,
        cluster=_open_cluster(context) if context else None,
        back_up=(lambda wanted: back_up(os.path.realpath(root), keys_path, wanted, consent))
        if settings.recovery
        else None,
        now=lambda: datetime.now(UTC),
        pause=_pause,
    )


def take_on(request: Request, doors: Doors, options: dict[str, Any]) -> int:
    """Take a rotation on, plan it or take it back, as the options say, and show what came of it.

    Raises:
        Error: As `flows.rotation` and `ask_first` do.
    """
    as_json = options["output"] == "json"
    if options["abort"]:
        return show_aborted(abort_rotation(request, doors), as_json=as_json)
    if options["dry_run"]:
        return show_plan(plan_rotation(request, doors), as_json=as_json)
    ask_first(request, doors, options)
    outcome = run_rotation(request, doors, begin)
    return show(outcome, waited=request.wait > 0, as_json=as_json)


def ask_first(request: Request, doors: Doors, options: dict[str, Any]) -> None:
    """Ask for consent to the backup before anything is made.

    Raises:
        UsageError: Nobody has accepted it, and nobody can be asked.
    """
    settings = read_settings(doors.files, request.root)
    standing = find_rotations(doors.files, request.root)
    done = {one.name for one in standing if one.next_step is None}
    is_done = request.name in done and not request.again
    if settings.recovery and not is_done:
        consent = open_consent(request.root, settings, options)
        backup_words.ask_first(request.root, request.keys_path, settings, consent)


def parse_duration(text: str) -> float:
    """Return the seconds of a duration such as `90s` or `1h30m`.

    Raises:
        UsageError: It is none.
    """
    if not _DURATION.fullmatch(text):
        raise UsageError("--wait takes a duration", hint="write 90s, 10m or 1h30m")
    return float(sum(int(n) * _UNITS[unit] for n, unit in re.findall(r"([0-9]+)([smh])", text)))


def begin(step: str) -> None:
    """Say which step is being done."""
    note(f"{step}: {WORDS[step]}")


def show(outcome: Outcome, *, waited: bool, as_json: bool) -> int:
    """Write how far a rotation came, and return the exit code."""
    rotation, waiting = outcome
    if as_json:
        put_json(_object(rotation) | {"waiting": waiting})
    elif waiting:
        put(f"{rotation.name}: {rotation.next_step}: {waiting}\n".encode())
        say(f"next: {_onward(rotation, waiting)}")
    else:
        put(f"{rotation.name}: done at {rotation.finished}: {rotation.new}\n".encode())
        say(f"next: commit and push {rotation_path(rotation.name)}; for another: --again")
    return 3 if waiting and waited else 0


def show_plan(planned: Planned, *, as_json: bool) -> int:
    """Write the steps of a rotation, done and to be done."""
    rotation, files = planned
    if as_json:
        put_json(_object(rotation) | {"files": files})
        return 0
    rows = [(step, rotation.done.get(step, ""), WORDS[step]) for step in rotation.steps]
    put(table(("STEP", "DONE", "WHAT"), rows).encode())
    note(f"{rotation.old} goes; {files} {'file has' if files == 1 else 'files have'} it")
    note("dry run: nothing was written")
    return 0


def show_aborted(rotation: Rotation, *, as_json: bool) -> int:
    """Say that a rotation was taken back."""
    if as_json:
        put_json(_object(rotation))
    else:
        put(f"{rotation.name}: taken back: {rotation.old} stays\n".encode())
    note(f"the identity of {rotation.new} stays in the file of identities, labelled as retired")
    return 0


def show_status(rotations: list[Rotation], *, as_json: bool) -> None:
    """Write where rotations stand to stdout."""
    if as_json:
        put_json([_object(one) for one in rotations])
        return
    rows = [
        (one.name, one.started, one.next_step or "done", _next(one), _command(one))
        for one in rotations
    ]
    if rows:
        put(table(("ENVIRONMENT", "STARTED", "STEP", "NEXT", "COMMAND"), rows).encode())
    else:
        note("no rotation has been begun")


def _object(rotation: Rotation) -> dict[str, object]:
    return {
        "environment": rotation.environment,
        "tenant": rotation.tenant or None,
        "old": rotation.old,
        "new": rotation.new or None,
        "context": rotation.context or None,
        "backup": rotation.backup or None,
        "started": rotation.started,
        "done": rotation.done,
        "next": rotation.next_step,
        "command": _command(rotation) or None,
    }


def _onward(rotation: Rotation, waiting: str) -> str:
    """Return the commands that take a rotation on from what it waits for."""
    first = next((command for end, command in _WAYS.items() if waiting.endswith(end)), "")
    # `--synced` says that all have the files, so it is not to be pasted in one go with a push.
    once = "once it is deployed: " if rotation.command.endswith(" --synced") else ""
    return f"{first}, then {once}{rotation.command}" if first else f"{once}{rotation.command}"


def _next(rotation: Rotation) -> str:
    if rotation.aborting:
        return "take it back"
    return WORDS[rotation.next_step] if rotation.next_step else ""


def _command(rotation: Rotation) -> str:
    return rotation.command if rotation.next_step else ""


def _context(options: dict[str, Any], settings: RepoSettings, standing: list[Rotation]) -> str:
    """Return the kubeconfig context to use, or "" for a rotation without a cluster.

    The current context is never taken: which cluster gets an identity is said by name.
    """
    scope = find_environment(settings, options["environment"])
    named, tied = options["context"], scope.context
    if named and options["no_cluster"]:
        raise UsageError("--context and --no-cluster contradict each other")
    refuse_other(scope, named)
    tenant = options.get("tenant", "")
    # The environment's cluster need not hold what opens a tenant's files alone.
    if tied and options["no_cluster"] and not tenant:
        raise UsageError(
            f"{scope.name} is tied to the context {tied} in {FILE}",
            hint="leave --no-cluster out, or change it there",
        )
    if options["no_cluster"]:
        return ""
    name = rotation_name(scope.name, tenant)
    known = [one.context for one in standing if one.name == name and one.next_step]
    found = str(named or tied or next(iter(known), ""))
    if not found:
        raise UsageError(
            f"{FILE} names no context for {scope.name}, and none was given",
            hint="name the one of its cluster: --context NAME; if no cluster holds this "
            "identity: --no-cluster",
        )
    return found


def _open_cluster(context: str) -> Cluster:
    from sopsmith.adapters.cluster import open_cluster

    cluster = open_cluster(context, read_environment())
    note(f"cluster {cluster.name}")
    return cluster


def _pause(seconds: float) -> None:
    if seconds > 10:
        note(f"waiting {seconds:.0f} s until the pods of Argo CD have both identities")
    time.sleep(seconds)
