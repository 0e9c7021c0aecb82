"""An edit keeps every byte that it does not touch, whatever the style of the file."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.documents import JSON_MODELS, Model, same
from tests.styled import styled_json, styled_yaml
from tests.unit.sops.world import LATER, NOW, RECIPIENT, unlock

from sopsmith.errors import Error
from sopsmith.formats import load_format
from sopsmith.formats.splice import splice
from sopsmith.formats.tree import Scalar, Tree, to_object, walk
from sopsmith.sops.amend import set_at, unset_at
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Unlocked, encrypt
from sopsmith.sops.selectors import Selector

EXAMPLES = int(os.environ.get("SOPSMITH_EXAMPLES", "40"))
common = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
SELECTORS = st.sampled_from(
    [
        Selector("unencrypted_suffix", "_unencrypted"),
        Selector("encrypted_regex", "^(data|a)$"),
        Selector("encrypted_regex", "."),
    ]
)
VALUES: st.SearchStrategy[object] = st.sampled_from(
    ["new", "", 7, True, None, "two\nlines\n", [1, {"k": "v"}], {}, {"z": []}]
)


def sealed(text: str, kind: str, selector: Selector) -> str:
    """Encrypt a text, or give the example up where it is none that SOPS takes."""
    rule = CreationRule((RECIPIENT,), selector)
    try:
        return encrypt(text.encode(), kind, rule, now=NOW, path="x").decode()
    except Error:
        assume(False)
        raise


def raw_leaves(text: str, kind: str) -> dict[tuple[object, ...], Scalar]:
    """Return the values of an encrypted text as they stand, by document and address."""
    trees = load_format(kind).parse(text.removeprefix("\ufeff"))
    return {
        (number, *address): scalar
        for number, tree in enumerate(trees)
        for _, address, scalar in walk(tree.root)
    }


def expect_change(before: str, after: str, kind: str, changed: set[tuple[object, ...]]) -> None:
    """Make sure that nothing differs but some values, time and MAC."""
    old, new = raw_leaves(before, kind), raw_leaves(after, kind)
    body = before.removeprefix("\ufeff")
    edits = []
    for address, scalar in old.items():
        signs = address[1:] in (("sops", "lastmodified"), ("sops", "mac"))
        if (signs or address in changed) and scalar.start >= 0:
            there = new[address]
            source = after.removeprefix("\ufeff")[there.start : there.end]
            edits.append((scalar.start, scalar.end, source))
    mark = before[: len(before) - len(body)]
    assert mark + splice(body, edits) == after


def plain_leaf(draw: st.DataObject, plain: str, kind: str) -> tuple[tuple[object, ...], str] | None:
    """Return the address of some value of a plaintext and the plaintext with another one there."""
    form = load_format(kind)
    body = plain.removeprefix("\ufeff")
    trees = form.parse(body)
    anchored = {id(target) for tree in trees for _, target in tree.aliases}
    found = [
        ((number, *address), scalar)
        for number, tree in enumerate(trees)
        for _, address, scalar in walk(tree.root)
        if isinstance(scalar.value, str | int) and scalar.value != "" and scalar.start >= 0
        and id(scalar) not in anchored and not _in_anchor(tree, scalar)
        and body[scalar.start] not in "*&!|>"
    ]  # fmt: skip
    if not found:
        return None
    address, scalar = draw.draw(st.sampled_from(found))
    value = "other" if scalar.value != "other" else "more"
    source = form.write_scalar(value, scalar, body)
    mark = plain[: len(plain) - len(body)]
    return address, mark + splice(body, [(scalar.start, scalar.end, source)])


def _in_anchor(tree: Tree, scalar: Scalar) -> bool:
    return any(scalar is leaf for _, target in tree.aliases for _, _, leaf in walk(target))


@common
@given(text=styled_yaml(), selector=SELECTORS)
def test_a_yaml_file_comes_back_with_its_values(text: str, selector: Selector) -> None:
    one = unlock(sealed(text, "yaml", selector))
    plain = one.plaintext().decode()
    assert plain.startswith("\ufeff") is text.startswith("\ufeff")
    before = [to_object(tree.root) for tree in load_format("yaml").parse(text.lstrip("\ufeff"))]
    after = [to_object(tree.root) for tree in load_format("yaml").parse(plain.lstrip("\ufeff"))]
    assert same(after, before)
    assert one.reencrypt(plain.encode(), now=LATER) == one.original


@common
@given(text=styled_yaml(), selector=SELECTORS)
def test_the_first_plaintext_keeps_every_token_too(text: str, selector: Selector) -> None:
    before = sealed(text, "yaml", selector)
    after = unlock(before).reencrypt(text.encode(), now=LATER).decode()
    expect_change(before, after, "yaml", set())


@common
@given(text=styled_yaml(), selector=SELECTORS, data=st.data())
def test_one_value_changes_alone_in_yaml(
    text: str, selector: Selector, data: st.DataObject
) -> None:
    before = sealed(text, "yaml", selector)
    one = unlock(before)
    chosen = plain_leaf(data, one.plaintext().decode(), "yaml")
    assume(chosen is not None)
    assert chosen is not None
    address, plain = chosen
    after = one.reencrypt(plain.encode(), now=LATER).decode()
    expect_change(before, after, "yaml", {address})


@common
@given(data=st.data(), model=JSON_MODELS)
def test_one_value_changes_alone_in_json(data: st.DataObject, model: Model) -> None:
    text = data.draw(styled_json(model))
    before = sealed(text, "json", Selector("unencrypted_suffix", "_unencrypted"))
    one = unlock(before, "json")
    assert one.reencrypt(one.plaintext(), now=LATER) == one.original
    chosen = plain_leaf(data, one.plaintext().decode(), "json")
    assume(chosen is not None)
    assert chosen is not None
    address, plain = chosen
    after = one.reencrypt(plain.encode(), now=LATER).decode()
    expect_change(before, after, "json", {address})


def collections(one: Unlocked) -> list[tuple[object, ...]]:
    """Return the addresses of the first document's collections and values."""
    found: list[tuple[object, ...]] = []

    def visit(node: object, address: tuple[object, ...]) -> None:
        found.append(address)
        inside = (
            node.items()
            if isinstance(node, dict)
            else enumerate(node)
            if isinstance(node, list)
            else ()
        )
        for step, child in inside:
            visit(child, (*address, step))

    visit(one.objects()[0], ())
    return found


def lines_kept(before: str, after: str, kind: str) -> bool:
    """Tell whether the lines of one text stand in another in their order, signs left out."""

    def body(text: str) -> list[str]:
        return [
            line for line in text.splitlines()
            if "lastmodified" not in line and "mac:" not in line and '"mac"' not in line
            and "#ENC[" not in line
        ]  # fmt: skip

    rest = iter(body(after))
    return all(
        any(line.rstrip(",") == other.rstrip(",") for other in rest) for line in body(before)
    )


@common
@given(text=styled_yaml(), selector=SELECTORS, data=st.data(), value=VALUES)
def test_set_says_what_was_asked_and_keeps_the_rest(
    text: str, selector: Selector, data: st.DataObject, value: object
) -> None:
    before = sealed(text, "yaml", selector)
    one = unlock(before)
    address = data.draw(st.sampled_from(collections(one)))
    new = data.draw(st.booleans()) or not address
    found = one.objects()[0]
    for step in address:
        found = found[step]  # type: ignore[index]
    if new:
        assume(isinstance(found, dict | list))
        address = (*address, "new" if isinstance(found, dict) else len(found))  # type: ignore[arg-type]
    try:
        after = set_at(one, address, value, now=LATER).decode()  # type: ignore[arg-type]
    except Error as error:
        assert refused_rightly(error, text), error
        return
    expect_bound(unlock(after))
    opened = unlock(after).objects()
    there: object = opened[0]
    for step in address:
        there = there[step]  # type: ignore[index]
    assert same(there, value)
    if new and "{" not in text and "[" not in text:
        assert lines_kept(before, after, "yaml")


def expect_bound(one: Unlocked) -> None:
    """Make sure that sops opens every comment: each stands where it was encrypted for."""
    for comment in (comment for tree in one.trees for comment in tree.comments):
        assert "ENC[" not in comment.text
        assert comment.token is None or one.selection.has_comment(comment)


def refused_rightly(error: Error, text: str) -> bool:
    """Tell whether a refusal is one that the documentation promises.

    A comment that stands deeper than what is left of its collection would become a part of a
    block in clear above it.
    """
    if "does not fit the file's layout" in error.message:
        return "#" in text and ("|" in text or ">" in text)
    return "alias" in error.message or "pair without brackets" in error.message


@common
@given(text=styled_yaml(), selector=SELECTORS, data=st.data())
def test_unset_takes_one_place_and_keeps_the_rest(
    text: str, selector: Selector, data: st.DataObject
) -> None:
    before = sealed(text, "yaml", selector)
    one = unlock(before)
    addresses = [address for address in collections(one) if address]
    address = data.draw(st.sampled_from(addresses))
    try:
        after = unset_at(one, address, now=LATER).decode()  # type: ignore[arg-type]
    except Error as error:
        assert refused_rightly(error, text), error
        return
    expected = one.objects()
    parent: object = expected[0]
    for step in address[:-1]:
        parent = parent[step]  # type: ignore[index]
    del parent[address[-1]]  # type: ignore[attr-defined]
    assert same(unlock(after).objects(), expected)
    expect_bound(unlock(after))


@common
@given(data=st.data(), model=JSON_MODELS, value=VALUES)
def test_json_is_set_and_unset_in_place(data: st.DataObject, model: Model, value: object) -> None:
    text = data.draw(styled_json(model))
    before = sealed(text, "json", Selector("unencrypted_suffix", "_unencrypted"))
    one = unlock(before, "json")
    address = data.draw(st.sampled_from(collections(one)[1:]))
    changed = set_at(one, address, value, now=LATER).decode()  # type: ignore[arg-type]
    there: object = unlock(changed, "json").objects()[0]
    for step in address:
        there = there[step]  # type: ignore[index]
    assert same(there, value)
    gone = unset_at(unlock(before, "json"), address, now=LATER).decode()  # type: ignore[arg-type]
    added = set_at(unlock(gone, "json"), ("new",), value, now=LATER).decode()
    assert unlock(added, "json").objects()[0]["new"] == value  # type: ignore[index]
