"""Find in a `.env` the GitHub App by which Argo CD reads the repository.

Either a mapping of `sopsmith.yaml` makes the `repo-creds` Secret, so that Git delivers it as well
and bootstrap must put in the very same, or it is built from `GIT_APP_ID`,
`GIT_APP_INSTALLATION_ID` and `GIT_APP_PRIVATE_KEY`. An environment's own variables
(`PROD_GIT_APP_ID`) go before the shared ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from sopsmith.errors import EnvFileError, LayoutError, ManifestError
from sopsmith.kube import repo_creds as creds
from sopsmith.kube.repo_creds import AppCredential
from sopsmith.repo.manifests import mapped_manifest, mappings_of
from sopsmith.repo.rsa_pem import read_rsa_pem
from sopsmith.repo.settings import FILE, RepoSettings, Scope, SecretMapping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sopsmith.formats.env_file import Variable
    from sopsmith.kube.secret import SecretManifest
    from sopsmith.secret import Secret

ID, INSTALLATION, KEY = "GIT_APP_ID", "GIT_APP_INSTALLATION_ID", "GIT_APP_PRIVATE_KEY"
ENTERPRISE = "GIT_APP_ENTERPRISE_BASE_URL"
TEMPLATE_NAME, REPOSITORY_NAME = "github-app", "platform-repository"
_GITHUB = "github.com"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_LONGEST_ID = 18  # digits; Argo CD reads an int64


class GithubApp(NamedTuple):
    """The GitHub App, and the Secrets that tell Argo CD of it.

    Attributes:
        place: Owner and name of the repository.
        mapping: Name of the mapping that makes the credential's Secret in Git too; "" for none.
    """

    credential: AppCredential
    place: tuple[str, str]
    secrets: tuple[SecretManifest, ...]
    mapping: str = ""


def find_github_app(
    variables: Sequence[Variable], settings: RepoSettings, environment: str
) -> GithubApp | None:
    """Return the GitHub App of an environment, or None where the variables name none.

    Raises:
        EnvFileError: A variable is missing, or not what it should be.
        LayoutError: `sopsmith.yaml` does not name the repository by an https address.
        ManifestError: A mapping makes a Secret that Argo CD would not understand.
    """
    by_name = {one.name: one.value for one in variables}
    scopes = [one for one in settings.environments if one.name == environment]
    for scope in (*scopes, settings.core):
        for mapping in mappings_of(scope, settings):
            if _is_credential(mapping):
                values = _values(mapping.data, scope, by_name)
                if values:
                    return _of_mapping(mapping, values, settings)
    fields = {creds.APP_ID: ID, creds.INSTALLATION_ID: INSTALLATION, creds.PRIVATE_KEY: KEY}
    for scope in (*scopes, settings.core):
        values = _values(fields, scope, by_name)
        if values:
            enterprise = by_name.get(scope.prefix + ENTERPRISE) or by_name.get(ENTERPRISE)
            return _of_variables(values, settings, enterprise)
    return None


def find_place(settings: RepoSettings) -> tuple[str, str, str]:
    """Return host, owner and name of the repository.

    Raises:
        LayoutError: `argocd.repository` is missing or no https address of one.
    """
    parts = urlsplit(settings.argocd.repository)
    path = parts.path.strip("/").removesuffix(".git").split("/")
    if parts.scheme != "https" or len(path) != 2 or not parts.hostname or "@" in parts.netloc:
        raise LayoutError(
            "is no https address of a repository, and a GitHub App reads no other",
            path=FILE, key="argocd.repository",
            hint="argocd: {repository: https://github.com/OWNER/NAME}",
        )  # fmt: skip
    return parts.netloc, path[0], path[1]


def _is_credential(mapping: SecretMapping) -> bool:
    kinds = {creds.TEMPLATE, creds.REPOSITORY}
    return mapping.labels.get(creds.LABEL) in kinds and creds.PRIVATE_KEY in mapping.data


def _values(
    names: dict[str, str], scope: Scope, by_name: dict[str, Secret]
) -> dict[str, Secret] | None:
    """Return values by part; None where no variable is there.

    Raises:
        EnvFileError: Only some are.
    """
    found = {part: by_name.get(scope.prefix + name) for part, name in names.items()}
    missing = [scope.prefix + names[part] for part, value in found.items() if value is None]
    if len(missing) == len(names):
        return None
    if missing:
        raise EnvFileError(f"of the GitHub App's variables {', '.join(missing)} is missing")
    return {part: value for part, value in found.items() if value is not None}


def _of_variables(
    values: dict[str, Secret], settings: RepoSettings, enterprise: Secret | None
) -> GithubApp:
    host, owner, name = find_place(settings)
    base_url = _read_url(enterprise.reveal().decode() if enterprise else "", ENTERPRISE)
    _check_host(host, base_url)
    credential = AppCredential(
        _read_id(values[creds.APP_ID], ID),
        _read_id(values[creds.INSTALLATION_ID], INSTALLATION),
        read_rsa_pem(values[creds.PRIVATE_KEY], KEY),
        base_url,
    )
    home, repository = settings.argocd.namespace, settings.argocd.repository
    template = creds.build_template(TEMPLATE_NAME, home, f"https://{host}/{owner}/", credential)
    named = creds.build_repository(REPOSITORY_NAME, home, repository)
    return GithubApp(credential, (owner, name), (template, named))


def _of_mapping(
    mapping: SecretMapping, values: dict[str, Secret], settings: RepoSettings
) -> GithubApp:
    manifest = mapped_manifest(mapping, values, settings)
    _, owner, name = find_place(settings)
    _check_mapped(manifest, settings)
    data, place = manifest.data, mapping.data
    pem = read_rsa_pem(data[creds.PRIVATE_KEY], place[creds.PRIVATE_KEY])
    if pem.reveal().strip() != data[creds.PRIVATE_KEY].reveal().strip():
        # What Git delivers is what the .env holds, so nobody puts that right on the way.
        raise EnvFileError(
            "must stand in the .env as PEM over many lines: its mapping delivers it as it is",
            key=place[creds.PRIVATE_KEY], hint="put the .pem file's text into single quotes",
        )  # fmt: skip
    base_url = data[creds.BASE_URL].reveal().decode() if creds.BASE_URL in data else ""
    credential = AppCredential(
        _read_id(data[creds.APP_ID], place[creds.APP_ID]),
        _read_id(data[creds.INSTALLATION_ID], place[creds.INSTALLATION_ID]),
        pem,
        _read_url(base_url, place.get(creds.BASE_URL, ENTERPRISE)),
    )
    return GithubApp(credential, (owner, name), (manifest,), mapping.name)


def _check_mapped(manifest: SecretManifest, settings: RepoSettings) -> None:
    """Make sure that Argo CD takes a mapped Secret for the credential of the repository.

    Raises:
        ManifestError: It does not.
    """
    where = {"path": FILE, "key": f"secrets: {manifest.name}"}
    needed = ("type", "url", creds.APP_ID, creds.INSTALLATION_ID)
    missing = [part for part in needed if part not in manifest.data]
    if missing:
        raise ManifestError(
            f"Argo CD needs {', '.join(missing)} in it too", hint="docs/how-to/github-app.md",
            **where,
        )  # fmt: skip
    if manifest.namespace != settings.argocd.namespace:
        raise ManifestError(f"Argo CD looks for it in {settings.argocd.namespace} alone", **where)
    if manifest.data["type"].reveal() != b"git":
        raise ManifestError("its type must be `git`", **where)
    url = manifest.data["url"].reveal().decode().lower()
    if not url or not settings.argocd.repository.lower().startswith(url.removesuffix(".git")):
        raise ManifestError("its url is not the beginning of argocd.repository", **where)


def _read_id(value: Secret, name: str) -> str:
    text = value.reveal().decode().strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID):
        raise EnvFileError("is no number", key=name, hint="GitHub shows it in the App's settings")
    return text


def _check_host(host: str, base_url: str) -> None:
    """Make sure that the `.env`, and not the repository alone, names who sees the App's tokens.

    With one that the App has signed, or a token that it was granted, whoever runs the host reads
    what the App may read.

    Raises:
        EnvFileError: It does not.
    """
    api = urlsplit(base_url).hostname or f"api.{_GITHUB}"
    name = host.partition(":")[0].lower()
    if api == name or api.endswith(f".{name}") or api in _LOOPBACK:
        return
    raise EnvFileError(
        f"is not an address of {host}, where {FILE} says that the repository lies",
        key=ENTERPRISE,
        hint=f"if that host is yours: {ENTERPRISE}=https://{host}/api/v3",
    )


def _read_url(text: str, name: str) -> str:
    parts = urlsplit(text)
    inside = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if text and parts.scheme != "https" and not inside:
        raise EnvFileError("is no https address", key=name)
    return text.rstrip("/")
