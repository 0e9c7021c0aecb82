"""Compare the Secrets that Git promises with those in the cluster, and with what pods run with.

Values are compared by fingerprints under a key that is random and gone when the run ends, so
that nothing which is kept or said could be checked against a guess.
"""

from __future__ import annotations

import base64
import hmac
import os
from typing import TYPE_CHECKING

from sopsmith.errors import Denied, Error, NoIdentity, UsageError
from sopsmith.flows.doctor import CLUSTER, Check
from sopsmith.flows.doctor_sync import context_of
from sopsmith.formats.tree import to_object
from sopsmith.kube.fold import fold
from sopsmith.kube.key_readers import find_stuck_pods
from sopsmith.kube.key_secret import NAME, NAMESPACE
from sopsmith.kube.kinds import NAMESPACE as NAMESPACE_KIND
from sopsmith.kube.kinds import POD, SECRET
from sopsmith.kube.lists import members
from sopsmith.kube.written import last_written
from sopsmith.repo.argocd_apps import SECRETS
from sopsmith.repo.diagnosis import ERROR, SKIPPED, UNKNOWN, WARNING, Finding, from_error
from sopsmith.repo.kustomization import find_generators, find_kustomization
from sopsmith.repo.promises import find_promises
from sopsmith.sops.check import unseal_narrow
from sopsmith.sops.document import Document, format_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sopsmith.flows.doctor import Context
    from sopsmith.ports import Object
    from sopsmith.repo.promises import Promise

_MANIFESTS = (".yaml", ".yml", ".json")
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def find_promised(context: Context) -> list[Promise]:
    """Return the Secrets that the generators of the cluster's environment promise, each once.

    Raises:
        UsageError: Nothing says which environment that is.
        ManifestError: A generator or kustomization is broken.
    """
    settings = context.settings
    names = [one.name for one in settings.environments if one.name in context.scopes]
    if len(names) != 1:
        raise UsageError(
            f"nothing says which of {', '.join(names)} the cluster is", hint="--environment NAME"
        )
    overlay = context.at(settings.overlay_folder(names[0]))
    # Where the Secrets have an Application of their own, it renders a folder of its own.
    own = f"{overlay}/{SECRETS}"
    folder = own if find_kustomization(context.files, own) else overlay
    uses = find_generators(context.files, folder)
    found = [one for use in uses for one in find_promises(context.files, use)]
    settled = [one._replace(namespace=one.namespace or settings.namespace) for one in found]
    return [*{(one.namespace, one.name): one for one in settled if one.kind == "Secret"}.values()]


def check_namespaces(context: Context) -> Iterator[Finding]:
    """Yield the namespaces that Secrets go to and that are not there."""
    promised, problem = _promised(context, "namespace-missing")
    yield from problem
    for name in sorted({*(one.namespace for one in promised), context.settings.argocd.namespace}):
        if context.cluster.find(NAMESPACE_KIND, name) is None:
            hint = f"kubectl --context {context_of(context.cluster)} create namespace {name}"
            message = "is not there, so nothing can be deployed to it"
            yield Finding("namespace-missing", ERROR, f"namespace {name}", message, hint)


def check_secrets(context: Context) -> Iterator[Finding]:
    """Yield the Secrets that are missing or not what Git says, and the pods that are behind."""
    promised, problem = _promised(context, "secret-missing")
    yield from problem
    look = _Look(context)
    for promise in promised:
        yield from look.at(promise)
    yield from look.end()
    keys = context.cluster.find(SECRET, NAME, NAMESPACE)
    yield from _check_pods(context, [*look.found, *([keys] if keys else [])])


def _promised(context: Context, code: str) -> tuple[list[Promise], list[Finding]]:
    """Return what is promised, or a finding that it cannot be known."""
    try:
        return find_promised(context), []
    except UsageError as error:
        return [], [Finding(code, UNKNOWN, context.cluster.name, str(error), error.hint or "")]
    except Error as error:
        # The repository's own checks say so too, and count it.
        return [], [Finding(code, SKIPPED, "Secrets of Git", str(error), error.hint or "")]


class _Look:
    """Look at one promised Secret after the other.

    Attributes:
        found: Those that the cluster has.
    """

    def __init__(self, context: Context) -> None:
        self.found: list[Object] = []
        self._context = context
        self._key = os.urandom(32)
        self._closed: list[str] = []
        self._listed: dict[str, list[Object]] = {}

    def at(self, promise: Promise) -> Iterator[Finding]:
        """Yield what is wrong with it."""
        subject = f"Secret {promise.namespace}/{promise.name}"
        try:
            found = self._find(promise)
        except Denied as error:
            yield from_error("secret-missing", subject, error)
            return
        if found is None:
            message = f"is not in the cluster, and {promise.source} promises it"
            yield Finding("secret-missing", ERROR, subject, message, _refresh(self._context))
            return
        self.found.append(found)
        try:
            wanted = self._wanted(promise)
        except NoIdentity:
            self._closed.append(promise.source)
        except Error:
            # What is damaged is compared with nothing; the repository's own checks say so.
            return
        else:
            if wanted is not None:
                differs = _differing(wanted, found, self._key)
                yield from _judge(self._context, promise, found, differs)

    def end(self) -> Iterator[Finding]:
        """Yield how many could not be compared."""
        if self._closed:
            message = f"no identity at hand opens {len(self._closed)} of the files to compare with"
            yield Finding("secret-drift", UNKNOWN, self._closed[0], message, "sopsmith key list")

    def _find(self, promise: Promise) -> Object | None:
        cluster, namespace = self._context.cluster, promise.namespace
        if not promise.hashed and not promise.loose:
            return cluster.find(SECRET, promise.name, namespace)
        if namespace not in self._listed:
            self._listed[namespace] = cluster.list(SECRET, namespace)
        return next((one for one in self._listed[namespace] if promise.is_kept_by(one)), None)

    def _wanted(self, promise: Promise) -> Object | None:
        """Return the Secret as Git has it; None where a build makes it out of something else.

        Raises:
            NoIdentity: No identity at hand opens the file.
            Error: It is damaged.
        """
        if promise.loose or not promise.source.endswith(_MANIFESTS):
            return None
        found = [one for one in _objects(self._context, promise.source) if one["kind"] == "Secret"]
        named = [one for one in found if one["metadata"]["name"] == promise.name]
        chosen = named or found
        return fold(chosen[0]) if len(chosen) == 1 else None


def _check_pods(context: Context, secrets: list[Object]) -> Iterator[Finding]:
    pods: dict[str, list[Object]] = {}
    for found in secrets:
        name, namespace = found["metadata"]["name"], found["metadata"]["namespace"]
        if namespace not in pods:
            try:
                pods[namespace] = context.cluster.list(POD, namespace)
            except Denied as error:
                pods[namespace] = []
                yield from_error("pod-outdated", f"pods of namespace {namespace}", error)
        at = last_written(found).at
        for pod in find_stuck_pods(pods[namespace], at, name):
            message = f"started before Secret {name} changed at {at:{_MOMENT}}, and cannot notice"
            hint = f"kubectl --context {context_of(context.cluster)} -n {namespace}"
            yield Finding("pod-outdated", WARNING, f"Pod {namespace}/{pod}", message,
                          f"{hint} delete pod {pod}, or roll its workload out again")  # fmt: skip


def _judge(
    context: Context, promise: Promise, found: Object, differs: list[str]
) -> Iterator[Finding]:
    """Say of a Secret whose values differ whether somebody changed it, or Git is ahead."""
    if not differs:
        return
    subject, keys = f"Secret {promise.namespace}/{promise.name}", ", ".join(differs)
    written = last_written(found)
    if written.by_argocd:
        message = f"{keys}: {promise.source} is newer or older than what Argo CD deployed"
        hint = f"commit and push it; {_refresh(context)}"
        yield Finding("secret-behind", WARNING, subject, message, hint)
        return
    who = written.manager or "somebody"
    message = f"{keys}: not what Git says; {who} wrote it at {written.at:{_MOMENT}}"
    hint = f"{_refresh(context)} brings Git's back where the Application heals itself, else sync it"
    yield Finding("secret-drift", ERROR, subject, message, hint)


def _differing(wanted: Object, found: Object, key: bytes) -> list[str]:
    """Return the data keys whose values are not the same."""
    ours, theirs = _prints(wanted, key), _prints(found, key)
    return sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))


def _objects(context: Context, path: str) -> list[Object]:
    data = context.files.read(path)
    trees = unseal_narrow(data, path, context.keyring)
    if trees is None:
        tops = Document.parse(data, format_of(path), path=path).unlock(context.keyring).objects()
    else:
        tops = [to_object(tree.root) for tree in trees]
    return [one for top in tops if isinstance(top, dict) for one in members(top)]


def _prints(found: Object, key: bytes) -> dict[str, bytes]:
    """Return the fingerprint of each value of a Secret."""
    data = found.get("data")
    values = data if isinstance(data, dict) else {}
    return {
        name: hmac.digest(key, base64.b64decode(str(text)), "sha256")
        for name, text in values.items()
    }


def _refresh(context: Context) -> str:
    return f"sopsmith refresh --context {context_of(context.cluster)}"


CHECKS = (
    Check("cluster", "namespaces of Secrets are there", ("namespace-missing",), check_namespaces,
          CLUSTER),
    Check("cluster", "Secrets are there as Git has them, and pods run with them",
          ("secret-missing", "secret-drift", "secret-behind", "pod-outdated"), check_secrets,
          CLUSTER),
)  # fmt: skip
