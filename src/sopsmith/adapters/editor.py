"""Let a person edit a text in the editor that they chose."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping

from sopsmith.adapters.memory import private_folder
from sopsmith.adapters.programs import child_environ
from sopsmith.errors import OutsideError, UsageError

_USUAL = ("vim", "nano", "vi")  # the order of sops


class EditorFailed(OutsideError):
    """There is no editor, or it did not end well."""

    sops_exit_code = 201


class Editor:
    """Runs an editor on a file that only its owner can read and that lives in memory.

    Args:
        environ: Says which editor: SOPS_EDITOR, then EDITOR, as shell words.
        command: Comes before both; "" for none.
        allow_disk: Put the plaintext on a disk where no file system lives in memory.

    Raises:
        EditorFailed: There is none.
        UsageError: Its quotes do not match.
    """

    def __init__(
        self, environ: Mapping[str, str], *, command: str = "", allow_disk: bool = False
    ) -> None:
        self._argv = find_editor(environ, command)
        self._runtime = environ.get("XDG_RUNTIME_DIR", "")
        self._allow_disk = allow_disk

    def edit(self, name: str, data: bytes) -> bytes:
        """Return what the person made of a text; the file is gone by then.

        Args:
            name: The file's name, by which editors tell the format.

        Raises:
            EditorFailed: The editor does not run, or ends with an error.
            KeyboardInterrupt: It was ended by Ctrl-C.
        """
        with private_folder(allow_disk=self._allow_disk, runtime=self._runtime) as folder:
            path = os.path.join(folder, name)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            code = self._run(path)
            if code in (-2, 130):
                raise KeyboardInterrupt
            if code:
                raise EditorFailed(
                    f"the editor ended with exit code {code}, so nothing was taken from it",
                    path=self._argv[0],
                )
            return _read(path)
        raise AssertionError("a folder is either left or the process has ended")

    def _run(self, path: str) -> int:
        try:
            child = subprocess.Popen([*self._argv, path], env=child_environ("editor"))
        except OSError as error:
            reason = (error.strerror or "it does not run").lower()
            raise EditorFailed(reason, path=self._argv[0]) from None
        try:
            return child.wait()
        except BaseException:
            child.terminate()
            raise


def find_editor(environ: Mapping[str, str], command: str = "") -> list[str]:
    """Return the editor's words: the command, SOPS_EDITOR, EDITOR, or a usual one on PATH."""
    for source, words in (
        ("--editor", command),
        ("SOPS_EDITOR", environ.get("SOPS_EDITOR", "")),
        ("EDITOR", environ.get("EDITOR", "")),
    ):
        if words.strip():
            try:
                return shlex.split(words)
            except ValueError:
                raise UsageError("the command's quotes do not match", key=source) from None
    for name in _USUAL:
        found = shutil.which(name, path=environ.get("PATH"))
        if found:
            return [found]
    raise EditorFailed(
        f"no editor: EDITOR is not set, and none of {', '.join(_USUAL)} is there",
        hint="EDITOR='code --wait' sopsmith edit FILE",
    )


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        reason = (error.strerror or "the system refused").lower()
        raise EditorFailed(f"the editor left no file: {reason}") from None
