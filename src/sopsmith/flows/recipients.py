"""Let somebody open a scope, or nobody any more: configuration and files together.

Who comes is in the configuration before any file is touched; who goes is out of `.sops.yaml`
first, so that nothing new is written for them, and out of `sopsmith.yaml` last, so that a run
that was stopped still knows whom its name means. Running it again finishes either. Each file
is replaced in one step, and only after all of them are known to open: no file is ever left to
nobody.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Conflict, Error, LayoutError, NoIdentity, UsageError
from sopsmith.flows.reading import read_for_sops
from sopsmith.flows.recipient_source import is_recipient
from sopsmith.flows.recipients_wish import FollowScopes, follow_scopes, touched
from sopsmith.flows.rekey import apply_rekeying, plan_rekeying, read_metadata
from sopsmith.flows.rules import Rules
from sopsmith.repo.recipient_edit import Texts, add_recipients, remove_recipients
from sopsmith.repo.recipient_rules import rule_number
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.settings import FILE, RepoSettings, Scope, parse_settings
from sopsmith.sops.config import FILE_NAME, Config
from sopsmith.sops.recognise import recognise

if TYPE_CHECKING:
    from sopsmith.flows.rekey import Means
    from sopsmith.flows.rekey_plan import Outcome, Plan
    from sopsmith.ports import Answer, Files
    from sopsmith.sops.keyring import Keyring


class Doors(NamedTuple):
    """What the flow needs of the outside.

    Attributes:
        root: The repository's root, relative to the working folder.
    """

    root: str
    files: Files
    means: Means


class Prepared(NamedTuple):
    """What would be done.

    Attributes:
        scopes: Where somebody is let in or out.
        who: Who comes or goes.
        leaves: They go.
        after: What the two configurations shall be.
        plan: What becomes of the files.
    """

    scopes: tuple[str, ...]
    who: NamedRecipient
    leaves: bool
    before: Texts
    after: Texts
    wish: FollowScopes
    plan: Plan

    @property
    def configuration(self) -> list[str]:
        """The configurations that change."""
        pairs = zip((FILE, FILE_NAME), self.before, self.after, strict=True)
        return [name for name, old, new in pairs if old != new]


def plan_addition(
    scopes: tuple[str, ...], new: NamedRecipient, doors: Doors, *, recovery: bool = False
) -> Prepared:
    """Return what `apply_change` would do to let somebody open scopes.

    Args:
        recovery: A recovery recipient may be taken, who then opens files too.

    Raises:
        LayoutError, RuleError: The configuration is broken or cannot be edited surely.
        UsageError: It is a recovery recipient, or there is no such scope.
        MasterKeyError: It is no recipient.
    """
    before = after = _read(doors)
    settings = parse_settings(before.settings, FILE)
    _refuse_unknown(settings, scopes)
    if not recovery and any(same_key(one.recipient, new.recipient) for one in settings.recovery):
        raise UsageError(
            f"{new.recipient} is a recovery recipient: it opens backups, and no files",
            hint="if it shall open files too, say so: --recovery",
        )
    # One SSH key is spelled in one way everywhere, or core's files would have it twice.
    standing = (find_recipient(one, new.recipient) for one in settings.scopes)
    new = next((new._replace(recipient=one.recipient) for one in standing if one), new)
    for scope in scopes:
        after = add_recipients(after, scope, [new])
    return _prepare(_Change(scopes, new, leaves=False), before, after, doors)


def plan_removal(scopes: tuple[str, ...], who: str, doors: Doors) -> Prepared:
    """Return what `apply_change` would do so that somebody opens scopes no more.

    Args:
        who: A recipient, or the name of one.

    Raises:
        LayoutError, RuleError: The configuration is broken or cannot be edited surely, nobody
            of that name is in a scope, or nobody else is.
        UsageError: The name is that of different recipients, or there is no such scope.
    """
    before = after = _read(doors)
    settings = parse_settings(before.settings, FILE)
    _refuse_unknown(settings, scopes)
    chosen = (one for one in settings.scopes if one.name in scopes)
    found = [
        find_recipient(one, who) or _left_over(settings, one.name, who, before) for one in chosen
    ]
    if len({one.recipient for one in found}) > 1:
        raise UsageError(
            f"{who!r} is not the same recipient in each of {', '.join(scopes)}",
            hint="name the recipient itself, or one scope after the other",
        )
    leaver = found[0].recipient
    for scope in scopes:
        # Who is out of both already may be in files yet, which follow the rule.
        if leaver in {*settings.readers(scope), *_ruled(settings, scope, before)}:
            after = remove_recipients(after, scope, [leaver])
    return _prepare(_Change(scopes, found[0], leaves=True), before, after, doors)


def apply_change(prepared: Prepared, doors: Doors) -> Outcome:
    """Do what was prepared, and return what came of the files.

    Raises:
        NoIdentity: Some file does not open here; nothing was changed.
        Conflict: The configuration is another one by now; nothing was changed.
    """
    _refuse_closed(prepared, doors.means)
    if _read(doors) != prepared.before:
        raise Conflict("was changed meanwhile; nothing was done", path=f"{FILE}, {FILE_NAME}")
    for name in prepared.configuration:
        if not (prepared.leaves and name == FILE):
            _write(name, prepared, doors)
    outcome = apply_rekeying(prepared.plan, prepared.wish, doors.means)
    if prepared.leaves and FILE in prepared.configuration and not outcome.problems:
        _write(FILE, prepared, doors)
    return outcome


def find_lockouts(prepared: Prepared, keyring: Keyring) -> list[str]:
    """Return the scopes that nobody with the identities at hand would open after a removal.

    SSH identities do not tell their recipients, so they do not count.
    """
    held = {identity.recipient for identity in keyring.identities}
    if not prepared.leaves or prepared.who.recipient not in held:
        return []
    settings = parse_settings(prepared.after.settings, FILE)
    names = touched(prepared.scopes)
    return [name for name in names if held.isdisjoint(settings.readers(name))]


def find_recipient(scope: Scope, who: str) -> NamedRecipient | None:
    """Return the recipient of a scope that a text names, by the recipient itself or its name."""
    for one in scope.named:
        if (who and who == one.name) or same_key(who, one.recipient):
            return one
    return None


def same_key(one: str, other: str) -> bool:
    """Tell whether two recipients are one: the comment of an SSH key does not count."""
    return one.split()[:2] == other.split()[:2]


class _Change(NamedTuple):
    """What was asked for."""

    scopes: tuple[str, ...]
    who: NamedRecipient
    leaves: bool


def _prepare(change: _Change, before: Texts, after: Texts, doors: Doors) -> Prepared:
    path = _join(doors.root, FILE_NAME)
    rules = Rules(doors.files, {os.path.abspath(path): after.rules})
    settings = parse_settings(after.settings, FILE)
    wish = follow_scopes(touched(change.scopes), settings, rules, doors.root)
    plan = plan_rekeying((doors.root,), wish, doors.means)
    plan.problems = [one for one in plan.problems if wish.covers(one.path)]
    return Prepared(*change, before, after, wish, plan)


def _refuse_closed(prepared: Prepared, means: Means) -> None:
    """Refuse to begin where a file that must be written does not open with what is at hand.

    Raises:
        NoIdentity: Names the first one and how many there are.
    """
    opener = _Opener(means, means.keyring())
    closed = [answer for answer in means.planners.map(opener, prepared.plan.paths) if answer]
    if closed:
        path, message, hint = map(str, closed[0])
        more = f", nor do {len(closed) - 1} others" if len(closed) > 1 else ""
        raise NoIdentity(
            f"does not open here{more}, so nothing was changed: {message}", path=path, hint=hint
        )


class _Opener:
    """Try whether the data key of a file can be had; runs in a worker."""

    def __init__(self, means: Means, keyring: Keyring) -> None:
        self._means = means
        self._keyring = keyring

    def __call__(self, path: str) -> Answer:
        try:
            data = read_for_sops(self._means.trees, path)
            metadata = read_metadata(data, recognise(data, path) or "yaml", path)
            self._keyring.unlock_data_key(metadata)
        except Error as error:
            return path, error.message, error.hint or ""
        return None


def _write(name: str, prepared: Prepared, doors: Doors) -> None:
    data = prepared.after.settings if name == FILE else prepared.after.rules
    doors.means.replace([(_join(doors.root, name), data)])


def _read(doors: Doors) -> Texts:
    return Texts(*(doors.files.read(_join(doors.root, name)) for name in (FILE, FILE_NAME)))


def _refuse_unknown(settings: RepoSettings, scopes: tuple[str, ...]) -> None:
    known = [scope.name for scope in settings.scopes]
    if not {*scopes} <= {*known}:
        # Not quoted: an identity may have been pasted in the wrong place.
        raise UsageError(f"the scope is no environment here; there are {', '.join(known)}")


def _left_over(settings: RepoSettings, scope: str, who: str, before: Texts) -> NamedRecipient:
    """Return whom the rule alone still names, or who has gone, or say that nobody is meant.

    Raises:
        LayoutError: Says where the recipient is one, if anywhere.
    """
    others = [one.name for one in settings.scopes if find_recipient(one, who)]
    ruled = who in _ruled(settings, scope, before) and who not in settings.readers(scope)
    # A recipient cannot be mistyped unnoticed as a name can, so this one has gone already.
    if ruled or (not others and is_recipient(who)):
        return NamedRecipient(who)
    if others:
        hint = f"sopsmith recipients remove {others[0]} {shlex.quote(who)}"
        reason = f", but of {', '.join(others)}"
    else:
        hint, reason = "sopsmith recipients list; who has gone already is named no more", ""
    raise LayoutError(f"{who!r} is no recipient of {scope}{reason}", path=FILE, hint=hint)


def _ruled(settings: RepoSettings, scope: str, texts: Texts) -> tuple[str, ...]:
    config = Config.parse(texts.rules, FILE_NAME)
    return config.rules[rule_number(config, settings, scope)].recipients


def _join(root: str, path: str) -> str:
    return os.path.normpath(os.path.join(root, path))
