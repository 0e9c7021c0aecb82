"""Post-quantum identities open what age wrote for them, and nothing that was changed."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sopsmith import age
from sopsmith.age import bech32, post_quantum
from sopsmith.errors import MasterKeyError
from sopsmith.secret import Secret

# Written by age 1.3.1: `age-keygen -pq`, and `age -a -r` of the letter z, 32 times.
OF_AGE = """\
AGE-SECRET-KEY-PQ-1ZJYX8PFNCE8VPV080E4CXUC0CGXUM3ESM3VWAPD6EQ4DKZS499LQGWT69K
-----BEGIN AGE ENCRYPTED FILE-----
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IG1sa2VtNzY4eDI1NTE5IElwb1NVNlB4
ck9XRGhTK0hJL2ZxTHh0UmF5TUpUMkNOUEhjTks2NkIzMEFMWUFuZ09ML1oxMU5U
VGNJUlhLNS84UVRMWmo0bEJjS01VTmYyRFh6RFpCMGJiQjEydFlXVXh1YkRxaVZO
b0ZRcmlZR3lxMURRY0lGWFJoQytYQjN2bktkMUlmT0kzdzRwSXhTU1Y3OGlYcXc4
SEZwU3R0a1JuN2lFSUxrZFp6ZXlLd3hKeklPa3UwNDhZVW1LNFlsaUFQTUpTVUN5
bmlRdFJ4NTVqdjRFcE1mTkJNdTBleHRDa1B0ZTZOblM0a2xpMlpqQUNjMzVFMTR1
aW84eVZxejJCdFd6NExXSEhZcWRVU2VXbkRxTnp1OWF3M3F0UnlTbFdqa2d5dzZO
dGtJNU1hQjdJUTdUYkp5MW8yUUdmTXVjQTFsL0lhWWdYTWNDQlUzQmxVN3RhRXJF
b211RlFPWjZZc0tmTTZwSmJQTWxoQTRQbzJpNU1jckdrT0VTbFYrVmRIbG8zL2tC
UXdxWUlwVnA2eFRjVEZ6MUhNVGlvZ3FNc3I3UUxQTHJCTlFHM0ZPWVVIcnZ0T2VK
eHJqNU5rQysvd3JWZ0pOUjYvY1pCVDh0VWdnbkdKN1lXL0Y0djhyeFJQZDNKNUJQ
bmZ3VzZYSU1MMWNTa0pDemhBT0JpZWRETWd5VGthSWpIUTNvQW9NT2lEK3RSY0I2
RVYzL1M5YXRjV0xQaDBEcm1NOWlHdzRWQTNSK2MrR2NsbG5NTUgvalJPenVMZjBX
U0ljd1hIS25FZ0EzaWdjNEJRL3pRazdXMlJEeHFLV01vRjQ0Rjh6bVZReFpheUM2
WlA3QWs3bmwzNDF5QjZiNEE1RlM4S0FLY0hjS1ZKKzd4c2dmOGJ2OHNWQmcxVlJI
TW0zaTNHUjgzVzRYYjJoTTUzWGpYTmt2VHFNb3gyY2FBeFVDcVl0QWFLR0JtUS81
VVAySkJ3NU5jVW9ESXEyM0ZxUmo5c2Nla3lsSXpXTnpJY3NBcW93SnVneG1PeUc0
TUh3bEN2aCtheGV6T3ROYkpvMUV3bnA3QmRtd2RMMEJYdmRaTEl6OUVhc1VxTjcr
UWMxcTdMWk1RTFZjZ0FycTdaR25zQlBaZ1cxclRtWEUzdFlwWTJqVkFmS1JmMFdW
SHJUWjFra3U1aFdaNzdGcFNOVGc2M3ZXcmpaVWpkcXdHMytheDk3OVlTN2RMQTZC
QldEWU5yQTIrQ2o3c3BVR05mZnJpQzNOZy9mTFBaejNGTW5QSGhEU2J5dU9JQXJU
MnN6bkJVV0crdnZDTSs4SlpsL25UbWh1aVJGVDk4S1NUbEdCMUZmN1RWeStPSWFB
N2VkSlMrNVpLQzRWTGVYMjdEb1VSZHNkRFhTSVRWQkJtZGJ5YjNJbkJmVUZCVGlj
TUFoTzBMK0diSjFNNUhITlpOSHorWmhBd0hXajQxQ3czUy9GaWtIc3A4THE4ejIx
aDVxSjc4czFza2NKTzYyNTQ2WStTZ28rMWFKcG50eXFjTWNDVEhBdlAxeUI0a091
bGI2bXdRb0FpRXptRzFYNVI0bm5RQnhqTGZlS2hyU3VHeSttMmhOdnREb2t1c20z
OWtKZ01qaU83WUh6WVowOGI1eFR0VUptVTJDNVVWRi8wUGhUNFhyV2RiS0xyOVhV
c3pObjhiKyt2aG9DKy9jYUtKVDZZRWpsa3Jya0VoTDZuYzZHWVovR0hCeFdYVFk2
cElRS2pib3gwMVYyV3FhamMyeUNBS2I3Wk9uVnFmY0V2Q1FpRytzWGczRDBpRjlR
dVE2ekVDaGtoVXNhSURic1FmeEtsMEp2VWtSLzl6cXg0c3RzOTJTOGttSFA5MDdC
bWRtSXZVNHM0VTNyZjByTjFnMklvMERBdWVhamFtbDJNUGpZdlN5NDhVZkhUbmMy
R1RyM3BkL3d0MW1EZVJQU2JVcGNMTnU5UC9EbXV1UjdDbUtSOW5yN0IzejFkdwp1
bC9WTjgwazA1R0hpTjBueVkxV1kxSlJGM0wxbzRwY0RUMWNIN1UxelJrCi0tLSA3
TitPR2RyUlhjTzArZ2hrb3NBaTZnUlNwNkFqY1pDK0FUVEE2YnJkYmw4Cu1M0cnz
4ZudDVhV10bYf0GpyxxKIz43DH9IQZfNVzx5jOphmrLmQ94EdJdFFMVC/kkHZJHK
+dC+Qge/XnVCWDY=
-----END AGE ENCRYPTED FILE-----
"""
IDENTITY, _, FILE = OF_AGE.partition("\n")
MINE, RECIPIENT = age.generate_post_quantum()
OTHER, OTHER_RECIPIENT = age.generate_post_quantum()
CLASSIC, CLASSIC_RECIPIENT = age.generate()
KEY = Secret(bytes(range(32)))


def read(text: Secret) -> list[age.Identity]:
    return age.parse_identities(text.reveal().decode(), "keys.txt")


def test_a_file_of_age_is_opened() -> None:
    (identity,) = age.parse_identities(IDENTITY, "keys.txt")
    assert age.unwrap(FILE, [identity]) == b"z" * 32
    assert age.unwrap(FILE.replace("\n", "\r\n"), [identity]) == b"z" * 32


def test_what_is_wrapped_opens_for_its_recipients_and_for_nobody_else() -> None:
    wrapped = age.wrap_for((RECIPIENT, OTHER_RECIPIENT), KEY)
    assert age.unwrap(wrapped, read(MINE)) == age.unwrap(wrapped, read(OTHER)) == KEY.reveal()
    alone = age.wrap(RECIPIENT, KEY)
    assert age.unwrap(alone, read(OTHER)) is None
    assert age.unwrap(alone, read(CLASSIC)) is None
    assert age.unwrap(age.wrap(CLASSIC_RECIPIENT, KEY), read(MINE)) is None
    assert age.unwrap(alone, [*read(CLASSIC), *read(OTHER), *read(MINE)]) == KEY.reveal()


def test_two_kinds_do_not_stand_in_one_age_file() -> None:
    with pytest.raises(MasterKeyError, match="cannot stand in one age file"):
        age.wrap_for((RECIPIENT, CLASSIC_RECIPIENT), KEY)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_changed_file_is_damaged_or_for_nobody(data: st.DataObject) -> None:
    head, *rows, tail = age.wrap(RECIPIENT, KEY).strip().split("\n")
    raw = bytearray(base64.b64decode("".join(rows)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    text = base64.b64encode(raw).decode()
    rows = [text[at : at + 64] for at in range(0, len(text), 64)]
    try:
        assert age.unwrap("\n".join([head, *rows, tail]), read(MINE)) is None
    except MasterKeyError as error:
        assert "damaged" in error.message


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 200_000])
def test_content_of_any_size_is_held(size: int) -> None:
    content = Secret(bytes(size))
    assert age.unwrap(age.wrap_for((RECIPIENT,), content), read(MINE)) == content.reveal()


def test_a_recipient_or_identity_of_the_wrong_size_is_refused() -> None:
    short = bech32.encode("age1pq", bytes(1215))
    beyond = bech32.encode("age1pq", b"\xff" * 1184 + bytes(32))
    for text in (short, beyond, RECIPIENT[:-1], RECIPIENT.upper()):
        with pytest.raises(MasterKeyError, match="not an age recipient"):
            age.check_recipient(text)
    assert age.check_recipient(RECIPIENT) == RECIPIENT
    line = bech32.encode("age-secret-key-pq-", bytes(31)).upper()
    with pytest.raises(MasterKeyError, match="damaged age identity"):
        age.parse_identities(line, "keys.txt")


def test_an_identity_tells_its_recipient() -> None:
    (identity,) = read(MINE)
    assert identity.recipient == RECIPIENT
    assert post_quantum.read_identity(MINE.reveal().decode().lower()) is None
