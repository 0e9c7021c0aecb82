"""Look at what Argo CD says of the Applications that render this repository."""

from __future__ import annotations

import posixpath
import shlex
from typing import TYPE_CHECKING

from sopsmith.errors import Error, NotThere
from sopsmith.flows.doctor import CLUSTER, Check
from sopsmith.kube.argocd_errors import CODES as CAUSES
from sopsmith.kube.argocd_errors import UNKNOWN as NOT_KNOWN
from sopsmith.kube.argocd_errors import errors_of, explain
from sopsmith.kube.argocd_pod import PLUGIN
from sopsmith.kube.kinds import APPLICATION
from sopsmith.repo.diagnosis import ERROR, INFO, WARNING, Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sopsmith.flows.doctor import Context
    from sopsmith.ports import Cluster, Object
    from sopsmith.repo.settings import RepoSettings

ANNOTATION = "argocd.argoproj.io/refresh"
"""What asks Argo CD to compare an Application; it takes it away with what it then says."""
REFRESH = "refresh"
"""The repair of an error that Argo CD only remembers."""
_SHOWN = 3


def context_of(cluster: Cluster) -> str:
    """Return the name of a cluster's kubeconfig context, for commands that can be pasted."""
    return shlex.quote(cluster.name.partition(" (")[0])


def bootstrap_command(context: Context) -> str:
    """Return the command that goes on with the bootstrap of the cluster that is looked at."""
    named = f"--environment {shlex.quote(context.environment)} " if context.environment else ""
    return f"sopsmith bootstrap {named}--context {context_of(context.cluster)}"


def find_applications(cluster: Cluster, settings: RepoSettings) -> list[Object]:
    """Return the Applications that render this repository's tree, or render with the plugin.

    A mirror may have any address, so they are told by their paths and not by where they fetch.

    Raises:
        NotThere: The cluster has no Argo CD.
    """
    found = cluster.list(APPLICATION, settings.argocd.namespace)
    return [one for one in found if any(is_ours(source, settings) for source in sources_of(one))]


def sources_of(application: Object) -> list[Object]:
    """Return an Application's sources, however it names them."""
    spec = application.get("spec") or {}
    dry = (spec.get("sourceHydrator") or {}).get("drySource")
    return [*(spec.get("sources") or []), *(one for one in (spec.get("source"), dry) if one)]


def path_of(source: Object) -> str:
    """Return the path of a source as the repository has it."""
    return str(source.get("path") or "").removeprefix("./").rstrip("/")


def is_ours(source: Object, settings: RepoSettings) -> bool:
    """Tell whether a source renders this repository's tree, or with sopsmith's plugin."""
    named = (source.get("plugin") or {}).get("name")
    return f"{path_of(source)}/".startswith(f"{settings.root}/") or named == PLUGIN


def is_synced(application: Object) -> bool:
    """Tell whether the cluster has what Git says, as Argo CD sees it."""
    return _state(application) == "Synced" and not errors_of(application)


def examine(
    application: Object, context: str, known: Callable[[tuple[str, ...]], str]
) -> Iterator[Finding]:
    """Yield what keeps an Application from being Synced; nothing where it is.

    Args:
        context: Of the kubeconfig, as commands have it.
        known: Returns the first of some paths at which the repository has a file, or "".
    """
    metadata = application["metadata"]
    subject = f"Application {metadata['namespace']}/{metadata['name']}"
    ask = f"kubectl --context {context} --namespace {metadata['namespace']}"
    ask += f" get application {metadata['name']} --output yaml"
    again = f"sopsmith refresh {metadata['name']} --context {context}"
    explained = [explain(message) for message in errors_of(application)]
    for cause in dict.fromkeys(one.cause for one in explained):
        paths = tuple(path for one in explained if one.cause == cause for path in one.paths)
        file = known(paths)
        message = f"{cause.message}: {file}" if file else cause.message
        yield Finding(cause.code, ERROR, subject, message, cause.hint or ask)
    if ANNOTATION in (metadata.get("annotations") or {}):
        message = "Argo CD was asked to render it afresh, and has not done so yet"
        yield Finding("sync-cached", INFO, subject, message, again)
    elif any(one.cached for one in explained):
        message = "Argo CD repeats an error that it remembers, and does not render again"
        yield Finding("sync-cached", ERROR, subject, message, again, REFRESH)
    if not explained:
        yield from _examine_state(application, subject, again)


def check_applications(context: Context) -> Iterator[Finding]:
    """Yield what keeps this repository's Applications from being Synced."""
    try:
        found = find_applications(context.cluster, context.settings)
    except NotThere:
        yield Finding("argocd-missing", ERROR, context.cluster.name, "Argo CD is not installed",
                      bootstrap_command(context))  # fmt: skip
        return
    if not found:
        message = f"no Application renders {context.settings.root}"
        yield Finding("application-missing", ERROR, context.cluster.name, message,
                      bootstrap_command(context))  # fmt: skip
    for one in found:
        yield from examine(one, context_of(context.cluster), lambda paths: at_hand(context, paths))


def at_hand(context: Context, paths: tuple[str, ...]) -> str:
    """Return the first of some paths at which the repository has a file, or "" for none."""
    found = [path for path in map(context.at, paths) if _is_there(context, path)]
    if found:
        return found[0]
    # The sidecar names a file as its generator does, which is without the folder.
    folders = [context.at(context.settings.secrets_folder(one)) for one in context.scopes]
    bare = [path for path in paths if "/" not in path]
    places = [posixpath.join(folder, name) for name in bare for folder in folders]
    likely = [place for place in places if _is_there(context, place)]
    return likely[0] if len(likely) == 1 else ""


def _is_there(context: Context, path: str) -> bool:
    try:
        return context.files.find(path) is not None
    except Error:
        return False


def _examine_state(application: Object, subject: str, again: str) -> Iterator[Finding]:
    state = _state(application)
    if state == "Synced":
        return
    status = application.get("status") or {}
    if state != "OutOfSync":
        message = "Argo CD has not compared it: does its application controller run?"
        yield Finding("out-of-sync", ERROR, subject, message, again)
        return
    running = (status.get("operationState") or {}).get("phase") == "Running"
    differs = [_said(one) for one in status.get("resources") or [] if one.get("status") == state]
    shown = ", ".join(differs[:_SHOWN]) + (", …" if len(differs) > _SHOWN else "")
    message = f"OutOfSync{', and being synced' if running else ''}{f': {shown}' if shown else ''}"
    yield Finding("out-of-sync", INFO if running else WARNING, subject, message, again)


def _state(application: Object) -> str:
    sync = (application.get("status") or {}).get("sync") or {}
    return str(sync.get("status") or "")


def _said(resource: Object) -> str:
    place = "/".join(filter(None, (resource.get("namespace"), resource.get("name"))))
    return f"{resource.get('kind')} {place}"


_CODES = (NOT_KNOWN.code, "argocd-missing", "application-missing", "out-of-sync", "sync-cached",
          *(code for code in CAUSES if code != NOT_KNOWN.code))  # fmt: skip
CHECKS = (Check("Argo CD", "Applications are Synced", _CODES, check_applications, CLUSTER),)
