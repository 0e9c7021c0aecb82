"""Give tokens that an edit keeps the quotes that they had.

A plaintext quotes more values than the encrypted file does, for a token needs no quotes
where a text such as `# x` does. So the quotes of a plaintext say nothing of a kept token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sopsmith.formats.splice import Edit
from sopsmith.formats.tree import Tree
from sopsmith.sops.seal import leaves_of

_TOKEN = re.compile(r"""(['"]?)(ENC\[[^\]]*\])\1""")


def keep_quotes(old_text: str, old: list[Tree], new: list[Tree], edits: list[Edit]) -> list[Edit]:
    """Return edits that write tokens, each in the quotes that it had in an older text.

    Args:
        old: The older text's documents, in clear, with their tokens.
        new: Those of the text that the edits are for.
    """
    marks = {
        (leaf.scalar.token, leaf.scalar.flow): old_text[leaf.scalar.start]
        for leaf in leaves_of(old)
        if leaf.scalar.token is not None and leaf.scalar.start >= 0
    }
    flow_at = {leaf.scalar.start: leaf.scalar.flow for leaf in leaves_of(new)}
    return [_requoted(edit, marks, flow=flow_at.get(edit[0], False)) for edit in edits]


def _requoted(edit: Edit, marks: Mapping[tuple[str, bool], str], *, flow: bool) -> Edit:
    start, end, written = edit
    match = _TOKEN.match(written)
    mark = marks.get((match.group(2), flow)) if match else None
    if match is None or mark is None:
        return edit
    quote = mark if mark in ("'", '"') else ""
    if flow and not quote:
        return edit
    return start, end, f"{quote}{match.group(2)}{quote}{written[match.end() :]}"
