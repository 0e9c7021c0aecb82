"""Write the manifests that install Argo CD with sopsmith, and check what stands.

Files that somebody else wrote are never replaced unasked.
"""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from sopsmith.errors import Conflict, Error, LayoutError
from sopsmith.kube.argocd_pod import BUILD_OPTIONS
from sopsmith.ports import Files
from sopsmith.repo.argocd_install import FOLDER, MARK, build_install_files, with_mark
from sopsmith.repo.argocd_settings import (
    HELM,
    INIT_CONTAINER,
    KUSTOMIZE,
    ArgocdSettings,
    needed_image,
)
from sopsmith.repo.diagnosis import ERROR, INFO, OK, WARNING, Finding
from sopsmith.repo.settings import RepoSettings

_VERSION = re.compile(r"(/v[0-9]+\.[0-9]+\.[0-9]+(/|$)|[?&]ref=v?[0-9])")
_COMMAND = "sopsmith argocd manifests"


class Written(NamedTuple):
    """A file that is to be written, or stands as it should.

    Attributes:
        path: Relative to the root of the repository.
        news: `create`, `update` or `unchanged`.
    """

    path: str
    data: bytes
    news: str


def plan_install(
    settings: RepoSettings, files: Files, root: str, *, force: bool = False
) -> list[Written]:
    """Return every file of the install folder.

    Raises:
        Conflict: Another hand wrote one of them, and `force` is not given.
        LayoutError: The settings do not say enough.
    """
    return [
        plan_file(f"{install_folder(settings)}/{name}", with_mark(text), files, root, force=force)
        for name, text in build_install_files(settings.argocd).items()
    ]


def apply_install(planned: list[Written], files: Files, root: str) -> None:
    """Write what is not there yet."""
    for one in planned:
        if one.news != "unchanged":
            files.write(posixpath.join(root, one.path), one.data)


def install_folder(settings: RepoSettings) -> str:
    """Return the folder of the manifests, relative to the root."""
    return f"{settings.root}/{FOLDER}"


def check_install(settings: RepoSettings, files: Files, root: str) -> list[Finding]:
    """Say what is wrong with the manifests in Git; needs no cluster."""
    place = install_folder(settings)
    try:
        planned = plan_install(settings, files, root)
    except LayoutError as error:
        named = ": ".join(part for part in (error.path, error.key) if part)
        return [Finding("argocd-settings", ERROR, named, error.message, error.hint or "")]
    except Error as error:
        return [Finding("argocd-manifests", WARNING, place, str(error), error.hint or "")]
    stale = [one.path for one in planned if one.news != "unchanged"]
    found = [
        Finding(
            "argocd-manifests",
            ERROR if stale else OK,
            place,
            f"not as sopsmith.yaml says: {', '.join(stale)}" if stale else "as sopsmith.yaml says",
            _COMMAND if stale else "",
        )
    ]
    return [*found, *_check_settings(settings.argocd)]


def _check_settings(argocd: ArgocdSettings) -> list[Finding]:
    found = [_mode(argocd), _image(argocd)]
    if argocd.install == KUSTOMIZE:
        found.append(_base(argocd))
    if not argocd.redis_tls and argocd.install in {KUSTOMIZE, HELM}:
        found.append(
            Finding(
                "argocd-redis-tls", INFO, "argocd.redis_tls",
                "rendered Secrets go to redis without TLS",
                "make the Secret argocd-redis-tls, then argocd: {redis_tls: true}",
            )
        )  # fmt: skip
    return found


def _mode(argocd: ArgocdSettings) -> Finding:
    subject = "argocd.mode"
    if argocd.mode != INIT_CONTAINER:
        return Finding("argocd-mode", OK, subject, "repositories run no programs of their own")
    return Finding(
        "argocd-mode",
        WARNING,
        subject,
        f"with {BUILD_OPTIONS} any repository that Argo CD renders can read the identity",
        "argocd: {mode: sidecar}, unless all repositories have one owner",
    )


def _image(argocd: ArgocdSettings) -> Finding:
    image = needed_image(argocd)
    if "@sha256:" in image:
        return Finding("argocd-image", OK, "argocd.image", "pinned by its digest")
    return Finding(
        "argocd-image", WARNING, "argocd.image",
        f"{image} gets the identity, and is not pinned by its digest",
        f"argocd: {{image: {image}@sha256:…}}, as docker buildx imagetools inspect {image} says",
    )  # fmt: skip


def _base(argocd: ArgocdSettings) -> Finding:
    if not argocd.base:
        return Finding(
            "argocd-base", ERROR, "argocd.base", "names nothing to patch",
            "argocd: {base: the address of the official install.yaml of a version}",
        )  # fmt: skip
    if "://" in argocd.base and not _VERSION.search(argocd.base):
        return Finding(
            "argocd-base", WARNING, "argocd.base", "is an address without a version",
            "name a version: what it gives may change at any time",
        )  # fmt: skip
    return Finding("argocd-base", OK, "argocd.base", "pinned")


def plan_file(
    path: str, data: bytes, files: Files, root: str, *, force: bool, mark: str = MARK
) -> Written:
    """Return what becomes of a file that sopsmith writes whole.

    Args:
        mark: The line that says that sopsmith wrote it.

    Raises:
        Conflict: Another hand wrote it, and `force` is not given.
    """
    present = files.find(posixpath.join(root, path))
    if present is None:
        return Written(path, data, "create")
    if present == data:
        return Written(path, data, "unchanged")
    if not present.startswith(mark.encode()) and not force:
        raise Conflict(
            "stands already, and sopsmith did not write it", path=path, hint="--force replaces it"
        )
    return Written(path, data, "update")
