"""Make an identity for an environment that has none, and name its recipient in the repository.

The order is what makes it safe to cut short: the identity is on disk before its recipient is
named anywhere, so no file is ever encrypted to an identity that nobody has. A run after a
kill finds the identity by its label and goes on with it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from sopsmith.errors import Conflict, LayoutError, MasterKeyError, UsageError
from sopsmith.flows.key_survey import survey
from sopsmith.flows.keys_apart import refuse_inside, refuse_open
from sopsmith.repo.folders import choose_scopes
from sopsmith.repo.key_file import NewIdentity, append_identity, parse_key_file
from sopsmith.repo.new_rule import append_rule, find_rule
from sopsmith.repo.recipient_edit import Texts, add_recipients
from sopsmith.repo.recipients import NamedRecipient
from sopsmith.repo.rotation import parse_rotation, rotation_path
from sopsmith.repo.settings import CORE, FILE, RepoSettings, parse_settings
from sopsmith.sops.config import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from sopsmith.flows.key_list import Doors
    from sopsmith.flows.keys_apart import Lock
    from sopsmith.ports import Files
    from sopsmith.secret import Secret


class Means(NamedTuple):
    """What the flow needs of the outside.

    Attributes:
        look: The repository and the identities at hand.
        keys: Files for identities: new ones are 0600, and their folders 0700.
        replace: Replaces files of the repository, in order.
        is_open: Tells whether others than its owner have a right to a file.
    """

    look: Doors
    keys: Files
    lock: Lock
    new_identity: Callable[[], tuple[Secret, str]]
    replace: Callable[[list[tuple[str, bytes]]], None]
    is_open: Callable[[str], bool]


class GenerateRequest(NamedTuple):
    """What the user asked for.

    Attributes:
        root: The repository's root.
        keys_path: The file of identities, absolute and without symbolic links.
        environment: "" for each environment that has no recipient.
    """

    root: str
    keys_path: str
    environment: str = ""


class GeneratePlan(NamedTuple):
    """What would be done, in the order in which it is done.

    Attributes:
        before: The repository's files that the plan was made from.
        made: New identities, appended to the file at `keys_path` before anything else.
        resumed: Those that stand there already, left by a run that was cut short.
        files: What is written of the repository then, relative to its root.
        rewrap: Folders of scopes whose files the new recipients cannot read yet.
    """

    root: str
    keys_path: str
    before: Texts
    made: tuple[NewIdentity, ...]
    resumed: tuple[NewIdentity, ...]
    files: tuple[tuple[str, bytes], ...]
    rewrap: tuple[str, ...]


def plan_key(request: GenerateRequest, means: Means) -> GeneratePlan:
    """Return what `apply_key` would do; reads, and writes nothing.

    Raises:
        MasterKeyError: A recipient in use would be replaced, or an identity is lost.
        UsageError: There is no such environment, or each has a recipient.
        LayoutError, RuleError, FormatError: The repository's files cannot be read, or edited
            surely.
        OutsideError: The file of identities lies in the repository, cannot be read, or can be
            read by others.
    """
    files = means.look.files
    before = _read_texts(request.root, files)
    refuse_inside(os.path.realpath(request.root), request.keys_path, files)
    refuse_open(request.keys_path, means.is_open)
    settings = parse_settings(before.settings, FILE)
    texts = before
    made: list[NewIdentity] = []
    resumed: list[NewIdentity] = []
    scopes = _wanted(request, settings)
    for scope in scopes:
        _refuse_rotation(scope, request.root, files)
        use = _find_use(scope, request.root, before, means.look)
        standing = _find_cut_short(scope, use, request, means)
        _refuse_in_use(scope, use, standing, means.look)
        new = standing or NewIdentity((scope,), *means.new_identity())
        (resumed if standing else made).append(new)
        texts = _name(texts, scope, new.recipient)
    return GeneratePlan(
        request.root,
        request.keys_path,
        before,
        tuple(made),
        tuple(resumed),
        _changed(before, texts),
        _unread(request.root, settings, (*scopes, CORE), files),
    )


def apply_key(plan: GeneratePlan, means: Means) -> None:
    """Write what a plan holds: identities first, then the files that name their recipients.

    Raises:
        Conflict: Another process holds the file of identities, or the repository's files have
            changed since the plan; nothing was written.
        OutsideError: A file could not be written; those before it are, each whole.
    """
    with means.lock(plan.keys_path):
        if _read_texts(plan.root, means.look.files) != plan.before:
            raise Conflict(
                f"{FILE} or {FILE_NAME} has changed meanwhile", hint="run the command again"
            )
        # Read here: another program may have appended since the plan was made.
        data = means.keys.find(plan.keys_path) or b""
        for new in plan.made:
            data = append_identity(data, plan.keys_path, new, _folder(plan.root), means.look.now)
        if plan.made:
            means.keys.write(plan.keys_path, data, mode=0o600)
        means.replace([(os.path.join(plan.root, path), data) for path, data in plan.files])


def _read_texts(root: str, files: Files) -> Texts:
    rules = files.find(os.path.join(root, FILE_NAME))
    if rules is None:
        raise LayoutError(
            "is missing, so nothing says who opens what", path=FILE_NAME, hint="sopsmith init"
        )
    return Texts(files.read(os.path.join(root, FILE)), rules)


def _wanted(request: GenerateRequest, settings: RepoSettings) -> list[str]:
    if request.environment:
        return [scope.name for scope in choose_scopes((request.environment,), settings)]
    missing = [scope.name for scope in settings.environments if not scope.recipients]
    if not missing:
        raise UsageError(
            "each environment has a recipient already",
            hint="--environment finishes a run that was cut short; to replace an identity: "
            "sopsmith key rotate --environment NAME",
        )
    return missing


class _Use(NamedTuple):
    """Who is a scope's recipient, by sopsmith.yaml, by its creation rule and by its files.

    Attributes:
        readers: Everybody to whom its files are encrypted; for core that is not core's alone.
    """

    named: frozenset[str]
    ruled: frozenset[str]
    files: frozenset[str]
    readers: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        """Everybody who is named anywhere as the scope's own."""
        return self.named | self.ruled | self.files


def _find_use(scope: str, root: str, texts: Texts, look: Doors) -> _Use:
    settings = parse_settings(texts.settings, FILE)
    named = next(one.recipients for one in settings.scopes if one.name == scope)
    rule = find_rule(texts.rules, settings, scope)
    ruled = rule.recipients if rule else ()
    folder = os.path.join(root, settings.overlay_folder(scope))
    stands = look.files.names(folder)
    counted = survey((folder,), look.trees, look.workers).opens if stands else {}
    readers = frozenset(key.name for key in counted if key.kind == "age")
    # Core opens for every environment, and none of their recipients is core's own.
    others = {one for s in settings.environments for one in s.recipients} if scope == CORE else ()
    return _Use(
        frozenset(named).difference(others),
        frozenset(ruled).difference(others),
        readers.difference(others),
        readers,
    )


def _refuse_rotation(scope: str, root: str, files: Files) -> None:
    path = rotation_path(scope)
    data = files.find(os.path.join(root, path))
    # A rotation that is done stays noted until the next one.
    if data is not None and parse_rotation(data, path).next_step is not None:
        raise MasterKeyError(
            f"a rotation of {scope} is under way", hint=f"sopsmith key rotate --environment {scope}"
        )


def _find_cut_short(
    scope: str, use: _Use, request: GenerateRequest, means: Means
) -> NewIdentity | None:
    """Return the identity of a run that ended before both files named its recipient."""
    data = means.keys.find(request.keys_path) or b""
    for entry in reversed(parse_key_file(data, request.keys_path)):
        half = (entry.recipient in use.named) != (entry.recipient in use.ruled)
        fresh = entry.is_fresh(_folder(request.root), means.look.now)
        if entry.environments == (scope,) and (half or (fresh and entry.recipient not in use.all)):
            return NewIdentity((scope,), entry.line, entry.recipient)
    return None


def _refuse_in_use(scope: str, use: _Use, standing: NewIdentity | None, look: Doors) -> None:
    """Refuse where a scope has a recipient: rules name it, or files are encrypted to it."""
    in_use = use.all - {standing.recipient if standing else ""}
    needed = use.readers or in_use
    ours = standing is not None and standing.recipient in needed
    if needed and not ours and not any(look.keyring.find(one) for one in sorted(needed)):
        what = "encrypted files" if use.readers else "a recipient"
        raise MasterKeyError(
            f"{scope} has {what}, and the identity for that is not here; another one would not "
            "take its place",
            hint="sopsmith key restore",
        )
    if in_use:
        raise MasterKeyError(
            f"{scope} has a recipient in use: {', '.join(sorted(in_use))}",
            hint=f"sopsmith key rotate --environment {scope}",
        )


def _name(texts: Texts, scope: str, recipient: str) -> Texts:
    """Return the texts with the recipient in them, in a rule of its own where there was none."""
    settings = parse_settings(texts.settings, FILE)
    if scope != CORE and find_rule(texts.rules, settings, scope) is None:
        rules = append_rule(texts.rules, settings, scope, (recipient,))
        texts = texts._replace(rules=rules)
    return add_recipients(texts, scope, [NamedRecipient(recipient)])


def _changed(before: Texts, after: Texts) -> tuple[tuple[str, bytes], ...]:
    """Return the files that change; the rules first, since they decide who can read."""
    both = ((FILE_NAME, before.rules, after.rules), (FILE, before.settings, after.settings))
    return tuple((path, new) for path, old, new in both if new != old)


def _unread(
    root: str, settings: RepoSettings, scopes: tuple[str, ...], files: Files
) -> tuple[str, ...]:
    """Return the folders with Secrets in them; core's is among them, since all shall read it."""
    folders = dict.fromkeys(map(settings.secrets_folder, scopes))
    return tuple(
        folder
        for folder in folders
        if any(name.endswith(".secret.yaml") for name in files.names(os.path.join(root, folder)))
    )


def _folder(root: str) -> str:
    return os.path.realpath(root)
