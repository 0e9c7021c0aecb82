"""Wrap and unwrap data keys with PGP, through the gpg program.

gpg finds the key, asks its agent and decides on trust; here is only the call. Messages and
data keys go through pipes, so neither is in argv or on disk.

Source: getsops/sops pgp/keysource.go (encryption and decryption through the GnuPG binary).
"""

from __future__ import annotations

from sopsmith.errors import MasterKeyError
from sopsmith.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[[list[str], bytes], tuple[int, bytes]]

_HEX = frozenset("0123456789abcdefABCDEF")


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


def check_fingerprint(text: str) -> str:
    """Return a fingerprint as it is stored: hexadecimal, without spaces.

    Raises:
        MasterKeyError: It is no fingerprint; short key ids are refused, since they collide.
    """
    fingerprint = text.replace(" ", "").upper()
    if len(fingerprint) not in (40, 64) or not _HEX.issuperset(fingerprint):
        raise MasterKeyError(
            "not a PGP fingerprint", hint="gpg --list-keys --with-colons shows 40 hex digits"
        )
    return fingerprint


def wrap(fingerprint: str, data_key: Secret, run: Run, *, program: str = "gpg") -> str:
    """Return an armored PGP message that holds a data key for one key.

    Raises:
        MasterKeyError: gpg does not have the key, or does not want to use it.
    """
    recipient = check_fingerprint(fingerprint)
    argv = [program, "--batch", "--no-tty", "--no-default-recipient", "--yes", "--encrypt"]
    # Trust was decided when the fingerprint was written into the rule, as sops has it.
    argv += ["--armor", "--no-encrypt-to", "--trust-model", "always", "--recipient", recipient]
    code, out = run(argv, data_key.reveal())
    if code != 0:
        raise MasterKeyError(
            f"gpg could not encrypt to {recipient}", hint=f"gpg --list-keys {recipient}"
        )
    return out.decode()
