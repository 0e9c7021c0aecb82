"""A git repository with encrypted files, a real git, and the real driver."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from tests.world import World

from sopsmith import age
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, Unlocked, encrypt, format_of
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.masterkeys import MasterKey
from sopsmith.sops.rekey import rotate, update_keys
from sopsmith.sops.selectors import Selector

NAME = "db.secret.yaml"
CANARY = "canary-5eb1f0"
TEXT = f"""\
# kept
apiVersion: v1
kind: Secret
stringData:
  # who
  user: {CANARY}-bob
  host: {CANARY}-db1  # where
  password: {CANARY}-hunter2
  ports:
  - 1
  - 2
"""
SECRETS = Selector("encrypted_regex", "^(data|stringData)$")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Repository(World):
    """A world whose folder is a repository, set up by `sopsmith git install`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        identity, self.recipient = age.generate()
        _, self.other = age.generate()
        self.keys_file.parent.mkdir(parents=True)
        self.keys_file.write_bytes(identity.reveal())
        self.keyring = Keyring(age.parse_identities(identity.reveal().decode(), "test"))
        self.run("git", "init", "--quiet", "--initial-branch=main")
        self.run("sopsmith", "git", "install")
        self.git("add", ".")
        self.git("commit", "-m", "attributes")

    def git(self, *argv: str) -> str:
        """Run git, which must succeed, and return what it wrote."""
        return self.run("git", *argv).decode()

    def try_git(self, *argv: str) -> subprocess.CompletedProcess[bytes]:
        """Run git, whatever comes of it."""
        return self.attempt("git", *argv)

    def lock(self, text: str, *recipients: str, name: str = NAME) -> bytes:
        """Return a text encrypted under a data key of its own."""
        rule = CreationRule(recipients or (self.recipient,), SECRETS)
        return encrypt(text.encode(), format_of(name), rule, now=NOW, path=name)

    def open(self, name: str = NAME) -> Unlocked:
        """Open a file of the worktree, MAC and all."""
        data = (self.work / name).read_bytes()
        return Document.parse(data, format_of(name), path=name).unlock(self.keyring)

    def text(self, name: str = NAME) -> str:
        """Return a file's plaintext."""
        return self.open(name).clear_text()

    def save(self, data: bytes, message: str = "change", name: str = NAME) -> None:
        """Write a file and commit it."""
        (self.work / name).write_bytes(data)
        self.git("add", name)
        self.git("commit", "-m", message)

    def edit(self, *changes: tuple[str, str], name: str = NAME) -> None:
        """Replace parts of a file's plaintext and commit it."""
        opened = self.open(name)
        text = opened.clear_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        now = datetime.now(UTC)
        self.save(opened.reencrypt(text.encode(), now=now), "edit", name)

    def rotate(self, name: str = NAME) -> None:
        """Give a file a new data key and commit it."""
        self.save(rotate(self.open(name), None, {}, now=datetime.now(UTC)), "rotate", name)

    def set_recipients(self, *recipients: str, name: str = NAME) -> None:
        """Give a file other recipients under its data key, and commit it."""
        keys = (tuple(map(MasterKey.of_age, recipients)),)
        rule = CreationRule((), SECRETS, groups=keys)
        self.save(update_keys(self.open(name), rule, {}, now=NOW), "recipients", name)

    def branch(self, name: str, start: str = "main") -> None:
        """Begin a branch."""
        self.git("checkout", "--quiet", "-b", name, start)

    def checkout(self, name: str) -> None:
        """Go to a branch."""
        self.git("checkout", "--quiet", name)

    def everything(self) -> bytes:
        """Return every byte under the worktree and .git, packed objects unpacked."""
        files = b"".join(path.read_bytes() for path in self.work.rglob("*") if path.is_file())
        return files + self.run("git", "cat-file", "--batch-all-objects", "--batch", "--unordered")
