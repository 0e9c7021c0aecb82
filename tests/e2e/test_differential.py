"""Every format, type and selector goes both ways between sopsmith and the real sops.

One hypothesis example is a batch of documents in one file, since starting sops costs more than
all of its work. Of each batch: sops opens what sopsmith encrypted, sopsmith opens what sops
encrypted (its MAC checked), both find every document as it was, and both chose the same values
and comments to encrypt. The figures at the end of the run are counted, not planned.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from tests.documents import as_json, same
from tests.e2e.batches import BATCHES, SIZE, Batch
from tests.interop.conftest import NOW, RealSops

from sopsmith.formats import load_format
from sopsmith.formats.tree import Mapping, to_object, walk
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, Unlocked, encrypt
from sopsmith.sops.metadata import KEY
from sopsmith.sops.selectors import Selector

pytestmark = pytest.mark.e2e

SCALE = float(os.environ.get("SOPSMITH_E2E_SCALE", "1"))
SELECTORS = (
    Selector("unencrypted_suffix", "_unencrypted"),
    Selector("encrypted_suffix", "data"),
    Selector("encrypted_regex", "(^|_)(data|a)$"),
    Selector("unencrypted_regex", "^(b|m[0-9]_y|y$)"),
    Selector("encrypted_comment_regex", "sops:x"),
    Selector("unencrypted_comment_regex", "sops:x"),
)
# Batches for each selector, with and without mac_only_encrypted.
RUNS = {"yaml": 18, "documents": 9, "json": 12, "dotenv": 12, "ini": 12}
BLOBS = 150


def patiently(examples: int) -> settings:
    """Return settings for so many batches, without shrinking, which would start sops too often."""
    return settings(
        max_examples=max(int(examples * SCALE), 1),
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


class Both:
    """The real sops beside sopsmith, with one selector; counts what went through them."""

    def __init__(self, sops: RealSops, selector: Selector, config: Path, *, mac_only: bool) -> None:
        self.sops = sops
        self.counted: Counter[str] = Counter()
        self._rule = CreationRule((sops.recipient,), selector, mac_only=mac_only)
        # The command line of sops has no words for comment selectors and mac_only_encrypted.
        self._config = config
        fields = {selector.kind: selector.pattern, "mac_only_encrypted": mac_only}
        rule = {"age": sops.recipient, **fields}
        config.write_text(json.dumps({"creation_rules": [rule]}))

    def encrypt_here(self, text: str, kind: str) -> bytes:
        return encrypt(text.encode(), kind, self._rule, now=NOW, path="test")

    def encrypt_there(self, text: str, kind: str) -> bytes:
        types = ("--input-type", kind, "--output-type", kind)
        options = ("--config", str(self._config), "encrypt", *types)
        return self.sops.run(*options, "--filename-override", "x", "/dev/stdin", data=text.encode())

    def check(self, batch: Batch, kind: str, *, documents: bool = False) -> None:
        """Send a batch both ways."""
        here, there = (way(batch.text, kind) for way in (self.encrypt_here, self.encrypt_there))
        try:
            opened = Document.parse(there, kind, path="test").unlock(self.sops.keyring)
        except Exception:
            # Some texts sops writes in clear such that it cannot open the file itself.
            assume(self.sops.opens_its_own(there, kind))
            raise
        whole: object = list(batch.whole.values()) if documents else batch.whole
        found = opened.objects() if documents else _without_default(opened.objects()[0])
        if self._rule.mac_only and as_json(found) != as_json(whole):
            # sops wrote a clear text such that it reads back as another, as it does with a lone
            # backslash in INI. Both read the same then, and no MAC covers it.
            theirs = self._decrypt_there(there, kind, documents=documents)
            assert as_json(found) == as_json(theirs)
            self.counted["batches that sops changed"] += 1
            return
        assert as_json(found) == as_json(whole)
        assert kind != "yaml" or types_hold(opened, batch, documents=documents)
        found = self._decrypt_there(here, kind, documents=documents)
        assert as_json(found) == as_json(whole)
        assert chosen(here, kind) == chosen(there, kind)
        self.counted["documents"] += SIZE
        self.counted["values"] += sum(1 for tree in opened.trees for _ in walk(tree.root))

    def _decrypt_there(self, data: bytes, kind: str, *, documents: bool) -> object:
        if not documents:
            return _without_default(json.loads(self.sops.decrypt(data, kind, "json")))
        text = self.sops.decrypt(data, kind).decode()
        return [to_object(tree.root) for tree in load_format(kind).parse(text)]


def types_hold(opened: Unlocked, batch: Batch, *, documents: bool) -> bool:
    """Tell whether encrypted values have the types that they had; in clear sops writes 1.0 as 1."""
    models = list(batch.whole.values()) if documents else [batch.whole]
    for tree, model in zip(opened.trees, models, strict=True):
        for _, address, leaf in walk(tree.root):
            wanted: Any = model
            for part in address:
                wanted = wanted[part]
            if leaf.token is not None and not same(leaf.value, wanted):
                return False
    return True


def _without_default(whole: object) -> object:
    """Leave out the empty section that go-ini writes above all others."""
    assert isinstance(whole, dict)
    return {key: value for key, value in whole.items() if (key, value) != ("DEFAULT", {})}


def chosen(data: bytes, kind: str) -> list[object]:
    """Return which values and how many comments of each document are tokens."""
    text = data.decode()
    found: list[object] = []
    for tree in load_format(kind).parse(text):
        assert isinstance(tree.root, Mapping)
        tree.root.entries = [pair for pair in tree.root.entries if pair[0] != KEY]
        tokens = [at for _, at, leaf in walk(tree.root) if str(leaf.value).startswith("ENC[")]
        found.append((tokens, sum("ENC[" in comment.text for comment in tree.comments)))
    return found


@pytest.fixture(scope="module")
def newest(tools: Path) -> RealSops:
    """The newest sops, which `make e2e` builds."""
    return RealSops(tools / "sops")


Record = Callable[[str, object], None]
by_selector = pytest.mark.parametrize("selector", SELECTORS, ids=lambda one: one.kind)
by_mac = pytest.mark.parametrize("mac_only", [False, True], ids=["mac-all", "mac-only"])
by_kind = pytest.mark.parametrize("kind", list(RUNS))


@by_kind
@by_selector
@by_mac
def test_batches_go_both_ways(
    newest: RealSops,
    kind: str,
    selector: Selector,
    mac_only: bool,
    record_property: Record,
    tmp_path: Path,
) -> None:
    if kind == "json" and selector.kind == "encrypted_comment_regex":
        pytest.skip("JSON has no comments, so nothing would be encrypted")
    both = Both(newest, selector, tmp_path / ".sops.yaml", mac_only=mac_only)
    form = "yaml" if kind == "documents" else kind

    @patiently(RUNS[kind])
    @given(batch=BATCHES[kind])
    def check(batch: Batch) -> None:
        both.counted["batches"] += 1
        both.check(batch, form, documents=kind == "documents")

    check()
    assert both.counted["documents"] >= SIZE * int(RUNS[kind] * SCALE) * 0.5
    record_property("differential", dict(both.counted))


def test_files_of_any_bytes_go_both_ways(newest: RealSops, record_property: Record) -> None:
    counted: Counter[str] = Counter()
    rule = CreationRule((newest.recipient,))

    @patiently(BLOBS)
    @given(data=st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
    def check(data: bytes) -> None:
        sealed = encrypt(data, "binary", rule, now=NOW, path="test")
        assert newest.decrypt(sealed, "binary") == data
        there = newest.encrypt(data, "binary")
        opened = Document.parse(there, "binary", path="test").unlock(newest.keyring)
        assert opened.plaintext() == data
        counted.update(batches=1, documents=1, values=1)

    check()
    record_property("differential", dict(counted))
