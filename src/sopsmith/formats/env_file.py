r"""Read and write a `.env`, by this dialect and no other.

- Bytes are UTF-8; a byte order mark at the start is skipped; NUL is refused.
- A line ends with LF or CRLF. Blank lines and lines whose first sign is `#` say nothing.
- `NAME=value`, with `export ` before it if you like and white space (space, tab) around
  name and `=`. A name is letters, digits and `_`, and does not begin with a digit.
- `'…'` is literal and may run over lines. There is no escape: the next `'` ends it.
- `"…"` may run over lines and knows `\n \r \t \" \\ \$`; a backslash before anything else
  stands for itself.
- After a closing quote only white space, and behind that a comment, may follow: `"b"#c` is
  an error, since readers of dotenv do not agree on it.
- Anything else is unquoted: literal to the end of the line, with white space around it cut
  and quotes, backslashes, `=` and `#` in it kept. A `#` begins a comment only behind white
  space: `A=b#c` is `b#c`, `A=b # c` is `b`, `A=#c` is `#c`, `A= # c` is empty.
- Nothing is ever expanded: `$HOME`, `${HOME}`, `$(date)` and backticks are text.
- A quoted value keeps its line ends as they stand, CRLF too: a value is taken byte for byte.
- A name that stands twice is an error.

Errors say path and line. They hold no text of the file, because a broken line may be a part
of a value; names appear only once the whole file has been understood.
"""

from __future__ import annotations

from sopsmith.errors import EnvFileError
from sopsmith.formats.env_reader import NAME_SIGNS, Reader, Variable, is_name

__all__ = ["Variable", "is_name", "parse", "write"]

_PLAIN = NAME_SIGNS | frozenset("./:@%+,-=")
_ESCAPED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\", "$": "\\$"}


def parse(data: bytes, path: str) -> list[Variable]:
    """Return the assignments of a `.env` in the order of the file.

    Args:
        data: The file's bytes.
        path: What errors call the file.

    Raises:
        EnvFileError: The file is not of the dialect above; names the path and the line.
    """
    variables: list[Variable] = []
    reader = Reader(_decode(data, path), path)
    while (variable := reader.next_variable()) is not None:
        variables.append(variable)
    _refuse_duplicates(variables, path)
    return variables


def write(variables: list[Variable]) -> bytes:
    """Return a `.env` that `parse` reads as these variables, value for value.

    A plain value stands bare; one without `'` and control characters (line feeds aside) in
    single quotes, so that shells and other readers of dotenv take it literally too; any
    other in double quotes with escapes.

    Raises:
        EnvFileError: A name is not one, or a value is not UTF-8 text without NUL.
    """
    return "".join(f"{_checked(item.name)}={_quote(item)}\n" for item in variables).encode()


def _decode(data: bytes, path: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise EnvFileError("is not UTF-8", path=path, key=f"line {line}") from None
    nul = text.find("\0")
    if nul >= 0:
        line = text.count("\n", 0, nul) + 1
        raise EnvFileError("holds a NUL character", path=path, key=f"line {line}")
    return text


def _refuse_duplicates(variables: list[Variable], path: str) -> None:
    first: dict[str, int] = {}
    for variable in variables:
        if variable.name in first:
            raise EnvFileError(
                f"{variable.name} stands on line {first[variable.name]} already",
                path=path,
                key=f"line {variable.line}",
                hint="remove one of the two lines",
            )
        first[variable.name] = variable.line


def _checked(name: str) -> str:
    if not is_name(name):
        raise EnvFileError(f"{name!r} is not a name that a .env can hold")
    return name


def _quote(variable: Variable) -> str:
    try:
        value = variable.value.reveal().decode()
    except UnicodeDecodeError:
        raise EnvFileError(f"the value of {variable.name} is not UTF-8") from None
    if "\0" in value:
        raise EnvFileError(f"the value of {variable.name} holds a NUL character")
    if _PLAIN.issuperset(value):
        return value
    if "'" not in value and value.replace("\n", "").isprintable():
        return f"'{value}'"
    return '"' + "".join(_ESCAPED.get(char, char) for char in value) + '"'
