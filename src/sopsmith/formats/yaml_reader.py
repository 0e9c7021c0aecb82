"""Read YAML into trees that know where each value stands in the text.

libyaml's scanner does the syntax (go-yaml's is a port of the same code, so both accept the
same files); the values are resolved by `scalars` as go-yaml does, never by PyYAML.
Anchors are expanded, merge keys are ordinary keys named `<<`, as SOPS has them.
"""

from __future__ import annotations

from typing import Any

import yaml as pyyaml

from sopsmith.errors import FormatError
from sopsmith.formats.scalars import resolve, resolve_tagged
from sopsmith.formats.tree import Mapping, Node, Plain, Scalar, Sequence, Tree
from sopsmith.formats.yaml_comments import find_comments

_LOADER: Any = getattr(pyyaml, "CLoader", pyyaml.Loader)
_MAX_COPIES = 100_000  # nodes made by aliases; SOPS's go-yaml has a limit of the same purpose
_MAX_DEPTH = 100


def parse(text: str) -> list[Tree]:
    """Return one tree a document.

    Args:
        text: The file without its byte order mark.

    Raises:
        FormatError: It is not YAML as SOPS reads it; `key` holds `line N`. The message never
            quotes the text.
    """
    events = _Events(text)
    trees: list[Tree] = []
    try:
        while not isinstance(events.peek(), pyyaml.StreamEndEvent):
            events.next()
            trees.append(_Composer(events, first=not trees).document())
    except pyyaml.YAMLError as error:
        raise _syntax_error(error) from None
    except RecursionError:
        raise FormatError(f"collections are nested deeper than {_MAX_DEPTH}") from None
    if "#" in text and trees:
        find_comments(text, trees, list(pyyaml.scan(text, Loader=_LOADER)))
    return trees


def _syntax_error(error: pyyaml.YAMLError) -> FormatError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    # libyaml's problem is one of a fixed set of sentences, but PyYAML adds names of anchors and
    # tags to some of its own; only the sentences that cannot hold text of the file are passed on.
    problem = getattr(error, "problem", None) or "a character that YAML does not allow"
    if "'" in problem or '"' in problem or "`" in problem:
        problem = "the text breaks YAML's syntax"
    place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else None
    return FormatError(f"not valid YAML: {problem}", key=place)


class _Events:
    """libyaml's events with one look ahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._events = iter(pyyaml.parse(text, Loader=_LOADER))
        self._head: Any = None
        try:
            self.next()  # The stream start says nothing.
        except pyyaml.YAMLError as error:
            raise _syntax_error(error) from None

    def peek(self) -> Any:
        if self._head is None:
            self._head = next(self._events)
        return self._head

    def next(self) -> Any:
        event = self.peek()
        self._head = None
        return event


class _Composer:
    """Build one document's tree from events."""

    def __init__(self, events: _Events, *, first: bool) -> None:
        self._events = events
        self._anchors: dict[str, Node] = {}
        self._aliases: list[tuple[Node, Node]] = []
        self._copies = 0
        self._first = first

    def document(self) -> Tree:
        start = self._events.peek().start_mark.index
        root = self._node(indent=0, flow=False, depth=0)
        end = self._events.next().start_mark.index
        tree = Tree(root, start=start, end=end)
        tree.aliases = self._aliases
        return tree

    def _node(self, *, indent: int, flow: bool, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise RecursionError
        event = self._events.next()
        span = event.start_mark.index, event.end_mark.index
        if isinstance(event, pyyaml.AliasEvent):
            return self._alias(event, span, indent=indent, flow=flow)
        node: Node
        if isinstance(event, pyyaml.ScalarEvent):
            node = Scalar(self._value(event), *span, flow=flow, indent=indent)
        elif isinstance(event, pyyaml.MappingStartEvent):
            node = self._mapping(event, depth, flow=flow or bool(event.flow_style))
        else:
            node = self._sequence(event, depth, flow=flow or bool(event.flow_style))
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _value(self, event: Any) -> Plain:
        plain = event.style in (None, "")
        try:
            if event.tag is not None:
                return resolve_tagged(event.tag, event.value, plain=plain)
            return resolve(event.value) if plain else str(event.value)
        except FormatError as error:
            raise _placed(error, event) from None

    def _mapping(self, event: Any, depth: int, *, flow: bool) -> Mapping:
        indent = event.start_mark.column
        mapping = Mapping([], event.start_mark.index, flow=flow, indent=indent)
        seen = set()
        while not isinstance(self._events.peek(), pyyaml.MappingEndEvent):
            key_event = self._events.peek()
            key = self._node(indent=indent, flow=flow, depth=depth + 1)
            name = self._key(key, key_event)
            if name in seen and self._first:
                raise _placed(FormatError("the same key stands twice in one mapping"), key_event)
            seen.add(name)
            mapping.keys.append((key_event.start_mark.index, key_event.end_mark.index))
            if len(seen) == 1 and not flow:
                mapping.indent = indent = key_event.start_mark.column
            mapping.entries.append((name, self._node(indent=indent, flow=flow, depth=depth + 1)))
        mapping.end = self._events.next().end_mark.index
        return mapping

    def _key(self, node: Node, event: Any) -> str:
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            raise _placed(
                FormatError("a key is not a string, which SOPS cannot store", hint="quote the key"),
                event,
            )
        # A date is a key of a type of its own for go-yaml, so SOPS refuses it as well.
        if type(node.value) is not str:
            raise _placed(
                FormatError("a key is a date; SOPS needs strings", hint="quote it"), event
            )
        return node.value

    def _sequence(self, event: Any, depth: int, *, flow: bool) -> Sequence:
        indent = event.start_mark.column
        if (event.anchor or event.tag) and not flow:
            # The event begins with its anchor; it ends before the first dash, or behind it
            # where the dashes stand in the column of the key.
            end = event.end_mark
            indent = end.column - (self._events.text[end.index : end.index + 1] != "-")
        sequence = Sequence([], event.start_mark.index, flow=flow, indent=indent)
        while not isinstance(self._events.peek(), pyyaml.SequenceEndEvent):
            sequence.items.append(self._node(indent=indent, flow=flow, depth=depth + 1))
        sequence.end = self._events.next().end_mark.index
        return sequence

    def _alias(self, event: Any, span: tuple[int, int], *, indent: int, flow: bool) -> Node:
        target = self._anchors.get(event.anchor)
        if target is None:
            raise _placed(FormatError("an alias names no anchor before it"), event)
        copy = self._copy(target)
        copy.start, copy.end, copy.flow, copy.indent = *span, flow, indent
        if not isinstance(copy, Scalar):
            copy.alias = True
        self._aliases.append((copy, target))
        return copy

    def _copy(self, node: Node) -> Node:
        self._copies += 1
        if self._copies > _MAX_COPIES:
            raise FormatError(f"aliases expand to more than {_MAX_COPIES} values")
        if isinstance(node, Scalar):
            return Scalar(node.value)
        if isinstance(node, Mapping):
            return Mapping([(key, self._copy(child)) for key, child in node.entries])
        return Sequence([self._copy(child) for child in node.items])


def _placed(error: FormatError, event: Any) -> FormatError:
    if error.key is None:
        error.key = f"line {event.start_mark.line + 1}, column {event.start_mark.column + 1}"
    return error
