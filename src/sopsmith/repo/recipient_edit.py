"""Change who opens a scope, in `sopsmith.yaml` and `.sops.yaml` together. Pure.

Both texts are edited, never written anew. What comes out is parsed again and held against
what was asked for: the scope has exactly the recipients that it shall have, its rule and core's
encrypt for exactly those who shall read them, tenants' rules follow, and nothing else says
anything else than before.
Where that cannot be had, nothing is returned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from sopsmith.age import check_recipient
from sopsmith.errors import Error, LayoutError, RuleError
from sopsmith.repo.recipient_entries import Entries, Named, edit_entries
from sopsmith.repo.recipient_rules import edit_rules, rule_number
from sopsmith.repo.recipients import NamedRecipient, check_label
from sopsmith.repo.settings import CORE, FILE, RepoSettings, Scope, parse_settings
from sopsmith.repo.tenant_rules import edit_tenant_rules
from sopsmith.sops.config import FILE_NAME, Config

_BOM = "\ufeff"
_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 +/=-._@")
"""What a new recipient may be written with: nothing that means something to YAML or sops."""


class Texts(NamedTuple):
    """The bytes of `sopsmith.yaml` and of the `.sops.yaml` beside it."""

    settings: bytes
    rules: bytes


def add_recipients(texts: Texts, scope: str, new: Sequence[NamedRecipient]) -> Texts:
    """Return the texts with more recipients in a scope.

    One that is there already gets the name and the purpose that are given.

    Args:
        scope: `core` or an environment.

    Raises:
        LayoutError, RuleError: A text is broken or cannot be edited surely, or the two disagree
            about others than these recipients.
        MasterKeyError: One is no recipient.
    """
    coming = {one.recipient: one for one in map(_checked, new)}

    def extend(before: Named) -> Entries:
        kept = tuple(_renamed(one, coming.get(one.recipient, one)) for one in before)
        stand = {one.recipient for one in before}
        return Entries(kept, tuple(one for one in coming.values() if one.recipient not in stand))

    return _change(texts, scope, extend, dict.fromkeys(coming, ""))


def remove_recipients(texts: Texts, scope: str, gone: Sequence[str]) -> Texts:
    """Return the texts without some recipients of a scope.

    One who is another environment's recipient too goes on reading core.

    Raises:
        LayoutError, RuleError: As for `add_recipients`; or nobody would be left.
    """

    def shorten(before: Named) -> Entries:
        return Entries(tuple(None if one.recipient in gone else one for one in before))

    return _change(texts, scope, shorten, dict.fromkeys(gone, ""))


def replace_recipient(texts: Texts, scope: str, old: str, new: NamedRecipient) -> Texts:
    """Return the texts with one recipient of a scope in the place of another.

    Raises:
        LayoutError, RuleError, MasterKeyError: As for `add_recipients`; or neither of the two
            is there.
    """
    new = _checked(new)

    def swap(before: Named) -> Entries:
        stand = [one.recipient for one in before]
        if old not in stand and new.recipient not in stand:
            raise LayoutError(f"{old} is no recipient of {scope}", path=FILE)
        # Where both stand, a former run was stopped between them: the old one goes.
        takes = new.recipient if new.recipient in stand else old
        gone = old if new.recipient != old else ""
        return Entries(
            tuple(
                new if one.recipient == takes else None if one.recipient == gone else one
                for one in before
            )
        )

    return _change(texts, scope, swap, {new.recipient: "", old: new.recipient})


def touched_scopes(before: Texts, after: Texts) -> tuple[str, ...]:
    """Return the scopes whose files other people shall open after a change than before it."""
    old, new = (_readers(one) for one in (before, after))
    return tuple(name for name in new if new[name] != old.get(name))


def _readers(texts: Texts) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Return for each scope who shall read it, and whom its rule encrypts for."""
    settings = parse_settings(texts.settings, FILE)
    config = Config.parse(texts.rules, FILE_NAME)
    return {
        name: (
            frozenset(settings.readers(name)),
            frozenset(config.rules[rule_number(config, settings, name)].recipients),
        )
        for name in (scope.name for scope in settings.scopes)
    }


def _change(
    texts: Texts, scope: str, edit: Callable[[Named], Entries], ours: Mapping[str, str]
) -> Texts:
    """Edit both files.

    Args:
        ours: The recipients that the change is about, as `edit_rules` takes them.
    """
    before = parse_settings(texts.settings, FILE)
    found = _find_scope(before, scope)
    entries = edit(found.named)
    _refuse_namesakes(entries.all, scope)
    settings = _with_scope(before, replace(found, named=entries.all))
    touched = (scope,) if scope == CORE else (scope, CORE)
    for name in touched:
        _refuse_nobody(settings, name)
    rules = _recode(texts.rules, FILE_NAME, lambda text: edit_rules(text, settings, touched, ours))
    new = _find_scope(settings, scope)
    return Texts(
        _recode(texts.settings, FILE, lambda text: edit_entries(text, scope, entries, settings)),
        _recode(rules, FILE_NAME, lambda text: edit_tenant_rules(text, found, new, ours)),
    )


def _checked(new: NamedRecipient) -> NamedRecipient:
    recipient = check_recipient(new.recipient)
    if not _SIGNS.issuperset(recipient):
        raise LayoutError("the comment of the SSH key holds unusual signs; leave it out")
    return NamedRecipient(recipient, check_label(new.name), check_label(new.purpose))


def _renamed(one: NamedRecipient, new: NamedRecipient) -> NamedRecipient:
    return NamedRecipient(one.recipient, new.name or one.name, new.purpose or one.purpose)


def _find_scope(settings: RepoSettings, name: str) -> Scope:
    for scope in settings.scopes:
        if scope.name == name:
            return scope
    known = ", ".join(scope.name for scope in settings.scopes)
    raise LayoutError(f"the scope is no environment here; there are {known}", path=FILE)


def _with_scope(settings: RepoSettings, new: Scope) -> RepoSettings:
    if new.name == CORE:
        return replace(settings, core=new)
    others = (new if one.name == new.name else one for one in settings.environments)
    return replace(settings, environments=tuple(others))


def _refuse_namesakes(named: Named, scope: str) -> None:
    names = [one.name for one in named if one.name]
    for name in names:
        if names.count(name) > 1:
            raise LayoutError(
                f"{name!r} is the name of another recipient of {scope}",
                path=FILE,
                hint="give each a name of its own, such as the machine's: --name",
            )


def _refuse_nobody(settings: RepoSettings, scope: str) -> None:
    if not settings.readers(scope):
        raise LayoutError(
            f"{scope} would have no recipient left, so nobody could open its files",
            path=FILE,
            hint=f"first add another: sopsmith recipients add {scope} age1…",
        )


def _recode(data: bytes, path: str, edit: Callable[[str], str]) -> bytes:
    """Edit a file's text; a byte order mark stays before it."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise RuleError("is not UTF-8 text", path=path) from None
    mark = _BOM if text.startswith(_BOM) else ""
    try:
        return (mark + edit(text.removeprefix(_BOM))).encode()
    except Error as error:
        raise error.at(path) from None
