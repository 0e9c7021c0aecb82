"""Ask git who brought a drop, and believe it only if a signature that you trust says so.

A drop is sealed to recipients that everybody knows, so the drop itself cannot say who made it.
The commit that brought it can, where commits are signed. What is asked is git's own
verification, with the trust of this machine's user: what the repository, or a clone's own
configuration, says about signers does not count.

Source: git Documentation/git-verify-commit.txt, Documentation/config/gpg.txt; git gpg-interface.c
(check_signature, verify_ssh_signed_buffer): the exit code counts the trust in the key too.
"""

from __future__ import annotations

import os
from shlex import quote
from typing import TYPE_CHECKING

from sopsmith.errors import OutsideError

if TYPE_CHECKING:
    from sopsmith.ports import Programs

_SIGNERS = "gpg.ssh.allowedSignersFile"
_SETTINGS = {
    # A key that only lies in the keyring is not trusted: gpg may have fetched it by itself.
    "gpg.minTrustLevel": "marginal",
    # A clone's configuration could name a program that says yes to everything.
    "gpg.program": "gpg",
    "gpg.openpgp.program": "gpg",
    "gpg.ssh.program": "ssh-keygen",
    "gpg.x509.program": "gpgsm",
}
_AS_STORED = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": os.devnull}
"""No commit stands in for another one, and none has other parents than it was made with."""


class Signatures:
    """Tells by whose trusted signature a file came into a repository.

    Args:
        programs: Runs git, which runs gpg or ssh-keygen.
    """

    def __init__(self, programs: Programs) -> None:
        self._programs = programs

    def signer_of(self, path: str, data: bytes) -> str:
        """Return who signed the commit that brought a file as it is now.

        Args:
            data: The file's bytes, which must be those of the commit.

        Raises:
            OutsideError: No signature that is trusted here says who brought it; there is no git,
                or its signers are listed where others may change it.
        """
        if self._programs.locate("git") is None:
            raise OutsideError("is not installed, so nobody can say who brought a drop", path="git")
        folder, name = os.path.split(path)
        folder = folder or "."
        if self._ask(folder, "cat-file", "blob", f"HEAD:./{name}") != data:
            raise _refusal(path, "stands in no commit as it is here", f"git log -- {quote(path)}")
        commit = self._commit(folder, name, path)
        settings = {**_SETTINGS, _SIGNERS: self._signers(folder)}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        if self._ask(folder, *words, "verify-commit", commit) is None:
            raise _refusal(
                path,
                f"came with commit {commit[:10]}, which has no signature that is trusted here",
                f"git verify-commit {commit[:10]}",
            )
        shown = self._ask(folder, *words, "show", "-s", "--format=%GS", commit)
        return (shown or b"").decode("utf-8", "replace").strip()

    def _commit(self, folder: str, name: str, path: str) -> str:
        """Return the commit that brought a file as HEAD has it."""
        shallow = self._ask(folder, "rev-parse", "--is-shallow-repository")
        if shallow is None or shallow.strip() != b"false":
            # Its oldest commit seems to have brought all that is older.
            raise _refusal(path, "is in a clone without its history", "git fetch --unshallow")
        words = ("--literal-pathspecs", "rev-list", "-1", "HEAD", "--", name)
        commit = (self._ask(folder, *words) or b"").decode().strip()
        if not commit:
            raise _refusal(path, "came with no commit of this branch", f"git log -- {quote(path)}")
        return commit

    def _signers(self, folder: str) -> str:
        """Return the user's own list of those whose SSH signatures count."""
        said = self._ask(folder, "config", "--global", "--includes", "--type=path", _SIGNERS)
        path = (said or b"").decode("utf-8", "surrogateescape").rstrip("\n")
        if not path:
            return os.devnull
        said = self._ask(folder, "rev-parse", "--show-toplevel")
        top = os.path.realpath((said or b"").decode("utf-8", "surrogateescape").rstrip("\n"))
        if not os.path.isabs(path) or os.path.commonpath([os.path.realpath(path), top]) == top:
            raise OutsideError(
                "names signers, and who brings a drop could change it with the same commit",
                path=path,
                hint=f"keep it outside of repositories: git config --global {_SIGNERS} FILE",
            )
        return path

    def _ask(self, folder: str, *words: str) -> bytes | None:
        done = self._programs.run(["git", *words], cwd=folder, env=_AS_STORED)
        return done.stdout if done.code == 0 else None


def _refusal(path: str, reason: str, hint: str) -> OutsideError:
    return OutsideError(reason, path=path, hint=f"{hint}; docs/how-to/drop.md says whom git trusts")
