"""Unwrap the data keys of a list of age stanzas and nothing else: the floor under `verify`.

Reads stanzas from a file, separated by NUL, and an identity from standard input. With `openssl` as
the second word it does so by sopsmith's own reader over OpenSSL, else by pyrage.
"""

from __future__ import annotations

import sys

identity = sys.stdin.read().strip()
with open(sys.argv[1], "rb") as handle:
    stanzas = handle.read().split(b"\0")
if sys.argv[2:] == ["openssl"]:
    from sopsmith.age.narrow import read_identity

    key = read_identity(identity)
    assert key is not None
    for stanza in stanzas:
        assert key.open(stanza.decode().strip()) is not None
else:
    from pyrage import decrypt
    from pyrage.x25519 import Identity

    identities = [Identity.from_str(identity)]
    for stanza in stanzas:
        decrypt(stanza, identities)
