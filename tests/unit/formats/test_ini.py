"""INI as go-ini reads it."""

from __future__ import annotations

import pytest

from sopsmith.errors import FormatError
from sopsmith.formats import ini
from sopsmith.formats.ini_lines import spell_key, spell_value
from sopsmith.formats.splice import splice
from sopsmith.formats.tree import Mapping, to_object, walk


def values(text: str) -> object:
    (tree,) = ini.parse(text)
    return to_object(tree.root)


def comments(text: str) -> list[tuple[str, tuple[str, ...]]]:
    (tree,) = ini.parse(text)
    return [(comment.text, comment.path) for comment in tree.comments]


# What go-ini 1.67.3 reads; tests/interop compares with sops itself.
@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("k=v", "v"),
        ("k : v = w", "v = w"),
        ("k =", ""),
        ('k = "a b"', "a b"),
        ("k = 'a b'", "a b"),
        ('k = "a" b"', '"a" b"'),
        ("k = `a#b;c`", "a#b;c"),
        ("k = `a`b`", "a`b"),
        ('k = """a#"b"""', 'a#"b'),
        ('k = """l1\nl2"""', "l1\nl2"),
        ('k = """l1\nl2\n"""', "l1\nl2\n"),
        ("k = `l1\nl2`", "l1\nl2"),
        ('k = """', '"""'),
        ("k = a \\\n  b\\\n c", "a bc"),
        ("k = a \\\n\nx = 1", "a "),
        ("k = a ; note", "a"),
        ("k = %(x)s", "%(x)s"),
        ("`k` = v", "v"),
        ("\u00a0k\u2003= \u3000v\u2028", "v"),
        ("k = \x1cv\x1f", "\x1cv\x1f"),
    ],
)
def test_a_value_is_what_go_ini_reads(line: str, value: str) -> None:
    found = values(f"[s]\n{line}")
    assert isinstance(found, dict)
    assert found["s"]["k"] == value


def test_keys_before_the_first_header_are_in_the_section_default() -> None:
    assert values("g = 1\n[a]\nk = v\n") == {"DEFAULT": {"g": "1"}, "a": {"k": "v"}}


def test_sections_of_one_name_stay_apart() -> None:
    (tree,) = ini.parse("[a]\nk=1\n[b]\n[a]\nk=2\n")
    assert [(path, leaf.value) for path, _, leaf in walk(tree.root)] == [
        (("a", "k"), "1"),
        (("a", "k"), "2"),
    ]


def test_the_last_of_equal_keys_counts_at_the_place_of_the_first() -> None:
    assert values("[a]\nk=1\nm=2\nk=3\n") == {"a": {"k": "3", "m": "2"}}


def test_lines_above_an_owner_are_one_comment_of_its_section() -> None:
    text = "; top\ng = 1\n\n;; c0\n# c1\n\n  ; c2\n[a]\n#c3\nk = v\n; last\n"
    assert comments(text) == [
        ("top", ("DEFAULT",)),
        ("c0\n# c1\n \n; c2", ("a",)),
        ("c3", ("a",)),
        ("last", ("a",)),
    ]


def test_a_comment_behind_a_value_joins_the_lines_above() -> None:
    assert comments("[a]\n; up\nk = v ; behind\nm = w ; alone\n") == [
        ("up\n; behind", ("a",)),
        ("alone", ("a",)),
    ]


def test_comments_at_the_end_keep_their_section_when_metadata_follow() -> None:
    text = "[a]\nk=v\n; last\n"
    assert comments(text) == comments(text + "\n[sops]\nversion = 1\n") == [("last", ("a",))]


@pytest.mark.parametrize(
    "text",
    [
        "; c0\n[a]\nk = v\n",
        ";; c0\n#\n\n;c1\n[a]\nk = v ; c2\n",
        "# c0\r\n; c1\r\n[a]\r\nk = v\r\n",
        "[a]\n  ; c0\n\n\n  k = v\n",
    ],
)
def test_a_comment_is_written_back_where_it_stood(text: str) -> None:
    (tree,) = ini.parse(text)
    edits = [(one.start, one.end, one.written(one.text)) for one in tree.comments]
    again = splice(text, edits)
    assert again.replace("  ;", ";") == text.replace("  ;", ";")
    assert comments(again) == comments(text)


def test_a_comment_behind_a_header_is_written_above_it() -> None:
    text = "; up\n[a] ; behind\nk = v\n"
    (tree,) = ini.parse(text)
    (comment,) = tree.comments
    token = splice(text, [(comment.start, comment.end, comment.written("ENC[x]"))])
    assert token == "; ENC[x]\n[a]\nk = v\n"
    (alone,) = ini.parse("[a] ;behind\nk = v\n")[0].comments
    assert alone.written("ENC[x]") == ";ENC[x]\n[a]"


def test_a_line_of_ciphertext_is_a_comment_of_its_own() -> None:
    found = comments("[a]\n; by hand\n; ENC[x]\n; by hand too\nk = v\n")
    assert [text for text, _ in found] == ["by hand", "ENC[x]", "by hand too"]


def test_lines_without_a_mark_get_one() -> None:
    (comment,) = ini.parse("[a]\n; x\nk=v\n")[0].comments
    assert comment.written("a\nb\n# c\n \nd") == "a\n; b\n# c\n\n; d"


METADATA = {"age": [{"enc": "a\nb\n", "recipient": "r"}], "mac_only_encrypted": True, "mac": "m"}


def test_metadata_are_a_flat_section_with_escaped_line_feeds() -> None:
    text = "[a]\nk = v\n"
    (tree,) = ini.parse(text)
    source = ini.write_entry(text, tree, "sops", METADATA)
    assert source == (
        "[sops]\n"
        "age__list_0__map_enc       = a\\nb\\n\n"
        "age__list_0__map_recipient = r\n"
        "mac                        = m\n"
        "mac_only_encrypted         = true"
    )
    whole = splice(text, [ini.insert_entry(text, tree, source)])
    assert values(whole) == {"a": {"k": "v"}, "sops": {**METADATA, "mac_only_encrypted": "true"}}


def test_metadata_with_real_line_feeds_are_read_as_sops_3_13_0_wrote_them() -> None:
    text = '[sops]\nage__list_0__map_enc = """a\nb\n"""\nmac = m\n'
    assert values(text) == {"sops": {"age": [{"enc": "a\nb\n"}], "mac": "m"}}


@pytest.mark.parametrize(
    "text", ["", "\n", "[a]\nk=v\n", "[a]\nk=v\n\n; end\n\n", "[a]\r\nk=v\r\n"]
)
def test_metadata_go_as_they_came(text: str) -> None:
    (tree,) = ini.parse(text)
    source = ini.write_entry(text, tree, "sops", METADATA)
    whole = splice(text, [ini.insert_entry(text, tree, source)])
    (again,) = ini.parse(whole)
    assert splice(whole, [ini.remove_entry(whole, again, "sops")]) == text
    start, end = ini.entry_span(whole, again, "sops")
    assert whole[start:end] == source


def test_a_section_behind_the_metadata_stays() -> None:
    text = "[a]\nk=v\n\n[sops]\nmac = m\n\n[b]\nk=w\n"
    (tree,) = ini.parse(text)
    assert splice(text, [ini.remove_entry(text, tree, "sops")]) == "[a]\nk=v\n\n[b]\nk=w\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[a]\nCANARY\n", "line 2"),
        ("[a]\n= CANARY\n", "line 2"),
        ("[a]\n`CANARY = 1\n", "line 2"),
        ('[a]\nk = """CANARY\n', "line 2"),
        ("[a]\nk = `\nCANARY\n", "line 2"),
        ("[CANARY\n", "line 1"),
        ("[]\nCANARY = 1\n", "line 1"),
        ("[sops]\na=1\na__map_b=CANARY\n", "line 3"),
    ],
)
def test_refuses_what_go_ini_refuses_without_quoting_it(text: str, line: str) -> None:
    with pytest.raises(FormatError) as caught:
        ini.parse(text)
    assert caught.value.key == line
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[db]\npw = CANARY#b\n", "db.pw"),
        ("[db]\npw = CANARY #b\n", "db.pw"),
        ("[db]\npw = CANARY; b\n", "db.pw"),
        ('[db]\npw = "CANARY ; b"\n', "db.pw"),
        ("[db]\npw = `CANARY` b\n", "db.pw"),
        ("[db]\npw = `CANARY\n` b\n", "db.pw"),
        ("[db]\npw = CANARY\npw = b\n", "db.pw"),
        ("[db]\n`pw` b = CANARY\n", "db.pw"),
        ("[db]\n- = CANARY\n", "db.#1"),
        ("[db]\n`#x` = CANARY\n", "db.#x"),
        ("[db] b\npw = CANARY\n", "db"),
        ("pw = CANARY#b\n", "DEFAULT.pw"),
    ],
)
def test_what_sops_would_lose_is_named_with_its_line(text: str, place: str) -> None:
    (tree,) = ini.parse(text)
    (loss, *_) = tree.losses
    assert loss.key == place
    assert str(loss).startswith(f"{place}: line ")
    assert loss.hint
    assert "CANARY" not in str(loss)


@pytest.mark.parametrize(
    "line",
    ["k = a ; b", "k = a # b", "k = a ;", "k = ; b", "k = `a#b`", "k = `a` ; b", 'k = """a;b"""'],
)
def test_nothing_is_lost_where_a_comment_is_meant(line: str) -> None:
    assert ini.parse(f"[s]\n{line}\n")[0].losses == []


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ("", ""),
        ("a b", "a b"),
        ("a#b", "`a#b`"),
        (" a", '" a"'),
        ("a\nb", '"""a\nb"""'),
        ("a`b", '"""a`b"""'),
        ('"a"', '`"a"`'),
        ("a\\", "`a\\`"),
        ('a"""\nb', '`a"""\nb`'),
        ('a`"""\nb', None),
    ],
)
def test_a_value_is_spelled_so_that_it_reads_back(value: str, source: str | None) -> None:
    assert spell_value(value) == source


@pytest.mark.parametrize(
    ("key", "source"),
    [("a b", "a b"), ("a=b", "`a=b`"), ("a`b", '"""a`b"""'), ("-", None), ("#a", None), ("", None)],
)
def test_a_key_is_spelled_so_that_sops_writes_and_reads_it(key: str, source: str | None) -> None:
    assert spell_key(key) == source


def test_a_value_put_before_a_comment_keeps_off_it() -> None:
    text = "[s]\nk = ; note\n"
    (tree,) = ini.parse(text)
    assert isinstance(tree.root, Mapping)
    (_, _, leaf), *_ = walk(tree.root)
    written = splice(text, [(leaf.start, leaf.end, ini.write_scalar("v", leaf, text))])
    assert written == "[s]\nk = v ; note\n"
