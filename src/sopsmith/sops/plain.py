"""Hold a plaintext file that is to be encrypted: its text, its trees, what may go wrong.

Source: getsops/sops cmd/sops/encrypt.go (ensureNoMetadata).
"""

from __future__ import annotations

from sopsmith.errors import AlreadyEncrypted, FormatError, RuleError
from sopsmith.formats import format_name, is_binary, load_format
from sopsmith.formats.flat import KEY, TEXT_ALONE, plain_text
from sopsmith.formats.tree import Mapping, Scalar, Tree
from sopsmith.sops.seal import leaves_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sopsmith.formats import Format
    from sopsmith.formats.tree import Plain
    from sopsmith.sops.selection import Selection
    from sopsmith.sops.selectors import Selector

_BOM = "\ufeff"


class PlainText:
    """A plaintext of a format.

    Attributes:
        form: The format.
        lead: The byte order mark, or "".
        text: The rest, in which positions count.
        trees: Its documents.
    """

    def __init__(self, form: Format, lead: str, text: str, trees: list[Tree]) -> None:
        self.form = form
        self.lead = lead
        self.text = text
        self.trees = trees
        self._types: dict[int, Plain] = {}

    @property
    def is_binary(self) -> bool:
        """It is a whole file in one value."""
        return is_binary(self.form)

    @property
    def mark_for_sops(self) -> str:
        """The byte order mark where sops reads one, which is before YAML alone."""
        return self.lead if format_name(self.form) == "yaml" else ""

    def converted(self, name: str) -> PlainText:
        """Return this plaintext in another format.

        Raises:
            FormatError: The other format cannot hold it; `key` says what.
        """
        from sopsmith.formats.emit import emit

        if name == format_name(self.form):
            return self
        other = read_plain(emit(self.trees, self.text, name), load_format(name))
        for old, new in zip(leaves_of(self.trees), leaves_of(other.trees), strict=True):
            other._types[id(new.scalar)] = old.scalar.value
        return other

    def take_types(self, trees: list[Tree]) -> None:
        """Take the types of an older version's tokens, where a format of text alone is equal."""
        if format_name(self.form) not in TEXT_ALONE:
            return
        known = {leaf.address: leaf.scalar for leaf in leaves_of(trees) if leaf.scalar.token}
        for leaf in leaves_of(self.trees):
            old = known.get(leaf.address)
            if old is None or old.value is None or isinstance(old.value, bytes):
                continue
            if plain_text(old.value, "") == leaf.scalar.value:
                self._types[id(leaf.scalar)] = old.value

    def keep_types(self, chosen: Selection) -> None:
        """Give values that are to be encrypted the types that they had before a conversion.

        A token says the type of its value, so dotenv can hold an integer; what stays in clear
        is text there, and the MAC must be made over what the next reader finds.
        """
        for leaf in leaves_of(self.trees) if self._types else ():
            typed = self._types.get(id(leaf.scalar))
            if typed is not None and chosen.has_value(leaf.scalar, leaf.path):
                leaf.scalar.value = typed

    def check(self, path: str) -> None:
        """Refuse what cannot be encrypted, or what sops would lose on the way.

        Args:
            path: The file's name, for messages.

        Raises:
            AlreadyEncrypted: It has sops metadata.
            FormatError: It is empty, has no mapping at the top, or has something to lose.
        """
        for loss in (loss for tree in self.trees for loss in tree.losses):
            raise loss.at(path)
        first = self.trees[0].root if self.trees else Scalar(None)
        if isinstance(first, Scalar) and first.value is None:
            raise FormatError("there is nothing to encrypt", path=path)
        for number, tree in enumerate(self.trees):
            root = tree.root
            if isinstance(root, Mapping):
                if root.get(KEY) is not None:
                    raise _already_encrypted(path)
            elif number == 0 or not (isinstance(root, Scalar) and root.value is None):
                raise FormatError(
                    "the top of the file is not a mapping, so sops metadata has no place", path=path
                )

    def check_selector(self, selector: Selector) -> None:
        """Refuse a selector whose comments sops takes for other entries than people do.

        Raises:
            RuleError: A comment matches that sops counts for the entry below its own.
        """
        if not selector.by_comment:
            return
        for comment in (comment for tree in self.trees for comment in tree.comments):
            if comment.counts_before is not None and selector.matches(comment.text):
                line = self.text.count("\n", 0, comment.start) + 1
                raise RuleError(
                    f"sops would take the comment for the key below the one it stands at, "
                    f"so {selector.kind} cannot be used here",
                    key=f"line {line}",
                    hint="choose by key, as with encrypted_regex",
                )


def read_plain(data: bytes, form: Format) -> PlainText:
    """Return the plaintext that a file's bytes are in a format.

    Raises:
        FormatError: They are not of the format.
        AlreadyEncrypted: They are a binary file that sops encrypted.
    """
    if is_binary(form):
        from sopsmith.formats.binary import wrap

        if _is_sealed(data, form):
            raise _already_encrypted(None)
        return PlainText(form, "", *wrap(data))
    lead, text = cut_mark(decode(data))
    return PlainText(form, lead, text, form.parse(text))


def _already_encrypted(path: str | None) -> AlreadyEncrypted:
    return AlreadyEncrypted("the file is already encrypted: it has sops metadata", path=path)


def _is_sealed(data: bytes, form: Format) -> bool:
    """Tell whether bytes are sops' binary form already; sops would encrypt them once more."""
    if b'"sops"' not in data:
        return False
    try:
        (tree,) = form.parse(decode(data))
    except FormatError:
        return False
    return isinstance(tree.root, Mapping) and isinstance(tree.root.get(KEY), Mapping)


def decode(data: bytes) -> str:
    """Return a file's text.

    Raises:
        FormatError: It is not UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError("not UTF-8 text", key=f"line {line}") from None


def cut_mark(text: str) -> tuple[str, str]:
    """Return a text's byte order mark, or "", and the rest, in which positions count."""
    return (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
