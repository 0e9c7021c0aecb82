"""dotenv, INI, binary files and conversions go both ways between sopsmith and the real sops."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from tests.documents import JSON_MODELS, MODELS, Model, as_json, integers, strings, to_yaml
from tests.interop.conftest import NOW, RealSops

from sopsmith.errors import FormatError, RuleError
from sopsmith.formats import ini, load_format
from sopsmith.formats.ini_lines import read_value, spell_value
from sopsmith.formats.tree import to_object
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, Unlocked, encrypt
from sopsmith.sops.plain import read_plain
from sopsmith.sops.sealing import encrypt_plain
from sopsmith.sops.selectors import Selector

EXAMPLES = int(os.environ.get("SOPSMITH_EXAMPLES", "20"))
common = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
ALL = Selector("unencrypted_suffix", "_unencrypted")
LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\n"), max_size=20)
TEXT = LINE | st.lists(LINE, max_size=4).map("\n".join)
NAMES = st.sampled_from(["a", "B_C", "b_unencrypted", "é", "k.x", "a b", "10", "x-y"])


def seal(text: bytes, kind: str, sops: RealSops) -> bytes:
    try:
        return encrypt(text, kind, CreationRule((sops.recipient,), ALL), now=NOW, path="test")
    except RuleError:
        # Nothing in the text is a secret, which sopsmith refuses.
        assume(False)
        raise


def convert(text: bytes, source: str, target: str, sops: RealSops) -> bytes:
    plain = read_plain(text, load_format(source)).converted(target)
    try:
        return encrypt_plain(plain, CreationRule((sops.recipient,), ALL), now=NOW, path="test")
    except RuleError:
        assume(False)
        raise


def open_(data: bytes, kind: str, sops: RealSops) -> Unlocked:
    return Document.parse(data, kind, path="test").unlock(sops.keyring)


ENTRY = st.builds("{}={}".format, NAMES, LINE)
DOTENV = st.lists(ENTRY | st.just("") | LINE.map("#{}".format), min_size=1, max_size=6).map(
    lambda lines: "".join(line + "\n" for line in lines)
)


@common
@given(text=DOTENV)
@example(text="a=x\\ny\nb=\\\\n\n#c\na=again\n")
def test_sops_opens_the_dotenv_that_sopsmith_writes(sops: RealSops, text: str) -> None:
    opened = sops.decrypt(seal(text.encode(), "dotenv", sops), "dotenv").decode()
    assert opened == "".join(line + "\n" for line in text.split("\n") if line)


@common
@given(text=DOTENV)
def test_sopsmith_opens_the_dotenv_that_sops_writes(sops: RealSops, text: str) -> None:
    sealed = sops.encrypt(text.encode(), "dotenv")
    assert open_(sealed, "dotenv", sops).plaintext() == sops.decrypt(sealed, "dotenv")


def ini_line(draw: st.DrawFn) -> str:
    """Return a line, or lines, of INI: a comment, a blank line, or a key in some spelling."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.sampled_from(["", "; c", "# c", "  ;; c", "#c0\n; c1", ";"]))
    value = draw(TEXT)
    quotes = draw(st.permutations(["", "`", '"""', '"', "'"]))
    spelled = [f"{quote}{value}{quote}" for quote in quotes]
    fitting = [source for source in spelled if _reads_as(source, value)]
    source = fitting[0] if fitting else spell_value(value) or ""
    key, between = draw(NAMES), draw(st.sampled_from([" = ", "=", ": ", "  =\t"]))
    return f"{key}{between}{source}{draw(st.sampled_from(['', '', ' ; c', ' # c']))}"


def _reads_as(source: str, value: str) -> bool:
    whole = source + "\n"
    try:
        found = read_value(whole, 0, whole.find("\n") + 1)
    except FormatError:
        return False
    return found.text == value and found.comment < 0 and found.rest == len(whole)


@st.composite
def ini_texts(draw: st.DrawFn) -> str:
    """Make INI texts of a few sections."""
    lines = []
    for header in ("", "[s]", "[t.u] ; c", "[s]"):
        if draw(st.booleans()):
            lines += [header, *(ini_line(draw) for _ in range(draw(st.integers(0, 4))))]
    return "\n".join(lines) + draw(st.sampled_from(["\n", "", "\n; end\n"]))


def ini_values(tree_text: str) -> object:
    """Return INI's values as sops shows them: with the section DEFAULT, even if it is empty."""
    return {"DEFAULT": {}, **_merged(tree_text)}


def _merged(text: str) -> dict[str, object]:
    found = to_object(ini.parse(text)[0].root)
    assert isinstance(found, dict)
    return found


@common
@given(text=ini_texts())
@example(text="; c0\n\n; c1\n[a] ; c2\nk = v ; c3\n; end\n")
@example(text='[a]\nk = """l1\nl2`"""\nm = a \\\n b\ne =\nq = \'x\'\n')
def test_sops_opens_the_ini_that_sopsmith_writes(sops: RealSops, text: str) -> None:
    assume(not ini.parse(text)[0].losses)
    sealed = seal(text.encode(), "ini", sops)
    opened = json.loads(sops.decrypt(sealed, "ini", "json"))
    assert opened == ini_values(text)


@common
@given(text=ini_texts())
def test_sopsmith_opens_the_ini_that_sops_writes(sops: RealSops, text: str) -> None:
    done = sops.attempt(
        *("encrypt", "--age", sops.recipient, "--input-type", "ini", "--output-type", "ini"),
        "/dev/stdin",
        data=text.encode(),
    )
    assume(done.returncode == 0 and sops.opens_its_own(done.stdout, "ini"))
    opened = open_(done.stdout, "ini", sops)
    (found,) = opened.objects()
    assert isinstance(found, dict)
    assert {"DEFAULT": {}, **found} == json.loads(sops.decrypt(done.stdout, "ini", "json"))
    assert ini_values(opened.plaintext().decode()) == {"DEFAULT": {}, **found}


def test_sops_keeps_the_comments_of_the_ini_that_sopsmith_writes(sops: RealSops) -> None:
    text = "; c0\n\n# c1\n[a] ; c2\n; c3\nk = v ; c4\nm = w ; c5\n"
    opened = sops.decrypt(seal(text.encode(), "ini", sops), "ini").decode()
    # sops has no blank line between comments; the empty comment stands for it.
    assert opened.split("\n")[:4] == ["; c0", ";  ", "# c1", "; c2"]
    assert [line for line in opened.split("\n") if "c" in line] == [
        *("; c0", "# c1", "; c2", "; c3", "; c4", "; c5")
    ]


def test_sops_edits_the_ini_that_sopsmith_writes(sops: RealSops, tmp_path: object) -> None:
    file = f"{tmp_path}/f.ini"
    with open(file, "wb") as stream:
        stream.write(seal(b"[a]\n; c\nk = v\nm = w\n", "ini", sops))
    sops.run("set", file, '["a"]["k"]', '"by sops"')
    with open(file, "rb") as stream:
        opened = open_(stream.read(), "ini", sops)
    assert opened.plaintext() == b"[a]\n; c\nk = by sops\nm = w\n"


def test_sops_loses_what_sopsmith_refuses(sops: RealSops) -> None:
    text = b"[db]\npw = a#b\n"
    assert json.loads(sops.decrypt(sops.encrypt(text, "ini"), "ini", "json"))["db"]["pw"] == "a"
    with pytest.raises(FormatError, match="lose"):
        seal(text, "ini", sops)
    sealed = seal(b"[db]\npw = `a#b`\n", "ini", sops)
    assert json.loads(sops.decrypt(sealed, "ini", "json"))["db"]["pw"] == "a#b"


def test_sops_leaves_in_clear_what_a_comment_in_ini_asks_to_encrypt(
    sops: RealSops, tmp_path: object
) -> None:
    config, file = f"{tmp_path}/.sops.yaml", f"{tmp_path}/f.ini"
    with open(config, "w") as stream:
        stream.write(f"creation_rules:\n- age: {sops.recipient}\n  encrypted_comment_regex: hide\n")
    with open(file, "w") as stream:
        stream.write("[a]\n; hide\nk = CANARY\nm = w\n")
    sealed = sops.run("--config", config, "encrypt", file)
    assert b"CANARY" in sealed
    # sopsmith writes no such file, but opens the ones that are there.
    assert open_(sealed, "ini", sops).objects() == [{"a": {"k": "CANARY", "m": "w"}}]


@common
@given(data=st.binary(max_size=200) | TEXT.map(str.encode))
@example(data=b"\xff\x00\r\n")
@example(data=b"")
def test_a_file_of_any_bytes_goes_both_ways(sops: RealSops, data: bytes) -> None:
    assert sops.decrypt(seal(data, "binary", sops), "binary") == data
    opened = open_(sops.encrypt(data, "binary"), "binary", sops)
    assert opened.plaintext() == data
    changed = opened.reencrypt(data + b"\xfe", now=NOW)
    assert sops.decrypt(changed, "binary") == data + b"\xfe"


FLAT = st.dictionaries(
    NAMES, TEXT | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9), min_size=1
)


@common
@given(model=FLAT)
@example(model={"a": 1, "b_unencrypted": True})
def test_sops_opens_yaml_that_was_converted_to_dotenv(sops: RealSops, model: Model) -> None:
    assume(all("\\n" not in text for text in strings(model)))
    sealed = convert(to_yaml(model).encode(), "yaml", "dotenv", sops)
    opened = json.loads(sops.decrypt(sealed, "dotenv", "json"))
    assert opened == {
        key: _as_dotenv(value) if key.endswith("_unencrypted") else as_json(value)
        for key, value in model.items()
    }


def _as_dotenv(value: object) -> object:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def test_sops_cannot_open_the_dotenv_that_it_made_of_a_clear_boolean(sops: RealSops) -> None:
    text = b"a: x\nb_unencrypted: true\n"
    types = ("--input-type", "yaml", "--output-type", "dotenv")
    sealed = sops.run("encrypt", "--age", sops.recipient, *types, "/dev/stdin", data=text)
    assert not sops.opens_its_own(sealed, "dotenv")
    assert sops.opens_its_own(convert(text, "yaml", "dotenv", sops), "dotenv")


@common
@given(model=MODELS)
def test_sops_opens_yaml_that_was_converted_to_json(sops: RealSops, model: Model) -> None:
    assume(all(abs(number) <= 2**53 for number in integers(model)))
    sealed = convert(to_yaml(model).encode(), "yaml", "json", sops)
    assert as_json(json.loads(sops.decrypt(sealed, "json"))) == as_json(model)


@common
@given(model=JSON_MODELS)
def test_sops_opens_json_that_was_converted_to_yaml(sops: RealSops, model: Model) -> None:
    sealed = convert(json.dumps(model).encode(), "json", "yaml", sops)
    assert as_json(json.loads(sops.decrypt(sealed, "yaml", "json"))) == as_json(model)


@common
@given(model=st.dictionaries(NAMES, FLAT, min_size=1, max_size=3))
def test_sops_opens_json_that_was_converted_to_ini(sops: RealSops, model: Model) -> None:
    assume(all(spell_value(text) is not None for text in strings(model)))
    sealed = convert(json.dumps(model).encode(), "json", "ini", sops)
    opened = open_(sealed, "ini", sops).objects()
    assert opened == [_as_ini(model)]
    assert sops.opens_its_own(sealed, "ini")


def _as_ini(model: Model) -> Model:
    return {
        name: {
            key: _as_dotenv(value)
            if name.endswith("_unencrypted") or key.endswith("_unencrypted")
            else value
            for key, value in section.items()
        }
        for name, section in model.items()
        if isinstance(section, dict)
    }


@common
@given(model=MODELS)
def test_a_decryption_to_json_says_what_that_of_sops_says(sops: RealSops, model: Model) -> None:
    sealed = sops.encrypt(to_yaml(model).encode(), "yaml", "--encrypted-regex", ".")
    ours = open_(sealed, "yaml", sops).converted("json")
    assert as_json(json.loads(ours)) == as_json(json.loads(sops.decrypt(sealed, "yaml", "json")))


@common
@given(model=JSON_MODELS)
def test_a_decryption_to_yaml_says_what_that_of_sops_says(sops: RealSops, model: Model) -> None:
    # Up to 3.13.1 sops wrote large clear integers as doubles, which are not converted.
    assume(sops.newest or all(abs(number) <= 2**53 for number in integers(model)))
    sealed = sops.encrypt(json.dumps(model).encode(), "json")
    ours = open_(sealed, "json", sops).converted("yaml")
    (tree,) = load_format("yaml").parse(ours.decode())
    assert as_json(to_object(tree.root)) == as_json(model)
