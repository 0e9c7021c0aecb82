"""Render the templates of External Secrets Operator (engine v2) and of Sealed Secrets.

Understood are text, `.key`, literals, `( … )`, pipelines and the functions of
`template_functions`. Everything else (conditions, loops, variables, other functions) is an error
that says what it is: what cannot be rendered as the operator renders it is not rendered at all.

Source: Go text/template (parse/lex.go, exec.go); external-secrets pkg/template/v2 (missing keys
are errors).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sopsmith.errors import ManifestError
from sopsmith.kube.template_functions import FUNCTIONS, Value, refuse_long, to_print

_TOKEN = re.compile(
    r"""\s+
    |(?P<field>\.[A-Za-z_]\w*)|(?P<dot>\.)|(?P<open>\()|(?P<close>\))|(?P<pipe>\|)
    |(?P<number>-?(?:0|[1-9]\d{0,17})(?![\w.]))|(?P<name>[A-Za-z_]\w*)
    |(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<raw>`[^`]*`)""",
    re.VERBOSE | re.ASCII,
)
# No two branches begin with the same sign: two ways to read one text would double with each. Not
# possessive, which Python has since 3.11 and gets wrong in its first releases.
_ACTION = re.compile(
    r"""\{\{(?:
        (?:-[ \t\r\n]+)?/\*(?:(?!\*/).)*\*/(?:[ \t\r\n]+-)?
        |(?!(?:-[ \t\r\n]+)?/\*)(?:"(?:[^"\\\n]|\\.)*"|`[^`]*`|(?!\}\})[^"`])*
    )\}\}""",
    re.DOTALL | re.VERBOSE,
)
_DEEPEST = 50
"""How many brackets may be open at once."""
_KEYWORDS = frozenset({
    "if", "else", "end", "range", "with", "define", "block", "template", "break", "continue",
})  # fmt: skip
_ESCAPE = re.compile(r"\\(?:([abfnrtv\\\"'])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPES = dict(zip("abfnrtv\\\"'", "\a\b\f\n\r\t\v\\\"'", strict=True))
_SPACE = " \t\r\n"


class _Token(NamedTuple):
    kind: str
    text: str
    spaced: bool  # white space stands before it


def render(text: str, data: dict[str, str]) -> str:
    """Return what a template makes of some values.

    Raises:
        ManifestError: It uses what is not understood here, or a key that is not there; no value
            is quoted.
    """
    parts: list[str] = []
    at, size, trim = 0, 0, False
    while (start := text.find("{{", at)) >= 0:
        match = _ACTION.match(text, start)
        if match is None:
            raise ManifestError("the template has an action that does not end")
        before, inside = text[at:start], match.group()[2:-2]
        before = before.lstrip(_SPACE) if trim else before
        if inside[:1] == "-" and inside[1:2] in {*_SPACE}:
            before, inside = before.rstrip(_SPACE), inside[1:]
        trim = inside[-1:] == "-" and inside[-2:-1] in {*_SPACE}
        inside = inside[:-1] if trim else inside
        parts += [before, _action(inside, data)]
        at, size = match.end(), size + len(parts[-1])
        refuse_long(size)
    parts.append(text[at:].lstrip(_SPACE) if trim else text[at:])
    return "".join(parts)


def _action(inside: str, data: dict[str, str]) -> str:
    stripped = inside.strip()
    if stripped.startswith("/*") and stripped.endswith("*/"):
        return ""
    value = _Pipeline(_tokens(inside), dict(data)).whole()
    return to_print(value)


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at, spaced = 0, True
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ManifestError(f"the template has {text[at]!r}, which is not followed here")
        if match.lastgroup:
            tokens.append(_Token(match.lastgroup, match.group(), spaced))
        spaced, at = match.lastgroup is None, match.end()
    return tokens


class _Pipeline:
    """Evaluate the tokens of one action."""

    def __init__(self, tokens: list[_Token], data: dict[str, Value]) -> None:
        self._tokens = tokens
        self._data = data
        self._at = 0
        self._open = 0

    def whole(self) -> Value:
        value = self._pipeline()
        if self._at < len(self._tokens):
            raise ManifestError("the template has a ) that nothing opens")
        return value

    def _pipeline(self) -> Value:
        value = self._command(())
        while self._peek("pipe"):
            self._at += 1
            value = self._command((value,))
        return value

    def _command(self, last: tuple[Value, ...]) -> Value:
        """Evaluate a function with its arguments, or one value.

        Args:
            last: What comes through the pipe, which is the last argument.
        """
        if self._peek("name") and self._tokens[self._at].text not in {"true", "false", "nil"}:
            name = self._tokens[self._at].text
            self._at += 1
            return _call(name, [*self._operands(), *last])
        found = self._operands()
        if len(found) != 1 or last:
            raise ManifestError("the template calls something that is no function")
        return found[0]

    def _operands(self) -> list[Value]:
        found: list[Value] = []
        while self._at < len(self._tokens):
            if self._peek("pipe") or self._peek("close"):
                break
            token = self._tokens[self._at]
            if token.kind == "field" and found and not token.spaced:
                found[-1] = _field(found[-1], token.text[1:])
                self._at += 1
            else:
                found.append(self._operand(token))
        return found

    def _operand(self, token: _Token) -> Value:
        self._at += 1
        if token.kind == "open":
            return self._bracketed()
        if token.kind == "field":
            return _field(self._data, token.text[1:])
        if token.kind == "dot":
            return self._data
        if token.kind == "number":
            return int(token.text)
        if token.kind == "raw":
            return token.text[1:-1]
        if token.kind == "string":
            return _ESCAPE.sub(_unescape, token.text[1:-1])
        if token.text in {"true", "false"}:
            return token.text == "true"
        # A function among the arguments takes none itself, as in Go.
        return _call(token.text, [])

    def _bracketed(self) -> Value:
        self._open += 1
        if self._open > _DEEPEST:
            raise ManifestError(f"the template has more than {_DEEPEST} brackets in one another")
        value = self._pipeline()
        if not self._peek("close"):
            raise ManifestError("the template has a ( that nothing closes")
        self._at += 1
        self._open -= 1
        return value

    def _peek(self, kind: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at].kind == kind


def _call(name: str, arguments: list[Value]) -> Value:
    if name in _KEYWORDS:
        raise ManifestError(f"the template uses {{{{ {name} }}}}, which is not followed here")
    function = FUNCTIONS.get(name)
    if function is None:
        raise ManifestError(f"the template uses the function {name}, which is not known here")
    return function(*arguments)


def _field(value: Value, name: str) -> Value:
    if not isinstance(value, dict) or name not in value:
        raise ManifestError(f"the template wants .{name}, which is not there")
    return value[name]


def _unescape(match: re.Match[str]) -> str:
    if match[1]:
        return _ESCAPES[match[1]]
    if match[2] and int(match[2], 16) < 0x80:
        return chr(int(match[2], 16))
    # Half of a pair of surrogates is no text, and an error of Go's too.
    if match[3] and not 0xD800 <= int(match[3], 16) <= 0xDFFF:
        return chr(int(match[3], 16))
    raise ManifestError("the template has an escape that is not followed here")
