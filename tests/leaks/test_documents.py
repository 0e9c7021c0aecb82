"""Encrypting and decrypting broken documents tells nothing of what they hold."""

from __future__ import annotations

import re

import pytest
from tests.leaks import bad_inputs
from tests.leaks.watch import CANARY, DIGITS, Watch

RULES = "creation_rules:\n  - encrypted_regex: ^(data|stringData)$\n    age: {}\n"
PLAIN = f"kind: Secret\nstringData:\n  first: {CANARY}\n  second: other\n  list: [a1, b2]\n"
TYPES = ["int", "float", "bool", "comment", CANARY]


def encrypted(watch: Watch) -> str:
    """Return a document with the canary in it, encrypted for the watch's identity."""
    watch.write("made.yaml", PLAIN)
    selector = ("--encrypted-regex", "^stringData$")
    done = watch.call("encrypt", "--age", watch.recipient, *selector, "made.yaml")
    assert done.code == 0
    (watch.world.work / "made.yaml").unlink()
    return done.stdout.decode()


def first_token(text: str) -> str:
    """Return the token of the canary."""
    found = re.search(r"first: (ENC\[.*?\])", text)
    assert found
    return found.group(1)


@pytest.mark.parametrize("kind", bad_inputs.YAML)
def test_encrypt_of_bad_yaml(watch: Watch, kind: str) -> None:
    watch.write(".sops.yaml", RULES.format(watch.recipient))
    watch.write("bad.yaml", bad_inputs.YAML[kind])
    watch.fails("encrypt", "bad.yaml")


@pytest.mark.parametrize("kind", bad_inputs.YAML_BYTES)
def test_encrypt_of_bytes_that_are_no_text(watch: Watch, kind: str) -> None:
    watch.write(".sops.yaml", RULES.format(watch.recipient))
    watch.write("bad.yaml", bad_inputs.YAML_BYTES[kind])
    watch.fails("encrypt", "bad.yaml")


@pytest.mark.parametrize("kind", bad_inputs.JSON)
def test_encrypt_of_bad_json(watch: Watch, kind: str) -> None:
    watch.write(".sops.yaml", RULES.format(watch.recipient))
    watch.write("bad.json", bad_inputs.JSON[kind])
    watch.fails("encrypt", "bad.json")


@pytest.mark.parametrize("kind", bad_inputs.YAML)
def test_decrypt_of_bad_yaml_before_metadata(watch: Watch, kind: str) -> None:
    metadata = encrypted(watch).partition("\nsops:")[2]
    watch.write("bad.yaml", f"{bad_inputs.YAML[kind]}sops:{metadata}")
    watch.fails("decrypt", "bad.yaml")


@pytest.mark.parametrize("kind", bad_inputs.JSON)
def test_decrypt_of_bad_json(watch: Watch, kind: str) -> None:
    watch.write("bad.json", bad_inputs.JSON[kind])
    watch.fails("decrypt", "bad.json")


@pytest.mark.parametrize("plain", [CANARY, DIGITS, f"'{CANARY}'", f"[{CANARY}]", "true"])
def test_decrypt_of_a_plain_value_in_an_encrypted_place(watch: Watch, plain: str) -> None:
    """sops prints the value in its message there."""
    text = encrypted(watch)
    watch.write("bad.yaml", text.replace(first_token(text), plain))
    watch.fails("decrypt", "bad.yaml")


@pytest.mark.parametrize("kind", TYPES)
def test_decrypt_of_a_token_with_another_type(watch: Watch, kind: str) -> None:
    text = encrypted(watch)
    token = first_token(text)
    watch.write("bad.yaml", text.replace(token, token.replace("type:str", f"type:{kind}")))
    watch.fails("decrypt", "bad.yaml")


@pytest.mark.parametrize("part", ["data", "iv", "tag"])
@pytest.mark.parametrize("change", ["", CANARY, "AAAA", "!"])
def test_decrypt_of_a_tampered_token(watch: Watch, part: str, change: str) -> None:
    text = encrypted(watch)
    token = first_token(text)
    broken = re.sub(rf"({part}:)[^,]*", rf"\g<1>{change}", token)
    watch.write("bad.yaml", text.replace(token, broken))
    watch.fails("decrypt", "bad.yaml")


def test_decrypt_of_a_moved_token(watch: Watch) -> None:
    text = encrypted(watch)
    watch.write("bad.yaml", text.replace("first:", "third:"))
    watch.fails("decrypt", "bad.yaml")


def test_decrypt_of_a_document_without_one_of_its_values(watch: Watch) -> None:
    watch.write("bad.yaml", re.sub(r"\n\s+second: ENC.*", "", encrypted(watch)))
    watch.fails("decrypt", "bad.yaml")


@pytest.mark.parametrize("mac", ["", CANARY, "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]"])
def test_decrypt_with_a_broken_mac(watch: Watch, mac: str) -> None:
    watch.write("bad.yaml", re.sub(r"(\n\s+mac: ).*", rf"\g<1>'{mac}'", encrypted(watch)))
    watch.fails("decrypt", "bad.yaml")


@pytest.mark.parametrize(
    "place",
    ['["no"]', '["stringData"]["first"]["x"]', '["stringData"]["list"][9]', "[", "[0]", "['']"],
)
def test_extract_of_a_place_that_is_not_there(watch: Watch, place: str) -> None:
    watch.write("good.yaml", encrypted(watch))
    watch.fails("decrypt", "--extract", place, "good.yaml")


def test_decrypt_into_what_cannot_be_written(watch: Watch) -> None:
    watch.write("good.yaml", encrypted(watch))
    watch.fails("decrypt", "--output", "good.yaml/plain.yaml", "good.yaml")
    watch.fails("decrypt", "--output", ".", "good.yaml")


@pytest.mark.parametrize(
    "rules",
    [
        "creation_rules:\n  - path_regex: other$\n    age: {}\n",
        "creation_rules:\n  - encrypted_regex: '('\n    age: {}\n",
        "creation_rules:\n  - encrypted_regex: (?=x)\n    age: {}\n",
        "creation_rules:\n  - encrypted_regex: nothing\n    age: {}\n",
        "creation_rules:\n  - encrypted_regex: a\n    encrypted_suffix: b\n    age: {}\n",
        "creation_rules: {}\n",
    ],
)
def test_encrypt_under_a_rule_that_does_not_hold(watch: Watch, rules: str) -> None:
    watch.write(".sops.yaml", rules.format(watch.recipient))
    watch.write("plain.yaml", PLAIN)
    watch.fails("encrypt", "--in-place", "plain.yaml")


def test_encrypt_without_any_rule(watch: Watch) -> None:
    watch.write("plain.yaml", PLAIN)
    watch.fails("encrypt", "plain.yaml")


def test_encrypt_of_an_encrypted_file(watch: Watch) -> None:
    watch.write("mixed.yaml", encrypted(watch) + f"extra: {CANARY}\n")
    watch.fails("encrypt", "--age", watch.recipient, "mixed.yaml")


def test_decrypt_of_a_plain_file(watch: Watch) -> None:
    watch.write("plain.yaml", PLAIN)
    watch.fails("decrypt", "plain.yaml")
    watch.fails("decrypt", "--input-type", "yaml", stdin=PLAIN.encode())


def test_decrypt_with_a_format_that_is_not_the_files(watch: Watch) -> None:
    watch.write("plain.yaml", PLAIN)
    watch.write("name.env", f"A={CANARY}\n")
    watch.fails("decrypt", "--input-type", "json", "plain.yaml")
    watch.fails("decrypt", "--input-type", CANARY[:3], "plain.yaml")
    watch.fails("decrypt", "name.env")
