"""Give a document other master keys, another data key or another selector.

A plan says what a rule would change before anything is done. Retained master keys keep
their stanzas as long as the data key stays, so a diff shows only who came and who went.

Source: getsops/sops cmd/sops/rotate.go, cmd/sops/subcommand/updatekeys.
"""

from __future__ import annotations

import os

from sopsmith.errors import RuleError
from sopsmith.formats.splice import Edit, splice
from sopsmith.secret import Secret
from sopsmith.sops.document import Unlocked, refuse_clear
from sopsmith.sops.masterkeys import MasterKey, Stanza, wrap_key
from sopsmith.sops.metadata import KEY, Metadata, build_metadata, format_time, merge_metadata
from sopsmith.sops.seal import Kept, Leaf, Sealer, leaves_of
from sopsmith.sops.selection import Selection
from sopsmith.sops.selectors import Selector
from sopsmith.sops.wrapping import Groups, Kinds, wrap_groups

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.sops.creation_rule import CreationRule
    from sopsmith.sops.metadata import Moment


class RekeyPlan:
    """What a rule would change of a document.

    Attributes:
        added, removed: Master keys.
        regrouped: Keys stand in other groups, or another number of groups opens the file.
        reselected: Other values would be encrypted, or another set would count for the MAC.
    """

    __slots__ = ("added", "regrouped", "removed", "reselected")

    def __init__(
        self,
        added: tuple[MasterKey, ...],
        removed: tuple[MasterKey, ...],
        *,
        regrouped: bool,
        reselected: bool,
    ) -> None:
        self.added = added
        self.removed = removed
        self.regrouped = regrouped
        self.reselected = reselected

    @property
    def empty(self) -> bool:
        """The document is as the rule wants it."""
        return not (self.added or self.removed or self.regrouped or self.reselected)


def plan_rekey(metadata: Metadata, rule: CreationRule) -> RekeyPlan:
    """Compare a document's keys and selector with a rule.

    Raises:
        RuleError: The rule names no key, so following it would lock everybody out.
    """
    if not rule.key_groups:
        raise RuleError("the rule names no recipient", key=rule.place or None)
    stands = [{stanza.key for stanza in group} for group in metadata.groups]
    wanted = [set(group) for group in rule.key_groups]
    all_stand = list(dict.fromkeys(stanza.key for stanza in metadata.stanzas))
    all_wanted = list(dict.fromkeys(key for group in rule.key_groups for key in group))
    added = tuple(key for key in all_wanted if key not in all_stand)
    removed = tuple(key for key in all_stand if key not in all_wanted)
    several = len(wanted) > 1 or len(stands) > 1
    threshold = several and _needed(rule.threshold, wanted) != _needed(metadata.threshold, stands)
    selector, new = metadata.selector, rule.selector
    return RekeyPlan(
        added,
        removed,
        regrouped=threshold or (several and stands != wanted),
        reselected=not metadata.whole
        and (selector.kind, selector.pattern, metadata.mac_only_encrypted)
        != (new.kind, new.pattern, rule.mac_only),
    )


def _needed(threshold: int, groups: list[set[MasterKey]]) -> int:
    return threshold or len(groups)


def update_keys(unlocked: Unlocked, rule: CreationRule, kinds: Kinds, *, now: Moment) -> bytes:
    """Return a document with the rule's master keys, under the data key that it has.

    Values, time and MAC stay, unless the rule selects other values. A removed recipient who
    kept the old file can still read what is written later: `rotate` is the answer to that.

    Raises:
        MasterKeyError: A key cannot be used.
        RuleError: Nothing would be encrypted.
    """
    plan = plan_rekey(unlocked.metadata, rule)
    if plan.empty:
        return unlocked.original
    change = _Change(unlocked, unlocked.data_key, now)
    groups = _retained_groups(unlocked.metadata, rule, plan, change, kinds)
    return change.apply(groups, rule.threshold, rule.selector, mac_only=rule.mac_only)


def rotate(
    unlocked: Unlocked,
    rule: CreationRule | None,
    kinds: Kinds,
    *,
    now: Moment,
    data_key: Secret | None = None,
) -> bytes:
    """Return a document under a new data key, every token new.

    Args:
        rule: Gives master keys and selector; None keeps those of the document.
        data_key: 32 random bytes; made here unless given.

    Raises:
        MasterKeyError: A key cannot be used.
    """
    metadata = unlocked.metadata
    groups: Groups = tuple(tuple(one.key for one in group) for group in metadata.groups)
    threshold, selector, mac_only = (
        (metadata.threshold, metadata.selector, metadata.mac_only_encrypted)
        if rule is None
        else (rule.threshold, rule.selector, rule.mac_only)
    )
    change = _Change(unlocked, data_key or Secret(os.urandom(32)), now)
    stanzas = change.wrap(groups if rule is None else rule.key_groups, threshold, kinds)
    return change.apply(stanzas, threshold, selector, mac_only=mac_only)


def _retained_groups(
    metadata: Metadata, rule: CreationRule, plan: RekeyPlan, change: _Change, kinds: Kinds
) -> list[list[Stanza]]:
    if plan.regrouped or len(rule.key_groups) > 1:
        if not (plan.added or plan.removed or plan.regrouped):
            return metadata.groups
        return change.wrap(rule.key_groups, rule.threshold, kinds)
    known = {stanza.key: stanza for stanza in metadata.stanzas}
    return [
        [known.get(key) or change.wrap_one(key, kinds) for key in group]
        for group in rule.key_groups
    ]


class _Change:
    """Write one document anew under a data key."""

    def __init__(self, unlocked: Unlocked, data_key: Secret, now: Moment) -> None:
        self._unlocked = unlocked
        self._data_key = data_key
        self._moment = format_time(now)

    def wrap(self, groups: Groups, threshold: int, kinds: Kinds) -> list[list[Stanza]]:
        return wrap_groups(
            groups, threshold, self._data_key, kinds, now=self._moment, random=os.urandom
        )

    def wrap_one(self, key: MasterKey, kinds: Kinds) -> Stanza:
        return wrap_key(key, self._data_key, kinds, now=self._moment)

    def apply(
        self, groups: list[list[Stanza]], threshold: int, selector: Selector, *, mac_only: bool
    ) -> bytes:
        old = self._unlocked.metadata
        if old.whole:
            fields = build_metadata(groups, None, threshold=threshold, mac_only=False)
            return self._in_place(fields)
        fields = build_metadata(groups, selector, threshold=threshold, mac_only=mac_only)
        same = (old.selector.kind, old.selector.pattern) == (selector.kind, selector.pattern)
        if same and mac_only == old.mac_only_encrypted:
            return self._in_place(fields)
        return self._anew(fields, selector, mac_only=mac_only)

    def _in_place(self, fields: dict[str, object]) -> bytes:
        """Replace tokens where they stand, if the data key is another one."""
        one = self._unlocked
        edits: list[Edit] = []
        if self._data_key != one.data_key:
            sealer = Sealer(one.form, one.selection, self._data_key.reveal(), os.urandom, None)
            leaves = leaves_of(one.trees)
            edits = _token_edits(one, leaves, sealer)
            only = one.metadata.mac_only_encrypted
            mac = sealer.mac_token(leaves, self._moment, only_encrypted=only)
            fields = {**fields, "lastmodified": str(self._moment), "mac": mac}
        edits += one.metadata_edits(fields)
        return one.encode(splice(one.text, edits))

    def _anew(self, fields: dict[str, object], selector: Selector, *, mac_only: bool) -> bytes:
        """Encrypt the plaintext by another selector; equal values keep their tokens."""
        one = self._unlocked
        text = one.clear_text()
        trees = one.form.parse(text)
        kept = Kept(one.trees) if self._data_key == one.data_key else None
        chosen = Selection(selector, trees, text)
        sealer = Sealer(one.form, chosen, self._data_key.reveal(), os.urandom, kept)
        leaves = leaves_of(trees)
        edits = sealer.edits(text, trees, leaves)
        refuse_clear(sealer, f"{selector.kind} `{selector.pattern}`", one.path)
        mac = sealer.mac_token(leaves, self._moment, only_encrypted=mac_only)
        signed = {**fields, "lastmodified": str(self._moment), "mac": mac}
        merged = merge_metadata(one.sources[0][2], signed)
        for tree in trees:
            source = one.form.write_entry(text, tree, KEY, merged)
            edits.append(one.form.insert_entry(text, tree, source))
        return one.encode(splice(text, edits))


def _token_edits(one: Unlocked, leaves: list[Leaf], sealer: Sealer) -> list[Edit]:
    edits: list[Edit] = []
    for leaf in leaves:
        scalar = leaf.scalar
        if scalar.token is not None and scalar.start >= 0:
            token = sealer.token(scalar.value, leaf.path)
            written = one.form.write_token(token, scalar, one.text)
            edits.append((scalar.start, scalar.end, written))
    for comment in (comment for tree in one.trees for comment in tree.comments if comment.token):
        token = sealer.comment_token(comment)
        written = "- " + token if comment.item else comment.written(token)
        edits.append((comment.start, comment.end, written))
    return edits
