"""A drop gives a value without the right to read one; folding moves it into place."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from tests.unit.flows.looked_at import NOW

from sopsmith import age
from sopsmith.adapters.confined import ConfinedFiles
from sopsmith.adapters.files import LocalFiles
from sopsmith.cli.main import run
from sopsmith.sops.config import Config
from sopsmith.sops.document import Document, encrypt
from sopsmith.sops.keyring import Keyring

(IDENTITY, MINE), (NEW, NEXT) = age.generate(), age.generate()
RULES = f"""\
creation_rules:
  - path_regex: \\.secret\\.yaml$
    encrypted_regex: ^(data|stringData)$
    age: {MINE}
"""
SECRET = """\
apiVersion: v1
kind: Secret
metadata:
    name: api
# kept
stringData:
    token: canary-old
data:
    cert: Y2FuYXJ5
"""


class Folder:
    """A folder with a Secret, and whoever is at work there."""

    def __init__(self, path: Path, patch: pytest.MonkeyPatch) -> None:
        self.path = path
        self.secret = path / "api.secret.yaml"
        self._patch = patch
        (path / ".sops.yaml").write_text(RULES)
        rule = Config.parse(RULES.encode(), ".sops.yaml").rules[0]
        self.secret.write_bytes(encrypt(SECRET.encode(), "yaml", rule, now=NOW, path="s"))
        self.hold(b"")
        patch.chdir(path)

    def hold(self, identities: bytes) -> None:
        """Take other identities in hand."""
        (self.path / "keys.txt").write_bytes(identities)
        self._patch.setenv("SOPS_AGE_KEY_FILE", str(self.path / "keys.txt"))

    def drop(self, key: str, value: bytes, target: str = "api.secret.yaml") -> int:
        stdin = io.TextIOWrapper(io.BytesIO(value))
        self._patch.setattr(sys, "stdin", stdin)
        return run(["drop", target, key])

    def drops(self) -> list[Path]:
        return sorted(self.path.glob("*.drop.yaml"))

    def plain(self) -> str:
        document = Document.parse(self.secret.read_bytes(), "yaml", path="s")
        keyring = Keyring(age.parse_identities(IDENTITY.reveal().decode(), ""))
        return document.unlock(keyring).plaintext().decode()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return Folder(tmp_path, monkeypatch)


def test_a_contributor_without_identity_seals_and_cannot_fold(folder: Folder) -> None:
    before = folder.secret.read_bytes()
    assert folder.drop("token", b"canary-new\n") == 0
    (made,) = folder.drops()
    assert b"canary" not in made.read_bytes()
    assert run(["drop", "fold"]) == 1
    assert (folder.secret.read_bytes(), folder.drops()) == (before, [made])


def test_a_key_holder_moves_it_into_place_and_the_rest_stays(folder: Folder) -> None:
    assert folder.drop("token", b"canary-new\n") == 0
    folder.hold(IDENTITY.reveal())
    assert run(["drop", "fold", "api.secret.yaml"]) == 0
    assert folder.plain() == SECRET.replace("canary-old", "canary-new")
    assert folder.drops() == []


def test_a_key_under_data_stays_there_in_base64_and_a_new_one_comes(folder: Folder) -> None:
    assert folder.drop("cert", b"line\nline\n") == 0
    assert folder.drop("more", b"x") == 0
    folder.hold(IDENTITY.reveal())
    assert run(["drop", "fold"]) == 0
    assert "cert: bGluZQpsaW5lCg==" in folder.plain()
    assert "    more: x\n" in folder.plain()


def test_two_drops_for_one_place_are_a_conflict_that_names_both(
    folder: Folder, capfd: pytest.CaptureFixture[str]
) -> None:
    assert folder.drop("token", b"canary-a") == 0
    assert folder.drop("token", b"canary-b") == 0
    folder.hold(IDENTITY.reveal())
    capfd.readouterr()
    assert run(["drop", "fold"]) == 1
    said = capfd.readouterr().err
    assert all(path.name in said for path in folder.drops())
    assert "canary" not in said
    assert "canary-old" in folder.plain()


def test_a_run_that_was_killed_before_the_drop_went_is_finished(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder.drop("token", b"canary-new") == 0
    folder.hold(IDENTITY.reveal())
    with monkeypatch.context() as patch:
        patch.setattr(LocalFiles, "remove", _die)
        assert run(["drop", "fold"]) == 1
    written = folder.secret.read_bytes()
    assert "canary-new" in folder.plain()
    assert run(["drop", "fold"]) == 0
    assert (folder.secret.read_bytes(), folder.drops()) == (written, [])


def _die(*_: object) -> None:
    raise RuntimeError


def test_a_drop_cannot_change_what_stands_in_clear(folder: Folder) -> None:
    rule = Config.parse(RULES.replace("^(data|stringData)$", "name").encode(), "").rules[0]
    made = folder.path / "api.secret.yaml.00000000.drop.yaml"
    made.write_bytes(encrypt(b"metadata: {name: evil}\n", "yaml", rule, now=NOW, path="d"))
    folder.hold(IDENTITY.reveal())
    assert run(["drop", "fold"]) == 1
    assert "name: api" in folder.plain()


def test_a_drop_that_was_tampered_with_is_refused(folder: Folder) -> None:
    assert folder.drop("token", b"canary-new") == 0
    (made,) = folder.drops()
    made.write_text(made.read_text().replace("token:", "other:"))
    folder.hold(IDENTITY.reveal())
    assert run(["drop", "fold"]) == 1
    assert made.exists()


@pytest.mark.parametrize(
    ("target", "value"), [("none.secret.yaml", b"x"), ("api.secret.yaml", b"")]
)
def test_no_file_or_no_value_makes_no_drop(folder: Folder, target: str, value: bytes) -> None:
    assert folder.drop("token", value, target) != 0
    assert folder.drops() == []


def test_a_file_in_clear_takes_no_drop(folder: Folder) -> None:
    folder.secret.write_text(SECRET)
    assert folder.drop("token", b"canary") == 1
    assert folder.drops() == []


def test_other_formats_take_drops_too(folder: Folder) -> None:
    text = f"creation_rules: [{{age: {MINE}}}]\n"
    (folder.path / ".sops.yaml").write_text(text)
    rule = Config.parse(text.encode(), "").rules[0]
    target = folder.path / "app.env"
    target.write_bytes(encrypt(b"A=canary-a\n", "dotenv", rule, now=NOW, path="app.env"))
    assert folder.drop("B", b"canary-b\n", "app.env") == 0
    folder.hold(IDENTITY.reveal())
    assert run(["drop", "fold", "app.env"]) == 0
    keyring = Keyring(age.parse_identities(IDENTITY.reveal().decode(), ""))
    document = Document.parse(target.read_bytes(), "dotenv", path="app.env")
    assert document.unlock(keyring).plaintext() == b"A=canary-a\nB=canary-b\n"


def test_a_place_that_the_rule_leaves_in_clear_is_refused(folder: Folder) -> None:
    assert folder.drop('["metadata"]["name"]', b"canary") == 1
    assert folder.drops() == []


def test_lint_asks_for_no_generator_and_for_the_rule_of_the_secret(
    folder: Folder, capfd: pytest.CaptureFixture[str]
) -> None:
    assert folder.drop("token", b"canary-new") == 0
    (folder.path / "kustomization.yaml").write_text("generators: [g.yaml]\n")
    files = "files: [./api.secret.yaml]\n"
    generator = f"apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {{name: g}}\n{files}"
    (folder.path / "g.yaml").write_text(generator)
    (folder.path / "keys.txt").unlink()
    assert run(["lint"]) == 0
    (folder.path / ".sops.yaml").write_text(RULES.replace(MINE, NEXT))
    capfd.readouterr()
    assert run(["lint", str(folder.drops()[0])]) == 3
    assert "SOPS" in capfd.readouterr().out


def test_updatekeys_follows_the_rule_of_the_secret(folder: Folder) -> None:
    assert folder.drop("token", b"canary-new") == 0
    (folder.path / ".sops.yaml").write_text(RULES.replace(MINE, NEXT))
    folder.hold(IDENTITY.reveal() + b"\n" + NEW.reveal())
    (made,) = folder.drops()
    assert run(["updatekeys", "--yes", str(made)]) == 0
    assert Document.parse(made.read_bytes(), "yaml", path="d").metadata.recipients == [NEXT]


def test_no_glob_of_a_generator_takes_a_drop(folder: Folder) -> None:
    assert folder.drop("token", b"canary-new") == 0
    assert ConfinedFiles(str(folder.path)).expand("*.yaml") == ["api.secret.yaml"]
