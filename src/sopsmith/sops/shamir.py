"""Split a data key over key groups, and put it together again.

Shamir's scheme over GF(2^8) with AES's polynomial, one random polynomial a byte. A part is
the value of every byte's polynomial at the part's number, and that number behind them.

Source: getsops/sops shamir/shamir.go, after HashiCorp Vault's.
"""

from __future__ import annotations

from sopsmith.errors import Tampered
from sopsmith.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_POLYNOMIAL = 0x11B
_MAX_PARTS = 255


def split(
    secret: Secret, parts: int, threshold: int, random: Callable[[int], bytes]
) -> list[Secret]:
    """Return parts of which any `threshold` give the secret back.

    Args:
        parts: 2 to 255.
        threshold: 2 to `parts`.
        random: Gives that many random bytes.

    Raises:
        ValueError: The numbers do not fit.
    """
    if not 2 <= threshold <= parts <= _MAX_PARTS:
        raise ValueError(f"cannot split into {parts} parts of which {threshold} are needed")
    data = secret.reveal()
    # One row a power of x: the secret itself, then random coefficients.
    rows = [data, *(random(len(data)) for _ in range(threshold - 1))]
    return [
        Secret(
            bytes(_evaluate(column, number) for column in zip(*rows, strict=True)) + bytes([number])
        )
        for number in range(1, parts + 1)
    ]


def combine(parts: list[Secret]) -> Secret:
    """Return the secret that some parts stand for. Too few parts give a wrong one, not an error.

    Raises:
        Tampered: The parts are of different lengths, or two carry one number.
    """
    shares = [part.reveal() for part in parts]
    numbers = [share[-1] for share in shares if share]
    if len({len(share) for share in shares}) != 1 or len(set(numbers)) != len(shares):
        raise Tampered("the parts of the data key do not fit together")
    if 0 in numbers or len(shares[0]) < 2:
        raise Tampered("a part of the data key is damaged")
    weights = [_weight(number, numbers) for number in numbers]
    columns = zip(*(share[:-1] for share in shares), strict=True)
    return Secret(bytes(_sum(map(_multiply, column, weights)) for column in columns))


def _evaluate(coefficients: tuple[int, ...], x: int) -> int:
    value = 0
    for coefficient in reversed(coefficients):
        value = _multiply(value, x) ^ coefficient
    return value


def _weight(number: int, numbers: list[int]) -> int:
    """Return the Lagrange weight at zero; minus is plus in this field."""
    weight = 1
    for other in numbers:
        if other != number:
            weight = _multiply(weight, _multiply(other, _inverse(other ^ number)))
    return weight


def _sum(values: map[int]) -> int:
    total = 0
    for value in values:
        total ^= value
    return total


def _multiply(left: int, right: int) -> int:
    product = 0
    while right:
        # A product of secrets takes the same steps for every value of `left`.
        product ^= -(right & 1) & left
        left <<= 1
        left ^= -(left >> 8) & _POLYNOMIAL
        right >>= 1
    return product


def _inverse(value: int) -> int:
    """Return value^254, which is the inverse in a field of 256."""
    result = 1
    for _ in range(254):
        result = _multiply(result, value)
    return result
