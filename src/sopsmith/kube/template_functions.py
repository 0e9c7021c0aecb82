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
from math import isfinite
from typing import Any
from urllib.parse import quote_plus

from sopsmith.errors import ManifestError

Value = Any
"""str, int, float, bool, None, dict or list: what JSON has."""
_GO_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
               "\v": "\\v", "\\": "\\\\", '"': '\\"'}  # fmt: skip
_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_LONGEST = 4 * 1024 * 1024  # signs of a text; a Secret holds 1 MiB, and may be in base64 here
_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Go takes for white space; Python takes four signs more."""
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


def refuse_long(size: int) -> None:
    """Refuse a text that no Secret can hold, before it is made.

    Raises:
        ManifestError: It is longer.
    """
    if size > _LONGEST:
        raise ManifestError("the template makes more than a Secret can hold")


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
        found = json.loads(
            _text(text), parse_int=_json_number, parse_float=_json_number, parse_constant=_no_json
        )
    except ValueError:
        raise ManifestError("fromJson got what is no JSON") from None
    return _whole_text(found) if "\\u" in text else found


def _json_number(digits: str) -> float:
    number = float(digits)
    return number if isfinite(number) else _no_json(digits)


def _no_json(_: str) -> float:
    raise ValueError


def _whole_text(value: Value) -> Value:
    """Return a copy in which half of a pair of surrogates is U+FFFD, as in Go."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {_whole_text(key): _whole_text(one) for key, one in value.items()}
    return [_whole_text(one) for one in value] if isinstance(value, list) else value


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
        # The form may be a value, so the verb is not quoted.
        raise ManifestError("printf in the template has another verb than %s, %d, %q and %v")

    text = _VERB.sub(fill, _text(form))
    if left:
        raise ManifestError("printf in the template has more values than verbs")
    return text


def _print(*values: Value) -> str:
    if any(not isinstance(one, str) for one in values[1:]):
        raise ManifestError("print in the template takes texts alone here")
    return "".join(map(to_print, values))


def _indent(count: Value, text: Value) -> str:
    width, lines = _number(count), _text(text).split("\n")
    if width < 0:
        raise ManifestError("indent in the template takes no number below 0")
    refuse_long(width * len(lines))
    return "\n".join(" " * width + line for line in lines)


def _replace(old: Value, new: Value, text: Value) -> str:
    refuse_long(_text(text).count(_text(old)) * len(_text(new)))
    return str(text.replace(old, new))


def _join(glue: Value, items: Value) -> str:
    if isinstance(items, str):  # sprig takes it for a list of one.
        return items
    if not isinstance(items, list):
        raise ManifestError("join in the template takes a list")
    texts = [to_print(one) for one in items]
    refuse_long(len(_text(glue)) * len(texts) + sum(map(len, texts)))
    return str(glue.join(texts))


def _split(cut: Value, text: Value) -> list[str]:
    return _text(text).split(cut) if _text(cut) else [*_text(text)]


def _each(change: Callable[[str], str], text: Value) -> str:
    # Go maps sign by sign, and leaves those that would become two.
    return "".join(new if len(new := change(one)) == 1 else one for one in _text(text))


def _strip_from(side: Callable[[str, str], str]) -> Callable[[Value, Value], str]:
    return lambda cut, text: side(_text(text), _text(cut))


def _checked(function: Callable[..., Value], name: str) -> Callable[..., Value]:
    @wraps(function)
    def wrapper(*arguments: Value) -> Value:
        try:
            refuse_long(sum(len(one) for one in arguments if isinstance(one, str)))
            return function(*arguments)
        except TypeError:
            raise ManifestError(f"{name} in the template has not the arguments it takes") from None
        except RecursionError:
            raise ManifestError(f"{name} in the template got what nests too deep") from None

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
    "trim": lambda text: _text(text).strip(_SPACE),
    "trimAll": lambda cut, text: _text(text).strip(_text(cut)),
    "trimPrefix": _strip_from(str.removeprefix),
    "trimSuffix": _strip_from(str.removesuffix),
    "replace": _replace,
    "default": _default,
    "printf": _printf,
    "print": _print,
    "index": _index,
    "get": _index,
    "toString": to_print,
    "indent": _indent,
    "nindent": lambda count, text: "\n" + _indent(count, text),
    "join": _join,
    "splitList": _split,
    "urlquery": lambda text: quote_plus(_text(text), safe="~"),
    "sha256sum": lambda text: hashlib.sha256(_text(text).encode()).hexdigest(),
}
FUNCTIONS = {name: _checked(function, name) for name, function in _TABLE.items()}
"""Every function that a template may use, by its name."""
