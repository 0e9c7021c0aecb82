"""Say where a variable belongs and what its Secret looks like; the one place of both.

`assign` goes from variables to Secrets by it, `origin` from Secrets back to variables.
"""

from __future__ import annotations

from sopsmith.kube import secret
from sopsmith.kube.ksops import NEEDS_HASH
from sopsmith.kube.secret import SecretManifest
from sopsmith.repo import names
from sopsmith.repo.settings import RepoSettings, Scope, SecretMapping
from sopsmith.secret import Secret

SUFFIX = ".secret.yaml"
"""End of the name of every file that `generate` makes."""


def scope_of(variable: str, settings: RepoSettings) -> Scope | None:
    """Return the scope that a variable belongs to, or None where settings leave it out."""
    best: tuple[int, Scope | None] = (0, settings.core)
    for scope in settings.scopes:
        if variable.startswith(scope.prefix) and len(scope.prefix) > best[0]:
            best = (len(scope.prefix), scope)
    for prefix in settings.ignore:
        if prefix and variable.startswith(prefix) and len(prefix) >= best[0]:
            best = (len(prefix), None)
    return best[1]


def mappings_of(scope: Scope, settings: RepoSettings) -> list[SecretMapping]:
    """Return the mappings that hold in a scope."""
    return [item for item in settings.mappings if not item.scopes or scope.name in item.scopes]


def secret_path(scope: str, name: str, settings: RepoSettings) -> str:
    """Return the file of a Secret, relative to the root of the repository."""
    return f"{settings.secrets_folder(scope)}/{name}{SUFFIX}"


def default_manifest(name: str, value: Secret, settings: RepoSettings) -> SecretManifest:
    """Return the Secret of a variable that no mapping uses."""
    data = {settings.data_key: value}
    return SecretManifest(name, settings.namespace, secret.OPAQUE, data, {}, _rolling(settings))


def mapped_manifest(
    mapping: SecretMapping, values: dict[str, Secret], settings: RepoSettings
) -> SecretManifest:
    """Return the Secret of a mapping from the values of its parts.

    Args:
        values: Value by part: a data key, or the part's name for the typed kinds.

    Raises:
        LayoutError, ManifestError: Its name, namespace or a key is not one.
    """
    if mapping.kind == "dockerconfigjson":
        kind, data = secret.DOCKER_TYPE, secret.build_docker_config(**values)
    elif mapping.kind == "tls":
        kind, data = secret.TLS_TYPE, secret.build_tls(**values)
    else:
        kind, data = secret.OPAQUE, {secret.check_data_key(key): values[key] for key in values}
    return SecretManifest(
        names.check_name(mapping.name),
        names.check_namespace(mapping.namespace or settings.namespace),
        mapping.type or kind,
        data,
        dict(mapping.labels),
        {**_rolling(settings), **mapping.annotations},
    )


def _rolling(settings: RepoSettings) -> dict[str, str]:
    return {NEEDS_HASH: "true"} if settings.roll else {}
