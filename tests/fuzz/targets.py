"""Name one function a parser of formats, SOPS files, settings and words of the command line."""

from __future__ import annotations

from tests.fuzz.registry import (
    DATA_KEY,
    LATER,
    NOW,
    RECIPIENT,
    accept,
    as_text,
    keyring,
    target,
)

from sopsmith import age
from sopsmith.errors import AlreadyEncrypted
from sopsmith.flows.crypt import parse_extract
from sopsmith.formats import NAMES, dotenv, env_file, ini, json, narrow, yaml
from sopsmith.formats.splice import splice
from sopsmith.formats.tree import Node, Tree, to_object, walk
from sopsmith.kube.ksops import is_resource_list, parse_generator, read_resource_list
from sopsmith.plugin.opening import parse_objects
from sopsmith.repo.settings import parse_settings
from sopsmith.secret import Secret
from sopsmith.sops.config import Config, CreationRule
from sopsmith.sops.document import Document, Unlocked, encrypt
from sopsmith.sops.selectors import ALL_SELECTORS, Selector
from sopsmith.sops.values import Cipher

_FORMS = {"yaml": yaml, "json": json, "dotenv": dotenv, "ini": ini}
_PATTERNS = {"suffix": "_x", "regex": "^(data|a)", "comment_regex": "sops:x"}


def shape(node: Node) -> object:
    """Return a node such that nodes are equal where every type, key and value is."""
    leaves = [(at, type(leaf.value).__name__, repr(leaf.value)) for _, at, leaf in walk(node)]
    return repr(to_object(node)), leaves


def shapes(trees: list[Tree]) -> list[object]:
    """Return the shape of every document."""
    return [shape(tree.root) for tree in trees]


def _positions_hold(text: str, trees: list[Tree]) -> None:
    """Hold that every span lies in the text, none overlaps, and splicing them changes nothing."""
    spans = {
        (leaf.start, leaf.end)
        for tree in trees
        for _, _, leaf in walk(tree.root)
        if leaf.start >= 0
    }
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert splice(text, [(start, end, text[start:end]) for start, end in sorted(spans)]) == text


def _parse_format(name: str, data: bytes) -> None:
    text = as_text(data)
    trees = accept(lambda: _FORMS[name].parse(text), data)
    if trees is not None:
        _positions_hold(text, trees)


@target
def fuzz_yaml(data: bytes) -> None:
    """The general YAML reader; every span that it gives lies in the text."""
    _parse_format("yaml", data)


@target
def fuzz_json(data: bytes) -> None:
    """The JSON reader; every span that it gives lies in the text."""
    _parse_format("json", data)


@target
def fuzz_dotenv(data: bytes) -> None:
    """The reader of sops' dotenv; every span that it gives lies in the text."""
    _parse_format("dotenv", data)


@target
def fuzz_ini(data: bytes) -> None:
    """The reader of sops' INI; every span that it gives lies in the text."""
    _parse_format("ini", data)


@target
def fuzz_narrow(data: bytes) -> None:
    """The narrow YAML reader means what the general one means wherever it accepts."""
    text = as_text(data)
    quick = narrow.parse(text)
    if quick is not None:
        assert shapes(quick) == shapes(yaml.parse(text)), "the readers differ"


@target
def fuzz_env_file(data: bytes) -> None:
    """The `.env` reader; what it reads can be written, and is read back equal."""
    found = accept(lambda: env_file.parse(data, ".env"), data)
    if found is not None:
        again = env_file.parse(env_file.write(found), ".env")
        assert [(one.name, one.value) for one in again] == [(one.name, one.value) for one in found]


@target
def fuzz_tokens(data: bytes) -> None:
    """Tokens; what opens at one place does not open at another."""
    text = as_text(data)
    cipher = Cipher(DATA_KEY)
    opened = accept(lambda: [cipher.decrypt(text, b"a:")], data)
    if opened is not None:
        assert accept(lambda: [cipher.decrypt(text, b"b:")], data) is None, "the place is not bound"


@target
def fuzz_document(data: bytes) -> None:
    """A SOPS file, its first byte choosing the format; the same plaintext gives the same file."""
    if not data:
        return
    name, body = NAMES[data[0] % len(NAMES)], data[1:]

    def unlock() -> Unlocked:
        document = Document.parse(body, name, path="file")
        # Without the MAC too, since nearly no change of the bytes leaves it valid.
        return document.unlock_with(Secret(DATA_KEY), ignore_mac=data[0] < 128)

    opened = accept(unlock, data, shown=True)
    plain = accept(opened.plaintext, data, shown=True) if opened else None
    if opened is not None and plain is not None:
        assert opened.reencrypt(plain, now=LATER) == body, "an unchanged file changed"


@target
def fuzz_unlock(data: bytes) -> None:
    """The way from metadata to data key, with an identity at hand and age files of any bytes."""
    accept(lambda: Document.parse(data, "yaml", path="file").unlock(keyring()), data, shown=True)


@target
def fuzz_config(data: bytes) -> None:
    """A `.sops.yaml`; one that is accepted gives a rule, or says that none matches."""
    config = accept(lambda: Config.parse(data, ".sops.yaml"), data, shown=True)
    if config is not None:
        rule = accept(lambda: config.rule_for("a/b.yaml"), data, shown=True)
        assert rule is None or rule in config.rules


@target
def fuzz_settings(data: bytes) -> None:
    """A `sopsmith.yaml`; one that is accepted names the readers of every scope."""
    found = accept(lambda: parse_settings(data, "sopsmith.yaml"), data, shown=True)
    if found is not None:
        for scope in found.scopes:
            found.readers(scope.name)


@target
def fuzz_ksops(data: bytes) -> None:
    """A KSOPS generator, or the ResourceList around one."""
    text = as_text(data)
    manifests = accept(lambda: parse_objects(text), data) or []
    for manifest in manifests:
        inner = [manifest]
        if is_resource_list(manifest):
            inner = accept(lambda: read_resource_list(manifest), data) or []  # noqa: B023
        for one in inner:
            accept(lambda: parse_generator(one), data, shown=True)  # noqa: B023


@target
def fuzz_extract(data: bytes) -> None:
    """A place of `--extract`; what is read is keys and indices."""
    text = as_text(data)
    found = accept(lambda: parse_extract(text), data, shown=True)
    if found is not None:
        assert found
        assert all(type(part) in (str, int) for part in found)
        assert all(part >= 0 for part in found if isinstance(part, int))


@target
def fuzz_identities(data: bytes) -> None:
    """The text of identities, and the one of a recipient."""
    text = as_text(data)
    for identity in accept(lambda: age.parse_identities(text, "keys.txt"), data) or []:
        assert text not in repr(identity), "an identity shows itself"
    accept(lambda: age.check_recipient(text), data, shown=True)


@target
def fuzz_round_trip(data: bytes) -> None:
    """A plaintext of YAML and back: values equal, and the second time round bytes equal.

    The first byte chooses selector and `mac_only_encrypted`.
    """
    if not data:
        return
    body = data[1:]
    kind = ALL_SELECTORS[data[0] % len(ALL_SELECTORS)]
    selector = Selector(kind, _PATTERNS[kind.partition("encrypted_")[2]])
    rule = CreationRule((RECIPIENT,), selector, mac_only=data[0] >= 128)
    sealed = accept(lambda: encrypt(body, "yaml", rule, now=NOW, path="file"), data, shown=True)
    if sealed is None:
        return
    opened = Document.parse(sealed, "yaml", path="file").unlock(keyring())
    wanted = [to_object(tree.root) for tree in yaml.parse(body.decode().removeprefix("\ufeff"))]
    # An empty document becomes an empty mapping, since the metadata need one; sops does the same.
    wanted = [{} if one is None else one for one in wanted]
    assert list(map(repr, opened.objects())) == list(map(repr, wanted)), "values changed"
    plain = opened.plaintext()
    assert opened.reencrypt(plain, now=LATER) == sealed, "an unchanged file changed"
    again = opened.reencrypt(body, now=LATER)
    reopened = Document.parse(again, "yaml", path="file").unlock(keyring())
    assert list(map(repr, reopened.objects())) == list(map(repr, opened.objects()))
    try:
        encrypt(sealed, "yaml", rule, now=NOW, path="file")
    except AlreadyEncrypted:
        return
    raise AssertionError("an encrypted file was encrypted again")
