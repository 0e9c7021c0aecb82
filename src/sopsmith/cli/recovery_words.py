"""Understand the words of `sopsmith key recovery`, and give a recovery identity out."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from sopsmith import age
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.private import create_private, is_open_to_others, make_folders
from sopsmith.cli.consent_words import remember_recovery
from sopsmith.cli.talk import note, put, say, warn
from sopsmith.errors import NotThere, OutsideError, UsageError
from sopsmith.flows.backup_checks import readers_of, refuse_inside
from sopsmith.flows.recovery import Doors, RecoveryRequest
from sopsmith.repo.root import find_root, read_settings
from sopsmith.secret import Secret

Give = Callable[[list[Secret]], None]


def build_request(options: dict[str, Any]) -> RecoveryRequest:
    """Return the request that the options make.

    Raises:
        UsageError: `--shares` is not of its form, or `--to` stands without it.
    """
    needed = parts = 0
    if options["shares"]:
        found = re.fullmatch(r"([0-9]{1,3})-of-([0-9]{1,3})", options["shares"])
        if found is None:
            raise UsageError("--shares takes M-of-N", hint="--shares 2-of-3")
        needed, parts = int(found[1]), int(found[2])
    elif options["holders"]:
        raise UsageError("--to goes with --shares", hint="--shares 2-of-3")
    root = find_root(LocalFiles(), options["repo"])
    return RecoveryRequest(root, options["name"], needed, parts, options["holders"])


def open_doors(root: str, give: Give) -> Doors:
    """Return the real doors."""
    return Doors(LocalFiles(), age.generate, os.urandom, give, partial(_remember, root))


def giver(request: RecoveryRequest, out: str | None, *, show: bool) -> Give:
    """Return what gives the identity out, where the options say.

    Raises:
        UsageError: They name no way out or two, or would put all shares in clear side by side.
        OutsideError: The place is in the repository, or taken.
    """
    if show == bool(out):
        raise UsageError(
            "say where the identity goes: --out PATH or --print",
            hint="sopsmith key recovery generate --out /media/safe/recovery.txt",
        )
    if not out:
        return _print
    if request.parts and not request.holders:
        raise UsageError(
            "shares in clear in one folder are the identity itself",
            hint="name --to for each share, or --print them",
        )
    if request.parts:
        names = [f"share-{number}.age" for number in range(1, request.parts + 1)]
        paths = [os.path.join(out, name) for name in names]
    else:
        paths = [out]
    above = os.path.dirname(os.path.abspath(out))
    if not os.path.isdir(above):
        # To make it would put the identity on this machine where a medium is not mounted.
        raise NotThere("there is no such folder: is the medium mounted?", path=above)
    for path in paths:
        refuse_inside(request.root, os.path.abspath(path), LocalFiles())
        if os.path.lexists(path):
            raise OutsideError("stands already, and is not replaced", path=path)
    return lambda pieces: _write(paths, pieces)


def _remember(root: str, recipient: str) -> None:
    """Remember that this repository's identities may be backed up for what was made here."""
    settings = read_settings(LocalFiles(), root)
    remember_recovery(root, settings, [recipient], readers_of(settings, ()))


def say_what_happened(recipient: str, others: int) -> None:
    """Say what was made, and what comes next; for a dry run the recipient is empty."""
    if others:
        known = (
            f"{others} recovery recipients stand" if others > 1 else "one recovery recipient stands"
        )
        note(f"{known} in sopsmith.yaml already; each opens new backups alone")
    if not recipient:
        note("dry run: nothing was made")
        return
    note(f"named {recipient} under recovery.recipients of sopsmith.yaml")
    say("next: sopsmith key backup, and commit sopsmith.yaml; keep what was given out offline")


def _print(pieces: list[Secret]) -> None:
    for number, piece in enumerate(pieces, start=1):
        if len(pieces) > 1 and sys.stdout.isatty():
            say(f"share {number}:")
        put(piece.reveal())


def _write(paths: list[str], pieces: list[Secret]) -> None:
    make_folders(os.path.dirname(os.path.abspath(paths[0])))
    for path, piece in zip(paths, pieces, strict=True):
        create_private(path, piece.reveal())
        note(f"wrote {path}")
        if is_open_to_others(path):
            warn(f"others can read {path}, as its file system has no owners: lock it away")
