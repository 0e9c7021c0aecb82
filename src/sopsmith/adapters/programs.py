"""Run other programs on this machine, with no more of our environment than each needs.

Here alone it is said which child gets which secret of the environment, and what git may do:

    kustomize, kubectl           all: the plugin that they start opens files
    programs that a user names   credentials of services: SOPS_AGE_KEY_CMD asks a vault, a
                                 kubeconfig's plugin asks AWS; an identity none of them needs
    git, gpg, editors            neither

`exec-env` and `exec-file` are not in it: like sops they hand the caller's own environment on.
"""

from __future__ import annotations

import os

from sopsmith.errors import OutsideError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

IDENTITIES = frozenset({
    "SOPS_AGE_KEY", "SOPS_AGE_KEY_CMD", "SOPS_AGE_SSH_PRIVATE_KEY_CMD",
    "SOPSMITH_AGE_PASSPHRASE_FD",
})  # fmt: skip
"""Variables that are an identity, or a way to one that takes no file."""
CREDENTIALS = frozenset({
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
    "AZURE_CLIENT_SECRET", "GH_TOKEN", "GITHUB_TOKEN", "GOOGLE_CREDENTIALS",
    "GOOGLE_OAUTH_ACCESS_TOKEN", "HUAWEICLOUD_SDK_SK", "VAULT_TOKEN",
})  # fmt: skip
"""Variables that are a credential of a service."""
_SECRETS = IDENTITIES | CREDENTIALS
_KEPT_FROM = {
    "kustomize": frozenset[str](),
    "kubectl": frozenset[str](),
    "git": _SECRETS,
    "gpg": _SECRETS,
    "editor": _SECRETS,
}
"""Which variables a program does not get; one that is not here gets no identity."""

_GIT = (
    "git", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "--no-optional-locks",
)  # fmt: skip
"""A clone's own configuration can name a program that git starts whenever it reads the index, or
shows a signed commit; and a look must not take a lock that somebody's commit needs."""
_NO_HOOKS = ("-c", "core.hooksPath=/dev/null")
_WANTS_HOOKS = "--git-path"
"""Where hooks are is asked with this; what is asked so starts none."""
_OFFLINE = {
    # An object that a partial clone lacks would be fetched, by a program that the clone names:
    # of an `ext::` address, as core.sshCommand, as uploadpack. The second is for a git that does
    # not know the first; it goes before all that a configuration allows.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
}


def child_environ(program: str, source: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a program, without the secrets that it does not need.

    Args:
        program: Its name or path, or `editor`.
        source: What is handed on; this process's own unless given.
    """
    name = os.path.basename(program)
    kept_from = _KEPT_FROM.get(name, IDENTITIES)
    given = os.environ if source is None else source
    left = {key: value for key, value in given.items() if key not in kept_from}
    return left | _OFFLINE if name == "git" else left


def git_words(words: list[str]) -> list[str]:
    """Return git's argv for a question that must start no program and take no lock."""
    return [*_GIT, *(() if _WANTS_HOOKS in words else _NO_HOOKS), *words]


class Finished:
    """`ports.Finished`: what a program left behind. Its repr shows no output."""

    __slots__ = ("code", "stderr", "stdout")

    def __init__(self, code: int, stdout: bytes, stderr: bytes) -> None:
        self.code = code
        self.stdout = stdout
        self.stderr = stderr

    def __repr__(self) -> str:
        return f"<Finished, exit code {self.code}>"


class LocalPrograms:
    """`ports.Programs` over the local machine."""

    def run(
        self,
        argv: list[str],
        *,
        stdin: bytes = b"",
        env: dict[str, str] | None = None,
        cwd: str | None = None,
    ) -> Finished:
        """Run a program without a shell; OutsideError where there is none."""
        # subprocess takes milliseconds to load, and the plugin seldom runs anything.
        import subprocess

        try:
            done = subprocess.run(
                git_words(argv[1:]) if argv[0] == "git" else argv,
                input=stdin,
                capture_output=True,
                env={**child_environ(argv[0]), **(env or {})},
                cwd=cwd,
                check=False,
            )
        except OSError as error:
            raise OutsideError(
                (error.strerror or "it does not run").lower(), path=argv[0]
            ) from None
        return Finished(done.returncode, done.stdout, done.stderr)

    def locate(self, name: str) -> str | None:
        """Return the absolute path of a program on PATH, or None."""
        import shutil

        return shutil.which(name)
