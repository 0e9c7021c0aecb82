"""Understand the words of `sopsmith init` and say what it did."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

from sopsmith import age
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.key_lock import lock_keys
from sopsmith.adapters.private import PrivateFiles, is_open_to_others
from sopsmith.cli.key_files import keys_file
from sopsmith.cli.talk import note, put, put_json, say, warn
from sopsmith.errors import Error, UsageError
from sopsmith.flows.init import Doors, InitPlan, InitRequest


def open_doors(*, post_quantum: bool = False) -> Doors:
    """Return the real doors."""
    now, maker = datetime.now(UTC), age.generator(post_quantum=post_quantum)
    return Doors(LocalFiles(), PrivateFiles(), maker, now, lock_keys, is_open_to_others)


def parse_recipients(words: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return recipients by environment from words of the form `dev=age1…`.

    Raises:
        UsageError: A word has another form; it is not quoted, since it may be an identity.
        MasterKeyError: A recipient cannot be used.
    """
    found: dict[str, tuple[str, ...]] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name or not text:
            raise UsageError("--recipient takes ENV=RECIPIENT", hint="--recipient dev=age1…")
        try:
            recipient = age.check_recipient(text)
        except Error as error:
            error.key = f"--recipient {name}"
            raise
        found[name] = tuple(dict.fromkeys((*found.get(name, ()), recipient)))
    return found


def build_request(
    folder: str,
    *,
    environments: tuple[str, ...],
    recipients: tuple[str, ...],
    shared: bool,
) -> InitRequest:
    """Return the request, with both places resolved so that one can be seen inside the other.

    Raises:
        Error: As `parse_recipients` does.
    """
    names, named = tuple(dict.fromkeys(environments)), parse_recipients(recipients)
    return InitRequest(os.path.realpath(folder), keys_file(), names, named, shared)


def show(made: InitPlan, folder: str, *, as_json: bool, dry_run: bool, steps: str = "") -> None:
    """Write the paths to stdout, and to stderr what a person should know besides.

    Args:
        steps: What comes next; that of `init` unless given.
    """
    if as_json:
        put_json(_object(made))
    else:
        paths = (os.path.normpath(os.path.join(folder, file.path)) for file in made.files)
        put("".join(f"{path}\n" for path in paths).encode("utf-8", "surrogateescape"))
    for sentence in made.notes:
        warn(sentence)
    for sentence in _planned(made) if dry_run else _done(made, alone=not steps):
        note(sentence)
    if made.files and not dry_run:
        say(steps or _next_steps(folder))


def _object(made: InitPlan) -> dict[str, object]:
    return {
        "created": [file.path for file in made.files if not file.extends],
        "extended": [file.path for file in made.files if file.extends],
        "identities": [
            {
                "environments": list(new.environments),
                "recipient": new.recipient,
                "resumed": new in made.resumed,
            }
            for new in (*made.resumed, *made.identities)
        ],
        "keys": made.keys_path if made.identities or made.resumed else None,
    }


def _planned(made: InitPlan) -> Iterator[str]:
    for new in made.resumed:
        yield f"would go on with the identity for {', '.join(new.environments)} in {made.keys_path}"
    for new in made.identities:
        yield f"would append an age identity for {', '.join(new.environments)} to {made.keys_path}"
    yield "dry run: nothing was written"


def _done(made: InitPlan, *, alone: bool) -> Iterator[str]:
    for new in made.resumed:
        names = ", ".join(new.environments)
        yield f"went on with the identity for {names} of a run that was cut short: {new.recipient}"
    for new in made.identities:
        yield f"made an age identity for {', '.join(new.environments)}: {new.recipient}"
    if made.identities or made.resumed:
        others = ", and nothing else opens the Secrets" if alone else ""
        yield f"identities stand in {made.keys_path}{others}"
    if not made.files:
        yield "nothing was missing"


def _next_steps(folder: str) -> str:
    steps = ["sopsmith generate --dry-run", "sopsmith generate"]
    steps.append(
        "sopsmith key recovery generate --out /media/safe/recovery.txt && sopsmith key backup"
    )
    if not os.path.exists(os.path.join(folder, ".env")):
        steps.insert(0, "put a .env beside sopsmith.yaml")
    if os.path.normpath(folder) != ".":
        steps.insert(0, f"cd {folder}")
    return "next: " + ", then ".join(steps)
