"""Read and write Bech32, which age's X25519 identities and recipients are written in.

Source: BIP 173, without its limit of 90 characters and in one case a text.
"""

from __future__ import annotations

_DIGITS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECK = 6  # digits of the checksum


def encode(prefix: str, data: bytes) -> str:
    """Return bytes as Bech32 in small letters."""
    digits = _regroup(data, 8, 5)
    check = _checksum(prefix, [*digits, *[0] * _CHECK]) ^ 1
    digits += [check >> 5 * (_CHECK - 1 - at) & 31 for at in range(_CHECK)]
    return f"{prefix}1{''.join(_DIGITS[digit] for digit in digits)}"


def decode(prefix: str, text: str) -> bytes | None:
    """Return what a Bech32 text in small letters holds, or None where it is not one.

    Args:
        prefix: What has to stand before the 1.
    """
    head, mark, body = text.rpartition("1")
    if not mark or head != prefix or len(body) < _CHECK:
        return None
    digits = [_VALUES.get(digit, -1) for digit in body]
    if min(digits) < 0 or _checksum(prefix, digits) != 1:
        return None
    values = digits[:-_CHECK]
    data = bytes(_regroup(values, 5, 8)[: len(values) * 5 // 8])
    # The bits beyond the last byte have to be zero, and fewer than a digit.
    return data if _regroup(data, 8, 5) == values else None


def _checksum(prefix: str, digits: list[int]) -> int:
    check = 1
    head = [ord(letter) >> 5 for letter in prefix]
    tail = [ord(letter) & 31 for letter in prefix]
    for value in (*head, 0, *tail, *digits):
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, term in enumerate(_GENERATOR):
            if top >> bit & 1:
                check ^= term
    return check


def _regroup(values: bytes | list[int], size: int, to: int) -> list[int]:
    """Return values of some bits as values of other bits, the last one filled with zeros."""
    total = len(values) * size
    number = 0
    for value in values:
        number = number << size | value
    count = -(-total // to)
    number <<= count * to - total
    return [number >> to * (count - 1 - at) & (1 << to) - 1 for at in range(count)]
