"""Comments choose what is encrypted for sopsmith exactly as they do for the real sops."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.interop.conftest import NOW, RealSops

from sopsmith.formats import yaml
from sopsmith.formats.tree import walk
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, encrypt
from sopsmith.sops.selectors import COMMENT_SELECTORS, Selector

TEXTS = [
    "# sops:x\na: 1\nb: 2\n",
    "a: 1 # sops:x\nb: 2\n",
    "a: 1\n# other\n# sops:x\n# third\nb: 2\nc: 3\n",
    "# sops:x\na:\n    b: 1\n    # note\n    c: [1, 2]\nd: 4\n",
    "a:\n    # sops:x\n    b: 1\n    c: 2\nd: 3\n",
    "a:\n    # sops:x\n    - 1\n    - 2\nb:\n    - x: 1\n      # sops:x\n      y: 2\n    - 3\n",
    "a:\n    - x: 1\n      y: 2\n    # sops:x\n    - x: 3\n      y: 4\n    - 5\nb: 6\n",
    "a:\n    b: 1\n    # sops:x\nc: 2\nd: 3\n",
    "# sops:x\n\n# other\na: 1\nb: # sops:x\n    c: 2\n    d: 3\n",
]


def styled(seed: int) -> str:
    """Return a text with comments on many entries, some of which match."""
    made = random.Random(seed)
    lines: list[str] = []

    def comment(pad: str) -> None:
        for _ in range(made.choice([0, 0, 1, 1, 2])):
            lines.append(f"{pad}# {made.choice(['sops:x', 'plain'])} {made.randrange(1000)}")

    def block(depth: int) -> None:
        pad = "    " * depth
        for number in range(made.randrange(1, 4)):
            comment(pad)
            behind = made.choice(["", "", " # plain", " # sops:x"])
            if depth < 2 and made.random() < 0.3:
                lines.append(f"{pad}k{number}:")
                block(depth + 1)
            elif depth < 2 and made.random() < 0.3:
                lines.append(f"{pad}k{number}:")
                for _ in range(2):
                    comment(pad + "    ")
                    lines.append(f"{pad}    - v{made.randrange(9)}{behind}")
            else:
                lines.append(f"{pad}k{number}: v{made.randrange(9)}{behind}")

    block(0)
    return "\n".join(lines) + "\n"


CASES = TEXTS + [styled(seed) for seed in range(8)]


def sealed_values(data: bytes) -> list[bool]:
    [tree] = yaml.parse(data.decode())
    return [
        str(scalar.value).startswith("ENC[")
        for path, _, scalar in walk(tree.root)
        if path[0] != "sops" and not str(scalar.value).endswith(",type:comment]")
    ]


def by_sops(sops: RealSops, text: str, kind: str, folder: Path) -> bytes:
    rule = f"{{path_regex: '', age: {sops.recipient}, {kind}: '^ sops:x'}}"
    (folder / ".sops.yaml").write_text(f"creation_rules: [{rule}]")
    (folder / "x.yaml").write_text(text)
    return sops.run("--config", str(folder / ".sops.yaml"), "encrypt", str(folder / "x.yaml"))


@pytest.mark.parametrize("kind", COMMENT_SELECTORS)
def test_both_encrypt_the_same_values(sops: RealSops, kind: str, tmp_path: Path) -> None:
    for text in CASES:
        theirs = sealed_values(by_sops(sops, text, kind, tmp_path))
        if not any(theirs):  # sops writes such a file in clear; sopsmith refuses.
            continue
        rule = CreationRule((sops.recipient,), Selector(kind, "^ sops:x"))
        ours = sealed_values(encrypt(text.encode(), "yaml", rule, now=NOW, path="x"))
        assert ours == theirs, text


@pytest.mark.parametrize("kind", COMMENT_SELECTORS)
def test_each_opens_what_the_other_wrote(sops: RealSops, kind: str, tmp_path: Path) -> None:
    for text in CASES:
        theirs = by_sops(sops, text, kind, tmp_path)
        if not any(sealed_values(theirs)):
            continue
        rule = CreationRule((sops.recipient,), Selector(kind, "^ sops:x"))
        ours = encrypt(text.encode(), "yaml", rule, now=NOW, path="x")
        assert Document.parse(ours, "yaml", path="x").unlock(sops.keyring).plaintext() == (
            text.encode()
        )
        assert b"ENC[" not in sops.decrypt(ours, "yaml")
        if sops.opens_its_own(theirs, "yaml"):
            assert Document.parse(theirs, "yaml", path="x").unlock(sops.keyring).objects()
