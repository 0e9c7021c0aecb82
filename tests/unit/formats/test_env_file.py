"""The dialect of `.env`, case by case."""

from __future__ import annotations

import pytest

from sopsmith.errors import EnvFileError
from sopsmith.formats import env_file
from sopsmith.formats.env_file import Variable
from sopsmith.secret import Secret

PEM = "-----BEGIN PRIVATE KEY-----\nMIIB+/x==\n-----END PRIVATE KEY-----\n"


def values(text: str | bytes) -> dict[str, str]:
    data = text if isinstance(text, bytes) else text.encode()
    return {item.name: item.value.reveal().decode() for item in env_file.parse(data, ".env")}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("A=", ""),
        ("A=''", ""),
        ('A=""', ""),
        ("A=a=b=c", "a=b=c"),
        ("A=b#c", "b#c"),
        ("A=#c", "#c"),
        ("A=b # c", "b"),
        ("A=b\t# c", "b"),
        ("A=a#b # c # d", "a#b"),
        ("A= # c", ""),
        ("A=  b c  ", "b c"),
        ("  A = b", "b"),
        ("export A=b", "b"),
        ("export\tA=b", "b"),
        ("A='b # c'", "b # c"),
        ("A='b' # c", "b"),
        ('A="b"\t#c', "b"),
        (r"A='\n\"$X'", r"\n\"$X"),
        (r'A="\n\r\t\"\\\$"', '\n\r\t"\\$'),
        (r'A="\a\'"', "\\a\\'"),
        (r"A=\n$X", r"\n$X"),
        ("A=$HOME${HOME}$(date)`date`", "$HOME${HOME}$(date)`date`"),
        ('A="$HOME ${HOME}"', "$HOME ${HOME}"),
        ("A=it's", "it's"),
        ('A=say "hi"', 'say "hi"'),
        ("A=s/&/\\1/g;rm -rf *|{}[]!%@,~", "s/&/\\1/g;rm -rf *|{}[]!%@,~"),
        ("A=: - ? | > & * !! yes", ": - ? | > & * !! yes"),
        ("A=Grüße 🔑", "Grüße 🔑"),
        ("A=a\u2028b\u0085c", "a\u2028b\u0085c"),
    ],
)
def test_a_value_is_taken_byte_for_byte(line: str, value: str) -> None:
    assert values(line) == {"A": value}


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_quoted_value_may_run_over_lines(quote: str) -> None:
    assert values(f"A={quote}{PEM}{quote}\nB=2\n") == {"A": PEM, "B": "2"}


def test_blank_lines_and_comment_lines_say_nothing() -> None:
    assert values("\n# A=1\n   # 'B\n\nC=3") == {"C": "3"}


def test_crlf_ends_a_line() -> None:
    assert values("# x\r\nA=b\r\n\r\nC='d' # e\r\nF=\r\nG=h # i\r\n") == {
        "A": "b",
        "C": "d",
        "F": "",
        "G": "h",
    }


def test_a_quoted_value_keeps_its_line_ends() -> None:
    assert values('A="b\r\nc"\r\n') == {"A": "b\r\nc"}


def test_a_byte_order_mark_is_skipped() -> None:
    assert values(b"\xef\xbb\xbfA=b") == {"A": "b"}


def test_export_can_be_a_name() -> None:
    assert values("export=b") == {"export": "b"}


def test_a_variable_knows_the_line_it_begins_on() -> None:
    parsed = env_file.parse(b"\nA='1\n2'\n# x\nB=3", ".env")
    assert [item.line for item in parsed] == [2, 5]


def test_the_order_of_the_file_is_kept() -> None:
    assert list(values("B=1\nA=2\nC=3")) == ["B", "A", "C"]


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        (b"A=1\ncanary\n", "line 2", "has no `=`"),
        (b"export A\n", "line 1", "has no `=`"),
        (b"=canary\n", "line 1", "not a name"),
        (b"1A=canary\n", "line 1", "not a name"),
        (b"canary+/==\n", "line 1", "not a name"),
        (b"A B=canary", "line 1", "not a name"),
        (b"A='canary\n\nB=2\n", "line 1", "never closed"),
        (b'\nA="canary\\"\n\nB=2\n', "line 2", "never closed"),
        (b"A='canary'x\n", "line 1", "text follows the closing quote"),
        (b"A='1\ncanary''x'\n", "line 2", "text follows the closing quote"),
        (b'A="canary"#x\n', "line 1", "text follows the closing quote"),
        (b"A=1\nB=canary\xff\n", "line 2", "is not UTF-8"),
        (b"A=canary\0\n", "line 1", "NUL"),
    ],
)
def test_an_error_says_path_and_line_and_no_text_of_the_file(
    text: bytes, key: str, message: str
) -> None:
    with pytest.raises(EnvFileError) as caught:
        env_file.parse(text, "x/.env")
    assert caught.value.path == "x/.env"
    assert caught.value.key == key
    assert message in caught.value.message
    assert "canary" not in repr(caught.value) + str(caught.value) + (caught.value.hint or "")


def test_a_duplicate_names_both_lines() -> None:
    with pytest.raises(EnvFileError, match=r"\.env: line 3: A stands on line 1 already"):
        env_file.parse(b"A=1\nB=2\nexport A=1\n", ".env")


def test_a_name_is_shown_only_once_the_whole_file_is_understood() -> None:
    with pytest.raises(EnvFileError, match="line 3: has no"):
        env_file.parse(b"canary=\ncanary=\nbroken\n", ".env")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("", "A=\n"),
        ("a=b,c", "A=a=b,c\n"),
        ("a b", "A='a b'\n"),
        ("a$b", "A='a$b'\n"),
        ("a\nb\n", "A='a\nb\n'\n"),
        ("it's", 'A="it\'s"\n'),
        ("it's $5 \\n", 'A="it\'s \\$5 \\\\n"\n'),
        ("a\r\nb", 'A="a\\r\\nb"\n'),
    ],
)
def test_write_quotes_no_more_than_it_must(value: str, written: str) -> None:
    assert env_file.write([Variable("A", Secret(value.encode()))]) == written.encode()


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "Ä"])
def test_write_refuses_what_is_no_name(name: str) -> None:
    with pytest.raises(EnvFileError, match="not a name"):
        env_file.write([Variable(name, Secret(b""))])


@pytest.mark.parametrize("value", [b"\xff", b"a\0b"])
def test_write_refuses_what_a_env_cannot_hold(value: bytes) -> None:
    with pytest.raises(EnvFileError, match="the value of A"):
        env_file.write([Variable("A", Secret(value))])
