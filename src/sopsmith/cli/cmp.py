"""`sopsmith-cmp generate`: what Argo CD's plugin sidecar runs for each Application.

Argo CD runs it in the Application's folder, with the build environment in its variables:
`ARGOCD_APP_PROJECT_NAME` says whose identities open anything, `ARGOCD_APP_SOURCE_PATH` where
the repository begins. Whoever writes an Application cannot set either: Argo CD puts
`ARGOCD_ENV_` before the names of their own variables.

Source: argo-cd reposerver/repository/repository.go (newEnv), cmpserver/plugin/plugin.go
(generateManifest), docs/operator-manual/config-management-plugins.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from sopsmith.errors import Error, NoIdentity, OutsideError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.flows.sidecar import Doors
    from sopsmith.ports import Finished
    from sopsmith.sops.keyring import Keyring

USAGE = "usage: sopsmith-cmp generate\n"
KEYS = "/keys"
"""Where the identities of each project lie: `/keys/PROJECT/keys.txt`."""
_NAME_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.")


def main() -> None:
    """Run as Argo CD's plugin and end the process."""
    _forbid_core_dumps()
    sys.exit(run(sys.argv[1:], os.environ, os.getcwd()))


def run(argv: list[str], environ: Mapping[str, str], folder: str) -> int:
    """Render a folder to stdout and return the exit code.

    Args:
        environ: The build environment that Argo CD gives.
        folder: Of the Application, absolute.
    """
    if argv in (["--help"], ["-h"]):
        sys.stdout.write(USAGE)
        return 0
    try:
        if argv != ["generate"]:
            raise UsageError("expected one word: generate", hint="sopsmith-cmp --help")
        text = _render(environ, folder)
    except Error as error:
        _say(f"error: {error}", f"hint: {error.hint}" if error.hint else "")
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - a traceback of a bug could quote a value
        _say(f"error: a mistake in sopsmith: {type(error).__name__}")
        return 1
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()
    return 0


def find_root(environ: Mapping[str, str], folder: str) -> str:
    """Return the root of the repository that Argo CD handed over.

    Raises:
        OutsideError: The folder is not the Application's.
    """
    here = os.path.realpath(folder)
    path = os.path.normpath(environ.get("ARGOCD_APP_SOURCE_PATH") or ".").strip("/")
    if path == ".":
        return here
    if path.startswith("..") or not here.endswith("/" + path):
        raise OutsideError(
            "is not where Argo CD says that the Application lies",
            path=here,
            hint="ARGOCD_APP_SOURCE_PATH must be the end of the present folder",
        )
    return here[: -len(path) - 1]


def load_project_keyring(environ: Mapping[str, str]) -> Keyring:
    """Return the identities of the Application's project, and no others.

    Raises:
        NoIdentity: There is no project, or it has no identities here.
        Error: They cannot be read.
    """
    from sopsmith import age
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.sops.keyring import Keyring

    project = environ.get("ARGOCD_APP_PROJECT_NAME", "")
    if not project or project[0] == "." or set(project) - _NAME_SIGNS:
        raise NoIdentity("Argo CD named no project, so there is no identity to open files with")
    path = os.path.join(environ.get("SOPSMITH_KEYS") or KEYS, project, "keys.txt")
    data = LocalFiles().find(path)
    if data is None:
        raise NoIdentity(
            f"the project {project} has no identities in this sidecar",
            hint=f"sopsmith.yaml: argocd.projects.{project}, then sopsmith argocd manifests",
        )
    return Keyring(age.parse_identities(data.decode("utf-8", "replace"), path), [path])


def _render(environ: Mapping[str, str], folder: str) -> bytes:
    from sopsmith.flows.sidecar import render_confined

    root = find_root(environ, folder)
    here = os.path.realpath(folder)
    return render_confined(os.path.relpath(here, root), _doors(environ, root, here))


def _doors(environ: Mapping[str, str], root: str, here: str) -> Doors:
    import shutil
    from functools import cache

    from sopsmith.adapters.confined import ConfinedFiles, own_root
    from sopsmith.adapters.kustomize import build_in_memory
    from sopsmith.adapters.rooted import RootedFiles
    from sopsmith.flows.sidecar import Doors
    from sopsmith.plugin.generate import Maker

    files = RootedFiles(root)
    program = shutil.which("kustomize", path=environ.get("PATH", os.defpath))
    if program is None:
        raise OutsideError("kustomize is not installed", hint="it belongs into the sidecar's image")
    # An Application without encrypted files needs no identity.
    keyring = cache(lambda: load_project_keyring(environ))
    # A tenant's kustomization may name one of the platform, and gets no Secret of it that way.
    own = own_root(here, files.root)

    def make(place: str, manifest: dict[str, object]) -> list[dict[str, object]]:
        confined = ConfinedFiles(os.path.join(files.root, place), own)
        return Maker(confined, keyring()).make(manifest)

    def build(tree: dict[str, bytes], place: str) -> Finished:
        return build_in_memory(program, tree, place, memory=environ.get("SOPSMITH_MEMORY", ""))

    return Doors(files, files.folder_of, make, build)


def _forbid_core_dumps() -> None:
    """Keep this process's memory, and kustomize's, off every disk."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _say(*lines: str) -> None:
    sys.stderr.write("".join(f"{line}\n" for line in lines if line))
    sys.stderr.flush()
