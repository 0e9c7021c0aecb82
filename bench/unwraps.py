"""Unwrap the data keys of a list of age stanzas and nothing else: the floor under `verify`.

Reads stanzas from a file, separated by NUL, and an identity from standard input.
"""

from __future__ import annotations

import sys

from pyrage import decrypt
from pyrage.x25519 import Identity

identity = [Identity.from_str(sys.stdin.read().strip())]
with open(sys.argv[1], "rb") as handle:
    for stanza in handle.read().split(b"\0"):
        decrypt(stanza, identity)
