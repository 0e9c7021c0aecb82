"""Write a tree of encrypted Secrets to look through, and print its identity.

A program of its own: a process counts the memory of the one that started it as its own
until it loads its program, so the bench itself has to stay small.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from sopsmith import age
from sopsmith.sops.config import Config
from sopsmith.sops.document import Document, encrypt

_RULES = """\
creation_rules:
  - path_regex: ^other/.*\\.secret\\.yaml$
    age: {0}
  - path_regex: \\.secret\\.yaml$
    encrypted_regex: ^(data|stringData)$
    age: {0}
"""
_SECRET = """\
apiVersion: v1
kind: Secret
metadata:
    name: s{0}
    namespace: kube-system
type: Opaque
stringData:
    value: made-up-{0}-xxxxxxxxxxxxxxxxxxxxxxxx
"""


def make_tree(folder: Path, size: int) -> tuple[str, list[str]]:
    """Write encrypted Secrets, 100 a folder, and return their identity and their stanzas."""
    identity, recipient = age.generate()
    folder.mkdir()
    (folder / ".sops.yaml").write_text(_RULES.format(recipient))
    rule = Config.parse(_RULES.format(recipient).encode(), ".sops.yaml").rules[1]
    stanzas = []
    for number in range(size):
        path = folder / f"app-{number // 100:03}" / f"s{number:05}.secret.yaml"
        path.parent.mkdir(exist_ok=True)
        plain = _SECRET.format(number).encode()
        locked = encrypt(plain, "yaml", rule, now=datetime.now(UTC), path=path.name)
        path.write_bytes(locked)
        document = Document.parse(locked, "yaml", path=path.name)
        stanzas.append(document.metadata.stanzas[0].enc)
    return identity.reveal().decode(), stanzas


if __name__ == "__main__":
    made, wrapped = make_tree(Path(sys.argv[1]), int(sys.argv[3]))
    Path(sys.argv[2]).write_text("\0".join(wrapped))
    print(made, end="")
