"""Write the files of a tenant's subtree, which builds with kustomize before any Secret stands."""

from __future__ import annotations

from sopsmith.formats.yaml import quote
from sopsmith.repo.layout_argocd import GENERATOR, ksops_generator
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.settings import RepoSettings
from sopsmith.repo.tenant import FILE, NAMESPACE_FILE, Tenant

CONFIG = "config.yaml"
"""What the ApplicationSet reads of a tenant, in each of its overlays."""
INSIDE = "secrets/"
_HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"


def build_tenant_files(tenant: Tenant) -> dict[str, str]:
    """Return the text of each file of a new tenant, by its path in the repository."""
    return {
        f"{tenant.folder}/{FILE}": _settings(tenant),
        f"{tenant.folder}/base/kustomization.yaml": _base(tenant),
        f"{tenant.folder}/base/{NAMESPACE_FILE}": _namespace(tenant),
        **build_lists(tenant.settings),
        **{
            f"{tenant.settings.secrets_folder(scope.name)}/kustomization.yaml": (
                "# Keeps this folder in git. The generator of the folder above names its files.\n"
                f"{_HEAD}resources: []\n"
            )
            for scope in tenant.settings.environments
        },
        **build_configs(tenant),
    }


def build_lists(settings: RepoSettings) -> dict[str, str]:
    """Return the text of each overlay's kustomization and generator."""
    files = {}
    for scope in settings.environments:
        overlay = settings.overlay_folder(scope.name)
        files[f"{overlay}/{GENERATOR}"] = ksops_generator(scope.name)
        files[f"{overlay}/kustomization.yaml"] = (
            "# `sopsmith tenant generate` adds the generator with the first Secret.\n"
            f"{_HEAD}resources:\n  - ../../base\n"
        )
    return files


def build_configs(tenant: Tenant) -> dict[str, str]:
    """Return the text of the file of each overlay that the ApplicationSet reads."""
    return {
        f"{tenant.settings.overlay_folder(name)}/{CONFIG}": "".join(
            f"{key}: {quote(value)}\n" for key, value in config_fields(tenant, name).items()
        )
        for name in tenant.namespaces
    }


def config_fields(tenant: Tenant, environment: str) -> dict[str, str]:
    """Return what an overlay's `config.yaml` says."""
    return {
        "tenant": tenant.name,
        "environment": environment,
        "namespace": tenant.namespaces[environment],
        "path": tenant.settings.overlay_folder(environment),
    }


def _base(tenant: Tenant) -> str:
    return (
        f"# What {tenant.name} runs in every environment; list its manifests here.\n"
        f"{_HEAD}resources:\n  - {NAMESPACE_FILE}\n"
    )


def _namespace(tenant: Tenant) -> str:
    name = next(iter(tenant.namespaces.values()))
    return f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {quote(name)}\n"


def _settings(tenant: Tenant) -> str:
    lines = [
        f"# The tenant {tenant.name}: who opens its Secrets, and which variables they are made of.",
        "# The platform's recipients of an environment open them too. `.sops.yaml` decides.",
        "version: 1",
        "environments:",
    ]
    for name, own in tenant.own.items():
        lines += [f"  {quote(name)}:", "    recipients:" if own else "    recipients: []"]
        lines += [f"      - {_recipient(one)}" for one in own]
    return "\n".join([*lines, _EXAMPLES])


def _recipient(one: NamedRecipient) -> str:
    return quote(one.recipient)


_EXAMPLES = """\
# `service`: one Secret for each entry of `services`, and one named after the tenant for the
# variables of none. `variable`: one Secret for each variable.
one_secret_a: service
# services: {web: [APP_WEB_, APP_DATABASE_URL], worker: [APP_DATABASE_URL]}
# roll: hash
# A registry's login, for imagePullSecrets:
# secrets:
#   - name: registry-login
#     kind: dockerconfigjson
#     data:
#       server: APP_REGISTRY_SERVER
#       username: APP_REGISTRY_USERNAME
#       password: APP_REGISTRY_PASSWORD
"""
