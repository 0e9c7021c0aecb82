"""What the real sops committed is read out of a history, in every format that it has."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.interop.conftest import RealSops
from tests.past import Past

from sopsmith.adapters.git_history import GitHistory
from sopsmith.flows.exposure import Digests, Search, guess_scope
from sopsmith.flows.versions import Opener

TEXTS = {
    "dev/a.yaml": b"a: one\n# comment\nb:\n  - x\n  # in the list\n  - y\nc: {d: 1, e: true}\n",
    "dev/s.yaml": b"kind: Secret\nmetadata: {name: s, namespace: n}\ndata: {p: b25l}\n",
    "b.json": b'{"a": {"b": ["1", "2"]}}',
    "c.env": b"A=1\nB=two\n",
    "d.ini": b"[s]\nk=v\n",
    "e.bin": b"bytes \xff\n",
}
KEYS = {
    ("dev", "", "dev/a.yaml"): {"a", "b[0]", "b[1]", "c.d", "c.e"},
    ("dev", "n", "s"): {"p"},
    ("", "", "b.json"): {"a.b[0]", "a.b[1]"},
    ("", "", "c.env"): {"A", "B"},
    ("", "", "d.ini"): {"s.k"},
    ("", "", "e.bin"): {"data"},
}


@pytest.fixture
def past(tmp_path: Path, sops: RealSops) -> Past:
    """Return a history of one commit with a file of each format."""
    files: dict[str, bytes | None] = {}
    for path, text in TEXTS.items():
        options = ["--encrypted-regex", "^data$"] if b"Secret" in text else []
        argv = ["encrypt", "--age", sops.recipient, "--filename-override", path, *options]
        files[path] = sops.run(*argv, data=text)
    made = Past(tmp_path / "r")
    made.commit(files)
    return made


def test_every_value_of_every_format_is_listed_and_opened(past: Past, sops: RealSops) -> None:
    past.commit(dict.fromkeys(TEXTS))
    with GitHistory(str(past.write())) as history:
        search = Search(
            history,
            Opener(lambda: sops.keyring),
            Digests(b"k"),
            lambda path: guess_scope(path, ("dev",)),
        )
        found = search.exposed_to(sops.recipient, lambda: None)
    assert {tuple(place): one.keys for place, one in found.places.items()} == KEYS
    assert sum(one.unread for one in found.places.values()) == 0
    # One text has one digest: "1" thrice and 1, "one" in clear and in base64.
    assert len(found.values) == 9
