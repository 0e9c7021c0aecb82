"""What sops' `updatekeys` and `rotate` get wrong, beside what sopsmith makes of the same files.

Each test does the same with both programs; the half about sops says that the trap is there.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.interop.conftest import RealSops
from tests.world import World

from sopsmith import age
from sopsmith.errors import Tampered
from sopsmith.secret import Secret
from sopsmith.sops.document import Document
from sopsmith.sops.keyring import Keyring

PLAIN = "kind: Secret\nstringData:\n    value: first\n"


class Both:
    """The same folder twice, one for each program, with one identity of their own."""

    def __init__(self, folder: Path, sops: RealSops) -> None:
        self.world = World(folder)
        self.sops = str(sops.binary)
        identity, self.recipient = age.generate()
        self.keyring = Keyring(age.parse_identities(identity.reveal().decode(), "test"))
        self.world.keys_file.parent.mkdir(parents=True)
        self.world.keys_file.write_text(identity.reveal().decode() + "\n")
        self.theirs, self.ours = self.world.work / "theirs", self.world.work / "ours"

    def make(self, rule: str) -> None:
        """Encrypt `deep/x.yaml` by a rule, in both folders alike."""
        (self.theirs / "deep").mkdir(parents=True)
        (self.theirs / "deep/x.yaml").write_text(PLAIN)
        self.follow(rule, self.theirs)
        self.world.run(self.sops, "encrypt", "-i", "deep/x.yaml", cwd=self.theirs)
        shutil.copytree(self.theirs, self.ours)

    def follow(self, rule: str, *folders: Path) -> None:
        """Write another rule into both folders."""
        for folder in folders or (self.theirs, self.ours):
            (folder / ".sops.yaml").write_text(f"creation_rules:\n  - {{{rule}}}\n")

    def run(self, *argv: str) -> tuple[int, int]:
        """Run both programs in their folders and return their exit codes."""
        theirs = self.world.attempt(self.sops, *argv, cwd=self.theirs)
        ours = self.world.attempt("sopsmith", *argv, cwd=self.ours)
        return theirs.returncode, ours.returncode

    def files(self) -> tuple[Document, Document]:
        """Return the file of each folder."""
        return _document(self.theirs / "deep/x.yaml"), _document(self.ours / "deep/x.yaml")


def _document(path: Path) -> Document:
    return Document.parse(path.read_bytes(), "yaml", path=str(path))


@pytest.fixture
def both(tmp_path: Path, sops: RealSops) -> Both:
    return Both(tmp_path, sops)


def stranger() -> tuple[Keyring, str]:
    identity, recipient = age.generate()
    return Keyring(age.parse_identities(identity.reveal().decode(), "test")), recipient


def test_updatekeys_takes_a_tree(both: Both) -> None:
    other = stranger()[1]
    both.make(f"age: {both.recipient}")
    both.follow(f"age: '{both.recipient},{other}'")
    theirs, ours = both.run("updatekeys", "-y", ".")
    assert (theirs != 0, ours) == (True, 0)
    left, done = both.files()
    assert left.metadata.recipients == [both.recipient]
    assert done.metadata.recipients == [both.recipient, other]


def test_updatekeys_follows_the_selector_and_the_scope_of_the_mac(both: Both) -> None:
    both.make(f"age: {both.recipient}, encrypted_regex: ^stringData$")
    both.follow(f"age: {both.recipient}, encrypted_regex: ^kind$, mac_only_encrypted: true")
    assert both.run("updatekeys", "-y", "deep/x.yaml") == (0, 0)
    left, done = both.files()
    assert (left.metadata.selector.pattern, left.metadata.mac_only_encrypted) == (
        "^stringData$",
        False,
    )
    assert (done.metadata.selector.pattern, done.metadata.mac_only_encrypted) == ("^kind$", True)
    # sops opens the result, so the new MAC is the one that it expects.
    assert both.world.run(both.sops, "decrypt", "deep/x.yaml", cwd=both.ours).decode() == PLAIN


def test_updatekeys_follows_the_threshold(both: Both) -> None:
    mine, other = (f"{{age: [{name}]}}" for name in (both.recipient, stranger()[1]))
    both.make(f"key_groups: [{mine}, {mine}, {other}], shamir_threshold: 2")
    both.follow(f"key_groups: [{mine}, {mine}, {mine}], shamir_threshold: 3")
    assert both.run("updatekeys", "-y", "deep/x.yaml")[1] == 0
    left, done = both.files()
    assert (left.metadata.threshold, done.metadata.threshold) == (2, 3)


def test_who_is_removed_reads_nothing_that_is_written_later(both: Both) -> None:
    keyring, other = stranger()
    both.make(f"age: '{both.recipient},{other}', encrypted_regex: ^stringData$")
    old = keyring.unlock_data_key(both.files()[0].metadata)
    both.follow(f"age: {both.recipient}, encrypted_regex: ^stringData$")
    assert both.run("updatekeys", "-y", "deep/x.yaml") == (0, 0)
    for folder in (both.theirs, both.ours):
        place = ("deep/x.yaml", '["stringData"]["value"]', '"second"')
        both.world.run(both.sops, "set", *place, cwd=folder)
    left, done = both.files()
    # The old file and the identity that it was for are all that is needed to read on.
    assert _read_with(left, old) == {"value": "second"}
    with pytest.raises(Tampered):
        _read_with(done, old)


def _read_with(document: Document, data_key: Secret) -> object:
    (top,) = document.unlock_with(data_key).objects()
    assert isinstance(top, dict)
    return top["stringData"]


def test_updatekeys_vouches_for_nothing_that_was_changed(both: Both) -> None:
    both.make(f"age: {both.recipient}, encrypted_regex: ^stringData$")
    both.follow(f"age: '{both.recipient},{stranger()[1]}', encrypted_regex: ^stringData$")
    for folder in (both.theirs, both.ours):
        path = folder / "deep/x.yaml"
        path.write_text(path.read_text().replace("kind: Secret", "kind: Other"))
    changed = (both.ours / "deep/x.yaml").read_text()
    assert both.run("updatekeys", "-y", "deep/x.yaml") == (0, 51)
    assert len(both.files()[0].metadata.recipients) == 2
    assert (both.ours / "deep/x.yaml").read_text() == changed


def test_the_configuration_is_found_from_the_file(both: Both) -> None:
    other = stranger()[1]
    both.make(f"age: {both.recipient}")
    both.follow(f"age: '{both.recipient},{other}'")
    elsewhere = both.world.work / "elsewhere"
    elsewhere.mkdir()
    theirs = both.world.attempt(
        both.sops, "updatekeys", "-y", str(both.theirs / "deep/x.yaml"), cwd=elsewhere
    )
    both.world.run("sopsmith", "updatekeys", "-y", str(both.ours / "deep/x.yaml"), cwd=elsewhere)
    left, done = both.files()
    assert (theirs.returncode, left.metadata.recipients) == (1, [both.recipient])
    assert done.metadata.recipients == [both.recipient, other]


def test_who_stays_keeps_the_stanza(both: Both) -> None:
    both.make(f"age: {both.recipient}")
    both.follow(f"age: '{both.recipient},{stranger()[1]}'")
    before = [stanza.enc for stanza in both.files()[0].metadata.stanzas]
    assert both.run("updatekeys", "-y", "deep/x.yaml") == (0, 0)
    left, done = both.files()
    assert (left.metadata.stanzas[0].enc != before[0], done.metadata.stanzas[0].enc) == (
        True,
        before[0],
    )


def test_rotate_adds_a_recipient_once(both: Both) -> None:
    both.make(f"age: {both.recipient}")
    both.run("rotate", "-i", "--add-age", both.recipient, "deep/x.yaml")
    left, done = both.files()
    assert left.metadata.recipients == [both.recipient, both.recipient]
    assert done.metadata.recipients == [both.recipient]


def test_rotate_says_that_a_key_to_remove_is_not_there(both: Both) -> None:
    both.make(f"age: {both.recipient}")
    theirs, ours = both.run("rotate", "-i", "--rm-age", stranger()[1], "deep/x.yaml")
    assert (theirs, ours) == (0, 1)
