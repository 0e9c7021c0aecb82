"""Set up a repository with encrypted files, its identities, and a store for their backups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime

from tests.fakes.archive import FakeArchive
from tests.unit.flows.stage import KEYS, ROOT, MemoryFiles, Stage

from sopsmith import age
from sopsmith.age import Identity
from sopsmith.flows import backup
from sopsmith.flows import restore as restoring
from sopsmith.repo.backups import RECORD, Backup
from sopsmith.repo.key_file import NewIdentity, append_identity
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.recovery_pins import Sending
from sopsmith.repo.settings import RepoSettings
from sopsmith.secret import Secret

KEYS_PATH, SECOND_PATH, OTHER_PATH = "/home/keys.txt", "/home/more", "/new-laptop/keys.txt"
NOW = datetime(2026, 11, 24, 14, tzinfo=UTC)
RECOVERY, RECOVERY_RECIPIENT = age.generate()
DEV, PROD = KEYS["dev"][1], KEYS["prod"][1]
# Made once, since encrypting is slow and no test changes it.
_STAGE = Stage()
_STAGE.generate("DEV_A=one\nPROD_B=two\nC=three\n")


class MemoryTrees:
    """`ports.Trees` over files in memory."""

    def __init__(self, files: MemoryFiles) -> None:
        self._files = files

    def walk(self, paths: tuple[str, ...]) -> Iterator[str]:
        """Yield every file below the paths."""
        tops = tuple(f"{path}/" for path in paths)
        yield from sorted(path for path in self._files.held if path.startswith(tops))

    def peek(self, path: str) -> tuple[bytes, bytes, int]:
        """Return a file whole."""
        return self.read(path), self.read(path), len(self.read(path))

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""
        return self._files.read(path)


class Site:
    """A repository, a laptop with identities, and a store."""

    def __init__(self, archive: FakeArchive | None = None) -> None:
        self.files = MemoryFiles()
        self.files.held = dict(_STAGE.files.held)
        self.archive = archive or FakeArchive()
        self.asked: list[Sending] = []
        self.settings: RepoSettings = replace(
            _STAGE.settings, recovery=(NamedRecipient(RECOVERY_RECIPIENT),)
        )
        self.hold("dev")
        self.hold("prod")

    def hold(self, name: str, key: tuple[Secret, str] | None = None) -> None:
        """Append an identity to the laptop's file."""
        new = NewIdentity((name,), *(key or KEYS[name]))
        data = self.files.held.get(KEYS_PATH, b"")
        self.files.held[KEYS_PATH] = append_identity(data, KEYS_PATH, new, "platform", NOW)

    def request(self, *environments: str, force: bool = False) -> backup.BackupRequest:
        """Return a request to back up."""
        return backup.BackupRequest(
            ROOT, self.settings, (KEYS_PATH, SECOND_PATH), f"{ROOT}/{RECORD}", environments, force
        )

    def consent(self, sending: Sending) -> None:
        """Accept, and note what was asked for."""
        self.asked.append(sending)

    @property
    def doors(self) -> backup.Doors:
        """Return the doors of a backup."""
        return backup.Doors(self.files, self.archive, NOW, "sopsmith test", self.consent)

    def plan(self, *environments: str, force: bool = False) -> backup.BackupPlan:
        """Plan a backup."""
        return backup.plan_backup(self.request(*environments, force=force), self.doors)

    def back_up(self, *environments: str, force: bool = False) -> Backup:
        """Back up."""
        made = self.plan(*environments, force=force)
        return backup.apply_backup(made, self.request(*environments, force=force), self.doors)

    @property
    def restore_doors(self) -> restoring.Doors:
        """Return the doors of a restore."""
        trees = MemoryTrees(self.files)
        return restoring.Doors(self.files, trees, self.files, self.archive, lambda _: nullcontext())

    def plan_restore(
        self, number: int = 0, opener: Secret = RECOVERY, path: str = OTHER_PATH
    ) -> restoring.RestorePlan:
        """Plan a restore to another laptop."""
        request = self.restore_request(number, path)
        return restoring.plan_restore(request, identities(opener), self.restore_doors)

    def restore(self, number: int = 0, path: str = OTHER_PATH) -> restoring.RestorePlan:
        """Restore to another laptop."""
        made = self.plan_restore(number, path=path)
        restoring.apply_restore(made, self.restore_request(number, path), self.restore_doors)
        return made

    def restore_request(self, number: int = 0, path: str = OTHER_PATH) -> restoring.RestoreRequest:
        """Return a request to restore."""
        return restoring.RestoreRequest(ROOT, self.settings, path, f"{ROOT}/{RECORD}", number)


def identities(*texts: Secret) -> list[Identity]:
    """Return identities of their texts."""
    return age.parse_identities("\n".join(one.reveal().decode() for one in texts), "test")
