"""PGP keys open for both, with the real gpg in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.interop.conftest import RealSops

from sopsmith import age

TEXT = b"kind: Secret\nstringData:\n    value: made up\n    n: 5\n"
VALUES = {"kind": "Secret", "stringData": {"value": "made up", "n": 5}}
REGEX = ("--encrypted-regex", "^stringData$")


class Gpg:
    """A gpg with one key, and the environment in which both programs find it and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.chmod(0o700)
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self.environ = {"PATH": path, "GNUPGHOME": str(folder), "HOME": str(folder)}
        self.fingerprint = self.make("one")

    def make(self, name: str) -> str:
        """Make a key without a passphrase and return its fingerprint."""
        user = f"{name} <{name}@example.org>"
        gpg = ["gpg", "--batch", "--quiet"]
        self._run([*gpg, "--passphrase", "", "--quick-gen-key", user, "default", "default"])
        shown = self._run([*gpg, "--with-colons", "--list-keys", user]).decode()
        return next(line for line in shown.splitlines() if line.startswith("fpr")).split(":")[9]

    def forget(self, fingerprint: str) -> None:
        """Delete a key's secret part."""
        self._run(["gpg", "--batch", "--yes", "--delete-secret-keys", fingerprint])

    def attempt(self, *argv: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run sopsmith or sops, whatever its exit code."""
        return subprocess.run(
            argv, input=data, env=self.environ, cwd=self.folder, capture_output=True, check=False
        )

    def run(self, *argv: str, data: bytes = b"") -> bytes:
        """Run sopsmith or sops, which must succeed."""
        done = self.attempt(*argv, data=data)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    def _run(self, argv: list[str]) -> bytes:
        return subprocess.run(argv, env=self.environ, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def gpg() -> Iterator[Gpg]:
    """Return a gpg whose agent ends with the tests."""
    if shutil.which("gpg") is None:
        pytest.skip("no gpg here")
    # The agent's socket lies in the folder, and a socket's path may not be long.
    with tempfile.TemporaryDirectory(prefix="gpg-") as folder:
        made = Gpg(Path(folder))
        yield made
        made.attempt("gpgconf", "--kill", "all")


def values_by(gpg: Gpg, program: str, sealed: bytes) -> object:
    """Return what a program reads in a file."""
    # Both keep YAML as it is, and a plain reader is enough for it.
    types = ("--input-type", "yaml", "--output-type", "yaml")
    return yaml.safe_load(gpg.run(program, "decrypt", *types, "/dev/stdin", data=sealed))


def encrypted(gpg: Gpg, program: str, *keys: str) -> bytes:
    """Return the text as a program encrypts it."""
    types = ("--input-type", "yaml", "--output-type", "yaml")
    return gpg.run(program, "encrypt", *keys, *types, *REGEX, "/dev/stdin", data=TEXT)


def test_sops_opens_what_sopsmith_encrypted_to_a_pgp_key(gpg: Gpg, sops: RealSops) -> None:
    sealed = encrypted(gpg, "sopsmith", "--pgp", gpg.fingerprint)
    assert values_by(gpg, str(sops.binary), sealed) == VALUES


def test_sopsmith_opens_what_sops_encrypted_to_a_pgp_key(gpg: Gpg, sops: RealSops) -> None:
    sealed = encrypted(gpg, str(sops.binary), "--pgp", gpg.fingerprint)
    assert values_by(gpg, "sopsmith", sealed) == VALUES


def test_a_rule_may_name_pgp_and_age_together(gpg: Gpg, sops: RealSops) -> None:
    recipient = age.generate()[1]
    rule = f"creation_rules: [{{age: {recipient}, pgp: {gpg.fingerprint}}}]\n"
    (gpg.folder / ".sops.yaml").write_text(rule)
    (gpg.folder / "x.yaml").write_bytes(TEXT)
    sealed = gpg.run("sopsmith", "encrypt", "x.yaml")
    assert recipient.encode() in sealed
    assert values_by(gpg, str(sops.binary), sealed) == VALUES


def test_a_pgp_key_comes_and_goes_by_rotation(gpg: Gpg, sops: RealSops) -> None:
    second = gpg.make(f"second-{sops.newest}")
    path = gpg.folder / "rotated.yaml"
    path.write_bytes(encrypted(gpg, str(sops.binary), "--pgp", gpg.fingerprint))
    gpg.run("sopsmith", "rotate", "-i", "--add-pgp", second, str(path))
    gpg.run("sopsmith", "rotate", "-i", "--rm-pgp", gpg.fingerprint, str(path))
    assert gpg.fingerprint.encode() not in path.read_bytes()
    assert values_by(gpg, str(sops.binary), path.read_bytes()) == VALUES
    gpg.forget(second)
    assert gpg.attempt("sopsmith", "decrypt", str(path)).returncode == 128


def test_the_variable_of_sops_names_a_pgp_key(gpg: Gpg) -> None:
    gpg.environ["SOPS_PGP_FP"] = gpg.fingerprint
    sealed = encrypted(gpg, "sopsmith")
    del gpg.environ["SOPS_PGP_FP"]
    assert values_by(gpg, "sopsmith", sealed) == VALUES


@pytest.mark.parametrize("name", ["0123456789ABCDEF", "A" * 40])
def test_a_key_that_gpg_does_not_have_is_an_error(gpg: Gpg, name: str) -> None:
    done = gpg.attempt("sopsmith", "encrypt", "--pgp", name, "--input-type", "yaml", "-", data=TEXT)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"fingerprint" in done.stderr or b"gpg could not encrypt" in done.stderr
