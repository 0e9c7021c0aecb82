"""Hash with the interpreter's own SHA-2.

`hashlib` loads OpenSSL and its providers, which costs the plugin and git's drivers more than all
of their hashing; these are the same functions. The module's name is chosen rather than tried:
looking for one that is not there takes as long as opening a file.
"""

from __future__ import annotations

import sys

try:
    if sys.hexversion >= 0x030C0000:
        from _sha2 import sha256, sha512  # type: ignore[import-not-found]
    else:
        from _sha256 import sha256  # type: ignore[import-not-found]
        from _sha512 import sha512  # type: ignore[import-not-found]
except ImportError:
    from hashlib import sha256, sha512

__all__ = ["sha256", "sha512"]
