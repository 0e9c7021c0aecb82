"""INI, dotenv and binary come back as they were, and nothing in them stays readable."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from tests.unit.sops.world import LATER, NOW, RECIPIENT, unlock

from sopsmith.errors import FormatError
from sopsmith.formats import ini
from sopsmith.formats.ini_lines import read_value, spell_key, spell_value
from sopsmith.formats.splice import splice
from sopsmith.formats.tree import Tree, walk
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, encrypt

EXAMPLES = int(os.environ.get("SOPSMITH_EXAMPLES", "50"))
common = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
RULE = CreationRule((RECIPIENT,))
WORD = "\u00a7"  # stands for what is secret; it is in no key and in no token
PARTS = st.sampled_from(
    [
        *(
            WORD,
            WORD,
            WORD,
            " ",
            "\t",
            '"',
            '"""',
            "'",
            "`",
            "\\",
            "#",
            ";",
            " # ",
            " ; ",
            "=",
            ":",
        ),
        *(
            "\n",
            "\n",
            "\r\n",
            "\nk = ",
            "\nm=",
            "\n[s]\n",
            "\n; ",
            "\n# ",
            "\n[t] ; ",
            "é",
            "\u00a0",
        ),
    ]
)
INI = st.lists(PARTS, min_size=1, max_size=25).map("".join)
DOTENV = st.lists(
    st.sampled_from([f"A={WORD}", f'B="{WORD}" # x', f"#{WORD}", "", f"C={WORD}\\n{WORD}", "D="]),
    min_size=1,
).map(lambda lines: "\n".join(lines) + "\n")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def parsed(text: str) -> Tree:
    """Return an INI text's tree, or give the example up where sopsmith refuses the text."""
    try:
        (tree,) = ini.parse(text)
    except FormatError:
        assume(False)
        raise
    assume(not tree.losses and all(path[0] != "sops" for path, _, _ in walk(tree.root)))
    return tree


def leaves(tree: Tree) -> list[tuple[object, object]]:
    return [(path, scalar.value) for path, _, scalar in walk(tree.root)]


def remarks(tree: Tree) -> list[str]:
    return [line.strip(" #;\r") for one in tree.comments for line in one.text.split("\n")]


@common
@given(value=TEXT)
@example(value='a"')
@example(value='"""')
@example(value="x\\")
def test_a_spelled_value_reads_back(value: str) -> None:
    source = spell_value(value)
    if source is None:
        # Only a text of many lines with both kinds of quotes in it has no spelling.
        assert "\n" in value
        assert "`" in value
        return
    line = source + "\n"
    found = read_value(line, 0, line.find("\n") + 1)
    assert (found.text, found.rest, found.comment) == (value, len(line), -1)


@common
@given(key=TEXT)
def test_a_spelled_key_reads_back(key: str) -> None:
    source = spell_key(key)
    if source is not None:
        assert leaves(ini.parse(f"{source} = v\n")[0]) == [(("DEFAULT", key), "v")]


@common
@given(text=INI)
def test_values_written_where_they_stood_change_nothing(text: str) -> None:
    tree = parsed(text)
    edits = []
    for _, _, scalar in walk(tree.root):
        try:
            edits.append((scalar.start, scalar.end, ini.write_scalar(scalar.value, scalar, text)))
        except FormatError:
            assume(False)
    assert leaves(ini.parse(splice(text, edits))[0]) == leaves(tree)


@common
@given(text=INI)
@example(text=f"; {WORD}\n\n; {WORD}\n[s] ; {WORD}\n; {WORD}\nk = {WORD} ; {WORD}\n; {WORD}\n")
@example(text=f"k = `{WORD}` ; {WORD}\nm = {WORD} \\\n {WORD}\n")
def test_nothing_of_ini_but_names_stays_readable(text: str) -> None:
    tree = parsed(text)
    assume(all(WORD not in name for path, _, _ in walk(tree.root) for name in path))
    assume(all(f"[{WORD}" not in line for line in text.split("\n")))
    sealed = encrypt(text.encode(), "ini", RULE, now=NOW, path="x").decode()
    assert WORD not in sealed
    opened = unlock(sealed, "ini")
    plain = opened.plaintext()
    again = parsed(plain.decode())
    assert leaves(again) == leaves(tree)
    assert remarks(again) == remarks(tree)
    assert unlock(sealed, "ini").reencrypt(plain, now=LATER).decode() == sealed


@common
@given(text=DOTENV)
def test_dotenv_comes_back_byte_for_byte_and_hides_all_but_names(text: str) -> None:
    sealed = encrypt(text.encode(), "dotenv", RULE, now=NOW, path="x").decode()
    assert WORD not in sealed
    assert unlock(sealed, "dotenv").plaintext().decode() == text


@common
@given(before=st.binary(max_size=300), after=st.binary(max_size=300))
def test_binary_comes_back_byte_for_byte(before: bytes, after: bytes) -> None:
    sealed = encrypt(before, "binary", RULE, now=NOW, path="x")
    opened = unlock(sealed.decode(), "binary")
    assert opened.plaintext() == before
    changed = opened.reencrypt(after, now=LATER)
    assert Document.parse(changed, "binary", path="x").metadata.recipients == [RECIPIENT]
    assert unlock(changed.decode(), "binary").plaintext() == after
