"""Write a new `sopsmith.yaml` with the platform's own Secrets in it."""

from __future__ import annotations

from sopsmith.formats.yaml import quote
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.settings import CORE, RepoSettings, Scope, SecretMapping, default_prefix

ENVIRONMENTS = ("dev", "staging", "prod")
"""The platform's environments."""


def default_settings(recipients: dict[str, tuple[str, ...]]) -> RepoSettings:
    """Return the settings of a new repository.

    Args:
        recipients: Who opens each environment, by its name and in its order; under `core` those
            who open core besides.
    """
    names = tuple(name for name in recipients if name != CORE)
    named = {scope: tuple(map(NamedRecipient, found)) for scope, found in recipients.items()}
    return RepoSettings(
        core=Scope(CORE, "", named.get(CORE, ())),
        environments=tuple(Scope(name, default_prefix(name), named[name]) for name in names),
        mappings=_default_mappings(names),
    )


def _default_mappings(environments: tuple[str, ...]) -> tuple[SecretMapping, ...]:
    def one(name: str, used_by: str, scopes: tuple[str, ...] = ()) -> SecretMapping:
        variable = name.upper().replace("-", "_")
        return SecretMapping(name, "data", {"value": variable}, scopes=scopes, used_by=used_by)

    return (
        one(
            "hetzner-api-token",
            "hcloud cloud controller manager, CSI driver and cluster autoscaler",
        ),
        one("hetzner-dns-token", "external-dns and the DNS-01 webhook of cert-manager"),
        one("hetzner-s3-access-key", "backup jobs and Velero, for object storage"),
        one("hetzner-s3-secret-key", "backup jobs and Velero, for object storage"),
        one("database-url", "applications that connect to the database", environments),
        one("org-name", "ApplicationSet of tenants, for the organisation", (CORE,)),
        one("tenants-repo-name", "ApplicationSet of tenants, for the repository", (CORE,)),
    )


def build_settings(settings: RepoSettings) -> str:
    """Return the text of a `sopsmith.yaml` that `parse_settings` reads as these settings.

    Written are a mapping's name, data, scopes and use; the default ones have no more.
    """
    return "\n".join(
        [
            "# The layout of this repository; docs/reference/sopsmith-yaml.md has every field.",
            "version: 1",
            f"layout: {{root: {settings.root}, overlays: {settings.overlays}}}",
            "# Namespace and data key of a Secret that `secrets` below does not say more about.",
            f"namespace: {settings.namespace}",
            f"data_key: {settings.data_key}",
            "# Variables that begin so belong to applications and are left out.",
            _list("ignore", settings.ignore),
            "",
            "# Every environment's recipients open core's files; name here who does besides.",
            "core:",
            "  " + _list("recipients", settings.core.recipients),
            "",
            "# A variable goes to the environment whose prefix it begins with, any other to core.",
            "environments:",
            *(line for scope in settings.environments for line in _environment(scope)),
            "  # pr: {prefix: PR_, recipients: [age1…]}   # previews of pull requests",
            "",
            "# Variables stand without their environment's prefix. One that is not named here",
            "# makes a Secret named after itself: DATABASE_URL becomes database-url.",
            "secrets:",
            *(line for mapping in settings.mappings for line in _mapping(mapping)),
            _EXAMPLES,
        ]
    )


def _environment(scope: Scope) -> list[str]:
    return [
        f"  {quote(scope.name)}:",
        f"    prefix: {quote(scope.prefix)}",
        "    recipients:" if scope.recipients else "    recipients: []",
        *(f"      - {quote(recipient)}" for recipient in scope.recipients),
    ]


def _mapping(mapping: SecretMapping) -> list[str]:
    data = ", ".join(
        f"{quote(k, flow=True)}: {quote(v, flow=True)}" for k, v in mapping.data.items()
    )
    lines = [f"  - name: {quote(mapping.name)}", f"    data: {{{data}}}"]
    if mapping.scopes:
        lines.append("    " + _list("scopes", mapping.scopes))
    return [*lines, f"    used_by: {quote(mapping.used_by)}"]


def _list(name: str, values: tuple[str, ...]) -> str:
    return f"{name}: [{', '.join(quote(value, flow=True) for value in values)}]"


_EXAMPLES = """\
  # Several variables in one Secret, with a label and a sync wave:
  # - name: github-app
  #   data:
  #     type: GIT_TYPE
  #     url: GIT_URL
  #     githubAppID: GIT_APP_ID
  #     githubAppInstallationID: GIT_APP_INSTALLATION_ID
  #     githubAppPrivateKey: GIT_APP_PRIVATE_KEY
  #   scopes: [core]
  #   namespace: argocd
  #   labels: {argocd.argoproj.io/secret-type: repo-creds}
  #   annotations: {argocd.argoproj.io/sync-wave: "-5"}
  #   used_by: Argo CD, to read private repositories
  # A registry's login, as kubernetes.io/dockerconfigjson:
  # - name: registry-login
  #   kind: dockerconfigjson
  #   data: {server: REGISTRY_SERVER, username: REGISTRY_USERNAME, password: REGISTRY_PASSWORD}
  #   used_by: imagePullSecrets
  # A certificate with its key in PEM, as kubernetes.io/tls:
  # - name: wildcard-tls
  #   kind: tls
  #   data: {certificate: WILDCARD_CERTIFICATE, key: WILDCARD_KEY}
  #   used_by: the ingress controller
"""
