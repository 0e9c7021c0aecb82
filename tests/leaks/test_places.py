"""Changing single places, and editing, tells nothing of a file or of the new value."""

from __future__ import annotations

import sys

import pytest
from tests.leaks import bad_inputs
from tests.leaks.test_documents import encrypted, first_token
from tests.leaks.watch import CANARY, DIGITS, Watch, assert_silent

PLACES = ['["no"]["x"]', '["stringData"]["first"]["x"]', '["stringData"]["list"]["x"]', "[0]", "["]
VALUES = [
    CANARY, f'"{CANARY}', f"[{CANARY}]", f'{{"{CANARY}": 1, "{CANARY}": 2}}', DIGITS, f"-{DIGITS}",
    f'"{CANARY}\\ud800"', f'{{"a": {DIGITS}}}',
]  # fmt: skip


def good(watch: Watch) -> None:
    """Put an encrypted document with the canary in it into the working folder."""
    watch.write("good.yaml", encrypted(watch))


def editor(watch: Watch, body: str) -> str:
    """Return an editor that writes some text to its file."""
    path = watch.world.home / "editor.py"
    path.write_text(f"import sys\nopen(sys.argv[1], 'wb').write({body.encode()!r})\n")
    return f"{sys.executable} {path}"


@pytest.mark.parametrize("place", PLACES)
def test_set_and_unset_at_a_place_that_does_not_fit(watch: Watch, place: str) -> None:
    good(watch)
    if place != '["no"]["x"]':
        watch.fails("set", "--value-stdin", "good.yaml", place, stdin=f'"{CANARY}"'.encode())
    watch.fails("unset", "good.yaml", place)
    watch.fails("get", "good.yaml", place)


@pytest.mark.parametrize("value", VALUES)
def test_set_of_what_is_no_value(watch: Watch, value: str) -> None:
    good(watch)
    watch.fails(
        "set", "--value-stdin", "good.yaml", '["stringData"]["first"]', stdin=value.encode()
    )
    watch.fails("set", "good.yaml", '["stringData"]["first"]', value)
    watch.write("value.json", value)
    watch.fails("set", "--value-file", "good.yaml", '["stringData"]["first"]', "value.json")


def test_set_of_a_name_that_dotenv_cannot_hold(watch: Watch) -> None:
    watch.write("f.env", "A=1\n")
    assert watch.call("encrypt", "-i", "--age", watch.recipient, "f.env").code == 0
    watch.fails("set", "--value-stdin", "f.env", '["A"]', stdin=f'["{CANARY}"]'.encode())
    watch.fails("set", "--value-stdin", "f.env", '["B=C"]', stdin=f'"{CANARY}"'.encode())


@pytest.mark.parametrize("verb", ["set", "unset", "get", "edit"])
def test_a_plain_value_in_an_encrypted_place(watch: Watch, verb: str) -> None:
    text = encrypted(watch)
    watch.write("bad.yaml", text.replace(first_token(text), CANARY))
    more = {
        "set": ("set", "--value-stdin", "bad.yaml", '["kind"]'),
        "unset": ("unset", "bad.yaml", '["kind"]'),
        "get": ("get", "bad.yaml", '["kind"]'),
        "edit": ("edit", "bad.yaml"),
    }
    watch.fails(*more[verb], stdin=b'"x"', EDITOR="true")


def test_set_where_the_file_cannot_be_written(watch: Watch) -> None:
    watch.fails("set", "--value-stdin", "missing.yaml", '["a"]', stdin=f'"{CANARY}"'.encode())


@pytest.mark.parametrize("kind", bad_inputs.YAML)
def test_an_edit_that_is_no_document_says_nothing(watch: Watch, kind: str) -> None:
    """Some are documents, though odd ones, and are then written; so only the words count."""
    good(watch)
    command = editor(watch, bad_inputs.YAML[kind])
    for more in ((), ("-s",)):
        outcome = watch.call("edit", *more, "good.yaml", EDITOR=command)
        assert_silent(outcome.stdout + outcome.stderr, "edit")


@pytest.mark.parametrize("kind", ["unclosed double quote", "alias of nothing", "duplicate key",
                                  "top-level list", "directive", "two colons"])  # fmt: skip
def test_an_edit_that_is_given_up_leaves_nothing_behind(watch: Watch, kind: str) -> None:
    good(watch)
    command = editor(watch, bad_inputs.YAML[kind])
    watch.fails("edit", "good.yaml", EDITOR=command)
    watch.fails("edit", "good.yaml", EDITOR=command, stdin=b"\n\n")
    watch.fails("edit", "-s", "good.yaml", EDITOR=command)
    watch.fails("edit", "--age", watch.recipient, "new.yaml", EDITOR=command)


def test_an_editor_that_fails(watch: Watch) -> None:
    good(watch)
    watch.fails("edit", "good.yaml", EDITOR="false")
    watch.fails("edit", "good.yaml", EDITOR="no-such-editor")
    watch.fails("edit", "good.yaml", EDITOR="'")


def test_master_keys_that_hold_a_value(watch: Watch) -> None:
    good(watch)
    for keys in (f"{{age: [{{recipient: {CANARY}}}]}}", f"{{age: {CANARY}}}", f"[{CANARY}]",
                 f"{{key_groups: {CANARY}}}", f"{{age: [{{enc: {CANARY}}}]}}",
                 f"{{age: [], shamir_threshold: {CANARY}}}"):  # fmt: skip
        watch.fails("edit", "-s", "good.yaml", EDITOR=editor(watch, f"a: 1\nsops: {keys}\n"))


def test_encrypt_against_what_does_not_open(watch: Watch) -> None:
    text = encrypted(watch)
    watch.write("new.yaml", f"a: {CANARY}\n")
    watch.write("old.yaml", text.replace("kind: Secret", "kind: Other"))
    watch.fails("encrypt", "--against", "old.yaml", "new.yaml")
    watch.write("old.yaml", f"a: {CANARY}\n")
    watch.fails("encrypt", "--against", "old.yaml", "new.yaml")
    watch.write("old.yaml", text)
    watch.write("new.yaml", bad_inputs.YAML["unclosed flow"])
    watch.fails("encrypt", "--against", "old.yaml", "new.yaml")
