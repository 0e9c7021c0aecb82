"""Say what can go wrong, in one tree.

    Error                  exit 1   anything that sopsmith refuses or could not do
    ├── UsageError         exit 2   the words of the command line do not fit together
    ├── ProblemsFound      exit 3   looked, and found something wrong
    ├── FormatError                 bytes that are not the format they should be
    ├── NotEncrypted                no SOPS metadata: not ours, and not broken
    ├── AlreadyEncrypted            has SOPS metadata where plain text was expected (sops: 203)
    ├── Tampered                    a token that does not open where it stands
    ├── MacMismatch                 the values are not the ones that were signed (sops: 51)
    ├── NoIdentity                  no identity opens the data key (sops: 128)
    ├── MasterKeyError              a recipient or identity that cannot be used
    ├── RuleError                   `.sops.yaml`, a creation rule or a selector
    ├── EnvFileError                a `.env` that does not parse or cannot be mapped
    ├── LayoutError                 `sopsmith.yaml` or the shape of the repository
    ├── ManifestError               a generator, kustomization or Kubernetes object
    └── OutsideError                a file, a program or a service did not do its part
        ├── NotThere                no such file, folder, bucket or object: proven (sops: 100)
        ├── Denied                  a service answered, and refuses these credentials
        ├── Unreachable             a service did not answer, or not in full: nothing is known
        └── Conflict                somebody else wrote first: nothing was replaced

Every message says place, kind and size, never a value. Only `main()` catches `Error`.
"""

from __future__ import annotations


class Error(Exception):
    """Carry one sentence, the place it is about and what to do next.

    Args:
        message: What is wrong: lower case, no full stop, no secret value.
        path: The file it is about, as the user would write it.
        key: The key path inside the file, such as `stringData.value`, or `line 12`.
        hint: A next step, best a command that can be pasted.
    """

    exit_code = 1
    sops_exit_code: int | None = None

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        key: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.key = key
        self.hint = hint

    def at(self, path: str) -> Error:
        """Return this error with the file it is about filled in, if it had none."""
        if self.path is None:
            self.path = path
        return self

    def __str__(self) -> str:
        return ": ".join(part for part in (self.path, self.key, self.message) if part)


class UsageError(Error):
    """The words of the command line do not fit together."""

    exit_code = 2


class ProblemsFound(Error):
    """A check ran to its end and found something wrong."""

    exit_code = 3


class FormatError(Error):
    """The bytes are not the format that they should be."""

    sops_exit_code = 2


class NotEncrypted(Error):
    """The file has no SOPS metadata: not ours, and not broken."""


class AlreadyEncrypted(Error):
    """The file has SOPS metadata where plain text was expected."""

    sops_exit_code = 203


class Tampered(Error):
    """A token does not open where it stands: changed, moved or cut."""

    sops_exit_code = 25


class MacMismatch(Error):
    """The values of the file are not the ones that its MAC was made over."""

    sops_exit_code = 51


class NoIdentity(Error):
    """No identity at hand opens the file's data key."""

    sops_exit_code = 128


class MasterKeyError(Error):
    """A recipient or an identity cannot be used."""


class RuleError(Error):
    """A `.sops.yaml`, one of its creation rules or a selector is wrong."""

    sops_exit_code = 5


class EnvFileError(Error):
    """A `.env` does not parse, or a variable cannot become a Secret."""


class LayoutError(Error):
    """`sopsmith.yaml` or the shape of the repository is wrong."""


class ManifestError(Error):
    """A generator, a kustomization or a Kubernetes object is wrong."""


class OutsideError(Error):
    """A file, a program or a service did not do its part."""


class NotThere(OutsideError):
    """There is no such file or folder."""

    sops_exit_code = 100


class Denied(OutsideError):
    """A service answered and refuses what was asked with these credentials."""


class Unreachable(OutsideError):
    """A service did not answer, or not in full, so nothing is known of what it holds."""


class Conflict(OutsideError):
    """Somebody else wrote first; what stands was not replaced."""
