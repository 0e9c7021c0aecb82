"""Part the text of a YAML file's metadata into its frame and what is the file's own.

The files of a tree differ in wrapped data keys, time and MAC; whatever else their metadata say is
the same text in all of them, the frame. So what a frame says needs to be read once, and how it is
written needs to be worked out once, however many files there are.
`tests/properties/test_frames_agree.py` proves that it makes no difference.
"""

from __future__ import annotations

_BEGIN = "-----BEGIN AGE ENCRYPTED FILE-----\n"
_END = "-----END AGE ENCRYPTED FILE-----\n"
_TIME = 'lastmodified: "'
_MAC = "mac: ENC["
# What stands in a frame for what was cut out; no text of a file has these characters.
_ENC_MARK, _TIME_MARK, _MAC_MARK = "\0", "\1", "\2"


class Own(tuple[tuple[str, ...], str, str]):
    """What is a file's own.

    Args:
        encs: Its age files, armored, in the order of the text.
        time: Of the last change, as it stands between its quotes.
        mac: The token.
    """

    __slots__ = ()

    # A named tuple would load `typing`, which takes the plugin as long as opening 50 files.
    def __new__(cls, encs: tuple[str, ...], time: str, mac: str) -> Own:
        """Put the three together."""
        return super().__new__(cls, (encs, time, mac))

    @property
    def encs(self) -> tuple[str, ...]:
        """The age files."""
        return self[0]

    @property
    def time(self) -> str:
        """The time of the last change."""
        return self[1]

    @property
    def mac(self) -> str:
        """The MAC's token."""
        return self[2]


def cut(text: str) -> tuple[str, Own] | None:
    """Return the frame of a text of metadata and what was cut out of it, or None.

    None is for a text that is not written as sops and sopsmith write it. What is cut out can be
    replaced by anything else that can be cut out, and the text means the same but for that.

    Args:
        text: From the line `sops:` on.
    """
    if not text.replace("\n", "").isprintable():
        return None
    first, *others = text.split(_BEGIN)
    parts, encs = [first], []
    for other in others:
        inside, end, behind = other.partition(_END)
        pad = parts[-1][parts[-1].rfind("\n") + 1 :]
        armor = _without_pad("\n" + inside, "\n" + pad)
        if not end or armor is None:
            return None
        encs.append(_BEGIN + armor[1:] + _END)
        parts.append(behind)
    frame = _ENC_MARK.join(parts)
    frame, time = _cut_line(frame, _TIME, '"\n', _TIME_MARK)
    frame, mac = _cut_line(frame, _MAC, "]\n", _MAC_MARK)
    if not time or not mac:
        return None
    return frame, Own(tuple(encs), time, f"ENC[{mac}]")


def fill(frame: str, own: Own) -> str:
    """Return the text of which `cut` returns a frame and what was cut out."""
    frame = frame.replace(_TIME_MARK, f'{_TIME}{own.time}"\n', 1)
    frame = frame.replace(_MAC_MARK, f"mac: {own.mac}\n", 1)
    first, *others = frame.split(_ENC_MARK)
    parts = [first]
    for enc, other in zip(own.encs, others, strict=True):
        pad = parts[-1][parts[-1].rfind("\n") + 1 :]
        parts += (enc[:-1].replace("\n", "\n" + pad), "\n", other)
    return "".join(parts)


def _without_pad(inside: str, pad: str) -> str | None:
    """Return lines of base64 without the spaces before each, or None where they are not that.

    Args:
        inside: A line feed before each line.
        pad: A line feed and the spaces.
    """
    armor = inside.replace(pad, "\n")
    lines = inside.count("\n")
    same = len(inside) - len(armor) == lines * (len(pad) - 1)
    return armor if same and len(pad) > 1 and _is_plain(armor) and "\n\n" not in armor else None


def _cut_line(text: str, head: str, tail: str, mark: str) -> tuple[str, str]:
    """Return a text without what stands from a head to a tail, and what stood between them."""
    start = text.find(head)
    end = text.find(tail, start)
    found = text[start + len(head) : end]
    if start < 0 or end < 0 or "\n" in found or not _is_plain(found):
        return text, ""
    return text[:start] + mark + text[end + len(tail) :], found


def _is_plain(text: str) -> bool:
    """Tell whether a text holds nothing that could end it where it stands."""
    return " " not in text and '"' not in text and "\\" not in text
