"""Read text files and YAML of other people, with limits on size, depth and expansion."""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from holdfast.errors import InputError

BYTES = 1 << 20
"""Maximum size of a file in bytes; a registry's configuration has a few thousand."""
DEPTH = 40
"""Maximum levels of nesting."""
NODES = 20_000
"""Maximum number of keys and values after expanding all aliases."""


class _Loader(yaml.SafeLoader):
    """YAML loader that keeps apparent dates and very long numbers as strings."""

    def as_text(self, node: yaml.ScalarNode) -> str:
        """Return a scalar's text."""
        return str(node.value)

    def as_number(self, node: yaml.ScalarNode) -> Any:
        """Return a number, or the text of a number that is very long or contains colons."""
        plain = ":" not in node.value and len(node.value) < 100
        return self.construct_yaml_int(node) if plain else node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.as_text)
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.as_number)


def read_text(path: Path) -> str:
    """Return the text of a regular file: UTF-8, or UTF-16 with its byte order mark.

    Raises InputError for a file that cannot be read, is none, or has more than BYTES bytes.
    """
    try:
        raw = _bytes(path)
        wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return raw.decode("utf-16" if wide else "utf-8-sig").replace("\r\n", "\n")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{path}: expected a readable text file: {reason}") from None


def _bytes(path: Path) -> bytes:
    # A FIFO would wait for ever, and a device never ends.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is no regular file")
        raw = stream.read(BYTES + 1)
    if len(raw) > BYTES:
        raise ValueError(f"it has more than {BYTES >> 20} MiB")
    return raw


def documents(text: str, file: str) -> list[yaml.Node]:
    """Return the documents of YAML or JSON; `file` is the name in errors.

    Raises InputError for text that is neither, or exceeds a limit.
    """
    # Tabs between the tokens of JSON are right, and YAML refuses them. Strings of JSON have none.
    text = text.replace("\t", "    ") if text.lstrip()[:1] in ("{", "[") else text
    try:
        _check_depth(text, file)
        found = [node for node in yaml.compose_all(text, yaml.SafeLoader) if node is not None]
    except yaml.MarkedYAMLError as error:
        raise InputError(_broken(error, text, file)) from None
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{file}: expected YAML: {str(error).splitlines()[0]}") from None
    sizes: dict[int, int] = {}
    if sum(_size(node, sizes, file) for node in found) > NODES:
        text = (
            f"{file}: expected at most {NODES} keys and values with all aliases expanded, got more"
        )
        raise InputError(f"{text}. Leave the registry's part in a copy of the file")
    return found


def _check_depth(text: str, file: str) -> None:
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH:
            place = f"{file}:{event.start_mark.line + 1}" if event.start_mark else file
            raise InputError(f"{place}: expected at most {DEPTH} levels of nesting, got more")


def _size(node: yaml.Node, sizes: dict[int, int], file: str) -> int:
    """Return the number of nodes below a node, with aliases expanded."""
    if id(node) not in sizes:
        sizes[id(node)] = -1
        sizes[id(node)] = 1 + sum(_size(child, sizes, file) for child in children(node))
    if sizes[id(node)] < 0:
        place = f"{file}:{node.start_mark.line + 1}"
        raise InputError(f"{place}: expected a value, got an alias that contains itself")
    return sizes[id(node)]


def children(node: yaml.Node) -> Iterator[yaml.Node]:
    """Yield the keys and values, or the items, of a node."""
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _broken(error: yaml.MarkedYAMLError, text: str, file: str) -> str:
    mark = error.problem_mark or error.context_mark
    place = f"{file}:{mark.line + 1}" if mark else file
    line = text.splitlines()[mark.line] if mark and mark.line < len(text.splitlines()) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return f"{place}: expected YAML, got a tab for indentation. Write spaces instead"
    return f"{place}: expected YAML: {error.problem or error.context}"


def construct(node: yaml.Node, file: str) -> Any:
    """Return the value of a node. Raises InputError for one that YAML cannot construct."""
    try:
        return _Loader("").construct_document(node)
    except (yaml.MarkedYAMLError, ValueError, OverflowError) as error:
        place = f"{file}:{node.start_mark.line + 1}"
        reason = error.problem if isinstance(error, yaml.MarkedYAMLError) else str(error)
        raise InputError(f"{place}: expected a value of YAML: {reason}") from None


def mapping(node: yaml.Node | None, file: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Return key and value of each entry of a mapping by the key's text; empty for another node.

    Merge keys (`<<`) are resolved; the last of equal keys counts, as for the registry's reader.
    """
    if not isinstance(node, yaml.MappingNode):
        return {}
    try:
        yaml.SafeLoader("").flatten_mapping(node)
    except yaml.MarkedYAMLError as error:
        place = f"{file}:{node.start_mark.line + 1}"
        raise InputError(f"{place}: expected YAML: {error.problem}") from None
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            place = f"{file}:{key.start_mark.line + 1}"
            raise InputError(f"{place}: expected a text as key, got a list or mapping")
    return {str(key.value): (key, value) for key, value in node.value}
