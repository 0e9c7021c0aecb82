"""Check the manifests in Git: what kustomize and Argo CD would make of them."""

from __future__ import annotations

import os
import posixpath
import shlex
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from sopsmith.errors import Error
from sopsmith.flows.argocd_install import check_install, install_folder
from sopsmith.flows.doctor import Check, Context
from sopsmith.flows.doctor_files import linted
from sopsmith.flows.install_plugin import HOME_PLACES
from sopsmith.kube.argocd_pod import BUILD_OPTIONS
from sopsmith.repo.argocd_settings import INIT_CONTAINER
from sopsmith.repo.diagnosis import ERROR, INFO, WARNING, Finding
from sopsmith.repo.kustomization import parse_documents
from sopsmith.repo.manifest_faults import (
    CONFLICT,
    GLOB,
    LEGACY,
    MISSING,
    NUMBER,
    SECRET,
    find_build_options,
    find_faults,
)

if TYPE_CHECKING:
    from sopsmith.ports import Answer, Files

_FAMILY = "manifests"
_ENDS = (".yaml", ".yml", ".json", "Kustomization")
_ANNOTATION = "annotate it: config.kubernetes.io/function: |\\n  exec: {path: ksops}"
_MANIFESTS = "sopsmith argocd manifests"


class _Look:
    """Look through one file after the other; a fork of it works in each process."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def one(self, path: str) -> Answer:
        """Return the kind, the path and the words of each fault of a file."""
        try:
            data = self._files.read(path) if path.endswith(_ENDS) else b""
        except Error:
            # It is no file, or nobody may read it; lint says so.
            return ()
        return tuple((kind, path, words) for kind, words in find_faults(data, path, self._files))


@lru_cache(maxsize=1)
def _faults(context: Context) -> tuple[tuple[str, str, str], ...]:
    """Return every fault; several checks share one look."""
    answers = context.workers.map(_Look(context.files).one, context.trees.walk((context.root,)))
    return tuple(
        (str(one[0]), str(one[1]), str(one[2]))  # type: ignore[index]
        for answer in answers
        for one in answer or ()
    )


def _of(context: Context, kind: str) -> Iterator[tuple[str, str]]:
    return ((path, words) for found, path, words in _faults(context) if found == kind)


def _find_conflicts(context: Context) -> Iterator[Finding]:
    for path, words in _of(context, CONFLICT):
        shown = shlex.quote(path)
        hint = f"sopsmith git resolve {shown}, if it is encrypted; else keep one side of it"
        yield Finding("conflict-markers", ERROR, path, words, hint)


def _find_missing(context: Context) -> Iterator[Finding]:
    for path, words in _of(context, MISSING):
        hint = "sopsmith init . makes the folders of environments; or take the entry out"
        yield Finding("missing-resource", ERROR, path, words, hint)


def _find_numbers(context: Context) -> Iterator[Finding]:
    for path, words in _of(context, NUMBER):
        key, _, kind = words.partition(" ")
        hint = f"sopsmith edit {shlex.quote(path)}, and put quotes around it"
        message = f"{key} is {kind}, and Kubernetes takes texts alone"
        yield Finding("unquoted-number", ERROR, path, message, hint)


def _find_legacy(context: Context) -> Iterator[Finding]:
    home = context.machine.plugin_home
    if home and all(context.files.find(os.path.join(home, one)) for one in HOME_PLACES):
        return
    hint = f"{_ANNOTATION}; or sopsmith plugin install --plugin-home"
    # The sidecar knows both kinds; upstream's container has no plugin of the old kind.
    level = ERROR if context.settings.argocd.mode == INIT_CONTAINER else WARNING
    for path, words in _of(context, LEGACY):
        yield Finding("no-exec-annotation", level, path, words, hint)


def _find_globs(context: Context) -> Iterator[Finding]:
    if context.settings.argocd.mode != INIT_CONTAINER:
        return
    for path, words in _of(context, GLOB):
        message = f"names {words}; upstream KSOPS, which this Argo CD has, knows no patterns"
        yield Finding("glob-upstream", ERROR, path, message, "sopsmith generate; then name files")


def _find_hidden(context: Context) -> Iterator[Finding]:
    settings = context.settings
    homes = {name: context.at(settings.secrets_folder(name)) for name in context.scopes}
    held = [
        (words, name, path)
        for path, words in _of(context, SECRET)
        for name, home in homes.items()
        if os.path.dirname(os.path.normpath(path)) == home
    ]
    core = {words: path for words, name, path in held if name == settings.core.name}
    for words, name, path in held:
        if name != settings.core.name and words in core:
            message = f"Secret {words} stands in {core[words]} too, and kustomize refuses two"
            hint = f"delete one of them; a value of {name}'s own needs a name of its own"
            yield Finding("core-secret-hidden", ERROR, path, message, hint)


def _check_manifests(context: Context) -> Iterator[Finding]:
    """Yield what `argocd check` finds of the install folder; a repository may have none yet."""
    folder = context.at(install_folder(context.settings))
    if not context.files.names(folder):
        message = "nothing installs Argo CD from here yet"
        yield Finding("argocd-manifests", INFO, folder, message, _MANIFESTS)
        return
    yield from check_install(context.settings, context.files, context.root)


def _find_build_options(context: Context) -> Iterator[Finding]:
    folder = context.at(install_folder(context.settings))
    upstream = context.settings.argocd.mode == INIT_CONTAINER
    found: list[tuple[str, str]] = []
    names = [one for one in context.files.names(folder) if one.endswith(_ENDS)]
    for path in [posixpath.join(folder, name) for name in names]:
        documents = parse_documents(context.files.read(path), path)
        found += [(path, options) for options in find_build_options(documents)]
    if names and upstream and not found:
        message = f"no kustomize.buildOptions stands in it; KSOPS needs {BUILD_OPTIONS}"
        yield Finding("build-options", ERROR, folder, message, _MANIFESTS)
    for path, options in found:
        yield from _judge_options(path, {*options.split()}, upstream=upstream)


def _judge_options(path: str, options: set[str], *, upstream: bool) -> Iterable[Finding]:
    alpha, run = BUILD_OPTIONS.split()
    if upstream and not {alpha, run} <= options:
        lacks = " and ".join(one for one in (alpha, run) if one not in options)
        then = (
            "Secrets vanish without an error" if alpha in options else "the generators do not run"
        )
        message = f"kustomize.buildOptions lacks {lacks}: {then}"
        return [Finding("build-options", ERROR, path, message, _MANIFESTS)]
    if not upstream and alpha in options and run not in options:
        message = f"{alpha} without {run}: what the sidecar does not render loses its Secrets"
        return [Finding("build-options", ERROR, path, message, _MANIFESTS)]
    if not upstream and run in options:
        message = f"{run} lets every repository that Argo CD renders run programs of its own"
        return [Finding("build-options", WARNING, path, message, _MANIFESTS)]
    return []


CHECKS = (
    Check(
        _FAMILY, "no file holds markers of a merge conflict", ("conflict-markers",), _find_conflicts
    ),
    linted(
        _FAMILY, "lists and folders agree",
        "encrypted-resource", "missing-listed", "unlisted-file", "broken-list",
    ),
    Check(_FAMILY, "what kustomizations name is there", ("missing-resource",), _find_missing),
    Check(_FAMILY, "Secrets hold texts", ("unquoted-number",), _find_numbers),
    Check(_FAMILY, "generators say how they run", ("no-exec-annotation",), _find_legacy),
    Check(_FAMILY, "generators name what KSOPS understands", ("glob-upstream",), _find_globs),
    Check(_FAMILY, "core and environments share no name", ("core-secret-hidden",), _find_hidden),
    Check(
        _FAMILY, "the manifests of Argo CD are as sopsmith.yaml says",
        ("argocd-manifests", "argocd-settings", "argocd-mode", "argocd-image", "argocd-base",
         "argocd-redis-tls"),
        _check_manifests,
    ),
    Check(_FAMILY, "kustomize gets the options that it needs", ("build-options",),
          _find_build_options),
)  # fmt: skip
