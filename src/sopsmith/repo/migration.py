"""Keep note of what was migrated into a scope: what stood where, and signs of its values.

A sign is an HMAC-SHA-256 under a random key of its run, and the key stands beside it encrypted
to those who open the scope's files: who can check a sign can read the value anyway, and nobody
else can try values against it.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sopsmith.errors import FormatError
from sopsmith.secret import Secret

_VERSION = 1
_LABEL = b"sopsmith migration v1"
_DIGITS = 32  # hexadecimal


class RemoteKey(NamedTuple):
    """What a provider still holds.

    Attributes:
        store: For people, and to find its settings again: `ClusterSecretStore aws`.
        provider: `aws`, `vault` and so on; "" where the store was not read.
        settings: What is needed to reach it, in names alone: service, region, server, path.
    """

    key: str
    store: str
    provider: str = ""
    settings: tuple[tuple[str, str], ...] = ()


class Migrated(NamedTuple):
    """One Secret.

    Attributes:
        object: What made it: `ExternalSecret shop/db`.
        path: Its encrypted file, relative to the root.
        signs: Of its values, by data key.
    """

    namespace: str
    name: str
    object: str
    path: str
    signs: tuple[tuple[str, str], ...]
    remote: tuple[RemoteKey, ...] = ()


class Run(NamedTuple):
    """What one migration wrote.

    Attributes:
        key: Of its signs, encrypted with age; "" where the scope has no age recipients.
    """

    date: str
    key: str
    secrets: tuple[Migrated, ...]


def record_path(scope: str) -> str:
    """Return the file of a scope's record, relative to the root."""
    return f".sopsmith/migrations/{scope}.json"


def sign(key: Secret, namespace: str, name: str, field: str, value: bytes) -> str:
    """Return the sign of a value at its place."""
    parts = [_LABEL, namespace.encode(), name.encode(), field.encode(), value]
    message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hmac.digest(key.reveal(), message, "sha256").hex()[:_DIGITS]


def sign_all(key: Secret, namespace: str, name: str, data: dict[str, bytes]) -> dict[str, str]:
    """Return the signs of a Secret's values by their data keys."""
    return {field: sign(key, namespace, name, field, data[field]) for field in sorted(data)}


def add_run(runs: Sequence[Run], new: Run) -> list[Run]:
    """Return the runs with a new one, which alone speaks of the Secrets that it has."""
    replaced = {(one.namespace, one.name) for one in new.secrets}
    kept = [
        run._replace(secrets=tuple(s for s in run.secrets if (s.namespace, s.name) not in replaced))
        for run in runs
    ]
    return [run for run in (*kept, new) if run.secrets]


def dump_runs(runs: Sequence[Run]) -> bytes:
    """Return the record's file."""
    listed = [
        {"date": run.date, "key": run.key, "secrets": [_listed(one) for one in run.secrets]}
        for run in runs
    ]
    text = json.dumps({"version": _VERSION, "runs": listed}, indent=2, sort_keys=True)
    return text.encode() + b"\n"


def parse_runs(data: bytes, place: str) -> list[Run]:
    """Return what a record's file says.

    Raises:
        FormatError: It is none, or of a newer sopsmith.
    """
    try:
        top = json.loads(data)
        if top["version"] != _VERSION:
            raise FormatError("is of a newer sopsmith", path=place)
        return [
            Run(run["date"], run["key"], tuple(map(_migrated, run["secrets"])))
            for run in top["runs"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise FormatError("is no record of a migration", path=place) from None


def _listed(one: Migrated) -> dict[str, object]:
    remote = [{**key._asdict(), "settings": dict(key.settings)} for key in one.remote]
    return {**one._asdict(), "signs": dict(one.signs), "remote": remote}


def _migrated(fields: dict[str, Any]) -> Migrated:
    remote = [
        RemoteKey(**{**key, "settings": tuple(sorted(key["settings"].items()))})
        for key in fields["remote"]
    ]
    signs = tuple(sorted(fields["signs"].items()))
    return Migrated(**{**fields, "signs": signs, "remote": tuple(remote)})
