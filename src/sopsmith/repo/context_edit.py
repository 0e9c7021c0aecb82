"""Tie an environment to a kubeconfig context in the text of a `sopsmith.yaml`. Pure."""

from __future__ import annotations

from dataclasses import replace

from sopsmith.formats import load_format, place
from sopsmith.formats.splice import splice
from sopsmith.formats.yaml import parse
from sopsmith.formats.yaml_write import quote
from sopsmith.repo.settings import FILE, parse_settings
from sopsmith.repo.sure_edit import edit_surely


def tie_context(data: bytes, environment: str, context: str) -> bytes:
    """Return the settings with a context for an environment; comments and layout stay.

    What comes out is read again: it says what it said before, and the context besides.

    Raises:
        LayoutError: The text is broken, or cannot be edited surely; the hint has the line.
    """
    before = parse_settings(data, FILE)
    scopes = tuple(
        replace(one, context=context) if one.name == environment else one
        for one in before.environments
    )
    text = data.decode("utf-8")
    address = ("environments", environment, "context")
    wanted = replace(before, environments=scopes)
    hint = f"add it by hand: context: {quote(context)}"

    def edit() -> str:
        return splice(text, place.put(load_format("yaml"), text, parse(text)[0], address, context))

    return edit_surely(edit, wanted, ".".join(address), hint).encode()
