"""Build the Secrets from which Argo CD learns how to read a Git repository as a GitHub App.

A `repo-creds` Secret holds the credential for every repository whose address begins as its `url`
does; a `repository` Secret without a credential of its own makes Argo CD take that one. Every
value is text, also the two numbers: Argo CD parses them itself.

Source: argo-cd 3.2 util/db/repository_secrets.go (secretToRepoCred, getRepositoryCredentialIndex),
pkg/apis/application/v1alpha1/repository_types.go (GetGitCreds).
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.kube.secret import OPAQUE, SecretManifest
from sopsmith.secret import Secret

if TYPE_CHECKING:
    from sopsmith.ports import Object

LABEL = "argocd.argoproj.io/secret-type"
TEMPLATE, REPOSITORY = "repo-creds", "repository"
APP_ID, INSTALLATION_ID = "githubAppID", "githubAppInstallationID"
PRIVATE_KEY, BASE_URL = "githubAppPrivateKey", "githubAppEnterpriseBaseUrl"
# Of several credentials in one Secret Argo CD takes these before that of a GitHub App.
_STRONGER = ("username", "password", "bearerToken", "sshPrivateKey")


class AppCredential(NamedTuple):
    """What a GitHub App proves itself with.

    Attributes:
        key: Its RSA key as PEM.
        base_url: Of the API of a GitHub Enterprise; "" for github.com.
    """

    app_id: str
    installation_id: str
    key: Secret
    base_url: str = ""


def build_template(
    name: str, namespace: str, url: str, credential: AppCredential
) -> SecretManifest:
    """Return the Secret with the credential.

    Args:
        url: What the addresses of the repositories begin with. Argo CD compares letter by letter,
            so it ends with `/`: `https://github.com/acme` is the beginning of `acme-evil` too.
    """
    data = {
        "type": Secret(b"git"),
        "url": Secret(url.encode()),
        APP_ID: Secret(credential.app_id.encode()),
        INSTALLATION_ID: Secret(credential.installation_id.encode()),
        PRIVATE_KEY: credential.key,
    }
    if credential.base_url:
        data[BASE_URL] = Secret(credential.base_url.encode())
    return SecretManifest(name, namespace, OPAQUE, data, {LABEL: TEMPLATE}, {})


def build_repository(name: str, namespace: str, url: str) -> SecretManifest:
    """Return the Secret that names the repository and holds no credential."""
    data = {"type": Secret(b"git"), "url": Secret(url.encode())}
    return SecretManifest(name, namespace, OPAQUE, data, {LABEL: REPOSITORY}, {})


def differences(found: Object, wanted: SecretManifest) -> list[str]:
    """Return what of a Secret in the cluster is not as wanted, by name alone."""
    labels = (found.get("metadata") or {}).get("labels") or {}
    present = found.get("data") or {}
    wrong = [key for key, value in wanted.labels.items() if labels.get(key) != value]
    return wrong + [key for key, value in wanted.data.items() if _decoded(present, key) != value]


def stronger_credentials(found: Object) -> list[str]:
    """Return the data keys by which Argo CD would pass the GitHub App over."""
    return [key for key in _STRONGER if (found.get("data") or {}).get(key)]


def _decoded(data: Object, key: str) -> Secret | None:
    try:
        return Secret(base64.b64decode(data[key], validate=True))
    except (KeyError, TypeError, ValueError, binascii.Error):
        return None
