"""Have a person accept for whom identities leave this machine, and remember it.

A terminal is asked. Where there is none, what is accepted stands on the command line, word for
word: an answer to a question that nobody read is no consent.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import partial
from typing import Any

import click

from sopsmith.adapters.environment import read_settings
from sopsmith.adapters.key_lock import lock_keys
from sopsmith.adapters.private import PrivateFiles
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.cli.again import again
from sopsmith.cli.talk import plain, say
from sopsmith.errors import UsageError
from sopsmith.flows.backup_consent import (
    FILE_NAME,
    Consent,
    Doors,
    demand_consent,
    find_consent,
    remember,
    remember_store,
)
from sopsmith.flows.named_by import find_author
from sopsmith.repo.recovery_pins import Leaving, Sending, Unaccepted, store_of
from sopsmith.repo.settings import FILE, RepoSettings


def open_consent(root: str, settings: RepoSettings, options: dict[str, Any]) -> Consent:
    """Return what asks whether identities may leave.

    Args:
        options: Those of `cli.consent_options`; without them none is accepted on the command line.
    """
    return partial(demand_consent, doors=_open_doors(root, settings, options))


def foresee(sending: Sending, root: str, settings: RepoSettings) -> str:
    """Return what would be asked, as a sentence; "" for nothing."""
    missing = find_consent(sending, _open_doors(root, settings, {}))
    return f"would ask first: {_sentence(missing)}" if missing else ""


def remember_recovery(
    root: str, settings: RepoSettings, recovery: Iterable[str], identities: Iterable[str],
    store: str = "",
) -> None:  # fmt: skip
    """Remember recovery recipients whose identity was made here, or shown here.

    Args:
        identities: Recipients whose identities may be backed up for them.
        store: As `named_store` has it; "" to take the first one that is used.
    """
    folder = os.path.realpath(root)
    leaving = tuple(Leaving(one, "") for one in identities)
    remember(Sending(folder, leaving, tuple(recovery), store), _open_doors(root, settings, {}))


def remember_place(root: str, settings: RepoSettings, place: str) -> None:
    """Remember a store that was made ready here.

    Args:
        place: The archive's own name for it.
    """
    store = named_store(settings, place)
    remember_store(os.path.realpath(root), store, _open_doors(root, settings, {}))


def named_store(settings: RepoSettings, place: str) -> str:
    """Return what a store is remembered as."""
    return store_of(settings.backup.store, settings.backup.endpoint, place)


def _open_doors(root: str, settings: RepoSettings, options: dict[str, Any]) -> Doors:
    home = read_settings().data_home
    return Doors(
        PrivateFiles(),
        os.path.join(home, "sopsmith", FILE_NAME) if home else "",
        lock_keys,
        partial(_ask, root, settings),
        tuple(options.get("accept_recovery", ())),
        tuple(options.get("accept_store", ())),
    )


def _ask(root: str, settings: RepoSettings, sending: Sending, missing: Unaccepted) -> None:
    """Return once a person has said yes.

    Raises:
        UsageError: There is nobody to ask.
        click.Abort: They said no.
    """
    if not sys.stdin.isatty():
        words = [word for one in missing.recovery for word in ("--accept-recovery", one)]
        words += ["--accept-store", missing.store] if missing.store else []
        named = "; ".join(_describe(one, root, settings) for one in missing.recovery)
        raise UsageError(
            f"nobody has accepted here yet that {_sentence(missing)}" + (named and f": {named}"),
            path=FILE,
            hint=f"if you know them: {again(*words)}",
        )
    say("this machine has never done so before:")
    for one in missing.identities or [leaving.recipient for leaving in sending.identities]:
        say(f"  send the identity of   {one}{_scopes(one, settings)}")
    for one in sending.recovery:
        say(f"  to whoever can open    {_describe(one, root, settings)}")
    if missing.store:
        say(f"  and keep it at         {missing.store}")
    for one in missing.earlier:
        say(f"  until now it went to   {one}, which this repository does not name")
    say("whoever has the identity of that recovery recipient can then read all that they open")
    click.confirm("accept this, and remember it?", abort=True, err=True)


def _sentence(missing: Unaccepted) -> str:
    parts = []
    if missing.recovery:
        parts.append(f"identities of this machine are backed up for {', '.join(missing.recovery)}")
    if missing.store:
        parts.append(f"backups are kept at {missing.store}")
    return " and that ".join(parts)


def _describe(recipient: str, root: str, settings: RepoSettings) -> str:
    """Return a recovery recipient with its name, and who put it there."""
    name = next((one.name for one in settings.recovery if one.recipient == recipient), "")
    by = find_author(LocalPrograms(), root, recipient, FILE)
    who = f"named by {by}" if by else "in no commit yet"
    return plain(f"{recipient}{f' ({name})' if name else ''}, {who}")


def _scopes(recipient: str, settings: RepoSettings) -> str:
    found = [scope.name for scope in settings.scopes if recipient in scope.recipients]
    return f" ({', '.join(found)})" if found else ""
