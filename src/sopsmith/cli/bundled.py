"""Keep what a merge loads as one file, in `__pycache__` as Python keeps its modules.

The first merge writes it, and every later one of the same Python and folders loads it, as long as
no source has changed since (`plugin/bundle.py`). Whoever may write there may change the modules
that Python itself would load. Where it cannot be read or written, all is imported as usual.
"""

from __future__ import annotations

import marshal
import os
import sys

from sopsmith.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FOLDER = os.path.join(os.path.dirname(__file__), "__pycache__")
_KIND = "lean" if sys.flags.no_site else "full"  # One has other folders than the other.
_PATH = os.path.join(_FOLDER, f"git_merging.{sys.implementation.cache_tag}-{_KIND}.bundle")
# With what a merge imports only once it is under way.
_SCRIPT = """
import sys
sys.path[:] = {path!r}
import sopsmith.cli.bundled
import sopsmith.cli.start
from sopsmith.plugin.bundle import pack, watch_imports
loaded = watch_imports()
import sopsmith.cli.git_merging
import sopsmith.formats.yaml
import sopsmith.sops.quotes
import cryptography.hazmat.bindings._rust
sys.stdout.buffer.write(pack(loaded))
"""


def load() -> bool:
    """Load the modules of a merge, and tell whether there was a bundle of them as they are."""
    try:
        with open(_PATH, "rb") as handle:
            kept = handle.read()
    except OSError:
        return False
    head = _head()
    if not kept.startswith(head):
        return False
    try:
        code, stamps, modules = marshal.loads(memoryview(kept)[len(head) :])  # noqa: S302
    except (EOFError, TypeError, ValueError):
        return False
    space: dict[str, Any] = {"__name__": ""}
    exec(code, space)  # noqa: S102
    # An entry script may have loaded some of Python's own already.
    return bool(space["restore"](stamps, [one for one in modules if one[0] not in sys.modules]))


def save() -> None:
    """Write the bundle for the next merge, where Python may write its own."""
    if sys.dont_write_bytecode or not os.access(_FOLDER, os.W_OK):
        return
    from sopsmith.adapters.files import LocalFiles
    from sopsmith.adapters.programs import LocalPrograms

    script = _SCRIPT.format(path=sys.path)
    flags = ("-S", "-X", "no_debug_ranges")
    try:
        # A fresh process, since what is loaded already would be missing in it.
        done = LocalPrograms().run([sys.executable, *flags, "-c", script])
        if done.code == 0 and done.stdout.startswith(_head()):
            LocalFiles().write(_PATH, done.stdout)
    except Error:
        return


def _head() -> bytes:
    return f"{sys.version} {sys.path}\0".encode()
