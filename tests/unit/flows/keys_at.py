"""A small repository with two environments, in a folder, and identities for them in a keys.txt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sopsmith import age
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.trees import LocalTrees
from sopsmith.adapters.workers import LocalWorkers
from sopsmith.flows.key_list import Doors
from sopsmith.repo.key_file import NewIdentity, append_identity
from sopsmith.repo.layout import plan_layout
from sopsmith.repo.layout_settings import default_settings
from sopsmith.repo.settings import FILE
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import encrypt, format_of
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.masterkeys import MasterKey
from sopsmith.sops.selectors import Selector

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MADE = datetime(2026, 1, 1, tzinfo=UTC)
DEV, PROD, OTHER = age.generate(), age.generate(), age.generate()
HOME = "bootstrap/argocd/overlays/main"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata:\n    name: a\nstringData:\n    value: made-up\n"
DATA = Selector("encrypted_regex", "^(data|stringData)$")


class Place:
    """A repository in `root` and a file of identities beside it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "platform"
        self.keys = folder / "keys.txt"
        settings = default_settings({"dev": (DEV[1],), "prod": (PROD[1],)})
        for file in plan_layout(settings, {}):
            self.put(file.path, file.data)
        data = append_identity(b"", "", NewIdentity(("dev",), *DEV), "platform", MADE)
        self.keys.write_bytes(data)
        self.keys.chmod(0o600)

    def put(self, path: str, content: bytes | str) -> Path:
        """Write a file of the repository."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def settings(self, more: str) -> None:
        """Add to sopsmith.yaml."""
        text = (self.root / FILE).read_text(encoding="utf-8")
        self.put(FILE, text + more)

    def lock(self, path: str, *recipients: str, text: str = SECRET) -> Path:
        """Write a file encrypted."""
        return self._lock(path, CreationRule(recipients, DATA), text)

    def lock_in_groups(self, path: str, groups: Sequence[Sequence[str]], threshold: int) -> Path:
        """Write a file whose data key is split."""
        keys = tuple(tuple(map(MasterKey.of_age, group)) for group in groups)
        every = tuple(recipient for group in groups for recipient in group)
        return self._lock(path, CreationRule(every, DATA, groups=keys, threshold=threshold), SECRET)

    def _lock(self, path: str, rule: CreationRule, text: str) -> Path:
        return self.put(path, encrypt(text.encode(), format_of(path), rule, now=NOW, path=path))

    @property
    def keyring(self) -> Keyring:
        """Return the identities of the file."""
        return Keyring(age.parse_identities(self.keys.read_text(), str(self.keys)))

    @property
    def doors(self) -> Doors:
        """Return the real doors, in one process."""
        return Doors(LocalFiles(), LocalTrees(), LocalWorkers(1), self.keyring, NOW)
