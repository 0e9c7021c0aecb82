"""Run kustomize on files in memory, so that it has nothing but them.

It gets no environment at all: no identity, no place of one, no PATH to find a program on, no
proxy and no home. Without `--enable-alpha-plugins`, `--enable-exec` and `--enable-helm` it
starts no program, and its own rule keeps it from reading outside of the folder it builds.
"""

from __future__ import annotations

import os

from sopsmith.adapters.memory import private_folder
from sopsmith.adapters.programs import Finished
from sopsmith.errors import OutsideError

_SECONDS = 80
"""Argo CD gives a plugin 90 seconds (`ARGOCD_EXEC_TIMEOUT`); before that we can say why."""


def build_in_memory(
    program: str, files: dict[str, bytes], folder: str, *, memory: str = ""
) -> Finished:
    """Return what `kustomize build` says of a folder of these files.

    Args:
        program: Absolute path of kustomize.
        files: By their paths relative to a root that exists for this run alone.
        folder: Relative to the same root.
        memory: A folder in memory to do it in; looked for unless given.

    Raises:
        OutsideError: There is no place in memory, kustomize does not start, or it takes too long.
    """
    import subprocess

    with private_folder(allow_disk=False, only=memory) as root:
        for path, data in files.items():
            _write(os.path.join(root, path), data)
        try:
            done = subprocess.run(
                [program, "build", os.path.join(root, folder)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env={},
                cwd=root,
                check=False,
                timeout=_SECONDS,
            )
        except OSError as error:
            reason = (error.strerror or "it does not run").lower()
            raise OutsideError(reason, path=program) from None
        except subprocess.TimeoutExpired:
            raise OutsideError(f"took longer than {_SECONDS} seconds", path=program) from None
        said = done.stderr.replace(root.encode() + b"/", b"")
        return Finished(done.returncode, done.stdout, said)
    raise AssertionError("a private folder swallows no exception but its own")


def _write(path: str, data: bytes) -> None:
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
    except OSError as error:
        raise OutsideError((error.strerror or "the system refused").lower(), path=path) from None
