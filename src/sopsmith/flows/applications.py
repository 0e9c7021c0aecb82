"""Bring a platform's repository into its cluster: Applications, projects, and their waves."""

from __future__ import annotations

import posixpath

from sopsmith.errors import Error, ManifestError
from sopsmith.flows.argocd_install import Written, plan_file
from sopsmith.kube.ksops import parse_generator
from sopsmith.kube.lists import members
from sopsmith.ports import Files
from sopsmith.repo.argocd_apps import SECRETS, SECRETS_FILE, build_app_files
from sopsmith.repo.argocd_install import with_mark
from sopsmith.repo.diagnosis import ERROR, OK, UNKNOWN, Finding
from sopsmith.repo.kustomization import find_kustomization, parse_documents
from sopsmith.repo.list_edit import edit_list, read_list, read_root
from sopsmith.repo.promises import expand
from sopsmith.repo.settings import RepoSettings
from sopsmith.repo.vet import FolderOf, Layer, Vetted, vet
from sopsmith.repo.wave_patches import Note, follow
from sopsmith.repo.waves import find_late_secrets

Object = dict[str, object]
_PATCH_HINT = "write the wave into the manifest, or patch that annotation alone, by kind and name"


def plan_applications(
    settings: RepoSettings, files: Files, root: str, *, force: bool = False
) -> list[Written]:
    """Return the Applications of every environment, and its overlay with `platform-secrets`.

    The overlay names the Application instead of the Secrets. In a cluster that runs, Argo CD
    would take them for removed from the one Application before the other has them: see
    docs/how-to/argocd.md.

    Raises:
        LayoutError: The repository's address is not named.
        Conflict: Another hand wrote one of the files, and `force` is not given.
        Error: An overlay's kustomization cannot be read, or not be edited safely.
    """
    planned = []
    for scope in settings.environments:
        planned += [
            plan_file(path, with_mark(text), files, root, force=force)
            for path, text in build_app_files(settings, scope.name).items()
        ]
        planned.append(_plan_overlay(settings.overlay_folder(scope.name), files, root))
    return planned


def check_waves(settings: RepoSettings, files: Files, folder_of: FolderOf) -> list[Finding]:
    """Say for each environment whether what reads a Secret comes after it.

    Looks at the manifests in Git, and follows the patches of kustomizations to their waves. What
    is not followed is a finding of its own.

    Args:
        files: Reads by paths relative to the root.
    """
    return [
        finding
        for scope in settings.environments
        for finding in _check_overlay(settings.overlay_folder(scope.name), files, folder_of)
    ]


def _check_overlay(overlay: str, files: Files, folder_of: FolderOf) -> list[Finding]:
    try:
        objects, notes = _objects(files, vet(files, folder_of, overlay))
        inner = f"{overlay}/{SECRETS}"
        brought = _objects(files, vet(files, folder_of, inner))[0] if folder_of(inner) else []
    except Error as error:
        return [Finding("waves", UNKNOWN, overlay, str(error), error.hint or "")]
    unsure = [Finding("waves", UNKNOWN, one.place, one.reason, _PATCH_HINT) for one in notes]
    carried = {_name(one) for one in brought if one.get("kind") == "Secret"}
    late = find_late_secrets(objects, carried)
    wrong = [
        Finding(
            "waves",
            ERROR,
            f"{overlay}: {one.consumer}",
            f"wave {one.wave}, and Secret {one.secret} comes in wave {one.comes}",
            f'argocd.argoproj.io/sync-wave: "{one.comes + 1}"',
        )
        for one in late
    ]
    well = Finding("waves", OK, overlay, "nothing comes before the Secrets that it reads")
    return [*wrong, *unsure] or [well]


def _objects(files: Files, vetted: Vetted) -> tuple[list[Object], list[Note]]:
    """Return what a render would have, with the waves that patches give it."""
    layers = {layer.folder: layer for layer in vetted.layers}
    notes: list[Note] = []

    def built(folder: str, before: list[Object]) -> list[Object]:
        # One that includes itself is for kustomize to refuse.
        layer = layers.pop(folder)
        found = [*before, *_own(layer, files, vetted)]
        for name in ("resources", "bases"):
            for inner in _inner(layer, name, layers):
                found += built(inner, [])
        # A component changes what the kustomization that names it has so far.
        for inner in _inner(layer, "components", layers):
            found = built(inner, found)
        found, more = follow(layer, vetted.files, found)
        notes.extend(one for one in more if one not in notes)
        layers[folder] = layer
        return found

    return built(vetted.folder, []), notes


def _own(layer: Layer, files: Files, vetted: Vetted) -> list[Object]:
    found: list[Object] = []
    for path in [*_plain(layer, vetted), *_encrypted(layer, files)]:
        documents = parse_documents(vetted.files.get(path) or files.read(path), path)
        found += [one for top in documents if isinstance(top, dict) for one in members(top)]
    return found


def _inner(layer: Layer, name: str, layers: dict[str, Layer]) -> list[str]:
    listed = layer.fields.get(name)
    entries = [str(one) for one in listed] if isinstance(listed, list) else []
    paths = [posixpath.normpath(posixpath.join(layer.folder, entry)) for entry in entries]
    return [path for path in paths if path in layers]


def _plain(layer: Layer, vetted: Vetted) -> list[str]:
    listed = layer.fields.get("resources")
    entries = [str(one) for one in listed] if isinstance(listed, list) else []
    paths = [posixpath.normpath(posixpath.join(layer.folder, entry)) for entry in entries]
    return [path for path in paths if path in vetted.files]


def _encrypted(layer: Layer, files: Files) -> list[str]:
    generators = [parse_generator(run.manifest) for run in layer.runs]
    patterns = [pattern for one in generators for pattern in one.files]
    return [path for pattern in patterns for path in expand(files, layer.folder, pattern)]


def _plan_overlay(overlay: str, files: Files, root: str) -> Written:
    found = find_kustomization(files, posixpath.join(root, overlay))
    if found is None:
        raise ManifestError("holds no kustomization", path=overlay, hint="sopsmith init .")
    place, data = found
    path = posixpath.relpath(place, root)
    try:
        edited = _with_application(data)
    except Error as error:
        raise error.at(path) from None
    return Written(path, edited, "unchanged" if edited == data else "update")


def _with_application(data: bytes) -> bytes:
    """Return an overlay that lists the Application in place of the Secrets."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ManifestError("is not UTF-8 text") from None
    present = [posixpath.normpath(entry) for entry in read_list(read_root(text), "resources")]
    gone = {
        index
        for index, entry in enumerate(present)
        if entry == "secrets" or (entry.startswith("../") and entry.endswith("/secrets"))
    }
    new = [] if SECRETS_FILE in present else [(min(gone, default=len(present)), SECRETS_FILE)]
    return edit_list(text, "resources", new, gone).encode()


def _name(one: Object) -> str:
    metadata = one.get("metadata")
    return str(metadata.get("name")) if isinstance(metadata, dict) else ""
