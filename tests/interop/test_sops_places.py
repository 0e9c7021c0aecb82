"""The real sops opens what set and unset make, and the comments beside the place."""

from __future__ import annotations

import json

import pytest
from tests.interop.conftest import NOW, RealSops

from sopsmith.sops.amend import set_at, unset_at
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, Unlocked, encrypt
from sopsmith.sops.selectors import Selector

ALL = Selector("unencrypted_suffix", "_never")


def opened(text: str, sops: RealSops, selector: Selector = ALL) -> Unlocked:
    """Encrypt a text for the test's identity and open it."""
    rule = CreationRule((sops.recipient,), selector)
    sealed = encrypt(text.encode(), "yaml", rule, now=NOW, path="x")
    return Document.parse(sealed, "yaml", path="x").unlock(sops.keyring)


@pytest.mark.parametrize(
    "text",
    [
        "x: {k: 1} # a\nq: 1\n",
        "a:\n  x: # c\n    k:\n     j: 1\n     # i\n     l: 2\n  z: 1\nx: 1\n",
        "# top\nx:\n  # in\n  - 1\n  # two\n  - 2\n# behind\nq: 1\n",
    ],
)
@pytest.mark.parametrize("value", ["", None, 7, [1], {"k": "v"}])
def test_sops_opens_the_comments_beside_a_changed_place(
    sops: RealSops, text: str, value: object
) -> None:
    """A comment is encrypted for the collection that holds it, which a change may change."""
    changed = set_at(opened(text, sops), ("x",), value, now=NOW)
    assert b"ENC[" not in sops.decrypt(changed, "yaml")
    found = json.loads(sops.decrypt(changed, "yaml", "json"))
    assert found["x"] == value
    gone = unset_at(opened(text, sops), ("x",), now=NOW)
    assert b"ENC[" not in sops.decrypt(gone, "yaml")


@pytest.mark.parametrize(
    "text",
    [
        "x:\n    k: 1   # a\nq: 1\n",
        'x : # a\t\n    -   "b"   # c\n',
        "x:\n\n  # a\n  k: 1 # b\n\n# c\n",
        "x: {  } # a\nq: b # c\n",
        "x:   # a\n  k: 1\n  l: b \n",
    ],
)
@pytest.mark.parametrize("pattern", ["^(x|q)$", "."])
def test_a_comment_goes_where_the_change_leaves_nothing_to_encrypt_it_for(
    sops: RealSops, text: str, pattern: str
) -> None:
    one = opened(text, sops, Selector("encrypted_regex", pattern))
    changed = set_at(one, ("x",), None, now=NOW)
    theirs = sops.decrypt(changed, "yaml")
    ours = Document.parse(changed, "yaml", path="x").unlock(sops.keyring).plaintext()
    assert b"ENC[" not in theirs
    assert theirs.replace(b" ", b"").count(b"#") == ours.count(b"#")
    assert b"x: null" in theirs
