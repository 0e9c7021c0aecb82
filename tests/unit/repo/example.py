"""Make the settings of a small platform for tests."""

from __future__ import annotations

from typing import Any

from sopsmith.formats.env_file import Variable
from sopsmith.repo.settings import RepoSettings, Scope, SecretMapping
from sopsmith.secret import Secret


def mapping(name: str, kind: Any = "data", **fields: Any) -> SecretMapping:
    """Return a mapping with nothing in it but what is named."""
    empty: dict[str, Any] = {
        "data": {}, "scopes": (), "namespace": None, "type": None,
        "labels": {}, "annotations": {}, "used_by": "",
    }  # fmt: skip
    return SecretMapping(name=name, kind=kind, **(empty | fields))


def settings(*mappings: SecretMapping, **changes: Any) -> RepoSettings:
    """Return settings with core, dev, prod and previews that share dev's first letters."""
    fields: dict[str, Any] = {
        "root": "bootstrap/argocd",
        "overlays": "overlays/main",
        "namespace": "kube-system",
        "data_key": "value",
        "ignore": ("APP_",),
        "core": Scope("core", "", ()),
        "environments": (
            Scope("dev", "DEV_", ()), Scope("prod", "PROD_", ()), Scope("beta", "DEV_B_", ()),
        ),
        "mappings": mappings,
    }  # fmt: skip
    return RepoSettings(**(fields | changes))


def variables(**values: str) -> list[Variable]:
    """Return variables, each on a line of its own from line 1."""
    return [
        Variable(name, Secret(value.encode()), line)
        for line, (name, value) in enumerate(values.items(), 1)
    ]
