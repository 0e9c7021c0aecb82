"""A small repository with encrypted files, and the identity that opens them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sopsmith import age
from sopsmith.adapters.confined import ConfinedFiles
from sopsmith.plugin.generate import Maker
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import encrypt
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.selectors import Selector

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SECRET = """\
apiVersion: v1
kind: Secret
metadata:
    name: {name}
stringData:
    value: {value}
"""
GENERATOR = """\
apiVersion: viaduct.ai/v1
kind: ksops
metadata:
  name: g
  annotations:
    config.kubernetes.io/function: |
      exec:
        path: ksops
files: [%s]
"""


class Repo:
    """A repository on disk.

    Attributes:
        root: Its root, which holds `.sops.yaml`.
        app: The folder that kustomize would build.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.app = root / "app"
        self.app.mkdir()
        (root / ".sops.yaml").write_text("creation_rules: []\n")
        identity, self.recipient = age.generate()
        self.identity = identity.reveal().decode()
        self.keyring = Keyring(age.parse_identities(self.identity, "test"))

    def encrypt(self, path: str, text: str, selector: str = "^(data|stringData)$") -> None:
        """Write an encrypted file; a name without a known extension becomes sops' binary form."""
        target = self.app / path
        target.parent.mkdir(parents=True, exist_ok=True)
        kind = {".env": "dotenv", ".json": "json", ".yaml": "yaml"}.get(target.suffix, "json")
        rule = CreationRule((self.recipient,), Selector("encrypted_regex", selector))
        target.write_bytes(encrypt(text.encode(), kind, rule, now=NOW, path=path))

    def secret(self, path: str, name: str, value: str = "hunter2") -> None:
        """Write an encrypted Secret."""
        self.encrypt(path, SECRET.format(name=name, value=value))

    def make(
        self, *, exact: bool = False, keyring: Keyring | None = None, **fields: object
    ) -> list[dict[str, object]]:
        """Run a generator with these fields in the app's folder."""
        files = ConfinedFiles(str(self.app))
        maker = Maker(files, keyring or self.keyring, exact=exact)
        head = {"apiVersion": "viaduct.ai/v1", "kind": "ksops", "metadata": {"name": "g"}}
        return maker.make({**head, **fields})


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Return a new repository."""
    return Repo(tmp_path)
