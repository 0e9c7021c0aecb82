"""Read `argocd` of `sopsmith.yaml`: how Argo CD is installed, and who may open what in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sopsmith.errors import LayoutError
from sopsmith.repo.names import check_name, check_namespace
from sopsmith.repo.strict import Fields

SIDECAR, INIT_CONTAINER = "sidecar", "init-container"
MODES = (SIDECAR, INIT_CONTAINER)
KUSTOMIZE, HELM, OPERATOR = "kustomize", "helm", "operator"
INSTALLS = (KUSTOMIZE, HELM, OPERATOR)
KSOPS_IMAGE = "viaductoss/ksops:v4.5.1"
"""From 4.4.0 on the image has no shell, and installs itself."""
SECRETS_PROJECT = "platform-secrets"
"""The Argo CD project of the platform's own Secrets."""
_FIELDS = (
    "mode", "install", "namespace", "image", "base", "repository", "revision", "projects",
    "manifest_cache", "redis_tls",
)  # fmt: skip
_DURATION = re.compile(r"([0-9]+[smh])+")
# What a line of a Dockerfile or of a manifest may say: no blanks, quotes or braces.
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@?=&%+~-]*")


@dataclass(frozen=True)
class ArgocdSettings:
    """How Argo CD is installed.

    Attributes:
        mode: SIDECAR renders in a container of its own, which alone has identities;
            INIT_CONTAINER gives the repo-server KSOPS and the identity, for one owner alone.
        install: What the manifests patch: the official ones, the Helm chart or the operator's.
        image: Of the sidecar, or of KSOPS; empty where none is named.
        base: What the kustomization patches: an address with a version, or a folder.
        repository: Address of this repository, as Argo CD reads it.
        revision: Branch or tag that Argo CD follows.
        projects: Name of the Secret with the identities of each Argo CD project.
        manifest_cache: How long Argo CD keeps rendered manifests in redis: `10m`.
        redis_tls: Redis speaks TLS, with the certificate in the Secret `argocd-redis-tls`.
    """

    mode: str = SIDECAR
    install: str = KUSTOMIZE
    namespace: str = "argocd"
    image: str = ""
    base: str = ""
    repository: str = ""
    revision: str = "main"
    projects: dict[str, str] = field(default_factory=lambda: {SECRETS_PROJECT: "sops-age"})
    manifest_cache: str = "10m"
    redis_tls: bool = False


def parse_argocd(top: Fields) -> ArgocdSettings:
    """Return what `argocd` says.

    Raises:
        LayoutError: A field is unknown or not what it should be; names its key path.
    """
    fields = top.fields("argocd", _FIELDS)
    defaults = ArgocdSettings()
    return ArgocdSettings(
        mode=_choice(fields, "mode", MODES),
        install=_choice(fields, "install", INSTALLS),
        namespace=fields.checked(
            check_namespace, fields.text("namespace", defaults.namespace), "namespace"
        ),
        image=_word(fields, "image"),
        base=_word(fields, "base", path=True),
        repository=_word(fields, "repository", path=True),
        revision=_word(fields, "revision") or defaults.revision,
        projects=_projects(fields) or defaults.projects,
        manifest_cache=_duration(fields, defaults.manifest_cache),
        redis_tls=fields.flag("redis_tls", default=defaults.redis_tls),
    )


def _choice(fields: Fields, name: str, known: tuple[str, ...]) -> str:
    text = fields.text(name, known[0])
    if text not in known:
        raise fields.error(f"{text!r} is none of {', '.join(known)}", name)
    return text


def _word(fields: Fields, name: str, *, path: bool = False) -> str:
    text = fields.text(name, "")
    if text and not _WORD.fullmatch(text.lstrip("./") if path else text):
        raise fields.error("holds signs that do not belong there", name)
    return text


def _projects(fields: Fields) -> dict[str, str]:
    projects = fields.text_map("projects")
    inner = fields.fields("projects")
    for project, secret in projects.items():
        inner.checked(check_name, project, project)
        inner.checked(check_name, secret, project)
    return projects


def _duration(fields: Fields, default: str) -> str:
    text = fields.text("manifest_cache", default)
    if not _DURATION.fullmatch(text):
        raise fields.error(f"{text!r} is no duration", "manifest_cache", "write 10m or 1h")
    return text


def needed_image(settings: ArgocdSettings) -> str:
    """Return the image that the mode runs.

    Raises:
        LayoutError: The sidecar's is not named; nobody but its builder can know it.
    """
    if settings.image:
        return settings.image
    if settings.mode == INIT_CONTAINER:
        return KSOPS_IMAGE
    raise LayoutError(
        "is missing: the image of the sidecar, built from container/Containerfile",
        path="sopsmith.yaml",
        key="argocd.image",
        hint="argocd: {image: registry.example.com/sopsmith@sha256:…}",
    )
