"""Read the text of a `.env` once, from its start to its end; `env_file` has the dialect."""

from __future__ import annotations

from typing import NamedTuple

from sopsmith.errors import EnvFileError
from sopsmith.secret import Secret

_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
NAME_SIGNS = _LETTERS | frozenset("0123456789")
_BLANK = " \t"
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}


class Variable(NamedTuple):
    """One assignment of a `.env`.

    Attributes:
        name: The name as written, without `export`.
        value: The value's bytes, UTF-8, unquoted.
        line: Where the assignment begins, counted from 1; 0 where it was not read from a file.
    """

    name: str
    value: Secret
    line: int = 0


def is_name(text: str) -> bool:
    """Tell whether a text can stand before the `=`."""
    return bool(text) and text[0] in _LETTERS and NAME_SIGNS.issuperset(text)


class Reader:
    """Walk over the text once; `at` is the offset of the next character."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.at = 0
        self.counted = 0
        self.line = 1

    def next_variable(self) -> Variable | None:
        """Return the next assignment, or None at the end of the text."""
        while self.at < len(self.text):
            self._skip_blanks()
            if self._rest_of_line_is_empty():
                self._next_line()
                continue
            line = self._line_number()
            return Variable(self._name(line), Secret(self._value(line).encode()), line)
        return None

    def _name(self, line: int) -> str:
        end = self._line_end()
        equals = self.text.find("=", self.at, end)
        if equals < 0:
            raise self._error("has no `=`", line, "a value of many lines needs quotes around it")
        name = self.text[self.at : equals].rstrip(_BLANK)
        first, blank, rest = name.replace("\t", " ").partition(" ")
        if first == "export" and blank:
            name = rest.strip(" ")
        if not is_name(name):
            raise self._error(
                "what stands before the `=` is not a name: letters, digits and _", line
            )
        self.at = equals + 1
        return name

    def _value(self, line: int) -> str:
        start = self.at
        self._skip_blanks()
        quote = self.text[self.at : self.at + 1]
        if quote in {"'", '"'}:
            value = self._single(line) if quote == "'" else self._double(line)
            self._end_quoted()
        else:
            value = self._unquoted(start)
        self._next_line()
        return value

    def _unquoted(self, start: int) -> str:
        text = self.text[start : self._line_end()]
        found = text.find("#")
        while found >= 0:
            if found > 0 and text[found - 1] in _BLANK:
                text = text[:found]
                break
            found = text.find("#", found + 1)
        return text.strip(_BLANK)

    def _single(self, line: int) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise self._error("the quote ' that opens here is never closed", line)
        value = self.text[self.at + 1 : end]
        self.at = end + 1
        return value

    def _double(self, line: int) -> str:
        parts: list[str] = []
        at = start = self.at + 1
        while at < len(self.text) and self.text[at] != '"':
            if self.text[at] == "\\" and self.text[at + 1 : at + 2] in _ESCAPES:
                parts += (self.text[start:at], _ESCAPES[self.text[at + 1]])
                at = start = at + 2
            else:
                at += 1
        if at >= len(self.text):
            raise self._error('the quote " that opens here is never closed', line)
        parts.append(self.text[start:at])
        self.at = at + 1
        return "".join(parts)

    def _end_quoted(self) -> None:
        closed = self.at
        self._skip_blanks()
        glued = self.at == closed and self.text[closed : closed + 1] == "#"
        if glued or not self._rest_of_line_is_empty():
            raise self._error("text follows the closing quote", self._line_number())

    def _skip_blanks(self) -> None:
        while self.text[self.at : self.at + 1] in {" ", "\t"}:
            self.at += 1

    def _rest_of_line_is_empty(self) -> bool:
        return self.at >= self._line_end() or self.text[self.at] == "#"

    def _line_end(self) -> int:
        """Return the offset behind the line's last character, its line end left out."""
        end = self.text.find("\n", self.at)
        end = len(self.text) if end < 0 else end
        return end - 1 if end > self.at and self.text[end - 1] == "\r" else end

    def _next_line(self) -> None:
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end + 1

    def _line_number(self) -> int:
        # Counting on from the last place keeps the whole file linear.
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        return self.line

    def _error(self, message: str, line: int, hint: str | None = None) -> EnvFileError:
        return EnvFileError(message, path=self.path, key=f"line {line}", hint=hint)
