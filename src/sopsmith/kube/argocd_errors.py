"""Read why Argo CD did not render or sync an Application, and pass on nothing that is not known.

Its messages hold those of kustomize, KSOPS, sops and the API server, and some of these quote
what they refuse, which may be a Secret's value. So a message is only compared with known ones.
Of its text nothing but paths is taken, and whoever shows one must know that it is one.

Source: argo-cd 3.2 reposerver/repository/repository.go (manifest generation, its cache),
controller/{state,sync}.go, util/git, cmpserver; kustomize 5 api/internal/plugins; viaduct-ai
kustomize-sops; getsops/sops. tests/unit/kube/test_argocd_errors.py has what they really said.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any, NamedTuple

Object = dict[str, Any]

_CACHED = "Manifest generation error (cached)"
_BUILT = re.compile(r"<path to cached source>/([^\s'\"`:]+)")
_FILE = re.compile(r"(?:error: |[Ff]ile )\"?((?:\.{0,2}/)*[\w.@-][\w./@-]*\.\w+)\"?(?=[:;,\s])")


class Cause(NamedTuple):
    """Why an Application is not synced.

    Attributes:
        code: As findings have it.
        message: Says it in words of sopsmith's own.
        hint: What to look at; "" where the message says it all.
    """

    code: str
    message: str
    hint: str = ""


class Explained(NamedTuple):
    """What a message means.

    Attributes:
        paths: What may be the file that it is about, relative to the repository, best first.
            They are text of the message: show one only where such a file is known.
        cached: Argo CD did not try again, and repeats what it remembers.
    """

    cause: Cause
    paths: tuple[str, ...]
    cached: bool


UNKNOWN = Cause("sync-error", "its error is none that sopsmith knows; it may quote values")
_MANIFESTS = "sopsmith argocd manifests, then commit and apply the install folder"
_VERIFY = "sopsmith verify"
_KNOWN: tuple[tuple[str, Cause], ...] = (
    (
        r"external plugins disabled",
        Cause("sync-build-options", "kustomize runs without --enable-alpha-plugins in Argo CD",
              _MANIFESTS),
    ),
    (
        r"could not find cmp-server plugin|could not find plugin supporting|cmp-server.*dial unix",
        Cause("sync-plugin-missing", "the repo-server has no sidecar with its plugin", _MANIFESTS),
    ),
    (
        r"executable file not found|fork/exec \S+: no such file|unable to find plugin root"
        r"|unable to load external plugin",
        Cause("sync-plugin-missing", "the repo-server does not find the plugin ksops", _MANIFESTS),
    ),
    (
        r"that the sidecar does not run|a program of its own|outside of this repository"
        r"|leaves the repository|no field that the sidecar knows",
        Cause("sync-not-allowed", "the repository asks for what the sidecar refuses",
              "docs/how-to/argocd.md: See that it works"),
    ),
    (
        r"generators promise what does not come out",
        Cause("sync-lost-secret", "a Secret that its generators promise does not come out",
              "look for a patch that removes or renames it; sopsmith render"),
    ),
    (
        r"no identity at hand|no identity opens|has no identities in this sidecar"
        r"|Argo CD named no project|[Gg]et(ting)? (the )?data key|no identity matched",
        Cause("sync-no-identity", "no identity in the cluster opens a file",
              "sopsmith doctor --only key-secret-lacks names files and recipients"),
    ),
    (
        r"MAC does not|MAC mismatch|the file has no MAC|message authentication failed"
        r"|value was changed|the token('s| is| has) |value stands in clear",
        Cause("sync-mac-mismatch", "a file was changed after it was encrypted", _VERIFY),
    ),
    (
        r"no sops metadata|sops metadata not found",
        Cause("sync-broken-file", "a file that should be encrypted is not", "sopsmith lint"),
    ),
    (
        r"may not add resource with an already registered id|already registered id",
        Cause("sync-broken-file", "two files make the same Secret", "sopsmith lint"),
    ),
    (
        r"not valid YAML|[Ee]rror unmarshal|yaml: line|mapping values are not allowed",
        Cause("sync-broken-file", "a file is not YAML: merge conflict markers?", "sopsmith lint"),
    ),
    (
        r"app path does not exist",
        Cause("sync-path", "its path is not in the repository at that revision",
              "git push, or mend spec.source.path"),
    ),
    (
        r"unable to resolve '[^']*' to a commit",
        Cause("sync-repository", "the repository has no such branch, tag or commit",
              "git push, or mend spec.source.targetRevision"),
    ),
    (
        r"failed to list refs|repository not found|authentication required|authorization failed"
        r"|could not read Username|failed to fetch|ssh: handshake",
        Cause("sync-repository", "Argo CD cannot read the repository",
              "sopsmith bootstrap --only github-app, or see Argo CD's repository credentials"),
    ),
    (
        r"referencing project \S+ which does not exist|not permitted in project"
        r"|do not match any of the allowed destinations",
        Cause("sync-project", "its project is not there, or does not allow what it deploys",
              "sopsmith argocd applications, then commit and push"),
    ),
    (
        r"namespaces \"[^\"]*\" not found",
        Cause("sync-namespace", "a namespace that it deploys to is not there",
              "sopsmith doctor --only namespace-missing names it"),
    ),
    (
        r"cannot be handled as a Secret|cannot unmarshal (number|bool)",
        Cause("sync-refused", "a Secret holds a value that is no text, or no base64",
              "quote numbers and booleans under stringData; sopsmith lint"),
    ),
    (
        r"failed to apply|is forbidden|is invalid|admission webhook",
        Cause("sync-refused", "the API server refuses what it deploys"),
    ),
    (
        r"context deadline exceeded|timed out|timeout",
        Cause("sync-timeout", "rendering took longer than Argo CD waits",
              "sopsmith refresh; see ARGOCD_EXEC_TIMEOUT of the repo-server"),
    ),
    (
        r"no such file or directory|holds no kustomization",
        Cause("sync-broken-file", "a generator or kustomization names what is not there",
              "sopsmith lint"),
    ),
)  # fmt: skip
CODES = tuple(dict.fromkeys([cause.code for _, cause in _KNOWN] + [UNKNOWN.code]))


def explain(message: str) -> Explained:
    """Say what a message of Argo CD means."""
    known = (cause for pattern, cause in _KNOWN if re.search(pattern, message))
    return Explained(next(known, UNKNOWN), _paths(message), _CACHED in message)


def errors_of(application: Object) -> list[str]:
    """Return the messages of what keeps an Application from being synced, as Argo CD has them."""
    status = application.get("status") or {}
    conditions = status.get("conditions") or []
    found = [str(one.get("message", "")) for one in conditions if _is_error(one)]
    operation = status.get("operationState") or {}
    message = str(operation.get("message") or "")
    # A sync that is tried again is Running, and has the reason of the last try.
    failed = operation.get("phase") in {"Failed", "Error"} or "failed to apply" in message
    if failed and (status.get("sync") or {}).get("status") != "Synced":
        found.append(message)
    return found


def _is_error(condition: Object) -> bool:
    return str(condition.get("type", "")).endswith("Error")


def _paths(message: str) -> tuple[str, ...]:
    """Return what may be the file, by the folder that kustomize was in and the file in it."""
    folders = [*dict.fromkeys(reversed(_BUILT.findall(message)))]
    files = [*dict.fromkeys(_FILE.findall(message))]
    joined = [posixpath.join(folder, file) for file in files for folder in folders]
    found = [posixpath.normpath(path) for path in (*joined, *files)]
    return tuple(path for path in found if not path.startswith(("..", "/")))
