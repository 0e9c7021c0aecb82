"""Say what of a tenant upstream KSOPS or kustomize would refuse, and what is not apart.

What can be mended without a decision of a person is: by the editors of lists and rules, so that
everything else in a file stays as it is.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from dataclasses import replace
from shlex import quote
from typing import NamedTuple

from sopsmith.errors import Error
from sopsmith.flows.tenant_add import finder
from sopsmith.flows.tenant_apart import find_ways_out
from sopsmith.flows.tenant_list import refuse_shared
from sopsmith.kube.ksops import is_generator, parse_generator
from sopsmith.kube.mask import CIPHERTEXT
from sopsmith.kube.wildcard import has_wildcard
from sopsmith.ports import Files
from sopsmith.repo import listing
from sopsmith.repo.folders import KUSTOMIZATIONS
from sopsmith.repo.kustomization import (
    find_kustomization,
    is_remote,
    parse_documents,
    parse_fields,
    texts_of,
)
from sopsmith.repo.list_edit import edit_list, read_list, read_root
from sopsmith.repo.manifests import SUFFIX
from sopsmith.repo.new_rule import find_rule, prepend_rules
from sopsmith.repo.plan import read_clear
from sopsmith.repo.promises import expand
from sopsmith.repo.recipient_rules import edit_rules
from sopsmith.repo.root import read_settings
from sopsmith.repo.settings import Scope
from sopsmith.repo.tenant import Tenant, read_tenant
from sopsmith.repo.tenant_config import config_changes
from sopsmith.repo.vet import FolderOf
from sopsmith.sops.config import FILE_NAME
from sopsmith.sops.document import Document

_EMPTY = b"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n"


class Fault(NamedTuple):
    """Something about a tenant that is not as it should be.

    Attributes:
        path: The file, relative to the repository.
        mends: `--fix` mends it.
        hint: What a person does, where it does not.
    """

    path: str
    message: str
    mends: bool = False
    hint: str = ""


class Checked(NamedTuple):
    """What was found, and the files that mend what can be mended: path and bytes, in order."""

    faults: tuple[Fault, ...]
    mended: tuple[tuple[str, bytes], ...]


def check_tenant_files(root: str, name: str, files: Files, folder_of: FolderOf) -> Checked:
    """Return what is wrong with a tenant; reads, and writes nothing.

    Args:
        folder_of: Takes paths relative to the root.

    Raises:
        UsageError: There is no such tenant.
        LayoutError, RuleError: Its settings, or the rules, cannot be read.
    """
    tenant = read_tenant(name, read_settings(files, root), finder(root, files))
    refuse_shared(root, tenant, files)
    check = _Check(root, tenant, files)
    for scope in tenant.settings.environments:
        check.rule(scope)
        check.folder(tenant.settings.overlay_folder(scope.name), scope)
        check.secrets(scope)
        check.ways_out(scope, folder_of)
    check.config()
    return Checked(tuple(dict.fromkeys(check.faults)), tuple(check.mended.items()))


class _Planned:
    """The files below a root, with what is mended in place of what stands."""

    def __init__(self, root: str, files: Files, mended: dict[str, bytes]) -> None:
        self._root = root
        self._files = files
        self._mended = mended

    def find(self, path: str) -> bytes | None:
        mended = self._mended.get(path)
        return self._files.find(os.path.join(self._root, path)) if mended is None else mended

    def read(self, path: str) -> bytes:
        mended = self._mended.get(path)
        return self._files.read(os.path.join(self._root, path)) if mended is None else mended

    def names(self, folder: str) -> list[str]:
        return self._files.names(os.path.join(self._root, folder))

    def write(self, path: str, data: bytes, *, mode: int | None = None) -> None:  # noqa: ARG002
        self._mended[path] = data

    def remove(self, path: str) -> None:
        raise NotImplementedError(path)


class _Check:
    def __init__(self, root: str, tenant: Tenant, files: Files) -> None:
        self.faults: list[Fault] = []
        self.mended: dict[str, bytes] = {}
        self._tenant = tenant
        self._files = _Planned(root, files, self.mended)

    def rule(self, scope: Scope) -> None:
        """Hold the creation rule of an environment against who shall open its files."""
        settings = replace(self._tenant.settings, environments=(scope,))
        rules = self._files.read(FILE_NAME)
        rule = find_rule(rules, settings, scope.name)
        if rule is not None and {*rule.recipients} == {*scope.recipients}:
            return
        others = {*(rule.recipients if rule else ())} ^ {*scope.recipients}
        own = rule is not None and self._tenant.folder in rule.path_regex.replace("\\", "")

        def mend(text: bytes) -> bytes:
            if not own:
                return prepend_rules(text, settings)
            ours = dict.fromkeys(others, "")
            return edit_rules(text.decode(), settings, (scope.name,), ours).encode()

        what = f"the rule of {scope.name} is for others than the tenant and the platform"
        self._mend(FILE_NAME, what if rule else f"there is no rule for {scope.name}", mend)

    def folder(self, folder: str, scope: Scope) -> None:
        """Look through a kustomization and those below it."""
        found = find_kustomization(self._files, folder)
        if found is None:
            path = f"{folder}/{KUSTOMIZATIONS[0]}"
            self._mend(path, "is missing, and kustomize refuses the folder", lambda _: _EMPTY)
            return
        path, data = found
        fields = parse_fields(data, path)
        named = fields.get("namespace")
        if named not in {None, self._tenant.namespaces[scope.name]}:
            self._say(path, f"puts everything into the namespace {named}, not the tenant's")
        for entry in texts_of(fields, "resources"):
            self._resource(folder, path, entry, scope)
        for entry in texts_of(fields, "generators"):
            if "\n" not in entry:
                self._generator(folder, path, entry)

    def secrets(self, scope: Scope) -> None:
        """Hold each Secret against the tenant's namespace and recipients."""
        folder = self._tenant.settings.secrets_folder(scope.name)
        for name in self._files.names(folder):
            path = f"{folder}/{name}"
            if name.endswith(SUFFIX):
                try:
                    self._secret(path, self._files.read(path), scope)
                except Error as error:
                    self._say(path, error.message, hint=f"sopsmith verify {quote(path)}")

    def ways_out(self, scope: Scope, folder_of: FolderOf) -> None:
        """Look for what is built of other folders, or would run, once the rest is mended."""

        def planned(path: str) -> str | None:
            made = any(one.startswith(f"{path}/") for one in self.mended)
            return folder_of(path) or (path if made else None)

        folder = self._tenant.settings.overlay_folder(scope.name)
        own = self._tenant.folder
        for path, message, hint in find_ways_out(self._files, planned, folder, own):
            # What keeps a file from being understood is said already.
            if not any(one.path == path and not one.mends for one in self.faults):
                self._say(path, message, hint=hint)

    def config(self) -> None:
        """Hold the files that the ApplicationSet reads against the tenant."""
        changes = config_changes(self._tenant, self._files.find)
        for path in changes:
            self._mend(path, "does not say what the tenant's files say", lambda _: changes[path])  # noqa: B023 - called at once.

    def _secret(self, path: str, data: bytes, scope: Scope) -> None:
        content, document = read_clear(data), Document.parse(data, "yaml", path=path)
        metadata = content.get("metadata") if isinstance(content, dict) else None
        namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
        if namespace != self._tenant.namespaces[scope.name]:
            self._say(path, f"is for the namespace {namespace}, which is not the tenant's")
        names = {one.name for one in document.metadata.stanzas}
        if names != {*scope.recipients}:
            hint = f"sopsmith updatekeys {quote(path)}"
            self._say(path, "opens for others than the tenant and the platform", hint=hint)

    def _resource(self, folder: str, path: str, entry: str, scope: Scope) -> None:
        target = posixpath.normpath(posixpath.join(folder, entry))
        if is_remote(entry) or self._is_outside(target, path, entry):
            return
        if self._is_folder(target):
            self.folder(target, scope)
        elif CIPHERTEXT.encode() in (self._files.find(target) or b""):
            self._mend(
                path,
                f"lists the encrypted {entry} as a resource: its ENC[…] texts become the values",
                lambda data: _without(data, "resources", entry),
            )

    def _generator(self, folder: str, kustomization: str, entry: str) -> None:
        path = posixpath.normpath(posixpath.join(folder, entry))
        if self._is_outside(path, kustomization, entry):
            return
        data = self._files.read(path)
        for manifest in filter(is_generator, parse_documents(data, path)):
            listed = manifest.get("files") if isinstance(manifest, dict) else None
            for one in listed if isinstance(listed, list) else []:
                target = posixpath.normpath(posixpath.join(folder, str(one)))
                if not self._is_outside(target, path, str(one)) and has_wildcard(str(one)):
                    self._glob(folder, path, str(one))
            try:
                parse_generator(manifest)
            except Error as error:
                self._say(path, error.message)
        if listing.is_idle(self._files.read(path)):
            self._mend(
                kustomization,
                f"names {entry}, which makes nothing, and KSOPS fails on that",
                lambda data: listing.drop_generator(data, generator=entry),
            )

    def _glob(self, folder: str, path: str, entry: str) -> None:
        try:
            found = [posixpath.relpath(one, folder) for one in expand(self._files, folder, entry)]
        except Error:
            found = []
        self._mend(
            path,
            f"names {entry}: upstream KSOPS opens no globs",
            lambda data: _spelt_out(data, entry, found),
        )

    def _is_folder(self, path: str) -> bool:
        try:
            return bool(self._files.names(path))
        except Error:
            return False

    def _is_outside(self, target: str, path: str, entry: str) -> bool:
        outside = not f"{target}/".startswith(f"{self._tenant.folder}/")
        if outside:
            self._say(path, f"names {entry}, which is outside of the tenant's folder")
        return outside

    def _say(self, path: str, message: str, *, hint: str = "") -> None:
        self.faults.append(Fault(path, message, hint=hint))

    def _mend(self, path: str, message: str, edit: Callable[[bytes], bytes]) -> None:
        try:
            self._files.write(path, edit(self._files.find(path) or b""))
            self.faults.append(Fault(path, message, mends=True))
        except Error as error:
            self._say(path, f"{message}; {error.message}", hint=error.hint or "")


def _without(data: bytes, key: str, entry: str) -> bytes:
    text = data.decode()
    present = read_list(read_root(text), key)
    gone = {index for index, one in enumerate(present) if one == entry}
    return edit_list(text, key, [], gone).encode()


def _spelt_out(data: bytes, entry: str, found: list[str]) -> bytes:
    """Return a generator with files in the place of a glob; those it names already stay."""
    text = data.decode()
    present = read_list(read_root(text), "files")
    at = present.index(entry)
    known = {posixpath.normpath(one) for one in present}
    new = [(at, f"./{one}") for one in found if one not in known]
    return edit_list(text, "files", new, {at}).encode()
