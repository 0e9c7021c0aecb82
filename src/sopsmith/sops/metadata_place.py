"""Keep the metadata of a YAML file where they stand when its plaintext changes.

sops writes them at the end, and so does sopsmith; people and formatters that sort keys move
them. What comes out is opened again: where it would not say what the plaintext says, or where a
comment would belong to another collection, the metadata go to the end.
"""

from __future__ import annotations

from sopsmith.errors import Error, Tampered
from sopsmith.formats import format_name
from sopsmith.formats.splice import Edit, splice
from sopsmith.formats.tree import Mapping, Path, Tree, to_object
from sopsmith.sops.values import Cipher, CommentText, additional_data

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.sops.document import Unlocked


def write_in_place(
    one: Unlocked, text: str, trees: list[Tree], edits: list[Edit], source: str
) -> str | None:
    """Return the encrypted text with the metadata where an older version has them.

    Args:
        one: The older version.
        text: The new plaintext, without a byte order mark; `trees` are its documents.
        edits: What encrypts it.
        source: The metadata's entry.

    Returns:
        None where they stand at the end, or no place can be told that is surely right.
    """
    at = _find_place(one, text, trees)
    if at is None:
        return None
    made = splice(text, [*edits, (at, at, source)])
    return made if _says(one, made, [to_object(tree.root) for tree in trees]) else None


def is_bound(cipher: Cipher, source: str, path: Path) -> bool:
    """Tell whether a comment's source is a token that opens at a path."""
    try:
        text = cipher.decrypt(source.lstrip("#; ").strip(), additional_data(path))
    except Tampered:
        return False
    return isinstance(text, CommentText)


def _find_place(one: Unlocked, text: str, trees: list[Tree]) -> int | None:
    if format_name(one.form) != "yaml" or len(one.sources) != 1 or len(trees) != 1:
        return None
    start, end, _ = one.sources[0]
    root = trees[0].root
    is_block = isinstance(root, Mapping) and not root.flow
    if not is_block or not one.text[end:].strip() or one.text[start - 1 : start] not in ("", "\n"):
        return None
    head = splice(one.text[:start], [edit for edit in one.clear_edits() if edit[1] <= start])
    tail = one.clear_text()[len(head) :]
    if text.endswith(tail):
        at: int | None = len(text) - len(tail)
    elif text.startswith(head):
        at = len(head)
    else:
        at = _before_next_key(one, text, root)
    return at if at is not None and text[at - 1 : at] in ("", "\n") else None


def _before_next_key(one: Unlocked, text: str, root: object) -> int | None:
    """Return where the first key begins that stood behind the metadata and is still there."""
    old = one.trees[0].root
    assert isinstance(old, Mapping)
    assert isinstance(root, Mapping)
    start = one.sources[0][0]
    starts = dict(zip((name for name, _ in root.entries), root.keys, strict=True))
    for (name, _), (place, _) in zip(old.entries, old.keys, strict=True):
        if place > start and name in starts:
            return text.rfind("\n", 0, starts[name][0]) + 1
    return None


def _says(one: Unlocked, made: str, wanted: list[object]) -> bool:
    from sopsmith.sops.amend import same
    from sopsmith.sops.document import Document

    try:
        two = Document(made, one.form, one.path).unlock_with(one.data_key)
    except (Error, ValueError):
        return False
    cipher = Cipher(one.data_key.reveal())
    comments = [comment for tree in two.trees for comment in tree.comments if not comment.item]
    return same(two.objects(), wanted) and all(
        "ENC[" not in comment.text
        and (comment.token is None or is_bound(cipher, comment.token, comment.path))
        for comment in comments
    )
