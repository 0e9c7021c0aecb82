"""Describe the Python that runs, so that the plugin can be started by the same one, faster."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

from sopsmith.adapters.programs import LocalPrograms

# What the plugin may need; `re2` and `yaml` only for files that sops did not write itself.
_LIBRARIES = ("sopsmith", "pyrage", "cryptography", "_cffi_backend", "yaml", "re2")


class Interpreter:
    """A Python and where the plugin's libraries lie.

    Attributes:
        executable: Absolute path.
        folders: To be added to `sys.path`, in order.
    """

    __slots__ = ("executable", "folders")

    def __init__(self, executable: str, folders: list[str]) -> None:
        self.executable = executable
        self.folders = folders


def read_interpreter() -> Interpreter:
    """Return the interpreter that runs this."""
    folders: list[str] = []
    for name in _LIBRARIES:
        spec = find_spec(name)
        if spec is None or not spec.origin:
            continue
        folder = os.path.dirname(os.path.abspath(spec.origin))
        folder = os.path.dirname(folder) if spec.submodule_search_locations else folder
        if folder not in folders:
            folders.append(folder)
    return Interpreter(sys.executable, folders)


def build_bundle(python: Interpreter) -> bytes:
    """Return the plugin's modules as one file for an interpreter; b"" where that failed.

    A fresh process makes it, with the flags of the plugin's own, since what it loads counts.
    """
    builder = find_spec("sopsmith.plugin.bundle")
    assert builder is not None and builder.origin is not None
    # Errors name a line; its columns would be a tenth of the bundle.
    flags = ("-IS", "-X", "no_debug_ranges")
    done = LocalPrograms().run([python.executable, *flags, builder.origin, *python.folders])
    return done.stdout if done.code == 0 else b""
