"""publish as a user runs it, over the fake stores of tests/contracts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contracts import s3_fake, vault_fake
from tests.contracts.object_store import BUCKET
from tests.publishing import TEXT, Publishing


class Stores:
    """The two fakes, and a folder to publish from."""

    def __init__(self, folder: Path, s3: s3_fake.S3Fake, vault: vault_fake.VaultFake) -> None:
        self.s3 = s3
        self.vault = vault
        self.site = Publishing(folder, s3.address, vault=vault.address)
        self.site.world.environ["VAULT_TOKEN"] = vault_fake.TOKEN
        self.site.put("ours/a.yaml")

    def publish(self, *argv: str, stdin: bytes = b"") -> tuple[int, str, str]:
        """Run publish; return exit code, stdout and stderr."""
        done = self.site.world.attempt("sopsmith", "publish", *argv, stdin=stdin)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def object(self, name: str) -> bytes:
        """Return what lies in the bucket."""
        return self.s3.objects[f"{BUCKET}/{name}"]


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    with s3_fake.serving() as s3, vault_fake.serving() as vault:
        s3.buckets.add(BUCKET)
        yield Stores(tmp_path, s3, vault)


def test_a_file_goes_to_its_place_as_it_is(stores: Stores) -> None:
    code, said, _ = stores.publish("-y", "ours/a.yaml")
    assert (code, said) == (0, f"create     ours/a.yaml -> s3://{BUCKET}/ours/a.yaml\n")
    assert stores.object("ours/a.yaml") == (stores.site.world.work / "ours/a.yaml").read_bytes()


def test_an_object_that_is_equal_is_not_written_again(stores: Stores) -> None:
    stores.publish("-y", "ours/a.yaml")
    _, said, _ = stores.publish("ours/a.yaml")
    assert said.startswith("unchanged")
    assert stores.s3.puts == 1


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"n\n", 1), (b"", 1)])
def test_it_asks_before_it_writes(stores: Stores, answer: bytes, code: int) -> None:
    found, _, asked = stores.publish("ours/a.yaml", stdin=answer)
    assert found == code
    assert "write 1?" in asked
    assert stores.s3.puts == (1 if code == 0 else 0)


def test_it_says_that_something_is_replaced(stores: Stores) -> None:
    stores.publish("-y", "ours/a.yaml")
    stores.site.put("ours/a.yaml", TEXT + "more: 1\n")
    _, said, asked = stores.publish("ours/a.yaml", stdin=b"y\n")
    assert said.startswith("replace ")
    assert "replacing 1" in asked
    assert stores.s3.puts == 2


def test_a_dry_run_writes_nothing(stores: Stores) -> None:
    assert stores.publish("--dry-run", "ours/a.yaml")[:2] == (
        0, f"create     ours/a.yaml -> s3://{BUCKET}/ours/a.yaml\n"
    )  # fmt: skip
    assert stores.s3.puts == 0


def test_a_recreation_rule_encrypts_again_and_only_when_something_changed(stores: Stores) -> None:
    stores.site.put("again/a.yaml")
    stores.publish("-y", "again/a.yaml")
    first = stores.object("again/a.yaml")
    assert stores.site.opens_for_the_other(first)
    assert b"n: 1" in first
    assert stores.publish("-y", "again/a.yaml")[1].startswith("unchanged")
    stores.site.put("again/a.yaml")
    assert stores.publish("-y", "again/a.yaml")[1].startswith("replace")
    assert stores.s3.puts == 2


def test_extensions_are_left_out_where_the_rule_or_the_flag_says(stores: Stores) -> None:
    stores.site.put("plain/b.yaml")
    stores.publish("-y", "plain/b.yaml")
    stores.publish("-y", "--omit-extensions", "ours/a.yaml")
    assert {f"{BUCKET}/plain/b", f"{BUCKET}/ours/a"} == set(stores.s3.objects)


def test_a_folder_needs_recursive_and_passes_over_what_is_plain(stores: Stores) -> None:
    stores.site.put("ours/deep/b.yaml")
    stores.site.put_text("ours/readme.md", "plain\n")
    assert stores.publish("-y", "ours")[0] == 2
    assert stores.publish("ours", "-y", "--recursive")[0] == 0
    assert set(stores.s3.objects) == {f"{BUCKET}/ours/a.yaml", f"{BUCKET}/ours/deep/b.yaml"}


def test_nothing_is_written_where_one_file_cannot_be(stores: Stores) -> None:
    stores.site.put_text("ours/plain.yaml", "a: 1\n")
    code, _, said = stores.publish("-y", "ours/a.yaml", "ours/plain.yaml")
    assert code == 1
    assert "ours/plain.yaml: the file has no sops metadata" in said
    assert stores.s3.puts == 0


def test_a_file_without_a_destination_is_said(stores: Stores) -> None:
    stores.site.put("other/a.yaml")
    code, _, said = stores.publish("-y", "other/a.yaml")
    assert code == 5
    assert "no destination rule of .sops.yaml matches" in said


def test_the_rules_match_from_another_folder(stores: Stores) -> None:
    world = stores.site.world
    world.run("sopsmith", "publish", "-y", "a.yaml", cwd=world.work / "ours")
    assert set(stores.s3.objects) == {f"{BUCKET}/ours/a.yaml"}


def test_google_is_refused_by_name(stores: Stores) -> None:
    stores.site.put("google/a.yaml")
    code, _, said = stores.publish("-y", "google/a.yaml")
    assert code == 5
    assert "Google Cloud Storage is not supported" in said


@pytest.mark.parametrize(
    ("name", "entry"),
    [("vault/a.yaml", "secret/data/app/a.yaml"), ("vault1/a.yaml", "secret/one/a.yaml")],
)
def test_vault_gets_the_values_once(stores: Stores, name: str, entry: str) -> None:
    stores.site.put(name)
    assert stores.publish("-y", name)[1].startswith("create")
    assert stores.vault.entries == {entry: {"token": "value-x", "n": 1}}
    assert stores.publish("-y", name)[1].startswith("unchanged")
    assert stores.vault.writes == 1


def test_sops_puts_the_same_into_vault(stores: Stores) -> None:
    stores.site.put("vault/a.yaml")
    stores.site.world.run("sops", "publish", "-y", "vault/a.yaml")
    assert stores.publish("-y", "vault/a.yaml")[1].startswith("unchanged")


def test_a_token_that_vault_refuses_shows_no_value(stores: Stores) -> None:
    stores.site.put("vault/a.yaml")
    stores.site.world.environ["VAULT_TOKEN"] = "other"
    code, said, errors = stores.publish("-y", "vault/a.yaml")
    assert code == 1
    assert "Vault refused with HTTP 403" in errors
    assert "value-x" not in said + errors
