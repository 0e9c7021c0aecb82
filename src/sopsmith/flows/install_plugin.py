"""Put the plugin where kustomize looks for `ksops`.

What is installed is a small script that starts this very interpreter without its site
machinery and with the needed library folders alone: a start that skips both takes half the
time, and the plugin starts once for each generator. Beside it lies a bundle of its modules
(`plugin/bundle.py`); without one, or with one of another version, it only starts slower.

Source: kustomize api/konfig/plugins.go (the plugin home), api/internal/plugins/loader
(its layout); execve(2) for the limits of a `#!` line.
"""

from __future__ import annotations

import os

from sopsmith.errors import Error, OutsideError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from sopsmith.ports import Files

NAME = "ksops"
BUNDLE = ".bundle"
"""What the name of the bundle has behind that of the script."""
HOME_PLACES = ("viaduct.ai/v1/ksops/ksops", "viaduct.ai/v2/ksops/ksops")
MARK = "sopsmith's kustomize plugin in the place of KSOPS"
_SHEBANG_LIMIT = 127  # bytes, the newline not counted; the kernel of old cuts longer lines
_FLAGS = "-ISXutf8"
"""No user site and no environment; no site-packages machinery; UTF-8 whatever the locale, which
saves asking for it, and names files as the generator does."""

_BODY = '''"""{mark}; written by `sopsmith plugin install`."""
import gc
import marshal
import posix
import sys

# The process is short, and nothing that it makes refers to itself.
gc.disable()
sys.path += {folders!r}
try:
    # In a folder that anybody may add to, it counts only if it is of the script's owner, and no
    # link to another file of theirs, such as one of a clone.
    file = posix.open(__file__ + {suffix!r}, posix.O_RDONLY | posix.O_NOFOLLOW)
    found = posix.fstat(file)
    ours = found.st_uid == posix.stat(__file__).st_uid
    kept = posix.read(file, found.st_size)
    posix.close(file)
    head = f"{{sys.version}} {{sys.path}}\\0".encode()
    if ours and kept.startswith(head):
        code, *modules = marshal.loads(memoryview(kept)[len(head) :])
        exec(code, space := {{"__name__": ""}})
        space["restore"](*modules)
except OSError:
    pass
from sopsmith.plugin.run import run

# All is written; taking the interpreter apart would only cost time.
posix._exit(run(sys.argv[1:]))
'''


class Placed:
    """A place where the plugin now is.

    Attributes:
        path: Of the script.
        news: `installed`, `updated` or `unchanged`.
    """

    __slots__ = ("news", "path")

    def __init__(self, path: str, news: str) -> None:
        self.path = path
        self.news = news


def build_script(executable: str, folders: list[str]) -> bytes:
    """Return the entry script.

    Args:
        executable: The interpreter's absolute path.
        folders: Where its libraries lie.
    """
    body = _BODY.format(mark=MARK, folders=folders, suffix=BUNDLE)
    direct = f"#!{executable} {_FLAGS}"
    if len(direct.encode()) <= _SHEBANG_LIMIT and not any(sign.isspace() for sign in executable):
        return f"{direct}\n{body}".encode()
    # To the shell the lines between the quotes are a command, to Python they are a text.
    quoted = executable.replace("'", "'\\''")
    lead = f"#!/bin/sh\n''':'\nexec '{quoted}' {_FLAGS} \"$0\" \"$@\"\n'''\n"
    return f"{lead}{body}".encode()


def find_plugin_home(environ: Mapping[str, str]) -> str:
    """Return the folder under which kustomize looks for legacy plugins.

    Raises:
        OutsideError: The environment names none.
    """
    if environ.get("KUSTOMIZE_PLUGIN_HOME"):
        return environ["KUSTOMIZE_PLUGIN_HOME"]
    if environ.get("XDG_CONFIG_HOME"):
        return os.path.join(environ["XDG_CONFIG_HOME"], "kustomize", "plugin")
    if environ.get("HOME"):
        return os.path.join(environ["HOME"], ".config", "kustomize", "plugin")
    raise OutsideError("neither KUSTOMIZE_PLUGIN_HOME nor HOME is set, so there is no plugin home")


def install(
    targets: list[str], script: bytes, files: Files, *, bundle: bytes = b"", force: bool
) -> list[Placed]:
    """Write the script to every target, with its bundle if there is one, or to none.

    Raises:
        OutsideError: Another program stands at a target, and `force` is not given; or a target
            cannot be written.
    """
    news = plan(targets, script, files, bundle=bundle, force=force)
    for target, word in news.items():
        if word != "unchanged":
            if bundle:
                files.write(target + BUNDLE, bundle, mode=0o644)
            files.write(target, script, mode=0o755)
    return [Placed(target, word) for target, word in news.items()]


def plan(
    targets: list[str], script: bytes, files: Files, *, bundle: bytes = b"", force: bool
) -> dict[str, str]:
    """Return what `install` would make of every target: the `news` of what it places.

    Raises:
        OutsideError: As `install` does.
    """
    return {target: _news(target, script, bundle, files, force=force) for target in targets}


def is_on_path(folder: str, environ: Mapping[str, str]) -> bool:
    """Tell whether programs of a folder are found by name."""
    wanted = os.path.realpath(folder)
    entries = environ.get("PATH", "").split(os.pathsep)
    return any(entry and os.path.realpath(entry) == wanted for entry in entries)


def _news(target: str, script: bytes, bundle: bytes, files: Files, *, force: bool) -> str:
    try:
        present = files.find(target)
    except Error as error:
        # It stands there and cannot be read, or is as large as programs in Go are.
        if not force:
            raise _foreign(target) from error
        present = b""
    if present is None:
        return "installed"
    if present == script and (not bundle or files.find(target + BUNDLE) == bundle):
        return "unchanged"
    if MARK.encode() not in present and not force:
        raise _foreign(target)
    return "updated"


def _foreign(target: str) -> OutsideError:
    return OutsideError(
        "another program stands there, and it is not sopsmith's",
        path=target,
        hint="--force puts the plugin in its place",
    )
