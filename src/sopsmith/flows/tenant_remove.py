"""Take a tenant out of a repository: its files and its rules; and say what that does not undo."""

from __future__ import annotations

import os
from typing import NamedTuple

from sopsmith.flows.tenant_add import finder
from sopsmith.formats import load_format
from sopsmith.formats.place import drop
from sopsmith.formats.splice import splice
from sopsmith.ports import Files, Trees
from sopsmith.repo.new_rule import find_rule
from sopsmith.repo.root import read_settings
from sopsmith.repo.tenant import read_tenant
from sopsmith.sops.config import FILE_NAME, Config


class Removal(NamedTuple):
    """What would go.

    Attributes:
        root: The repository.
        files: Paths relative to it.
        rules: The new `.sops.yaml`, or None where it names no rule of the tenant.
        recipients: The tenant's own.
    """

    root: str
    files: tuple[str, ...]
    rules: bytes | None
    recipients: tuple[str, ...]


def plan_remove(root: str, name: str, files: Files, trees: Trees) -> Removal:
    """Return what `apply_remove` would do; reads, and writes nothing.

    Raises:
        UsageError: There is no such tenant.
        LayoutError, RuleError, FormatError: Its settings, or the rules, cannot be read or edited.
    """
    tenant = read_tenant(name, read_settings(files, root), finder(root, files), namespace="-")
    paths = trees.walk((os.path.join(root, tenant.folder),))
    data = files.read(os.path.join(root, FILE_NAME))
    rules = data
    for scope in tenant.settings.environments:
        rule = find_rule(rules, tenant.settings, scope.name)
        if rule is not None and tenant.folder in rule.path_regex.replace("\\", ""):
            rules = _without_rule(rules, rule.place, f"# {tenant.folder}, {scope.name}")
    own = (one.recipient for named in tenant.own.values() for one in named)
    return Removal(
        root,
        tuple(os.path.relpath(path, root) for path in paths),
        rules if rules != data else None,
        tuple(dict.fromkeys(own)),
    )


def apply_remove(made: Removal, files: Files) -> None:
    """Remove what a plan names: the files first, so that none is left without a rule."""
    for path in made.files:
        files.remove(os.path.join(made.root, path))
    if made.rules is not None:
        files.write(os.path.join(made.root, FILE_NAME), made.rules)


def _without_rule(data: bytes, place: str, comment: str) -> bytes:
    """Return the rules without one, and without the comment above it that `tenant add` wrote."""
    form = load_format("yaml")
    number = [rule.place for rule in Config.parse(data, FILE_NAME).rules].index(place)
    text = data.decode()
    edits = drop(form, text, form.parse(text)[0], ("creation_rules", number))
    lines = splice(text, edits).splitlines(keepends=True)
    return "".join(line for line in lines if line.strip() != comment).encode()
