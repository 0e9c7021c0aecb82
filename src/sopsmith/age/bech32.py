"""Read and write Bech32, which age's X25519 identities and recipients are written in.

Source: BIP 173, without its limit of 90 characters and in one case a text.
"""

from __future__ import annotations

_DIGITS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_NUMBER = "0123456789abcdefghijklmnopqrstuv"  # the same digits as `int(text, 32)` reads them
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_READ = str.maketrans(_DIGITS, _NUMBER)
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECK = 6  # digits of the checksum


def encode(prefix: str, data: bytes) -> str:
    """Return bytes as Bech32 in small letters."""
    count = -(-len(data) * 8 // 5)
    number = int.from_bytes(data, "big") << count * 5 - len(data) * 8
    digits = [number >> 5 * at & 31 for at in range(count - 1, -1, -1)]
    check = _checksum(prefix, [*digits, *[0] * _CHECK]) ^ 1
    digits += [check >> 5 * at & 31 for at in range(_CHECK - 1, -1, -1)]
    return f"{prefix}1{''.join(_DIGITS[digit] for digit in digits)}"


def decode(prefix: str, text: str) -> bytes | None:
    """Return what a Bech32 text in small letters holds, or None where it is not one.

    Args:
        prefix: What has to stand before the 1.
    """
    head, mark, body = text.rpartition("1")
    if not mark or head != prefix or len(body) < _CHECK or not _VALUES.keys() >= set(body):
        return None
    if _checksum(prefix, [_VALUES[digit] for digit in body]) != 1:
        return None
    bits = 5 * (len(body) - _CHECK)
    beyond = bits % 8
    number = int(body.translate(_READ), 32) >> 5 * _CHECK
    # The bits beyond the last byte have to be zero, and fewer than a digit.
    if beyond >= 5 or number & (1 << beyond) - 1:
        return None
    return (number >> beyond).to_bytes(bits // 8, "big")


def _steps() -> list[int]:
    """Return what the five bits that leave the checksum add to it, for each of their values."""
    steps = [0]
    for term in _GENERATOR:
        steps += [step ^ term for step in steps]
    return steps


_STEPS = _steps()


def _checksum(prefix: str, digits: list[int]) -> int:
    check = 1
    head = [ord(letter) >> 5 for letter in prefix]
    tail = [ord(letter) & 31 for letter in prefix]
    for value in (*head, 0, *tail, *digits):
        check = (check & 0x1FFFFFF) << 5 ^ value ^ _STEPS[check >> 25]
    return check
