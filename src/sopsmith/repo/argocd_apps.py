"""Say which Applications bring a platform's repository into its cluster.

`platform-bootstrap` is the one that bootstrap applies: it renders an environment's overlay.
`platform-secrets` stands in that overlay, at wave 0, and alone brings the Secrets: so that one
file that does not open holds up the Secrets and no other part of the platform, and so that its
project alone has identities.
"""

from __future__ import annotations

from typing import Any

from sopsmith.errors import LayoutError
from sopsmith.kube.argocd_apps import Place, Source, build_application, build_project
from sopsmith.kube.write import write_document, write_documents
from sopsmith.repo.argocd_settings import SECRETS_PROJECT, SIDECAR
from sopsmith.repo.settings import RepoSettings

Object = dict[str, Any]

BOOTSTRAP = "platform-bootstrap"
PROJECT = "platform"
SECRETS = "platform-secrets"
SECRETS_FILE = "platform-secrets.yaml"
"""In an overlay: the Application of its Secrets, instead of the Secrets themselves."""
_SECRETS_WAVE = 0
_ARGO = [("argoproj.io", kind) for kind in ("Application", "ApplicationSet", "AppProject")]


def build_root(settings: RepoSettings, environment: str) -> list[Object]:
    """Return what bootstrap applies: two projects and `platform-bootstrap`.

    Raises:
        LayoutError: The repository's address is not named.
    """
    argocd = settings.argocd
    repository = _repository(settings)
    at = argocd.namespace
    secrets = build_project(
        Place(SECRETS_PROJECT, at, -1),
        "The platform's Secrets, and nothing else",
        repository,
        secret_namespaces(settings),
        [("", "Secret")],
    )
    platform = build_project(
        Place(PROJECT, at, -1),
        "The platform's Applications; add what the overlays hold besides them",
        repository,
        [at],
        _ARGO,
    )
    # The overlay itself holds no Secret, so it is rendered without the sidecar.
    source = Source(repository, argocd.revision, settings.overlay_folder(environment), False)
    return [secrets, platform, build_application(Place(BOOTSTRAP, at, 0), PROJECT, source, at)]


def build_secrets_application(settings: RepoSettings, environment: str) -> Object:
    """Return the Application of an environment's Secrets.

    Raises:
        LayoutError: The repository's address is not named.
    """
    argocd = settings.argocd
    source = Source(
        _repository(settings),
        argocd.revision,
        f"{settings.overlay_folder(environment)}/{SECRETS}",
        argocd.mode == SIDECAR,
    )
    place = Place(SECRETS, argocd.namespace, _SECRETS_WAVE)
    return build_application(place, SECRETS_PROJECT, source, settings.namespace)


def build_app_files(settings: RepoSettings, environment: str) -> dict[str, str]:
    """Return the text of each file of an environment, by its path in the repository.

    Raises:
        LayoutError: The repository's address is not named.
    """
    overlay = settings.overlay_folder(environment)
    kustomization: Object = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [f"../../{settings.core.name}/secrets", "../secrets"],
    }
    return {
        f"{settings.root}/install/applications/{environment}.yaml": write_documents(
            build_root(settings, environment)
        ),
        f"{overlay}/{SECRETS_FILE}": write_document(
            build_secrets_application(settings, environment)
        ),
        f"{overlay}/{SECRETS}/kustomization.yaml": write_document(kustomization),
    }


def secret_namespaces(settings: RepoSettings) -> list[str]:
    """Return the namespaces that the repository's Secrets go to."""
    mapped = {one.namespace for one in settings.mappings if one.namespace}
    return sorted({settings.namespace, *mapped})


def _repository(settings: RepoSettings) -> str:
    if not settings.argocd.repository:
        raise LayoutError(
            "is missing: the address of this repository, as Argo CD reads it",
            path="sopsmith.yaml",
            key="argocd.repository",
            hint="argocd: {repository: https://git.example.com/org/platform.git}",
        )
    return settings.argocd.repository
