"""Unwrap data keys with PGP, through the gpg program.

gpg finds the key, asks its agent and decides on trust; here is only the call. The message
goes in by stdin and the data key comes back by a pipe, so neither is in argv or on disk.

Source: getsops/sops pgp/keysource.go (decryption through the GnuPG binary).
"""

from __future__ import annotations

from sopsmith.errors import MasterKeyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[[list[str], bytes], tuple[int, bytes]]


def unwrap(enc: str, run: Run, *, program: str = "gpg") -> bytes | None:
    """Return what a PGP message holds, or None where gpg has no key for it.

    Args:
        enc: The armored message.
        run: Runs a program with bytes on stdin and returns its exit code and stdout.

    Raises:
        MasterKeyError: It is not a PGP message.
    """
    if "-----BEGIN PGP MESSAGE-----" not in enc:
        raise MasterKeyError("the PGP stanza holds no PGP message")
    code, out = run([program, "--batch", "--quiet", "--no-tty", "--decrypt"], enc.encode())
    return out if code == 0 else None
