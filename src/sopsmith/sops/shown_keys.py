"""Show a document's master keys in its plaintext, and read them back when it was edited.

Only what names the keys is shown; wrapped data keys, time and MAC are nobody's to edit. What
comes back may add keys, take some away and regroup them.
"""

from __future__ import annotations

from sopsmith import age
from sopsmith.errors import FormatError, MasterKeyError, RuleError
from sopsmith.formats.splice import splice
from sopsmith.formats.tree import Mapping, to_object
from sopsmith.sops.document import Document, Unlocked
from sopsmith.sops.key_groups import Group, check_fields
from sopsmith.sops.masterkeys import NAMES, MasterKey
from sopsmith.sops.metadata import KEY
from sopsmith.sops.regroup import groups_of, rule_of
from sopsmith.sops.rekey import plan_rekey, rotate, update_keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from sopsmith.sops.config import CreationRule
    from sopsmith.sops.wrapping import Kinds

_GROUP_FIELDS = tuple(NAMES)
_FIELDS = (*_GROUP_FIELDS, "key_groups", "shamir_threshold")


def show_keys(one: Unlocked) -> str:
    """Return a document's plaintext with its master keys under `sops`, in its first document."""
    text = one.clear_text()
    tree = one.form.parse(text)[0]
    groups = groups_of(one.metadata)
    fields: dict[str, object] = {}
    if len(groups) == 1:
        fields = _by_kind(groups[0])
    elif groups:
        fields["key_groups"] = [_by_kind(group) for group in groups]
        fields["shamir_threshold"] = one.metadata.threshold or len(groups)
    source = one.form.write_entry(text, tree, KEY, fields)
    return splice(text, [one.form.insert_entry(text, tree, source)])


def take_keys(text: str, one: Unlocked) -> tuple[str, CreationRule]:
    """Return an edited text without its master keys, and the document's rule with those keys.

    Raises:
        FormatError: The text is not of the document's format, or has no `sops` entry.
        RuleError: A field is unknown, or no key is left.
        MasterKeyError: A recipient cannot be used.
    """
    tree = next(iter(one.form.parse(text)), None)
    root = tree.root if tree else None
    node = root.get(KEY) if isinstance(root, Mapping) else None
    if tree is None or node is None:
        raise FormatError(
            "the master keys are gone", key=KEY, hint="leave the `sops` entry in its place"
        )
    found = to_object(node)
    if not isinstance(found, dict):
        raise RuleError("must be a mapping of master keys", key=KEY)
    check_fields(found, _FIELDS, KEY)
    groups, threshold = _parse_groups(found)
    plain = splice(text, [one.form.remove_entry(text, tree, KEY)])
    return plain, rule_of(one.metadata, groups, threshold)


def follow_keys(
    data: bytes, one: Unlocked, rule: CreationRule, kinds: Kinds, *, now: datetime
) -> bytes:
    """Return an encrypted version of a document with a rule's keys.

    A data key that a removed recipient knows is replaced, since they may have kept the file.

    Args:
        data: The version, under the data key of `one`.

    Raises:
        MasterKeyError: A key cannot be used.
    """
    plan = plan_rekey(one.metadata, rule)
    if plan.empty:
        return data
    two = Document(data.decode(), one.form, one.path).unlock_with(one.data_key)
    if plan.removed:
        return rotate(two, rule, kinds, now=now)
    return update_keys(two, rule, kinds, now=now)


def _by_kind(group: Group) -> dict[str, object]:
    kinds = [kind for kind in NAMES if any(key.kind == kind for key in group)]
    return {kind: [key.fields for key in group if key.kind == kind] for kind in kinds}


def _parse_groups(found: dict[str, object]) -> tuple[tuple[Group, ...], int]:
    listed = found.get("key_groups")
    if listed is None:
        return (_parse_group(found, KEY),), 0
    if not isinstance(listed, list) or any(kind in found for kind in NAMES):
        raise RuleError("must be a list, with no keys beside it", key=f"{KEY}.key_groups")
    groups = []
    for number, group in enumerate(listed):
        place = f"{KEY}.key_groups[{number}]"
        if not isinstance(group, dict):
            raise RuleError("a key group is not a mapping", key=place)
        check_fields(group, _GROUP_FIELDS, place)
        groups.append(_parse_group(group, place))
    threshold = found.get("shamir_threshold") or 0
    if not isinstance(threshold, int | str) or not str(threshold).isdigit():
        raise RuleError("must be a number", key=f"{KEY}.shamir_threshold")
    return tuple(groups), int(threshold)


def _parse_group(found: dict[str, object], place: str) -> Group:
    return tuple(
        _parse_key(kind, fields, f"{place}.{kind}[{number}]")
        for kind in NAMES
        for number, fields in enumerate(_listed(found.get(kind), f"{place}.{kind}"))
    )


def _listed(value: object, place: str) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise RuleError("must be a list", key=place)
    return value


def _parse_key(kind: str, fields: object, place: str) -> MasterKey:
    if not isinstance(fields, dict) or not fields.get(NAMES[kind]):
        raise RuleError(f"a master key has no `{NAMES[kind]}`", key=place)
    if kind == "age":
        check_fields(fields, ("recipient",), place)
        return MasterKey.of_age(_check_recipient(str(fields["recipient"]), place))
    return MasterKey(kind, fields)


def _check_recipient(text: str, place: str) -> str:
    try:
        return age.check_recipient(text)
    except MasterKeyError as error:
        # Beside secret values a slip of the hand may have put one here, so it is not quoted.
        raise MasterKeyError("not an age recipient", key=place, hint=error.hint) from None
