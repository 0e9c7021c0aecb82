"""Work with SOPS files from Python: `from sopsmith import Document`.

Every object holds its own state and nothing is global. A document is opened once; each change
gives it new bytes in memory, and `save` puts them in place in one step.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime

from sopsmith import age
from sopsmith.adapters.environment import read_settings
from sopsmith.adapters.files import LocalFiles
from sopsmith.adapters.keys import load_keyring
from sopsmith.adapters.kinds import load_kinds
from sopsmith.adapters.programs import LocalPrograms
from sopsmith.flows.crypt import EncryptOptions, encrypt_bytes
from sopsmith.formats.place import NothingThere, WrongPlace
from sopsmith.sops import amend, rekey
from sopsmith.sops.config import CreationRule
from sopsmith.sops.document import Document as Sealed
from sopsmith.sops.document import Unlocked, format_of
from sopsmith.sops.keyring import Keyring
from sopsmith.sops.masterkeys import MasterKey

Part = str | int
Address = Part | tuple[Part, ...]


class Document:
    """A SOPS file, opened.

    Make one with `open`, `parse` or `encrypt`. Addresses are a key, or a tuple of keys and
    list indices: `doc["stringData", "value"]`.

    Attributes:
        path: Where it is or will be saved; it also says the format.
    """

    def __init__(self, data: bytes, path: str, kind: str, keyring: Keyring) -> None:
        self.path = path
        self._kind = kind
        self._keyring = keyring
        self._opened = self._unlock(data)

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        identities: str | None = None,
        format: str | None = None,  # noqa: A002
    ) -> Document:
        """Read, decrypt and verify a file.

        Args:
            identities: Text of a `keys.txt`; without it they come from sops' usual places.
            format: Its format, where the file's name does not say it.

        Raises:
            OutsideError: It cannot be read.
            NotEncrypted, NoIdentity, Tampered, MacMismatch: It does not open.
        """
        name = os.fspath(path)
        return cls.parse(LocalFiles().read(name), name, identities=identities, format=format)

    @classmethod
    def parse(
        cls,
        data: bytes,
        path: str,
        *,
        identities: str | None = None,
        format: str | None = None,  # noqa: A002
    ) -> Document:
        """Do as `open` does with bytes that are at hand."""
        return cls(data, path, format or format_of(path), _keyring(identities))

    @classmethod
    def encrypt(
        cls,
        plaintext: bytes,
        path: str,
        *,
        identities: str | None = None,
        recipients: Iterable[str] = (),
        encrypted_regex: str | None = None,
    ) -> Document:
        """Encrypt a plaintext; nothing is written before `save`.

        Args:
            path: Where it is to be saved; decides format and creation rule.
            identities: As for `open`; the result is opened with them.
            recipients: age recipients; without them the nearest `.sops.yaml` decides.
            encrypted_regex: Keys whose values are encrypted; without it the rule decides.

        Raises:
            RuleError, FormatError, MasterKeyError: It cannot be encrypted so.
            NoIdentity: No identity at hand opens the result.
        """
        selectors = (("encrypted_regex", encrypted_regex),) if encrypted_regex else ()
        options = EncryptOptions(keys=_age_keys(recipients), selectors=selectors)
        kinds = load_kinds(read_settings(), LocalPrograms())
        sealed = encrypt_bytes(plaintext, path, options, LocalFiles(), now=_now(), kinds=kinds)
        return cls.parse(sealed, path, identities=identities)

    @property
    def recipients(self) -> list[str]:
        """The age recipients that can open the file."""
        return self._opened.metadata.recipients

    @property
    def last_modified(self) -> str:
        """When the values changed last: RFC 3339, UTC."""
        return self._opened.metadata.last_modified

    def __getitem__(self, address: Address) -> object:
        """Return a value, or a part of the document as dict or list.

        Raises:
            KeyError: There is nothing at that address.
        """
        try:
            return amend.value_at(self._opened, _parts(address))
        except (NothingThere, WrongPlace):
            raise KeyError(address) from None

    def get(self, address: Address, default: object = None) -> object:
        """Return what `doc[address]` does, or the default where nothing is there."""
        try:
            return self[address]
        except KeyError:
            return default

    def __setitem__(self, address: Address, value: object) -> None:
        """Set a value, and make the mappings and lists on the way that are missing.

        Every byte beside it stays, but time and MAC.

        Raises:
            FormatError: The address does not fit the document.
        """
        self._take(amend.set_at(self._opened, _parts(address), value, now=_now()))

    def __delitem__(self, address: Address) -> None:
        """Take a value away.

        Raises:
            FormatError: There is none, or it cannot go alone.
        """
        self._take(amend.unset_at(self._opened, _parts(address), now=_now()))

    def to_objects(self) -> list[object]:
        """Return every YAML document of the file as plain dicts, lists and scalars."""
        return self._opened.objects()

    def plaintext(self) -> bytes:
        """Return the file in clear, laid out as the encrypted one."""
        return self._opened.plaintext()

    def edit(self, plaintext: bytes) -> None:
        """Take another plaintext; equal values keep their tokens.

        Raises:
            FormatError, AlreadyEncrypted, RuleError: It cannot take this one's place.
        """
        self._take(self._opened.reencrypt(plaintext, now=_now()))

    def rotate(self) -> None:
        """Change the data key; values and recipients stay."""
        self._take(rekey.rotate(self._opened, None, self._keyring.kinds, now=_now()))

    def set_recipients(self, recipients: Iterable[str]) -> None:
        """Make the file open for these age recipients alone.

        Who is removed could keep what was readable so far, so the data key changes as well.

        Raises:
            MasterKeyError: A recipient cannot be used.
            RuleError: There is none.
        """
        keys = _age_keys(recipients)
        metadata = self._opened.metadata
        rule = CreationRule(
            tuple(key.name for key in keys),
            metadata.selector,
            mac_only=metadata.mac_only_encrypted,
            groups=(keys,) if keys else (),
        )
        plan = rekey.plan_rekey(metadata, rule)
        change = rekey.rotate if plan.removed else rekey.update_keys
        self._take(change(self._opened, rule, self._keyring.kinds, now=_now()))

    def to_bytes(self) -> bytes:
        """Return the encrypted file."""
        return self._opened.original

    def save(self, path: str | os.PathLike[str] | None = None) -> None:
        """Write the encrypted file in one step, to its own path unless another is named.

        Raises:
            OutsideError: It cannot be written; what stood there still stands.
        """
        LocalFiles().write(os.fspath(path) if path is not None else self.path, self.to_bytes())

    def __repr__(self) -> str:
        return f"<Document {self.path}, {len(self._opened.values())} values>"

    def _take(self, data: bytes) -> None:
        # Opened as a reader would, so that a change which locks its maker out is an error here
        # and the document stays as it was.
        self._opened = self._unlock(data)

    def _unlock(self, data: bytes) -> Unlocked:
        return Sealed.parse(data, self._kind, path=self.path).unlock(self._keyring)


def _keyring(identities: str | None) -> Keyring:
    if identities is None:
        return load_keyring(read_settings(), LocalFiles(), LocalPrograms())
    return Keyring(age.parse_identities(identities, "identities"))


def _age_keys(recipients: Iterable[str]) -> tuple[MasterKey, ...]:
    return tuple(MasterKey.of_age(age.check_recipient(name)) for name in recipients)


def _parts(address: Address) -> tuple[Part, ...]:
    return address if isinstance(address, tuple) else (address,)


def _now() -> datetime:
    return datetime.now(UTC)
