"""Name one function a parser of what others wrote: kubeconfigs, templates, keys, ResourceLists."""

from __future__ import annotations

import base64
import tempfile
from functools import cache
from pathlib import Path

from tests import age_files
from tests.fuzz.registry import CANARY, NOW, RECIPIENT, accept, as_text, keyring, target

from sopsmith.adapters.environment import Settings
from sopsmith.adapters.kubeconfig import read_access
from sopsmith.errors import Error, NotThere
from sopsmith.formats import yaml
from sopsmith.kube.ksops import is_resource_list
from sopsmith.kube.templates import render
from sopsmith.plugin.generate import Maker
from sopsmith.plugin.opening import parse_objects
from sopsmith.plugin.run import _krm
from sopsmith.repo.rsa_pem import read_rsa_pem
from sopsmith.secret import Secret
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import encrypt
from sopsmith.sops.selectors import Selector

# What a template can reach; all of it is secret.
VALUES = {
    "a": CANARY,
    "b": base64.b64encode(CANARY.encode()).decode(),
    "j": '{"n": [1, 2.5, "x"], "u": "\\ud800", "e": 1e300, "d": {"k": true}}',
}
_DOTENV = f"A={CANARY}\nB=x\n"
_SECRET = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{value: {CANARY}}}\n"


@target
def fuzz_kubeconfig(data: bytes) -> None:
    """A kubeconfig; its credentials are Secrets, and no error tells one."""
    path = _folder() / "config"
    path.write_bytes(data)
    try:
        found = read_access("c", Settings("", "", {"KUBECONFIG": str(path)}))
    except Error as error:
        # The names of contexts may be told.
        told = error.message if isinstance(error, NotThere) else f"{error.message} {error.hint}"
        assert CANARY not in told, "the canary shows"
        return
    assert found.context == "c"
    secrets = (found.token, found.key, found.certificate)
    assert all(one is None or type(one) is Secret for one in secrets)


@target
def fuzz_templates(data: bytes) -> None:
    """A template of External Secrets; text alone is itself, and no error tells a value."""
    text = as_text(data)
    try:
        made = render(text, VALUES)
    except Error as error:
        assert CANARY in text or CANARY not in f"{error.message} {error.key} {error.hint}"
        return
    assert len(made.encode()) < 16 * 1024 * 1024, "a template made more than a Secret can hold"
    assert "{{" in text or made == text


@target
def fuzz_rsa_pem(data: bytes) -> None:
    """A private key as a `.env` holds it; behind an `=` the DER of one, which is put into PEM."""
    if data.startswith(b"="):
        body = base64.b64encode(data[1:])
        lines = [body[at : at + 64] for at in range(0, len(body), 64)] or [b"A"]
        data = b"\n".join([b"-----BEGIN PRIVATE KEY-----", *lines, b"-----END PRIVATE KEY-----"])
    found = accept(lambda: read_rsa_pem(Secret(data), "KEY"), data)
    if found is not None:
        assert read_rsa_pem(found, "KEY") == found


@target
def fuzz_resource_list(data: bytes) -> None:
    """What kustomize gives the plugin, over two encrypted files; the answer is YAML."""
    made = accept(lambda: _krm(data, _maker(), lambda one: one), data, shown=True)
    if made is not None:
        assert yaml.parse(made) or not made
        asked = parse_objects(data.decode())
        first = next(one for one in asked if one is not None)
        if is_resource_list(first):
            (answer,) = parse_objects(made)
            assert is_resource_list(answer)


class _TwoFiles:
    """Stand for the folder of a generator: a Secret and a `.env`, both encrypted."""

    def __init__(self) -> None:
        rule = CreationRule((RECIPIENT,), Selector("unencrypted_suffix", "_unencrypted"))
        self._files = {
            "a.yaml": encrypt(_SECRET.encode(), "yaml", rule, now=NOW, path="a.yaml"),
            "b.env": encrypt(_DOTENV.encode(), "dotenv", rule, now=NOW, path="b.env"),
        }

    def expand(self, pattern: str) -> list[str]:
        return [pattern] if pattern in self._files else []

    def read(self, path: str) -> bytes:
        if path not in self._files:
            raise NotThere("there is no such file", path=path)
        return self._files[path]


@cache
def _maker() -> Maker:
    return Maker(_TwoFiles(), keyring(), limit=1)  # type: ignore[arg-type]


@cache
def _folder() -> Path:
    kept = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="fuzz-", dir=kept if kept.is_dir() else None))


@target
def fuzz_age_header(data: bytes) -> None:
    """What stands beside the stanza that opens, signed; pyrage opens alike what is opened."""
    stanza = age_files.x25519_stanza(bytes(range(32)), age_files.FILE_KEY)
    for header in ([stanza, data], [data, stanza]):
        age_files.agree(age_files.armor(age_files.write_file(header, b"k" * 32)))
