"""Comments of every layout go both ways between sopsmith and the real sops."""

from __future__ import annotations

import os
import random

import pytest
from tests.interop.conftest import NOW, RealSops

from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, encrypt
from sopsmith.sops.selectors import Selector

EXAMPLES = int(os.environ.get("SOPSMITH_EXAMPLES", "30"))
SELECTORS = [
    Selector("unencrypted_suffix", "_unencrypted"),
    Selector("encrypted_regex", "^k0$"),
    Selector("unencrypted_regex", "^k2$"),
]
VALUES = ["v", '"q"', "5", "", '""', "[1, {a: x}]", "{a: 1, b: [2]}", "[]"]


class Writer:
    """Write a random mapping with comments in all kinds of columns.

    Args:
        columns: Columns besides the blocks' own in which comments may stand.
    """

    def __init__(self, seed: int, columns: list[int]) -> None:
        self._random = random.Random(seed)
        self._columns = columns
        self._lines: list[str] = []
        self._count = 0

    def document(self) -> str:
        """Return the text; its first key holds a value, so that every selector covers one."""
        self._lines += ["k0: v" + self._inline()]
        self._block([0], 1, "k{}: ")
        return "\n".join(self._lines) + self._random.choice(["\n", "\n\n", ""])

    def _block(self, columns: list[int], first: int, lead: str) -> None:
        pad = " " * columns[-1]
        for number in range(first, first + self._random.randint(1, 3)):
            self._comments(columns)
            self._entry(pad + lead.format(number % 3 if first == 0 else number), columns)
        self._comments(columns)

    def _entry(self, lead: str, columns: list[int]) -> None:
        kind = self._random.random()
        if len(columns) < 5 and kind < 0.5:
            self._lines.append(lead.rstrip() + self._inline())
            step = self._random.choice([2, 4])
            if kind < 0.3:
                self._block([*columns, columns[-1] + step], 0, "k{}: ")
            else:
                compact = lead.endswith(": ") and self._random.random() < 0.5
                self._block([*columns, columns[-1] + (0 if compact else step)], 0, "- ")
        elif kind < 0.6:
            pad = " " * (columns[-1] + 4)
            self._lines += [lead + "|", pad + "one", pad + "two"]
        elif kind < 0.7:
            pad = " " * (columns[-1] + 4)
            self._lines += [lead + "[" + self._inline(), pad + "x," + self._inline(), pad + "]"]
        else:
            self._lines.append(lead + self._random.choice(VALUES) + self._inline())

    def _comments(self, columns: list[int]) -> None:
        for _ in range(self._random.choice([0, 0, 0, 1, 1, 2, 3])):
            column = self._random.choice([columns[-1], *columns, *self._columns])
            self._lines.append(" " * column + self._comment())
            self._lines += [""] * self._random.choice([0, 0, 0, 1])

    def _inline(self) -> str:
        return " " + self._comment() if self._random.random() < 0.2 else ""

    def _comment(self) -> str:
        self._count += 1
        return f"# c{self._count}"


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_sops_opens_every_comment_that_sopsmith_encrypts(sops: RealSops, seed: int) -> None:
    text, selector = example(seed)
    rule = CreationRule((sops.recipient,), selector)
    sealed = encrypt(text.encode(), "yaml", rule, now=NOW, path="test")
    assert b"ENC[" not in sops.decrypt(sealed, "yaml"), text


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_sopsmith_opens_every_comment_that_sops_encrypts(sops: RealSops, seed: int) -> None:
    text, selector = example(seed)
    option = f"--{selector.kind.replace('_', '-')}"
    sealed = sops.encrypt(text.encode(), "yaml", option, selector.pattern)
    opened = Document.parse(sealed, "yaml", path="test").unlock(sops.keyring).plaintext()
    # In rare layouts sops itself reads its output differently from what it wrote.
    assert b"ENC[" not in opened or b"ENC[" in sops.decrypt(sealed, "yaml"), text


@pytest.mark.parametrize("seed", range(0, EXAMPLES, 3))
def test_sopsmith_leaves_no_comment_in_clear_that_sops_encrypts(sops: RealSops, seed: int) -> None:
    text, selector = example(seed)
    # Comments at the very end are the exception: encryption puts an entry behind them.
    text = text.rstrip("\n") + "\nz: v\n"
    option = f"--{selector.kind.replace('_', '-')}"
    theirs = sops.encrypt(text.encode(), "yaml", option, selector.pattern).decode()
    rule = CreationRule((sops.recipient,), selector)
    ours = encrypt(text.encode(), "yaml", rule, now=NOW, path="test").decode()
    assert set(clear_comments(ours)) <= set(clear_comments(theirs)) | lost(text, sops), text


def example(seed: int) -> tuple[str, Selector]:
    """Return a text and a selector; every other text has comments in columns of no block."""
    writer = Writer(seed, [0, 1, 3, 5, 8] if seed % 2 else [])
    return writer.document(), SELECTORS[seed % len(SELECTORS)]


def clear_comments(text: str) -> list[str]:
    """Return the comments of a file that are not encrypted."""
    return [line.partition("# c")[2] for line in text.splitlines() if "# c" in line]


def lost(text: str, sops: RealSops) -> set[str]:
    """Return the comments that sops drops when it reads a text."""
    kept = sops.encrypt(text.encode(), "yaml", "--encrypted-regex", "^none$").decode()
    return set(clear_comments(text)) - set(clear_comments(kept))
