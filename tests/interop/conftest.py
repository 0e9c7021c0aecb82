"""Give the interop tests the real sops, in the versions at hand."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sopsmith import age
from sopsmith.sops.keyring import Keyring

ROOT = Path(__file__).parents[2]
BINARIES = {
    "pinned": Path(sys.executable).parent / "sops",
    "newest": ROOT / ".tools/bin/sops",
}
# The newest sops is built by `make e2e`, and its tests belong there.
VERSIONS = ["pinned", pytest.param("newest", marks=pytest.mark.e2e)]
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class RealSops:
    """The sops program with one age identity, and sopsmith's keyring of the same identity."""

    def __init__(self, binary: Path) -> None:
        self.binary = binary
        self.newest = binary == BINARIES["newest"]
        identity, self.recipient = age.generate()
        self.keyring = Keyring(age.parse_identities(identity.reveal().decode(), "test"))
        self.environ = {"PATH": os.environ["PATH"], "SOPS_AGE_KEY": identity.reveal().decode()}

    def attempt(self, *argv: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run sops with bytes on standard input, whatever its exit code."""
        return subprocess.run(
            [str(self.binary), *argv],
            input=data,
            env=self.environ,
            capture_output=True,
            check=False,
            timeout=60,
        )

    def run(self, *argv: str, data: bytes = b"") -> bytes:
        """Run sops, which must succeed, and return what it wrote."""
        done = self.attempt(*argv, data=data)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    def opens_its_own(self, data: bytes, kind: str) -> bool:
        """Tell whether sops can decrypt what it wrote; some clear texts it writes as null."""
        types = ("--input-type", kind, "--output-type", kind)
        return self.attempt("decrypt", *types, "/dev/stdin", data=data).returncode == 0

    def encrypt(self, data: bytes, kind: str, *options: str) -> bytes:
        """Encrypt to the test's recipient."""
        types = ("--input-type", kind, "--output-type", kind)
        return self.run(
            "encrypt", "--age", self.recipient, *types, *options, "/dev/stdin", data=data
        )

    def decrypt(self, data: bytes, kind: str, output: str = "") -> bytes:
        """Decrypt, to another format where one is named."""
        types = ("--input-type", kind, "--output-type", output or kind)
        return self.run("decrypt", *types, "/dev/stdin", data=data)


@pytest.fixture(scope="session", params=VERSIONS)
def sops(request: pytest.FixtureRequest) -> Iterator[RealSops]:
    """The real sops: the development dependency, and the newest where `make e2e` built it."""
    binary = BINARIES[request.param]
    if not binary.exists():
        pytest.skip(f"no {request.param} sops here; `make e2e` builds it")
    yield RealSops(binary)
