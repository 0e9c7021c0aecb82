"""The quick way of changing keys gives the same file as the general way."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.documents import MODELS, Model, to_yaml
from tests.unit.sops.world import ALL, KEYRING, LATER, RECIPIENT, SECRETS, lock

from sopsmith import age
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document
from sopsmith.sops.quick import parse_quick
from sopsmith.sops.rekey import rotate, update_keys
from sopsmith.sops.selectors import Selector

EVERY = Selector("unencrypted_suffix", "_never")
OTHER = age.generate()[1]
SECRET = """\
# top
apiVersion: v1
kind: Secret
stringData:
    # note
    value: made up
    list:
        - one
        - one
    n: 5
"""


def masked(data: bytes) -> str:
    """Return a file with everything that is random taken out."""
    text = re.sub(r"ENC\[[^]]*type:(\w+)\]", r"ENC[\1]", data.decode())
    return re.sub(r"(?s)-----BEGIN AGE.*?-----END AGE", "AGE", text)


def both_ways(sealed: str) -> None:
    """Rotate and update a file both ways, where the quick way takes it, and compare."""
    data = sealed.encode()
    metadata = Document.parse(data, "yaml", path="x").metadata
    rules = [CreationRule(names, metadata.selector) for names in ((RECIPIENT, OTHER), (RECIPIENT,))]
    for rule in rules:
        for change in (rotate, update_keys):
            quick = parse_quick(data, "x")
            if quick is None:
                return
            found = change(quick.unlock(KEYRING), rule, {}, now=LATER)
            general = Document.parse(data, "yaml", path="x").unlock(KEYRING)
            assert masked(found) == masked(change(general, rule, {}, now=LATER))
            opened = Document.parse(found, "yaml", path="x").unlock(KEYRING)
            assert opened.objects() == general.objects()
            assert opened.plaintext() == general.plaintext()


@given(model=MODELS)
def test_both_ways_give_the_same_file(model: Model) -> None:
    both_ways(lock(to_yaml(model), EVERY))


@given(model=MODELS, where=st.integers(0, 40), junk=st.sampled_from(["# x\n", "\n", "  \n", "#\n"]))
def test_both_ways_agree_on_a_file_with_lines_put_in(model: Model, where: int, junk: str) -> None:
    lines = lock(to_yaml(model), EVERY).splitlines(keepends=True)
    lines.insert(where, junk)
    try:
        Document.parse("".join(lines).encode(), "yaml", path="x").unlock(KEYRING)
    except Exception:  # noqa: BLE001 - then there is no file to compare.
        return
    both_ways("".join(lines))


def test_a_generated_secret_is_taken_by_the_quick_way() -> None:
    plain = SECRET.replace("    # note\n", "")
    assert parse_quick(lock(plain, SECRETS).encode(), "x") is not None
    both_ways(lock(plain, SECRETS))


def test_quoted_tokens_are_placed_with_their_quotes() -> None:
    sealed = lock("a: x\nb: y\n", ALL)
    quoted = re.sub(r"(?m)^([ab]): (ENC.*)$", r'\1: "\2"', sealed)
    assert quoted != sealed
    assert parse_quick(quoted.encode(), "x") is not None
    both_ways(quoted)


def token_of(sealed: str) -> str:
    found = re.search(r"ENC\[[^]]*\]", sealed)
    assert found is not None
    return found.group()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: f"# was {token_of(text)}\n{text}",
        lambda text: text.replace(token_of(text), f"|-\n    {token_of(text)}"),
        lambda text: text.replace("\nsops:\n", "\n\nsops:\n") + "# end\n",
        lambda text: text + "\n",
        lambda text: text + "last_unencrypted: 1\n",
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text + "---\n" + text,
        lambda text: text.replace("a: ", "a:   &anchor "),
        lambda text: lock(SECRET, SECRETS),
    ],
)
def test_what_is_not_certain_is_left_to_the_general_way(spoil: object) -> None:
    assert callable(spoil)
    assert parse_quick(spoil(lock("a: x\n", ALL)).encode(), "x") is None
