"""Tell drops by their names: a value that waits beside a file to be moved into it.

`db.secret.yaml.3f9c01de.drop.yaml` is for `db.secret.yaml`. The part between keeps two people's
drops apart, in two branches too.
"""

from __future__ import annotations

SUFFIX = ".drop.yaml"


def is_drop(name: str) -> bool:
    """Tell whether a name or path is a drop's."""
    if not name.endswith(SUFFIX):
        return False
    # In its last part alone: `a.b/c.drop.yaml` is for no file, and not for `a`.
    target, _, mark = name[name.rfind("/") + 1 : -len(SUFFIX)].rpartition(".")
    return bool(target and mark)


def target_of(path: str) -> str:
    """Return the path of the file that a drop is for; of any other file its own."""
    return path.removesuffix(SUFFIX).rpartition(".")[0] if is_drop(path) else path


def drop_path(target: str, mark: str) -> str:
    """Return the path of a drop for a file.

    Args:
        mark: A text without a dot that no other drop of the file has.
    """
    return f"{target}.{mark}{SUFFIX}"
