"""Write plain values as YAML: in block style by lines, or on one line in flow style."""

from __future__ import annotations

from sopsmith.formats.place import Token
from sopsmith.formats.tree import Scalar
from sopsmith.formats.yaml_write import quote, write_scalar


def block_lines(value: object, indent: int, step: int) -> list[str]:
    """Return the lines of a mapping or list that is not empty.

    Args:
        indent: Column of its keys or dashes.
        step: Columns between a key and what stands below it.
    """
    if isinstance(value, dict):
        return [line for k, v in value.items() for line in entry_lines(k, v, indent, step)]
    assert isinstance(value, list)
    return [line for item in value for line in item_lines(item, indent, step)]


def entry_lines(key: str, value: object, indent: int, step: int) -> list[str]:
    """Return the lines of a key and its value."""
    head = f"{' ' * indent}{quote(key)}:"
    if isinstance(value, dict | list) and value:
        return [head, *block_lines(value, indent + step, step)]
    return [f"{head} {flow_text(value, flow=False)}"]


def item_lines(value: object, indent: int, step: int) -> list[str]:
    """Return the lines of a list's item."""
    head = f"{' ' * indent}- "
    if isinstance(value, dict | list) and value:
        lines = block_lines(value, indent + 2, step)
        return [head + lines[0][indent + 2 :], *lines[1:]]
    return [head + flow_text(value, flow=False)]


def flow_text(value: object, *, flow: bool = True) -> str:
    """Return a value on one line.

    Args:
        flow: It stands between brackets, where a token needs quotes.
    """
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{quote(k, flow=True)}: {flow_text(v)}" for k, v in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(flow_text(item) for item in value) + "]"
    if isinstance(value, Token):
        return f"'{value}'" if flow else value
    assert value is None or isinstance(value, str | int | float | bytes)
    return write_scalar(value, Scalar(None, flow=True), "") if flow else _plain(value)


def _plain(value: str | float | bytes | None) -> str:
    return quote(value) if type(value) is str else write_scalar(value, Scalar(None, flow=True), "")
