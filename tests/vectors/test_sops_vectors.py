"""SOPS's own functional-test files open with their data keys.

The files are those of getsops/sops functional-tests/res, encrypted to a PGP test key that the
project publishes; the data keys were taken out with it, so that no gpg is needed here.
They lie beside the repository in a reference folder, where there is one.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sopsmith.errors import MacMismatch
from sopsmith.secret import Secret
from sopsmith.sops.document import Document, format_of

FOLDER = Path(
    os.environ.get("SOPSMITH_VECTORS")
    or Path(__file__).parents[3] / "shared" / "reference" / "sops-vectors"
)
KEYS = {
    "format.enc.yaml": "af5e68dd342b72c6a0475f81a50da4fde898f4b7742c92cbcf1668211411f4e4",
    "format.enc.json": "9f6aeda6383502c38f7dae6fbbb8cb6890582adb0335effa8952fe590d7a9596",
    "format.enc.env": "322d9a97997823fb2bf42f55a6c26100cbaf0520cf88bb7ebee1cf47dd6d318d",
    "format.enc.ini": "ce46fd76883106d55913ff2207e160bbeac65a71d6e1cf84c510614bed6f8ccd",
}
PLAIN = {
    "format.enc.yaml": b"foo: bar\n",
    "format.enc.json": b'{\n\t"foo": "bar"\n}\n',
    "format.enc.env": b"foo = bar\n",
    "format.enc.ini": b"[foo]\nbar = baz\n",
}


def document(name: str, *, old: str = "", new: str = "") -> Document:
    file = FOLDER / name
    if not file.exists():
        pytest.skip(f"SOPS's vector {name} is not here; SOPSMITH_VECTORS names its folder")
    text = file.read_text(encoding="utf-8")
    return Document.parse(text.replace(old, new).encode(), format_of(name), path=name)


def key(name: str) -> Secret:
    return Secret(bytes.fromhex(KEYS[name]))


@pytest.mark.parametrize("name", KEYS)
def test_a_vector_opens_and_its_mac_holds(name: str) -> None:
    assert document(name).unlock_with(key(name)).plaintext() == PLAIN[name]


@pytest.mark.parametrize("name", KEYS)
def test_a_vector_of_another_time_does_not_pass(name: str) -> None:
    moved = document(name, old="2026-05-22T20:", new="2026-05-22T21:")
    with pytest.raises(MacMismatch):
        moved.unlock_with(key(name))


def test_the_metadata_of_every_vector_name_their_pgp_key() -> None:
    for name in KEYS:
        (stanza,) = document(name).metadata.stanzas
        assert stanza.name == "FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4"
        assert "BEGIN PGP MESSAGE" in str(stanza.fields["enc"])
