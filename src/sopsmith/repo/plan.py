"""Compare the Secrets that should stand with the files that do, and prepare new bytes.

Pure: bytes in, changes with bytes out. A file whose Secret is equal keeps every byte; one
with other values gets new tokens for those alone; only another structure makes a new text.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sopsmith.errors import LayoutError, NoIdentity, NotEncrypted, RuleError
from sopsmith.formats import yaml
from sopsmith.formats.tree import Address, Plain, show, to_object
from sopsmith.kube.secret import build_object, build_text, build_tree, build_values
from sopsmith.repo.assign import Desired
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document, is_token
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.plain import PlainText
from sopsmith.sops.quick import parse_quick
from sopsmith.sops.sealing import encrypt_plain
from sopsmith.sops.wrapping import Kinds

CREATE, UPDATE, KEEP, REMOVE = "create", "update", "keep", "remove"
STALE = "stale"
"""Nothing generates the file any more, and nobody asked to prune it."""
UNLISTED = "unlisted"
"""Left over too, but no list names it (a killed `--prune` leaves such), so it is kept."""
MISSING = "missing"
"""A list names the file and it does not stand; --prune takes the entry out of the list."""
UNCOMPARED = "not compared"
"""No identity at hand opens the file, so it stays as it is."""


class Change(NamedTuple):
    """One file of a plan.

    Attributes:
        action: One of the words above.
        path: The file, relative to the root of the repository.
        variables: The variables behind it; none for a generator or a kustomization.
        fields: The addresses inside it that an update changes.
        data: The new bytes of the file, for create and update.
        reason: Why it was not compared.
    """

    action: str
    scope: str
    path: str
    variables: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    data: bytes | None = None
    reason: str = ""


def plan_new(
    desired: Desired, rule: CreationRule, now: datetime, kinds: Kinds | None = None
) -> Change:
    """Return the change that makes a file for a Secret.

    Args:
        kinds: The kinds of master key besides age that can be reached.

    Raises:
        RuleError: The rule would leave a value in clear.
    """
    text, tree = build_tree(desired.manifest)
    plain = PlainText(yaml, "", text, [tree])
    data = encrypt_plain(plain, rule, now=now, path=desired.path, kinds=kinds)
    check_sealed(data, desired)
    return Change(CREATE, desired.scope, desired.path, desired.variables, (), data)


def plan_present(desired: Desired, present: bytes, keyring: Keyring, now: datetime) -> Change:
    """Return the change that a file needs to hold a Secret.

    Raises:
        MacMismatch, Tampered: The file is broken, so nothing may be built on it.
        LayoutError: It holds more than one document.
        RuleError: The file's own selector would leave a value in clear.
    """
    plain = Change(KEEP, desired.scope, desired.path, desired.variables)
    path = desired.path
    quick = parse_quick(present, path)
    try:
        unlocked = (quick or parse_present(present, path)).unlock(keyring)
    except NoIdentity as error:
        reason = "; ".join(part for part in (error.message, error.hint) if part)
        return plain._replace(action=UNCOMPARED, reason=reason)
    contents = unlocked.objects()
    if len(contents) != 1:
        raise LayoutError(
            f"holds {len(contents)} documents where one Secret belongs",
            path=path,
            hint="give the file another name, or the variable in sopsmith.yaml",
        )
    wanted = build_object(desired.manifest)
    leaves, others = _differences(contents[0], wanted, ())
    if not leaves and not others:
        return plain
    if quick:
        # To compare takes the values alone, to edit the place of each.
        unlocked = parse_present(present, path).unlock(keyring)
    if others:
        data = unlocked.reencrypt(build_text(desired.manifest), now=now)
    else:
        values: dict[Address, Plain] = {where: _text_at(wanted, where) for where in leaves}
        data = unlocked.set_values(values, now=now)
    check_sealed(data, desired)
    fields = tuple(sorted(show(where) for where in leaves + others))
    return plain._replace(action=UPDATE, fields=fields, data=data)


def parse_present(data: bytes, path: str) -> Document:
    """Return the document of a file that stands where a Secret belongs.

    Raises:
        NotEncrypted: It stands there in clear.
    """
    try:
        return Document.parse(data, "yaml", path=path)
    except NotEncrypted:
        from shlex import quote

        raise NotEncrypted(
            "stands where generate writes, and is not encrypted",
            path=path,
            hint=f"sopsmith encrypt --in-place {quote(path)}, or remove it",
        ) from None


def check_sealed(data: bytes, desired: Desired) -> None:
    """Make sure that encrypted bytes parse again and hold no value of a Secret in clear.

    Raises:
        RuleError: They do: the selector does not reach `stringData` or `data`.
    """
    content = read_clear(data)
    for field, wanted in build_values(desired.manifest.data).items():
        values = content.get(field) if isinstance(content, dict) else None
        if not isinstance(values, dict) or set(values) != set(wanted):
            raise RuleError("did not come out as the Secret that was planned", path=desired.path)
        for key, value in values.items():
            clear = wanted[key]
            # SOPS leaves empty values as they are.
            if clear and (value == clear or not isinstance(value, str) or not is_token(value)):
                raise RuleError(
                    "the value would stand in clear",
                    path=desired.path,
                    key=f"{field}.{key}",
                    hint="set encrypted_regex: ^(data|stringData)$ in .sops.yaml",
                )


def read_clear(data: bytes) -> object:
    """Return what an encrypted file shows without any identity, tokens as they stand.

    Returns:
        The content without the metadata; None if it is no SOPS file of one document.

    Raises:
        FormatError: It is not YAML.
    """
    text = data.decode(errors="replace")
    trees = yaml.read(text)
    content = to_object(trees[0].root) if len(trees) == 1 else None
    if not isinstance(content, dict) or not isinstance(content.pop("sops", None), dict):
        return None
    return content


def _differences(old: object, new: object, address: Address) -> tuple[list[Address], list[Address]]:
    """Return the addresses of texts that differ, and of everything else that does."""
    if isinstance(old, dict) and isinstance(new, dict):
        leaves: list[Address] = []
        others: list[Address] = [(*address, key) for key in old.keys() ^ new.keys()]
        for key in old.keys() & new.keys():
            deeper = _differences(old[key], new[key], (*address, key))
            leaves += deeper[0]
            others += deeper[1]
        return leaves, others
    if type(old) is type(new) and old == new:
        return [], []
    if isinstance(old, str) and isinstance(new, str):
        return [address], []
    return [], [address]


def _text_at(content: object, address: Address) -> str:
    for part in address:
        content = content[part]  # type: ignore[index]
    return str(content)
