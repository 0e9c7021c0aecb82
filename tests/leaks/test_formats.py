"""INI, dotenv, binary files and conversions that fail tell nothing of what they hold."""

from __future__ import annotations

import re

import pytest
from tests.leaks.watch import CANARY, DIGITS, Watch

INI: dict[str, str | bytes] = {
    "no delimiter": f"[a]\n{CANARY}\n",
    "no key": f"[a]\n= {CANARY}\n",
    "unclosed key": f"[a]\n`{CANARY} = 1\n",
    "unclosed value": f"[a]\nk = `{CANARY}\n",
    "unclosed block": f'[a]\nk = """{CANARY}\nx\n',
    "unclosed header": f"[a\nk = {CANARY}\n",
    "nameless section": f"[]\nk = {CANARY}\n",
    "number sign": f"[a]\nk = {CANARY}#{CANARY}\n",
    "semicolon in quotes": f'[a]\nk = "{CANARY} ; {CANARY}"\n',
    "text behind the quote": f"[a]\nk = `{CANARY}` {CANARY}\n",
    "twice": f"[a]\nk = {CANARY}\nk = {CANARY}\n",
    "numbered key": f"[a]\n- = {CANARY}\n",
    "text behind the header": f"[a] {CANARY}\nk = {CANARY}\n",
    "not UTF-8": f"[a]\nk = {CANARY}".encode() + b"\xff\n",
}
CONVERSIONS = [
    (f"a: [{CANARY}]\n", "dotenv"),
    (f"a: null\nb: {CANARY}\n", "dotenv"),
    (f"a: {CANARY}\\n\n", "dotenv"),
    (f"a: {CANARY}\n", "ini"),
    (f"a: {{b: {{c: {CANARY}}}}}\n", "ini"),
    (f'a: {{b: "`{CANARY}\\"\\"\\"\\n"}}\n', "ini"),
    (f"a: {{-: {CANARY}}}\n", "ini"),
    (f"a: {CANARY}\n---\nb: {CANARY}\n", "json"),
    (f"a: {DIGITS}\n", "json"),
    (f"a: .nan\nb: {CANARY}\n", "json"),
    (f"b: {CANARY}\n", "binary"),
    (f"data: {CANARY}\nb: {CANARY}\n", "binary"),
    (f"data: [{CANARY}]\n", "binary"),
]


@pytest.mark.parametrize("kind", INI)
def test_encrypt_and_decrypt_of_bad_ini(watch: Watch, kind: str) -> None:
    watch.write("bad.ini", INI[kind])
    watch.fails("encrypt", "--age", watch.recipient, "bad.ini")
    watch.fails("decrypt", "bad.ini")


@pytest.mark.parametrize(("text", "target"), CONVERSIONS)
def test_conversion_of_what_does_not_fit(watch: Watch, text: str, target: str) -> None:
    watch.write("plain.yaml", text)
    watch.fails("encrypt", "--age", watch.recipient, "--output-type", target, "plain.yaml")


def test_decrypt_to_a_format_that_does_not_fit(watch: Watch) -> None:
    watch.write("plain.yaml", f"a: [{CANARY}]\n")
    watch.call("encrypt", "--age", watch.recipient, "--in-place", "plain.yaml")
    for target in ("dotenv", "ini", "binary"):
        watch.fails("decrypt", "--output-type", target, "plain.yaml")


def test_decrypt_of_what_is_no_binary_file(watch: Watch) -> None:
    for text in (CANARY, f'{{"data": {{"{CANARY}": 1}}}}', f'{{"x": "{CANARY}"}}', f'"{CANARY}'):
        watch.write("plain.txt", text)
        watch.fails("decrypt", "plain.txt")


def test_decrypt_of_plain_values_in_encrypted_places(watch: Watch) -> None:
    for name, text in (
        ("a.ini", f"[a]\nk = {CANARY}\n"),
        ("a.env", f"A={CANARY}\n"),
        ("a.b", CANARY),
    ):
        watch.write(name, text)
        watch.call("encrypt", "--age", watch.recipient, "--in-place", name)
        sealed = (watch.world.work / name).read_text()
        assert CANARY not in sealed
        watch.write(name, re.sub(r"ENC\[.*?type:str\]", CANARY, sealed, count=1))
        watch.fails("decrypt", name)
