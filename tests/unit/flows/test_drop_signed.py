"""A drop is folded only if a signature that the user trusts says who brought it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.unit.flows.test_drop import IDENTITY, Folder

from sopsmith.cli.main import run

FOLD = ("drop", "fold", "--require-signed")
pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")


class Repository(Folder):
    """A repository of git, and a user who trusts anna's signatures alone."""

    def __init__(self, path: Path, patch: pytest.MonkeyPatch) -> None:
        self.home = path / "home"
        self.signers = self.home / "signers"
        self.home.mkdir()
        patch.setenv("HOME", str(self.home))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"):
            patch.delenv(name, raising=False)
        (path / "repository").mkdir()
        super().__init__(path / "repository", patch)
        self.hold(IDENTITY.reveal())
        for name in ("anna", "eve"):
            self.call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.home / name))
        self.signers.write_text(f"anna@example.org {(self.home / 'anna.pub').read_text()}")
        for name, value in (
            ("gpg.format", "ssh"),
            ("gpg.ssh.allowedSignersFile", str(self.signers)),
            ("user.name", "somebody"),
            ("user.email", "somebody@example.org"),
        ):
            self.call("git", "config", "--global", name, value)
        self.call("git", "init", "-q", "-b", "main")
        (self.path / ".gitignore").write_text("keys.txt\n")
        self.commit("")

    def call(self, *words: str) -> None:
        """Run a program."""
        subprocess.run(words, cwd=self.path, check=True, capture_output=True)

    def commit(self, signer: str) -> None:
        """Commit all that there is, signed by somebody, or by nobody."""
        key = ("-c", f"user.signingKey={self.home / signer}.pub") if signer else ()
        self.call("git", "add", "-A")
        sign = "-S" if signer else "--no-gpg-sign"
        self.call("git", *key, "commit", "-q", "--allow-empty", sign, "-m", "a change")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    here = Repository(tmp_path, monkeypatch)
    assert here.drop("token", b"canary-new\n") == 0
    return here


def refused(here: Repository, capfd: pytest.CaptureFixture[str]) -> str:
    """Assert that nothing is folded, and return what is said."""
    before = here.secret.read_bytes()
    capfd.readouterr()
    assert run([*FOLD]) == 1
    assert (here.secret.read_bytes(), len(here.drops())) == (before, 1)
    return capfd.readouterr().err


def test_a_trusted_signature_is_named(here: Repository, capfd: pytest.CaptureFixture[str]) -> None:
    here.commit("anna")
    here.commit("")
    capfd.readouterr()
    assert run([*FOLD, "-o", "json"]) == 0
    (row,) = json.loads(capfd.readouterr().out)
    assert row["signer"] == "anna@example.org"
    assert "canary-new" in here.plain()
    assert here.drops() == []


@pytest.mark.parametrize("signer", ["", "eve"])
def test_a_commit_that_nobody_trusted_signed_brings_nothing(
    here: Repository, signer: str, capfd: pytest.CaptureFixture[str]
) -> None:
    here.commit(signer)
    here.commit("anna")
    assert "has no signature that is trusted here" in refused(here, capfd)
    assert run(["drop", "fold"]) == 0


def test_what_is_not_committed_as_it_is_counts_as_nobody_s(
    here: Repository, capfd: pytest.CaptureFixture[str]
) -> None:
    assert "stands in no commit" in refused(here, capfd)
    here.commit("anna")
    (made,) = here.drops()
    made.write_bytes(made.read_bytes() + b"\n")
    assert "stands in no commit as it is here" in refused(here, capfd)


def test_a_copy_of_a_signed_drop_under_another_name_is_whose_commit_it_is(
    here: Repository, capfd: pytest.CaptureFixture[str]
) -> None:
    here.commit("anna")
    (made,) = here.drops()
    made.rename(made.with_name("api.secret.yaml.00000000.drop.yaml"))
    here.commit("")
    assert "no signature that is trusted" in refused(here, capfd)


def test_what_the_clone_says_of_signers_does_not_count(
    here: Repository, capfd: pytest.CaptureFixture[str]
) -> None:
    here.commit("eve")
    theirs = here.path.parent / "theirs"
    theirs.write_text(f"eve@example.org {(here.home / 'eve.pub').read_text()}")
    yes = here.path.parent / "yes"
    # It takes what git writes to it: one that is gone before that makes git fail.
    yes.write_text(
        "#!/bin/sh\ncase $2 in verify) cat >/dev/null ;; esac\n"
        "echo 'Good \"git\" signature for anna with ED25519 key SHA256:a'\n"
    )
    yes.chmod(0o755)
    here.call("git", "config", "gpg.ssh.allowedSignersFile", str(theirs))
    here.call("git", "config", "gpg.ssh.program", str(yes))
    here.call("git", "verify-commit", "HEAD")
    assert "no signature that is trusted" in refused(here, capfd)


def test_signers_that_a_commit_could_change_are_refused(
    here: Repository, capfd: pytest.CaptureFixture[str]
) -> None:
    inside = here.path / "signers"
    inside.write_text(here.signers.read_text())
    here.call("git", "config", "--global", "gpg.ssh.allowedSignersFile", str(inside))
    here.commit("anna")
    assert "could change it with the same commit" in refused(here, capfd)


def test_a_shallow_clone_cannot_tell_who_brought_it(
    here: Repository, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here.commit("")
    here.commit("anna")
    shallow = here.path.parent / "shallow"
    here.call("git", "clone", "-q", "--depth", "1", f"file://{here.path}", str(shallow))
    monkeypatch.chdir(shallow)
    assert "without its history" in refused(here, capfd)


def test_outside_of_a_repository_nobody_brought_it(
    here: Repository, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(here.path / ".git")
    assert "stands in no commit" in refused(here, capfd)
