"""Read Vault's key-value engine, versions 1 and 2, as External Secrets Operator does.

Source: external-secrets 0.16 pkg/provider/vault (buildPath, buildMetadataPath, listSecrets).
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from sopsmith.adapters.vault import Vault
from sopsmith.errors import NotThere, OutsideError
from sopsmith.kube.external_secrets import Find
from sopsmith.kube.template_functions import to_json
from sopsmith.secret import Secret

if TYPE_CHECKING:
    from sopsmith.adapters.environment import Settings

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class VaultValues:
    """`external_values.Provider` over one mount, with the token of the environment.

    Args:
        fields: `server`, `path` and `version`, as a SecretStore has them. A VAULT_ADDR of the
            environment goes before its server; without one only loopback is asked, since
            whoever writes the manifest would get the token.

    Raises:
        OutsideError: The server is not https, or the environment does not name one.
    """

    def __init__(self, fields: dict[str, str], settings: Settings) -> None:
        self._vault = Vault(settings)
        own, named = settings.get("VAULT_ADDR"), fields.get("server", "")
        self._server = (own or named or self._vault.address).rstrip("/")
        parts = urlsplit(self._server)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise OutsideError("the address of Vault is not https", path=self._server)
        if not own and parts.hostname not in _LOOPBACK:
            raise OutsideError(
                "only the SecretStore names this server, which would get your Vault token",
                path=self._server,
                hint=f"if it is yours: export VAULT_ADDR={shlex.quote(self._server)}",
            )
        self._mount = fields.get("path", "").strip("/")
        self._is_second = fields.get("version", "v2") != "v1"

    def value(self, key: str, version: str) -> Secret:
        """Return all that is held under a key, as JSON."""
        query = f"?version={quote(version)}" if version else ""
        found = self._vault.ask("GET", self._url(self._path(key)) + query)
        held = found.get("data") if self._is_second and found else found
        if not isinstance(held, dict):
            raise NotThere(f"Vault has nothing under {key}")
        return Secret(to_json(held).encode())

    def names(self, find: Find) -> list[str]:
        """Return the keys below a path, or those of some custom metadata."""
        start = f"{find.path.rstrip('/')}/" if find.path else ""
        return [key for key in self._below(start) if self._has(key, dict(find.tags))]

    def delete(self, key: str) -> None:
        """Delete the newest version, which version 2 of the engine can bring back."""
        self._vault.ask("DELETE", self._url(self._path(key)))

    def _below(self, path: str) -> list[str]:
        found = self._vault.ask("GET", self._url(self._meta(path)) + "?list=true") or {}
        listed = found.get("keys")
        keys: list[str] = []
        for name in listed if isinstance(listed, list) else []:
            inner = f"{path}{name}"
            keys += self._below(inner) if inner.endswith("/") else [inner]
        return keys

    def _has(self, key: str, tags: dict[str, str]) -> bool:
        if not tags:
            return True
        found = self._vault.ask("GET", self._url(self._meta(key))) or {}
        held = found.get("custom_metadata")
        return isinstance(held, dict) and all(held.get(name) == tags[name] for name in tags)

    def _path(self, key: str) -> str:
        """Return where a key is, however much of the path it already says."""
        if self._mount:
            key = key.removeprefix(f"{self._mount}/")
            if not self._is_second:
                return f"{self._mount}/{key}"
            return f"{self._mount}/data/{key.removeprefix('data/')}"
        if not self._is_second or "/data/" in key:
            return key
        first, _, rest = key.partition("/")
        return f"{first}/data/{rest}"

    def _meta(self, key: str) -> str:
        if self._mount:
            return f"{self._mount}/metadata/{key}" if self._is_second else f"{self._mount}/{key}"
        return self._path(key).replace("/data/", "/metadata/", 1)

    def _url(self, path: str) -> str:
        return f"{self._server}/v1/{quote(path)}"
