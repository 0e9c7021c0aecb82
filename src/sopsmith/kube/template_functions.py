"""The functions of templates that are rendered here, each as Go and sprig have it.

Source: Go text/template funcs.go, fmt; Masterminds/sprig v3 (functions.go, strings.go,
defaults.go, dict.go). What a function of theirs would turn into an error text in the value
(`b64dec` of what is no base64) is an error here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote_plus

from sopsmith.errors import ManifestError

Value = Any
"""str, int, float, bool, None, dict or list: what JSON has."""
_GO_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
               "\v": "\\v", "\\": "\\\\", '"': '\\"'}  # fmt: skip
_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_VERB = re.compile(r"%(.?)", re.DOTALL)


def to_print(value: Value) -> str:
    """Return a value as Go prints it.

    Raises:
        ManifestError: It is a collection or nothing, which Go prints in a form of its own.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _print_float(value)
    what = "nothing" if value is None else "a list" if isinstance(value, list) else "a mapping"
    raise ManifestError(f"the template prints {what} as it is: toJson makes a text of it")


def to_json(value: Value) -> str:
    """Return a value as Go's json.Marshal writes it: keys sorted, nothing that HTML minds."""
    text = _to_raw_json(value)
    return re.sub("[<>&\u2028\u2029]", lambda match: _HTML[match[0]], text)


def _to_raw_json(value: Value) -> str:
    plain = _whole_numbers(value)
    try:
        return json.dumps(
            plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False
        )
    except ValueError:
        raise ManifestError("toJson has no form for a value") from None


def _whole_numbers(value: Value) -> Value:
    """Return a copy in which 5432.0, as JSON's numbers are read in Go, is 5432 again."""
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e21:
            return int(value)
        if "e" in repr(value):
            raise ManifestError("toJson got a number that Go writes in a form of its own")
    if isinstance(value, dict):
        return {key: _whole_numbers(one) for key, one in value.items()}
    return [_whole_numbers(one) for one in value] if isinstance(value, list) else value


def _print_float(value: float) -> str:
    """Return a number as Go's %v has it: the shortest digits, an exponent from 1e+06 on."""
    digits = repr(value).partition("e")[0].replace(".", "").strip("-0") or "0"
    text = f"{value:.{len(digits) - 1}e}"
    mantissa, _, exponent = text.partition("e")
    if -4 <= int(exponent) < 6:
        return f"{value:.{max(len(digits) - 1 - int(exponent), 0)}f}"
    return f"{mantissa}e{exponent}"


def _go_quote(text: str) -> str:
    return '"' + "".join(map(_go_escape, text)) + '"'


def _go_escape(char: str) -> str:
    if char in _GO_ESCAPES:
        return _GO_ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise ManifestError("a function of the template takes a text and got something else")
    return value


def _number(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ManifestError("a function of the template takes a number and got something else")
    return value


def _from_json(text: Value) -> Value:
    try:
        return json.loads(_text(text), parse_int=float)
    except ValueError:
        raise ManifestError("fromJson got what is no JSON") from None


def _b64dec(text: Value) -> str:
    try:
        # Go passes over line ends, and nothing else.
        plain = _text(text).replace("\n", "").replace("\r", "")
        return base64.b64decode(plain, validate=True).decode()
    except (binascii.Error, ValueError):
        raise ManifestError("b64dec got what is no base64 of a text") from None


def _default(usual: Value, given: Value = None) -> Value:
    return given if given else usual


def _index(value: Value, *keys: Value) -> Value:
    for key in keys:
        is_there = isinstance(value, dict) and isinstance(key, str) and key in value
        if not is_there and not (isinstance(value, list) and 0 <= _number(key) < len(value)):
            raise ManifestError("index in the template leads to nothing")
        value = value[key]
    return value


def _printf(form: Value, *values: Value) -> str:
    left = list(values)

    def fill(match: re.Match[str]) -> str:
        verb = match[1]
        if verb == "%":
            return "%"
        if not left:
            raise ManifestError("printf in the template has more verbs than values")
        value = left.pop(0)
        if verb == "v":
            return to_print(value)
        if verb == "s":
            return _text(value)
        if verb == "d":
            return str(_number(value))
        if verb == "q":
            return _go_quote(_text(value))
        raise ManifestError(f"printf in the template has %{verb}, which is not followed here")

    text = _VERB.sub(fill, _text(form))
    if left:
        raise ManifestError("printf in the template has more values than verbs")
    return text


def _print(*values: Value) -> str:
    if any(not isinstance(one, str) for one in values[1:]):
        raise ManifestError("print in the template takes texts alone here")
    return "".join(map(to_print, values))


def _indent(count: Value, text: Value) -> str:
    pad = " " * _number(count)
    return pad + _text(text).replace("\n", "\n" + pad)


def _each(change: Callable[[str], str], text: Value) -> str:
    # Go maps sign by sign, and leaves those that would become two.
    return "".join(new if len(new := change(one)) == 1 else one for one in _text(text))


def _strip_from(side: Callable[[str, str], str]) -> Callable[[Value, Value], str]:
    return lambda cut, text: side(_text(text), _text(cut))


def _checked(function: Callable[..., Value], name: str) -> Callable[..., Value]:
    @wraps(function)
    def wrapper(*arguments: Value) -> Value:
        try:
            return function(*arguments)
        except TypeError:
            raise ManifestError(f"{name} in the template has not the arguments it takes") from None

    return wrapper


_TABLE: dict[str, Callable[..., Value]] = {
    "quote": lambda *values: " ".join(_go_quote(to_print(one)) for one in values),
    "squote": lambda *values: " ".join(f"'{to_print(one)}'" for one in values),
    "toJson": to_json,
    "toRawJson": _to_raw_json,
    "fromJson": _from_json,
    "b64enc": lambda text: base64.b64encode(_text(text).encode()).decode(),
    "b64dec": _b64dec,
    "upper": lambda text: _each(str.upper, text),
    "lower": lambda text: _each(str.lower, text),
    "trim": lambda text: _text(text).strip(),
    "trimAll": lambda cut, text: _text(text).strip(_text(cut)),
    "trimPrefix": _strip_from(str.removeprefix),
    "trimSuffix": _strip_from(str.removesuffix),
    "replace": lambda old, new, text: _text(text).replace(_text(old), _text(new)),
    "default": _default,
    "printf": _printf,
    "print": _print,
    "index": _index,
    "get": _index,
    "toString": to_print,
    "indent": _indent,
    "nindent": lambda count, text: "\n" + _indent(count, text),
    "join": lambda glue, items: _text(glue).join(map(to_print, items)),
    "splitList": lambda cut, text: _text(text).split(_text(cut)),
    "urlquery": lambda text: quote_plus(_text(text), safe="~"),
    "sha256sum": lambda text: hashlib.sha256(_text(text).encode()).hexdigest(),
}
FUNCTIONS = {name: _checked(function, name) for name, function in _TABLE.items()}
"""Every function that a template may use, by its name."""
