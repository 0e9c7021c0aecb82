"""Look at how Argo CD is installed: can it decrypt, and does it keep to itself what it decrypted.

The manifests are Git's, so nothing here is mended by `doctor`: a hint says what to commit.

Source: argo-cd docs/operator-manual/{argocd-cm,argocd-cmd-params-cm}.yaml, health.md,
docs/user-guide/source-hydrator.md, manifests/base; kustomize api/internal/plugins (without
`--enable-exec` a generator that is a program makes nothing, and no error).
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from sopsmith.errors import Error, NotThere
from sopsmith.flows.doctor import CLUSTER, Check
from sopsmith.flows.doctor_sync import (
    bootstrap_command,
    context_of,
    find_applications,
    is_ours,
    path_of,
    sources_of,
)
from sopsmith.kube.argocd_config import HEALTH_KEY
from sopsmith.kube.argocd_pod import BUILD_OPTIONS, PLUGIN
from sopsmith.kube.kinds import CONFIGMAP, DEPLOYMENT, NETWORK_POLICY, SECRET
from sopsmith.repo.argocd_settings import INIT_CONTAINER
from sopsmith.repo.diagnosis import ERROR, WARNING, Finding
from sopsmith.repo.kustomization import find_generators

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sopsmith.flows.doctor import Context
    from sopsmith.ports import Object

_CM, _PARAMS = "argocd-cm", "argocd-cmd-params-cm"
_OPTIONS = "kustomize.buildOptions"
_REPO_SERVER = "app.kubernetes.io/component=repo-server"
"""The label that the official manifests, the Helm chart and the operator all give it."""
_PASSWORD, _PASSWORD_KEY = "argocd-redis", "auth"
_MANIFESTS = "sopsmith argocd manifests, then commit and apply the install folder"


def check_repo_server(context: Context) -> Iterator[Finding]:
    """Yield what the repo-server's pod lacks of what renders Secrets."""
    argocd = context.settings.argocd
    found = context.cluster.list(DEPLOYMENT, argocd.namespace, _REPO_SERVER)
    if not found:
        message = f"no repo-server of Argo CD runs in namespace {argocd.namespace}"
        yield Finding("repo-server-missing", ERROR, context.cluster.name, message,
                      bootstrap_command(context))  # fmt: skip
    for one in found:
        spec = one["spec"]["template"]["spec"]
        confined = argocd.mode != INIT_CONTAINER
        lacks = _sidecar_lacks(spec, argocd.projects) if confined else _ksops_lacks(spec)
        for message in lacks:
            subject = f"Deployment {argocd.namespace}/{one['metadata']['name']}"
            yield Finding("plugin-missing", ERROR, subject, message, _MANIFESTS)


def check_build_options(context: Context) -> Iterator[Finding]:
    """Yield what keeps kustomize from running generators in Argo CD, or lets too much run."""
    options = _data(context, _CM).get(_OPTIONS, "").split()
    alpha, executes = (one in options for one in BUILD_OPTIONS.split())
    subject = f"ConfigMap {context.settings.argocd.namespace}/{_CM}: {_OPTIONS}"
    if alpha and not executes:
        message = "has alpha plugins without --enable-exec: Secrets vanish without an error"
        yield Finding("build-options", ERROR, subject, message, _MANIFESTS)
    elif alpha == _runs_plugins(context):
        return
    elif not alpha:
        message = f"lacks {BUILD_OPTIONS}, so no generator makes a Secret"
        yield Finding("build-options", ERROR, subject, message, _MANIFESTS)
    else:
        message = "lets every repository run programs in the repo-server; the sidecar needs it not"
        yield Finding("build-options", WARNING, subject, message, _MANIFESTS)


def check_health(context: Context) -> Iterator[Finding]:
    """Yield that Argo CD does not wait for one Application inside another."""
    if HEALTH_KEY not in _data(context, _CM):
        subject = f"ConfigMap {context.settings.argocd.namespace}/{_CM}"
        message = "has no health check for Applications, so later waves do not wait for Secrets"
        yield Finding("application-health", WARNING, subject, message, _MANIFESTS)


def check_hydrator(context: Context) -> Iterator[Finding]:
    """Yield that Argo CD commits what it renders, which would be Secrets in clear."""
    place = context.settings.argocd.namespace
    if _data(context, _PARAMS).get("hydrator.enabled", "").lower() == "true":
        yield Finding("source-hydrator", ERROR, f"ConfigMap {place}/{_PARAMS}",
                      "the source hydrator is on, and commits rendered Secrets in clear",
                      _MANIFESTS)  # fmt: skip
    for one in _applications(context):
        if (one.get("spec") or {}).get("sourceHydrator"):
            subject = f"Application {place}/{one['metadata']['name']}"
            message = "is hydrated: its rendered Secrets are committed in clear"
            yield Finding("source-hydrator", ERROR, subject, message,
                          "use spec.source; then take for leaked what was committed: "
                          "docs/how-to/leaked-identity.md")  # fmt: skip


def check_redis(context: Context) -> Iterator[Finding]:
    """Yield who could read rendered Secrets out of Argo CD's cache."""
    place, cluster = context.settings.argocd.namespace, context.cluster
    subject = f"redis of namespace {place}"
    if not any(_selects_redis(one) for one in cluster.list(NETWORK_POLICY, place)):
        message = "holds rendered Secrets in clear, and no NetworkPolicy says who may reach it"
        yield Finding("redis-open", WARNING, subject, message, _MANIFESTS)
    found = cluster.find(SECRET, _PASSWORD, place)
    if not ((found or {}).get("data") or {}).get(_PASSWORD_KEY):
        message = f"has no password: Secret {place}/{_PASSWORD} has no {_PASSWORD_KEY}"
        hint = f"kubectl --context {context_of(cluster)} -n {place} rollout restart deployment"
        yield Finding("redis-open", WARNING, subject, message, f"{hint} argocd-redis")


def _sidecar_lacks(spec: Object, projects: dict[str, str]) -> Iterator[str]:
    sidecar = next((one for one in _containers(spec) if one.get("name") == PLUGIN), None)
    if sidecar is None:
        yield f"has no sidecar {PLUGIN}, so no Application renders with it"
        return
    paths = {one.get("mountPath") for one in sidecar.get("volumeMounts") or []}
    if not any(str(path).endswith("cmp-server/plugins") for path in paths):
        yield f"the sidecar {PLUGIN} does not share the repo-server's volume of plugins"
    mounted = _mounted(spec, sidecar)
    for project, secret in projects.items():
        if secret not in mounted:
            yield f"the sidecar {PLUGIN} does not mount Secret {secret} for project {project}"


def _ksops_lacks(spec: Object) -> Iterator[str]:
    own = [one for one in _containers(spec) if str(one.get("name")).endswith("repo-server")]
    mounts = [mount for one in own for mount in one.get("volumeMounts") or []]
    if not any(posixpath.basename(str(one.get("mountPath"))) == "ksops" for one in mounts):
        yield "has no ksops: nothing is mounted under that name"
    names = {str(variable.get("name")) for one in own for variable in one.get("env") or []}
    if not any(_mounted(spec, one) for one in own) and "SOPS_AGE_KEY" not in names:
        yield "has no identity: no Secret is mounted, and SOPS_AGE_KEY is not set"


def _mounted(spec: Object, container: Object) -> set[str]:
    """Return the names of the Secrets that a container mounts."""
    secrets = {one["name"]: one["secret"].get("secretName", "")
               for one in spec.get("volumes") or [] if one.get("secret")}  # fmt: skip
    mounts = container.get("volumeMounts") or []
    # Argo CD's own pods mount the certificates of their servers besides.
    found = {secrets.get(one.get("name"), "") for one in mounts}
    return {name for name in found if name and not name.endswith("-tls")}


def _containers(spec: Object) -> list[Object]:
    return [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]


def _runs_plugins(context: Context) -> bool:
    """Tell whether the repo-server itself renders a folder with generators."""
    if context.settings.argocd.mode == INIT_CONTAINER:
        return True
    settings = context.settings
    sources = [source for one in _applications(context) for source in sources_of(one)]
    return any(
        not source.get("plugin") and is_ours(source, settings) and _generates(context, source)
        for source in sources
    )


def _generates(context: Context, source: Object) -> bool:
    try:
        return bool(find_generators(context.files, context.at(path_of(source))))
    except Error:
        # Another check names what is wrong with the folder.
        return False


def _applications(context: Context) -> list[Object]:
    try:
        return find_applications(context.cluster, context.settings)
    except NotThere:
        return []


def _data(context: Context, name: str) -> dict[str, str]:
    found = context.cluster.find(CONFIGMAP, name, context.settings.argocd.namespace)
    return (found or {}).get("data") or {}


def _selects_redis(policy: Object) -> bool:
    spec = policy.get("spec") or {}
    selector = spec.get("podSelector") or {}
    labels = (selector.get("matchLabels") or {}).values()
    everything = not selector.get("matchLabels") and not selector.get("matchExpressions")
    covers = everything or any("redis" in str(label) for label in labels)
    return covers and "Ingress" in (spec.get("policyTypes") or ["Ingress"])


CHECKS = (
    Check("Argo CD", "the repo-server can render Secrets",
          ("plugin-missing", "repo-server-missing"), check_repo_server, CLUSTER),
    Check("Argo CD", "kustomize runs what it must, and no more", ("build-options",),
          check_build_options, CLUSTER),
    Check("Argo CD", "waves wait for Applications", ("application-health",), check_health, CLUSTER),
    Check("Argo CD", "rendered Secrets are not committed", ("source-hydrator",), check_hydrator,
          CLUSTER),
    Check("Argo CD", "rendered Secrets stay in redis", ("redis-open",), check_redis, CLUSTER),
)  # fmt: skip
