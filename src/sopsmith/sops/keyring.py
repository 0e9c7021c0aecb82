"""Open a document's data key with whatever identities are at hand."""

from __future__ import annotations

from sopsmith import age
from sopsmith.age import Identity
from sopsmith.errors import Error, MasterKeyError, NoIdentity, OutsideError, Tampered
from sopsmith.secret import Secret
from sopsmith.sops.masterkeys import Stanza
from sopsmith.sops.metadata import Metadata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sopsmith.sops.masterkeys import Kind

KEY_SIZE = 32  # bytes


class Keyring:
    """Identities, where they came from, and what could not be read.

    Args:
        identities: Those read at the start.
        sources: Every place that was looked at, for messages.
        failures: Why a place gave nothing. They count only when nothing opens a file.
        late: Asked for more identities, with the recipient that is needed, when none of the
            others opens a file (`SOPS_AGE_KEY_CMD`).
        kinds: The kinds of master key besides age that can be reached, in the order to try.
        last: Asked for more identities when all else has failed, since it asks a person.
    """

    def __init__(
        self,
        identities: list[Identity],
        sources: list[str] | None = None,
        failures: list[Error] | None = None,
        *,
        late: Callable[[str], list[Identity]] | None = None,
        kinds: dict[str, Kind] | None = None,
        last: Callable[[], list[Identity]] | None = None,
    ) -> None:
        self.identities = identities
        self.sources = sources or []
        # The same list, since what is asked late adds to it.
        self.failures = failures if failures is not None else []
        self.kinds = kinds or {}
        self._late = late
        self._last = last
        self._refused: set[str] = set()
        self._held: dict[str, Identity] = {}

    def __repr__(self) -> str:
        return f"<Keyring of {len(self.identities)} identities>"

    def at_hand(self) -> Keyring:
        """Return a keyring of the identities read so far, which asks no person and no program."""
        return Keyring(self.identities)

    def unlock_data_key(self, metadata: Metadata) -> Secret:
        """Return a document's data key, 32 bytes.

        Raises:
            NoIdentity: Nothing here opens it, or too few of its key groups; names the
                recipients and what was tried.
            Tampered: The stanza of an identity at hand is damaged.
        """
        if not metadata.stanzas:
            raise Tampered("the metadata names no master keys", key="sops")
        if len(metadata.groups) == 1:
            found = self._open_group(metadata.groups[0])
            if found is None:
                raise self._no_identity(metadata.stanzas)
            return _checked(found)
        return self._combine(metadata)

    def opens(self, stanza: Stanza) -> bool:
        """Tell whether some identity at hand is the stanza's, by its recipient alone."""
        return self.held(stanza.name) is not None

    def held(self, recipient: str) -> Identity | None:
        """Return the identity of a recipient among those read so far, or None.

        What comments say of identities only decides which is looked at first, since every look
        at another one takes as long as opening a file.
        """
        found = self._held.get(recipient)
        if found is None:
            likely_first = sorted(self.identities, key=lambda one: one.told != recipient)
            found = next((one for one in likely_first if one.recipient == recipient), None)
            if found is not None:
                self._held[recipient] = found
        return found

    def find(self, recipient: str) -> Identity | None:
        """Return the identity of an age recipient, or None where no place offers it.

        An identity that cannot tell its recipient, such as an SSH key, proves itself by opening
        32 zeros that were encrypted to it. Places are asked in the order of opening a file.
        """
        known = self.held(recipient)
        if known is not None:
            return known
        try:
            probe = age.wrap(recipient, Secret(bytes(KEY_SIZE)))
        except MasterKeyError:
            return None
        offered = self._offer(recipient)
        return next((one for one in offered if age.unwrap(probe, [one]) is not None), None)

    def _offer(self, recipient: str) -> Iterator[Identity]:
        """Yield identities that may be a recipient's, from one place after the other."""
        yield from self._untold()
        yield from self._asked_late(recipient)
        yield from self._asked_last()

    def _untold(self) -> list[Identity]:
        """Return the identities that do not tell their recipient."""
        return [one for one in self.identities if not one.recipient.startswith("age1")]

    def _asked_late(self, recipient: str) -> list[Identity]:
        if self._late is None or recipient in self._refused:
            return []
        return self._late(recipient)

    def _asked_last(self) -> list[Identity]:
        return self._last() if self._last is not None else []

    def _combine(self, metadata: Metadata) -> Secret:
        """Return the data key that is split over key groups."""
        from sopsmith.sops.shamir import combine

        needed = metadata.threshold or len(metadata.groups)
        parts: list[Secret] = []
        for group in metadata.groups:
            found = self._open_group(group) if len(parts) < needed else None
            if found is not None:
                parts.append(Secret(found))
        if len(parts) < needed:
            error = self._no_identity(metadata.stanzas)
            error.message = f"{len(parts)} of {needed} key groups opened: {error.message}"
            raise error
        return _checked(combine(parts).reveal())

    def _open_group(self, group: list[Stanza]) -> bytes | None:
        """Return what any stanza of a group holds, or None where none opens.

        Raises:
            Tampered: None opens, and one that should is damaged.
        """
        damaged: Tampered | None = None
        if len(group) > 1:
            told = {one.told for one in self.identities}
            group = sorted(group, key=lambda one: one.name not in told)
        for attempt in (self._try_age, self._try_late, self._try_kinds, self._try_last):
            for stanza in group:
                try:
                    found = attempt(stanza)
                except MasterKeyError as error:
                    place = f"sops.{stanza.kind}"
                    damaged = damaged or Tampered(error.message, key=place, hint=error.hint)
                    continue
                except OutsideError as error:
                    # A service that does not answer counts only when nothing else opens it.
                    self.failures.append(error)
                    continue
                if found is not None:
                    return found
        if damaged is not None:
            raise damaged
        return None

    def _try_age(self, stanza: Stanza) -> bytes | None:
        if stanza.kind != "age":
            return None
        fitting = self.held(stanza.name)
        # SSH identities do not tell their recipient, so they are tried on everything.
        found = age.unwrap(stanza.enc, [fitting] if fitting else self._untold())
        if found is None and fitting:
            raise MasterKeyError("the age file around the data key is not for its recipient")
        return found

    def _try_late(self, stanza: Stanza) -> bytes | None:
        if stanza.kind != "age":
            return None
        found = age.unwrap(stanza.enc, self._asked_late(stanza.name))
        if found is None:
            self._refused.add(stanza.name)
        return found

    def _try_kinds(self, stanza: Stanza) -> bytes | None:
        kind = self.kinds.get(stanza.kind)
        return kind.unwrap(stanza) if kind is not None else None

    def _try_last(self, stanza: Stanza) -> bytes | None:
        return age.unwrap(stanza.enc, self._asked_last()) if stanza.kind == "age" else None

    def _no_identity(self, stanzas: list[Stanza]) -> NoIdentity:
        needed = ", ".join(f"{one.kind} {one.name}" for one in stanzas)
        tried = ", ".join(f"{one.recipient} (from {one.source})" for one in self.identities)
        problems = "; ".join(str(failure) for failure in self.failures)
        if not self.identities:
            message = f"no identity at hand; the file is encrypted to {needed}"
            places = ", ".join(self.sources)
            hint = problems or (f"nothing found in {places}" if places else None)
        else:
            message = f"no identity at hand opens it; encrypted to {needed}; tried {tried}"
            hint = problems or None
        return NoIdentity(message, hint=hint or "set SOPS_AGE_KEY_FILE to the file of an identity")


def _checked(data_key: bytes) -> Secret:
    if len(data_key) != KEY_SIZE:
        raise Tampered(f"the data key has {len(data_key)} bytes, not {KEY_SIZE}", key="sops")
    return Secret(data_key)
