"""Read and write metadata once for each frame, and for each file fill in what is its own.

A frame is learned from a probe: metadata of that frame in which everything that is a file's own
says something made up. Only where the narrow reader finds the probe's words in their places, and
nowhere else, do files of that frame say what was cut out of them. A layout is learned likewise:
from what the general writer made of the first file.
"""

from __future__ import annotations

from sopsmith.errors import Error
from sopsmith.formats import narrow
from sopsmith.formats.tree import Mapping, Tree
from sopsmith.sops.frame import Own, cut, fill
from sopsmith.sops.metadata import KEY, merge_metadata, metadata_span, parse_metadata
from sopsmith.sops.unseal import take_metadata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.formats.tree import Node
    from sopsmith.sops.metadata import Metadata

    Shape = tuple[tuple[object, ...], ...]

MOST = 256
"""Frames, and layouts, that are remembered before all are forgotten: a tree has a handful."""
_PROBE = "-----BEGIN AGE ENCRYPTED FILE-----\nprobe{}\n-----END AGE ENCRYPTED FILE-----\n"
_FILLED = ("age", "enc", "lastmodified", "mac")
_TIME_SIZE = len("1999-12-31T23:59:59Z")
_NO_DIGITS = dict.fromkeys(map(ord, "0123456789"))
_MARK = f"\n{KEY}:\n"
_KNOWN: dict[str, Metadata | None] = {}
_LAYOUTS: dict[tuple[str, Shape], str] = {}


def read_parts(data: bytes) -> tuple[str, int, Tree, Metadata, Own] | None:
    """Return a YAML file's text, where its metadata begin, its values, and its metadata.

    Returns:
        None where the file is not of the narrow kind, or its metadata are not of a frame.
    """
    if not data.isascii():
        return None
    text = data.decode()
    start = text.find(_MARK) + 1
    trees = narrow.parse(text[:start]) if start else None
    if trees is None or len(trees) != 1:
        return None
    root = trees[0].root
    if not isinstance(root, Mapping) or root.get(KEY) is not None:
        return None
    framed = read_framed(text[start:])
    return (text, start, trees[0], *framed) if framed is not None else None


def read_framed(text: str) -> tuple[Metadata, Own] | None:
    """Return what a text of metadata says, or None where its frame does not tell.

    Args:
        text: ASCII, from the line `sops:` to the end of the file.
    """
    parted = cut(text)
    if parted is None:
        return None
    frame, own = parted
    if frame not in _KNOWN:
        if len(_KNOWN) >= MOST:
            _KNOWN.clear()
        _KNOWN[frame] = _learn(frame, len(own.encs))
    known = _KNOWN[frame]
    return (known.renewed(*own), own) if known is not None else None


def write_framed(frame: str, own: Own, fields: dict[str, object]) -> str:
    """Return the text of metadata with other fields, as the general writer writes it.

    Args:
        frame, own: What the metadata were read from.
        fields: The stanzas and selector, and time and MAC where they change.
    """
    shape = _shape(fields)
    if shape is None or not ("lastmodified" in fields or _is_quoted(own.time)):
        return _write(frame, own, fields)
    new = _own(fields, own)
    layout = _LAYOUTS.get((frame, shape))
    if layout is not None:
        return fill(layout, new)
    text = _write(frame, own, fields)
    parted = cut(text)
    if parted is not None and parted[1] == new:
        if len(_LAYOUTS) >= MOST:
            _LAYOUTS.clear()
        _LAYOUTS[frame, shape] = parted[0]
    return text


def _learn(frame: str, count: int) -> Metadata | None:
    """Return the metadata of a frame, or None where a probe is not found again."""
    encs = tuple(_PROBE.format(number) for number in range(count))
    probe = Own(encs, "1999-12-31T23:59:59Z", "ENC[probe]")
    text = fill(frame, probe)
    node = _parse(text) if metadata_span(text) == (0, len(text)) else None
    if node is None:
        return None
    try:
        metadata = parse_metadata(node)
    except Error:
        # The general way says what is wrong.
        return None
    found = tuple(stanza.enc for stanza in metadata.stanzas)
    if Own(found, metadata.last_modified, metadata.mac) != probe:
        return None
    metadata.frame = frame
    return metadata


def _parse(text: str) -> Node | None:
    trees = narrow.parse(text)
    return take_metadata(trees) if trees else None


def _write(frame: str, own: Own, fields: dict[str, object]) -> str:
    """Write metadata the general way."""
    from sopsmith.formats.yaml_entries import write_entry

    node = _parse(fill(frame, own))
    assert node is not None
    return write_entry("", Tree(Mapping([(KEY, node)])), KEY, merge_metadata(node, fields))


def _shape(fields: dict[str, object]) -> Shape | None:
    """Return what decides the layout of some fields, or None where more does."""
    stanzas = fields.get("age")
    if not isinstance(stanzas, list):
        return None
    # What is filled in counts by its place alone.
    parts = [
        tuple((name, "" if name in _FILLED else value) for name, value in part.items())
        for part in (fields, *stanzas)
    ]
    plain = all(isinstance(value, str | bool) for part in parts for _, value in part)
    return tuple(parts) if plain else None


def _own(fields: dict[str, object], old: Own) -> Own:
    stanzas = fields["age"]
    assert isinstance(stanzas, list)
    encs = tuple(str(one["enc"]) for one in stanzas)
    return Own(encs, str(fields.get("lastmodified", old.time)), str(fields.get("mac", old.mac)))


def _is_quoted(time: str) -> bool:
    """Tell whether the general writer is sure to put a time into the quotes that a frame has."""
    return len(time) == _TIME_SIZE and time.translate(_NO_DIGITS) == "--T::Z"
