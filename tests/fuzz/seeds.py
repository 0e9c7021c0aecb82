"""Write the seeds of the corpus again: `python -m tests.fuzz.seeds`.

Findings that were minimised stand beside them, named `found-…`, and are left alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tests.fuzz import more_seeds
from tests.fuzz.registry import CANARY, DATA_KEY, IDENTITY, NOW, RECIPIENT

from sopsmith.formats import NAMES, load_format
from sopsmith.formats.tree import Plain, Timestamp
from sopsmith.sops.config import CreationRule
from sopsmith.sops.plain import read_plain
from sopsmith.sops.sealing import _Sealing
from sopsmith.sops.selectors import Selector
from sopsmith.sops.values import Cipher, CommentText

CORPUS = Path(__file__).parent / "corpus"
YAML = (
    "# c\na: 1\nb:\n  - x: 'y'  # z\n    n: ~\n  - |\n    l1\n    l2\nd: {e: [1.5, true, \"q\"]}\n",
    "---\na: &x {k: v}\nb: *x\n<<: *x\n---\nc: !!binary aGk=\nd: 2025-01-02\ne: >-\n  fold\n  x\n",
    f"data:\n    password: {CANARY}\n    port: 0x1f\n\n# sops:x\nk_x: 12:30:45\nd: 010\r\n",
    "? a\n: !!float 1\n\"b\": !!str 2\n'c': .inf\nd: [a, {b: c}, ]\n...\n",
)
JSON = (
    '{"a": 1, "b": [true, null, -1.5e3, "x\\n\\u00e9"], "c": {"d": {}}}',
    f'{{\n\t"data": "{CANARY}",\n\t"n": 12345678901234567890\n}}\n',
)
ENV = (f"A=1\n# c\nB={CANARY} # x\n", 'A=\'x\ny\'\nexport B="a\\n\\"$c"\n\nC = d=e\r\n')
INI = ("top = 1\n[s]\n; c\na = b # c\n\"q\" = 'x'\n", f'[data]\nk: {CANARY}\nm = """a\nb"""\n')
GENERATOR = """\
apiVersion: viaduct.ai/v1
kind: ksops
metadata: {name: g, annotations: {config.kubernetes.io/function: "exec: {path: ksops}"}}
files: [./a.yaml]
secretFrom:
  - metadata: {name: s}
    type: Opaque
    files: [k=./b.txt]
    envs: [c.env]
"""
SOPS_YAML = f"""\
creation_rules:
  - path_regex: ^a/.*\\.yaml$
    encrypted_regex: ^(data|stringData)$
    age: {RECIPIENT}
  - key_groups:
      - age: [{RECIPIENT}]
      - pgp: [85D77543B3D624B63CEA9E6DBC17301B491B3F21]
        kms: [{{arn: "arn:aws:kms:eu-west-1:1:key/x", context: {{a: b}}}}]
    shamir_threshold: 2
    mac_only_encrypted: true
"""
SETTINGS = f"""\
version: 1
layout: {{root: a/b, overlays: c}}
namespace: n
core: {{recipients: [{RECIPIENT}]}}
environments:
  prod: {{prefix: PROD_, recipients: [{RECIPIENT}]}}
secrets:
  - name: s
    data: {{value: A}}
    scopes: [core, prod]
lint: {{ignore: []}}
"""
TOKENS: tuple[Plain, ...] = (
    CANARY, 1, -1.5, True, b"\xff", Timestamp("2025-01-02T00:00:00Z"), CommentText(" c")
)  # fmt: skip


def main() -> None:
    """Write every seed."""
    _write("yaml", YAML)
    _write("narrow", (*YAML, _seal(YAML[0], "yaml")[1:].decode()))
    _write("json", JSON)
    _write("dotenv", (*ENV, _seal(ENV[0], "dotenv")[1:].decode()))
    _write("ini", (*INI, _seal(INI[0], "ini")[1:].decode()))
    _write("env_file", ENV)
    _write("tokens", [Cipher(DATA_KEY).encrypt(one, b"a:", b"i" * 32) for one in TOKENS])
    texts = zip((YAML[0], JSON[0], ENV[0], INI[0], "any"), NAMES, strict=True)
    _write("document", [_seal(text, kind) for text, kind in texts])
    _write("unlock", [_seal(text, "yaml")[1:] for text in YAML[:2]])
    _write("config", [SOPS_YAML])
    _write("settings", [SETTINGS, more_seeds.SETTINGS])
    listed = {"kind": "ResourceList", "items": [], "functionConfig": {"kind": "ksops"}}
    _write("ksops", [GENERATOR, json.dumps(listed)])
    _write("extract", ['["a"][0]["b\\u00e9"]', "['a'][12]"])
    _write("identities", [f"# c\n{IDENTITY}\n", f"{CANARY}\n", RECIPIENT])
    for name, seeds in more_seeds.seeds().items():
        _write(name, seeds)
    _write("round_trip", [chr(n) + YAML[m] for n in range(6) for m in (2, n % len(YAML))])


def _write(name: str, seeds: Iterable[bytes | str]) -> None:
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        data = seed if isinstance(seed, bytes) else seed.encode()
        (folder / f"seed-{number}").write_bytes(data)


def _seal(text: str, kind: str) -> bytes:
    """Return the input of the document target: the format's byte and a file under DATA_KEY."""
    sealing = _Sealing(CreationRule((RECIPIENT,), Selector("unencrypted_suffix", "_x")), {}, NOW)
    sealing._random = lambda size: (DATA_KEY * 2)[:size]
    plain = read_plain(text.encode(), load_format(kind))
    return bytes([NAMES.index(kind)]) + sealing.encrypt(plain, "seed")


if __name__ == "__main__":
    main()
