"""A folder with destination rules and encrypted files, to publish from."""

from __future__ import annotations

from pathlib import Path

from pyrage import x25519
from tests.contracts.object_store import BUCKET
from tests.contracts.s3_fake import ENVIRON
from tests.world import World

TEXT = "token: value-x\nn: 1\n"


class Publishing:
    """A world whose rules send `ours/` and `theirs/` to S3 as they are, and `again/` re-encrypted.

    Args:
        address: Of the S3 server.
        tools: Folders that come first on PATH.
        vault: Of the Vault server; `vault/` goes there.
    """

    def __init__(
        self, folder: Path, address: str, tools: tuple[Path, ...] = (), vault: str = ""
    ) -> None:
        self.world = World(folder, tools)
        ours, other = x25519.Identity.generate(), x25519.Identity.generate()
        self._other = str(other)
        self.world.environ |= {
            **ENVIRON, "AWS_ENDPOINT_URL": address, "SOPS_AGE_KEY": str(ours),
        }  # fmt: skip
        self.put_text(
            ".sops.yaml",
            f"""\
creation_rules:
  - age: {ours.to_public()}
destination_rules:
  - {{path_regex: ^ours/, s3_bucket: {BUCKET}, s3_prefix: ours/}}
  - {{path_regex: ^theirs/, s3_bucket: {BUCKET}, s3_prefix: theirs/}}
  - {{path_regex: ^plain/, s3_bucket: {BUCKET}, s3_prefix: plain/, omit_extensions: true}}
  - {{path_regex: ^vault1/, vault_path: "one", vault_address: "{vault}", vault_kv_version: 1}}
  - {{path_regex: ^vault/, vault_path: "app/", vault_address: "{vault}"}}
  - {{path_regex: ^google/, gcs_bucket: {BUCKET}}}
  - path_regex: ^again/
    s3_bucket: {BUCKET}
    s3_prefix: again/
    recreation_rule:
      age: {other.to_public()}
      encrypted_regex: ^token$
""",
        )

    def put_text(self, name: str, text: str) -> Path:
        """Write a file."""
        path = self.world.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def put(self, name: str, text: str = TEXT) -> Path:
        """Write an encrypted file."""
        path = self.put_text(name, text)
        self.world.run("sopsmith", "encrypt", "-i", name)
        return path

    def opens_for_the_other(self, data: bytes) -> bool:
        """Tell whether the recipient of the rule for `again/` reads the text in it."""
        types = ("--input-type", "yaml")
        found = self.world.run("sopsmith", "decrypt", *types, stdin=data, SOPS_AGE_KEY=self._other)
        return found.decode() == TEXT
