"""Hold one SOPS file: parse, unlock, read, change and encrypt it.

Source: getsops/sops cmd/sops/encrypt.go, decrypt.go; stores/*.
"""

from __future__ import annotations

import os

from sopsmith.errors import Error, FormatError, NotEncrypted
from sopsmith.formats import find_format, is_binary, load_format
from sopsmith.formats.splice import Edit, splice
from sopsmith.formats.tree import Address, Mapping, Node, Plain, Scalar, Tree, show, to_object
from sopsmith.sops.metadata import KEY, Metadata, format_time, merge_metadata, parse_metadata
from sopsmith.sops.plain import cut_mark, decode, read_plain
from sopsmith.sops.seal import Kept, Leaf, Sealer, leaves_of
from sopsmith.sops.sealing import encrypt, refuse_clear
from sopsmith.sops.selection import Selection
from sopsmith.sops.unseal import Unsealer, take_metadata
from sopsmith.sops.values import is_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.formats import Format
    from sopsmith.secret import Secret
    from sopsmith.sops.keyring import Keyring
    from sopsmith.sops.metadata import Moment
    from sopsmith.sops.seal import Random


def format_of(path: str) -> str:
    """Return the format that a file's name says: binary where it says none, as in sops."""
    return find_format(path) or "binary"


class Document:
    """A SOPS file whose values are still encrypted.

    Make one with `Document.parse`. It keeps the file's text, so a change touches nothing else.

    Attributes:
        metadata: Recipients, selector, time of the last change.
        path: The file's name, for messages.
    """

    def __init__(self, text: str, form: Format, path: str) -> None:
        self._lead, text = cut_mark(text)
        self._text = text
        self._form = form
        self.path = path
        self._trees = form.parse(text)
        self._strip, self._sources = _metadata_spans(text, form, self._trees)
        found = take_metadata(self._trees)
        if found is None:
            raise NotEncrypted("the file has no sops metadata, so it is not encrypted")
        self.metadata: Metadata = parse_metadata(found)
        self.metadata.whole = is_binary(form)

    @classmethod
    def parse(cls, data: bytes, format: str, *, path: str) -> Document:  # noqa: A002
        """Return the document of a file's bytes.

        Raises:
            NotEncrypted: It has no sops metadata.
            FormatError: It is not of the format, or its metadata is not SOPS's.
            RuleError: Its selectors cannot be used.
        """
        try:
            return cls(decode(data), load_format(format), path)
        except Error as error:
            raise error.at(path) from None

    def body(self) -> str:
        """Return the text as it stands, values encrypted, without the metadata."""
        return splice(self._text, self._strip)

    def unlock(self, keyring: Keyring, *, ignore_mac: bool = False) -> Unlocked:
        """Decrypt every value and check the MAC.

        A document is unlocked once; the values then stand in it in clear.

        Raises:
            NoIdentity: No identity at hand opens the data key.
            Tampered: A value does not open where it stands.
            MacMismatch: The values are not those that were signed, unless `ignore_mac`.
        """
        try:
            return self.unlock_with(keyring.unlock_data_key(self.metadata), ignore_mac=ignore_mac)
        except Error as error:
            raise error.at(self.path) from None

    def unlock_with(self, data_key: Secret, *, ignore_mac: bool = False) -> Unlocked:
        """Do as `unlock` does with a data key that is known already."""
        try:
            unsealer = Unsealer(self.metadata, data_key.reveal(), self._text)
            mac = unsealer.unseal(self._trees)
            if not ignore_mac:
                unsealer.check_mac(self.metadata, mac)
        except Error as error:
            raise error.at(self.path) from None
        return Unlocked(self, data_key, unsealer.selection)


class Unlocked:
    """A SOPS file whose values are in clear, in memory. Made by `Document.unlock`.

    Attributes:
        text, form, trees: The encrypted text, its format, and its documents in clear.
        sources: (start, end, node) of every document's metadata.
        selection: Which values and comments are encrypted.
    """

    def __init__(self, document: Document, data_key: Secret, selection: Selection | None) -> None:
        self._strip = document._strip
        self._lead = document._lead
        self.data_key = data_key
        self.text = document._text
        self.form = document._form
        self.trees = document._trees
        self.sources = document._sources
        self.path = document.path
        self.metadata = document.metadata
        self.selection = selection or Selection(self.metadata.selector, self.trees, self.text)

    @property
    def original(self) -> bytes:
        """The encrypted file as it was read."""
        return self.encode(self.text)

    def encode(self, text: str) -> bytes:
        """Return a text that takes this file's place as bytes, with its byte order mark."""
        return (self._lead + text).encode()

    def source_trees(self) -> list[Tree]:
        """Return the documents that carry metadata, parsed again with it in them."""
        trees = self.form.parse(self.text)
        return [one for one in trees if isinstance(one.root, Mapping) and one.root.get(KEY)]

    def metadata_edits(self, fields: dict[str, object]) -> list[Edit]:
        """Return the edits that put other fields into every document's metadata."""
        edits: list[Edit] = []
        for tree, (start, end, node) in zip(self.source_trees(), self.sources, strict=True):
            merged = merge_metadata(node, fields)
            edits.append((start, end, self.form.write_entry(self.text, tree, KEY, merged)))
        return edits

    def objects(self) -> list[object]:
        """Return each document as plain dict, list and scalars, without the metadata."""
        return [to_object(tree.root) for tree in self.trees]

    def values(self) -> list[tuple[Address, Plain]]:
        """Return every value with its address in the first document's terms: ("a", 0, "b")."""
        return [(leaf.address[1:], leaf.scalar.value) for leaf in leaves_of(self.trees)]

    def plaintext(self) -> bytes:
        """Return the file with its values in clear and without the metadata.

        Raises:
            FormatError: The format has no spelling for a value that it holds encrypted.
        """
        if is_binary(self.form):
            from sopsmith.formats.binary import unwrap

            return unwrap(self.trees)
        return self.encode(self.clear_text())

    def converted(self, name: str) -> bytes:
        """Return the plaintext in another format.

        Raises:
            FormatError: The other format cannot hold it; `key` says what.
        """
        from sopsmith.formats.emit import emit

        try:
            return emit(self.trees, self.text, name)
        except FormatError as error:
            raise error.at(self.path) from None

    def clear_text(self) -> str:
        """Return the plaintext without a byte order mark."""
        return splice(self.text, self.clear_edits())

    def clear_edits(self) -> list[Edit]:
        """Return the edits to the encrypted text that make the plaintext."""
        edits = list(self._strip)
        for leaf in leaves_of(self.trees):
            scalar = leaf.scalar
            if scalar.token is not None and scalar.start >= 0:
                edits.append((scalar.start, scalar.end, self._written(leaf)))
        edits += [
            (comment.start, comment.end, comment.written(comment.text))
            for tree in self.trees
            for comment in tree.comments
            if comment.token is not None
        ]
        return edits

    def _written(self, leaf: Leaf) -> str:
        try:
            return self.form.write_scalar(leaf.scalar.value, leaf.scalar, self.text)
        except FormatError as error:
            error.key = error.key or show(leaf.address[1:])
            raise error.at(self.path) from None

    def reencrypt(
        self,
        plaintext: bytes,
        *,
        now: Moment,
        random: Random = os.urandom,
        others: tuple[Unlocked, ...] = (),
    ) -> bytes:
        """Return this file with another plaintext, under the same data key.

        Values that are equal keep their tokens; a plaintext that is equal gives the same
        bytes back, time and MAC included.

        Args:
            others: Further versions under the same data key, whose tokens are kept as well.

        Raises:
            FormatError: The plaintext is not of the file's format.
            AlreadyEncrypted: The plaintext holds sops metadata.
            RuleError: Nothing in it would be encrypted.
        """
        # Only a change needs it, and the plugin, whose start-up time counts, changes nothing.
        from sopsmith.sops.metadata_place import write_in_place
        from sopsmith.sops.quotes import keep_quotes

        if plaintext == self.plaintext():
            return self.original
        if is_binary(self.form):
            from sopsmith.formats.binary import DATA, to_value

            return self.set_values({(DATA,): to_value(plaintext)}, now=now, random=random)
        plain = read_plain(plaintext, self.form)
        plain.check(self.path)
        lead, text, trees = plain.lead, plain.text, plain.trees
        plain.check_selector(self.metadata.selector)
        kept = Kept(self.trees, *(one.trees for one in others if one.data_key == self.data_key))
        chosen = Selection(self.metadata.selector, trees, text)
        plain.take_types(self.trees)
        plain.keep_types(chosen)
        sealer = Sealer(self.form, chosen, self.data_key.reveal(), random, kept)
        leaves = leaves_of(trees)
        edits = sealer.edits(text, trees, leaves)
        edits = keep_quotes(self.text, self.trees, trees, edits)
        refuse_clear(sealer, self.metadata.selector.kind, self.path)
        source = self._changed_metadata(sealer, leaves, now)
        made = write_in_place(self, text, trees, edits, source)
        if made is None:
            edits += [self.form.insert_entry(text, tree, source) for tree in trees]
            made = splice(text, edits)
        return (lead + made).encode()

    def set_values(
        self, values: dict[Address, Plain], *, now: Moment, random: Random = os.urandom
    ) -> bytes:
        """Return this file with some of the first document's values replaced.

        Every other byte stays but the time and the MAC. Values that are already so change
        nothing.

        Raises:
            FormatError: There is no value at an address.
        """
        leaves = leaves_of(self.trees)
        known = {leaf.address[1:]: leaf for leaf in leaves if leaf.address[0] == 0}
        sealer = Sealer(self.form, self.selection, self.data_key.reveal(), random, None)
        edits: list[Edit] = []
        for address, value in values.items():
            leaf = known.get(address)
            if leaf is None or leaf.scalar.start < 0:
                raise FormatError("there is no value to set", path=self.path, key=show(address))
            if type(leaf.scalar.value) is not type(value) or leaf.scalar.value != value:
                leaf.scalar.value = value
                edits.append(self._set_edit(sealer, leaf))
        if not edits:
            return self.original
        edits += self._signature_edits(sealer, leaves, now)
        return self.encode(splice(self.text, edits))

    def signed(self, edits: list[Edit], *, now: Moment, random: Random = os.urandom) -> bytes:
        """Return this file with a new time and MAC, and with edits that change no value."""
        sealer = Sealer(self.form, self.selection, self.data_key.reveal(), random, None)
        signature = self._signature_edits(sealer, leaves_of(self.trees), now)
        return self.encode(splice(self.text, [*edits, *signature]))

    def _set_edit(self, sealer: Sealer, leaf: Leaf) -> Edit:
        scalar, value = leaf.scalar, leaf.scalar.value
        if value in (None, "", b"") or not self.selection.has_value(scalar, leaf.path):
            scalar.token = None
            written = self.form.write_scalar(value, scalar, self.text)
        else:
            scalar.token = sealer.token(value, leaf.path)
            written = self.form.write_token(scalar.token, scalar, self.text)
        return scalar.start, scalar.end, written

    def _signature_edits(self, sealer: Sealer, leaves: list[Leaf], now: Moment) -> list[Edit]:
        """Return the edits that set time and MAC in every document's metadata."""
        moment = format_time(now)
        only = self.metadata.mac_only_encrypted
        token = sealer.mac_token(leaves, moment, only_encrypted=only)
        edits = []
        for _, _, root in self.sources:
            for name, new in (("lastmodified", str(moment)), ("mac", token)):
                place = _field(root, name)
                written = self.form.write_scalar(new, place, self.text)
                if name == "mac":
                    written = self.form.write_token(new, place, self.text)
                edits.append((place.start, place.end, written))
        return edits

    def _changed_metadata(self, sealer: Sealer, leaves: list[Leaf], now: Moment) -> str:
        """Return the metadata's own source with a new time and MAC."""
        edits = self._signature_edits(sealer, leaves, now)
        start, end, _ = self.sources[0]
        inside = [(a - start, b - start, new) for a, b, new in edits if start <= a and b <= end]
        return splice(self.text[start:end], inside)


def _metadata_spans(
    text: str, form: Format, trees: list[Tree]
) -> tuple[list[Edit], list[tuple[int, int, Node]]]:
    """Return the edits that take the metadata away, and its span and node per document."""
    strip, sources = [], []
    for tree in trees:
        node = tree.root.get(KEY) if isinstance(tree.root, Mapping) else None
        if node is not None:
            strip.append(form.remove_entry(text, tree, KEY))
            sources.append((*form.entry_span(text, tree, KEY), node))
    return strip, sources


def _field(metadata: Node, name: str) -> Scalar:
    """Return the scalar of a metadata field, whatever the case of its name."""
    entries = metadata.entries if isinstance(metadata, Mapping) else []
    for key, node in entries:
        if key.lower() == name and isinstance(node, Scalar) and node.start >= 0:
            return node
    raise FormatError("the metadata lacks a field", key=f"{KEY}.{name}")


__all__ = ["Document", "Unlocked", "encrypt", "format_of", "is_token", "refuse_clear"]
