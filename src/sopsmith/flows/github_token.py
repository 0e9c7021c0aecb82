"""Prove a GitHub App by asking GitHub for a token that reads the one repository, and no more.

One request proves the App's id, its key, the installation, the right to read contents and that
the installation has the repository. The token is given back at once.

Source: GitHub REST API "Create an installation access token for an app", "Revoke an installation
access token", and "Generating a JSON Web Token (JWT) for a GitHub App".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sopsmith.errors import Denied, Error, Unreachable

if TYPE_CHECKING:
    from sopsmith.kube.repo_creds import AppCredential

Ask = Callable[[str, str, dict[str, str], bytes | None], tuple[int, dict[str, str], bytes]]
"""Method, address, headers and body to status, headers by lower-case name, and body."""

PUBLIC_API = "https://api.github.com"
SKEW = 60  # seconds by which this machine's clock may be ahead of GitHub's
_LIFE = 540  # seconds; GitHub takes no JWT that ends more than 600 seconds from now


class Proof(NamedTuple):
    """What GitHub granted.

    Attributes:
        repository: Its name as GitHub writes it: `acme/platform`.
        revoked: Whether the token was given back; else it ends by itself in an hour.
    """

    repository: str
    revoked: bool


def prove(credential: AppCredential, place: tuple[str, str], ask: Ask, now: datetime) -> Proof:
    """Ask for a token and give it back.

    Args:
        place: Owner and name of the repository.

    Raises:
        Denied: GitHub refuses; says what it does not accept.
        Unreachable: It does not answer, or not as GitHub does.
    """
    api = credential.base_url or PUBLIC_API
    owner, name = place
    url = f"{api}/app/installations/{credential.installation_id}/access_tokens"
    wish = {"repositories": [name], "permissions": {"contents": "read"}}
    signed = build_jwt(credential, now)
    status, headers, body = ask("POST", url, _headers(signed), json.dumps(wish).encode())
    if status != 201:
        raise _refusal(status, headers, credential, f"{owner}/{name}", now).at(url)
    granted = _parse(body, url)
    revoked = _revoke(api, granted["token"], ask)
    found = [str(one.get("full_name")) for one in granted.get("repositories") or []]
    if f"{owner}/{name}".lower() not in [one.lower() for one in found]:
        raise Denied(
            f"the installation belongs to another account: it has no {owner}/{name}", path=url
        )
    return Proof(found[0], revoked)


def build_jwt(credential: AppCredential, now: datetime) -> str:
    """Return the App's own token: who it is, signed by its key, for nine minutes."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    at = int(now.timestamp())
    claims = {"iat": at - SKEW, "exp": at + _LIFE, "iss": credential.app_id}
    head = f"{_encode({'alg': 'RS256', 'typ': 'JWT'})}.{_encode(claims)}"
    key = load_pem_private_key(credential.key.reveal(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return f"{head}.{_base64(key.sign(head.encode(), PKCS1v15(), SHA256()))}"


def _encode(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _headers(token: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": "sopsmith",
    }


def _parse(body: bytes, url: str) -> dict[str, Any]:
    try:
        granted = json.loads(body)
        if granted["token"] and isinstance(granted["token"], str):
            return dict(granted)
    except (ValueError, TypeError, KeyError):
        pass
    raise Unreachable("what answered is no GitHub", path=url) from None


def _revoke(api: str, token: str, ask: Ask) -> bool:
    try:
        status, _, _ = ask("DELETE", f"{api}/installation/token", _headers(token), None)
    except Error:
        return False
    return status == 204


def _refusal(
    status: int, headers: dict[str, str], credential: AppCredential, repository: str, now: datetime
) -> Error:
    app, installation = credential.app_id, credential.installation_id
    if status == 401:
        apart = _seconds_apart(headers.get("date", ""), now)
        if apart > SKEW:
            return Denied(
                f"the clocks of this machine and of GitHub are {apart} s apart",
                hint="sudo timedatectl set-ntp true",
            )
        return Denied(
            f"the private key is not one of App {app}", hint="make a new key in the App's settings"
        )
    if status == 404:
        return Denied(f"App {app} has no installation {installation}")
    if status == 403:
        return Denied(f"installation {installation} is suspended, or GitHub counts too many calls")
    if status == 422:
        return Denied(
            f"installation {installation} may not read the contents of {repository}",
            hint="give the App `Contents: read`, and its installation this repository",
        )
    return Unreachable(f"GitHub answered {status}")


def _seconds_apart(date: str, now: datetime) -> int:
    try:
        return int(abs((parsedate_to_datetime(date) - now.astimezone(UTC)).total_seconds()))
    except (ValueError, TypeError):
        return 0
