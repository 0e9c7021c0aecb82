"""Gather age identities from the places where sops looks for them.

A place that fails counts only when nothing else opens a file, as in sops.

Source: getsops/sops age/keysource.go (loadIdentities, getUserConfigDir).
"""

from __future__ import annotations

import os

from sopsmith import age
from sopsmith.adapters.kinds import load_kinds
from sopsmith.errors import Error, OutsideError
from sopsmith.sops.keyring import Keyring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sopsmith.adapters.environment import Settings
    from sopsmith.adapters.passphrase import LockedFile
    from sopsmith.age import Identity
    from sopsmith.ports import Files, Programs
    from sopsmith.secret import Secret

_SSH_FILES = ("id_ed25519", "id_rsa")


def default_keys_path(settings: Settings) -> str:
    """Return where sops keeps identities by default: `sops/age/keys.txt`.

    Raises:
        OutsideError: There is neither a home nor a configuration folder.
    """
    if not settings.config_home:
        raise OutsideError("neither HOME nor XDG_CONFIG_HOME is set, so there is no keys.txt")
    return os.path.join(settings.config_home, "sops", "age", "keys.txt")


def load_keyring(settings: Settings, files: Files, programs: Programs) -> Keyring:
    """Return a keyring of every identity that the environment offers.

    Programs (`SOPS_AGE_KEY_CMD`, gpg) and SSH keys are asked only when no other identity
    opens a file, and the passphrase of an encrypted file of identities when all else failed.
    """
    if settings.get("SOPSMITH_AGE_PASSPHRASE_FD"):
        from sopsmith.adapters.passphrase import VARIABLE, keep_to_ourselves

        keep_to_ourselves(settings.get(VARIABLE))
    search = _Search(settings, files, programs)
    search.read_text()
    search.read_file()
    search.read_default()
    return Keyring(
        search.identities,
        search.sources,
        search.failures,
        late=search.late,
        kinds=load_kinds(settings, programs),
        last=search.last if search.locked else None,
    )


def load_ssh_identities(settings: Settings, files: Files, programs: Programs) -> list[Identity]:
    """Return the SSH keys that sops would try, for an age file whose recipient is not known."""
    return _Search(settings, files, programs)._ssh_identities("")


class _Search:
    def __init__(self, settings: Settings, files: Files, programs: Programs) -> None:
        self._settings = settings
        self._files = files
        self._programs = programs
        self._ssh: list[Identity] | None = None
        self.identities: list[Identity] = []
        self.sources: list[str] = []
        self.failures: list[Error] = []
        self.locked: list[LockedFile] = []
        self._opened: list[Identity] | None = None
        self._ask: Callable[[str], Secret] | None = None

    def read_text(self) -> None:
        text = self._settings.get("SOPS_AGE_KEY")
        self.sources.append("SOPS_AGE_KEY")
        if text:
            lines = (line for line in text.splitlines() if not line.startswith("#"))
            self._take("\n".join(" ".join(lines).split()), "SOPS_AGE_KEY")

    def read_file(self) -> None:
        path = self._settings.get("SOPS_AGE_KEY_FILE")
        self.sources.append("SOPS_AGE_KEY_FILE")
        if path:
            self._read(path)

    def read_default(self) -> None:
        if self._settings.config_home:
            path = default_keys_path(self._settings)
            self.sources.append(path)
            if os.path.exists(path):
                self._read(path)

    def late(self, recipient: str) -> list[Identity]:
        """Return what only the slower places offer for a recipient."""
        found = self._command("SOPS_AGE_KEY_CMD", recipient)
        if recipient.startswith("ssh-"):
            found += self._ssh_identities(recipient)
        return found

    def _read(self, path: str) -> None:
        try:
            data = self._files.read(path)
        except OutsideError as error:
            self.failures.append(error)
            return
        if age.is_locked(data):
            self._lock(path, data)
        else:
            self._take(data.decode("utf-8", "replace"), path)

    def _lock(self, path: str, data: bytes) -> None:
        from sopsmith.adapters.passphrase import VARIABLE, LockedFile, passphrase_source

        # Both variables may name the file that is read by default as well.
        if all(one.path != path for one in self.locked):
            self._ask = self._ask or passphrase_source(self._settings.get(VARIABLE))
            self.locked.append(LockedFile(path, data, self._ask))

    def last(self) -> list[Identity]:
        """Return what the encrypted files of identities hold, once a person has opened them."""
        from sopsmith.adapters.passphrase import open_all

        if self._opened is None:
            self._opened = open_all(self.locked, self.failures)
            self.identities += self._opened
        return self._opened

    def _take(self, text: str, source: str) -> None:
        try:
            self.identities += age.parse_identities(text, source)
        except Error as error:
            self.failures.append(error)

    def _command(self, variable: str, recipient: str) -> list[Identity]:
        command = self._settings.get(variable)
        if not command:
            return []
        import shlex

        try:
            argv = shlex.split(command)
            done = self._programs.run(argv, env={"SOPS_AGE_RECIPIENT": recipient})
            if done.code != 0:
                raise OutsideError(f"the command ended with exit code {done.code}", path=variable)
            return age.parse_identities(done.stdout.decode("utf-8", "replace"), variable)
        except ValueError:
            self.failures.append(OutsideError("the command's quotes do not match", path=variable))
        except Error as error:
            self.failures.append(error)
        return []

    def _ssh_identities(self, recipient: str) -> list[Identity]:
        if self._ssh is None:
            before = len(self.identities)
            explicit = self._settings.get("SOPS_AGE_SSH_PRIVATE_KEY_FILE")
            folder = os.path.join(self._settings.home, ".ssh")
            defaults = [os.path.join(folder, name) for name in _SSH_FILES]
            for path in [explicit] if explicit else []:
                self._read(path)
            for path in defaults:
                if self._settings.home and os.path.exists(path):
                    self._read(path)
            self.identities += self._command("SOPS_AGE_SSH_PRIVATE_KEY_CMD", recipient)
            self._ssh = self.identities[before:]
        return self._ssh
