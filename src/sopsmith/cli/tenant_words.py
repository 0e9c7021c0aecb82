"""Open the doors for the rotation of a tenant's identity."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sopsmith.adapters.files import LocalFiles
from sopsmith.cli.rotation_words import open_rotation
from sopsmith.flows.rotation import Doors, Request
from sopsmith.flows.tenant_rotate import choose_environment, find_key_secret
from sopsmith.repo.root import find_root


def open_tenant_rotation(name: str, options: dict[str, Any]) -> tuple[Request, Doors]:
    """Return what a user asks for, and the real doors.

    Raises:
        UsageError: There is no such tenant, or it has no such environment.
        MasterKeyError: The cluster holds no identity of the tenant's.
        Error: As `open_rotation`.
    """
    files = LocalFiles()
    root = find_root(files, options["repo"])
    environment = choose_environment(root, name, options["environment"], files)
    words = {**options, "tenant": name, "environment": environment}
    request, doors = open_rotation(words)
    if doors.cluster is None:
        return request, doors
    return replace(request, keys_in=find_key_secret(request, doors, doors.cluster)), doors
