"""Speak with Vault or OpenBao over HTTP.

Source: getsops/sops hcvault/keysource.go (vaultClient, allowList).
"""

from __future__ import annotations

import os

from sopsmith.errors import MasterKeyError, OutsideError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sopsmith.adapters.environment import Settings

ALLOWLIST = "SOPS_HC_VAULT_ALLOWLIST"
_TIMEOUT = 30  # seconds
_LIMIT = 4 * 1024 * 1024  # bytes; four times what Vault stores under one name


class Vault:
    """The server, with the token of the environment or of `~/.vault-token`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def address(self) -> str:
        """Where it is, unless somebody names another address."""
        return self._settings.get("VAULT_ADDR") or "https://127.0.0.1:8200"

    def ask(
        self, method: str, url: str, body: dict[str, object] | None = None
    ) -> dict[str, object] | None:
        """Return the `data` of an answer, or None where there is nothing at the address.

        Raises:
            OutsideError: It cannot be asked, it refuses, or the answer is larger than 4 MiB.
        """
        import json
        from urllib import request
        from urllib.error import HTTPError, URLError

        if not url.startswith(("https://", "http://")):
            raise MasterKeyError("the address of Vault is not http or https")
        headers = {"X-Vault-Token": self._token(), "Content-Type": "application/json"}
        if self._settings.get("VAULT_NAMESPACE"):
            headers["X-Vault-Namespace"] = self._settings.get("VAULT_NAMESPACE")
        data = None if body is None else json.dumps(body).encode()
        asked = request.Request(url, data, headers, method=method)  # noqa: S310
        # A redirect would carry the token to wherever the answer says.
        opener = request.build_opener(_no_redirects(), request.HTTPSHandler(context=self._tls()))
        try:
            with opener.open(asked, timeout=_TIMEOUT) as answer:
                said = answer.read(_LIMIT + 1)
                if len(said) > _LIMIT:
                    raise OutsideError("the answer is larger than 4 MiB", path=url)
                found = json.loads(said or b"{}")
        except HTTPError as error:
            if error.code == 404 and method == "GET":
                return None
            raise OutsideError(f"Vault refused with HTTP {error.code}", path=url) from None
        except (URLError, OSError, ValueError):
            raise OutsideError("Vault could not be asked", path=url) from None
        inner = found.get("data") if isinstance(found, dict) else None
        return inner if isinstance(inner, dict) else {}

    def check_allowed(self, url: str) -> None:
        """Refuse an address that `SOPS_HC_VAULT_ALLOWLIST` leaves out.

        Addresses of transit keys come from the files themselves, and the token goes there.

        Raises:
            OutsideError: It is not in the list.
        """
        text = self._settings.get(ALLOWLIST) or "all"
        if text == "all":
            return
        allowed = [] if text == "none" else [one.strip(" ") for one in text.split(",")]
        if "" in allowed:
            raise OutsideError("an entry is empty", path=ALLOWLIST)
        if not any(url.startswith(one.rstrip("/") + "/") for one in allowed):
            raise OutsideError(f"{ALLOWLIST} does not allow it", path=url)

    def _token(self) -> str:
        token = self._settings.get("VAULT_TOKEN")
        path = os.path.join(self._settings.home, ".vault-token")
        if not token and os.path.exists(path):
            with open(path, encoding="utf-8") as handle:
                token = handle.read().strip()
        if not token:
            raise OutsideError(
                "no Vault token: VAULT_TOKEN is not set and there is no ~/.vault-token"
            )
        return token

    def _tls(self) -> Any:
        import ssl

        return ssl.create_default_context(cafile=self._settings.get("VAULT_CACERT") or None)


def _no_redirects() -> Any:
    from urllib import request

    class Handler(request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    return Handler()
