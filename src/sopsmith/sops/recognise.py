"""Tell SOPS files from others by a search of their bytes, before anything is parsed.

What is looked for stands in every file that sops writes; whether it is really there as
metadata, and not in a comment or a text, the reader of the format says.

Source: getsops/sops stores/*/store.go (HasSopsTopLevelKey); cmd/sops/formats/formats.go.
"""

from __future__ import annotations

from sopsmith.formats import find_format

# `lastmodified` is a field that SOPS always writes; the case of its name is free on reading.
_FIELD = b"lastmodified"
_BINARY = b'"data"'  # the one key of the binary form
_LINES = {
    "yaml": (b"sops:", b'"sops":', b"'sops':"),
    "dotenv": (b"sops_",),
    "ini": (b"[sops]",),
}


def recognise(data: bytes, path: str) -> str | None:
    """Return the format of a file that may be a SOPS file, or None for one that is not.

    The name decides where it says a format. A file of another name is taken for sops' binary
    form, or for JSON with more in it, and for nothing else: a manual that quotes a SOPS file
    is none.
    """
    if b"sops" not in data or _FIELD not in data.lower():
        return None
    name = find_format(path)
    if name is None:
        head = data.lstrip()
        if head[:1] != b"{" or b'"sops"' not in data:
            return None
        return "binary" if head[1:].lstrip().startswith(_BINARY) else "json"
    return name


def is_marked(data: bytes, name: str) -> bool:
    """Tell whether metadata seem to stand at the top of a text, even of one that is broken."""
    if name == "json":
        return b'"sops"' in data
    return any(
        data.startswith(mark) or b"\n" + mark in data for mark in _LINES.get(name, (b"sops",))
    )
