"""Read a registry's configuration as a list of keys with their values and line numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from holdfast.distribution.configuration.key import HEADERS, LOOSE_TEXT, TEXT, TEXTS
from holdfast.distribution.configuration.tree import Node, joined, root
from holdfast.errors import InputError
from holdfast.importing import containers, formats
from holdfast.importing.entry import Entry, Files, Source
from holdfast.importing.yaml_text import construct, documents, mapping, read_text

SHORT = ("storage", "auth")
"""Sections in which a name alone means an empty entry of that name: `auth: none`."""

IMAGE = "config.yml of the image"
DEFAULT = """\
version: 0.1
storage: {filesystem: {rootdirectory: /var/lib/registry}, cache: {blobdescriptor: inmemory}}
http: {addr: ":5000", headers: {X-Content-Type-Options: [nosniff]}}
"""
"""Relevant part of the configuration in the registry's own image."""


def read(path: Path) -> Source:
    """Read a file: a config.yml, or a manifest, unit or command that contains one.

    Raises InputError with the likely kind of the file if it is none of these.
    """
    text, files = read_text(path), Files(path.parent)
    try:
        nodes = documents(text, path.name)
    except InputError:
        if found := containers.of_command(text, path.name, files):
            return _of_container(found, files, path)
        raise
    if nodes and formats.is_configuration(nodes[0], path.name):
        later = [
            Entry(f"document {number}", None, path.name, node.start_mark.line + 1, reason=LATER)
            for number, node in enumerate(nodes[1:], 2)
        ]
        return Source([*keys(nodes[0], path.name), *later], files)
    found = containers.find(nodes, path.name, files)
    if found is None and not any(map(formats.is_collection, nodes)):
        found = containers.of_command(text, path.name, files)
    if found is None:
        raise InputError(formats.refusal(nodes, path.name))
    return _of_container(found, files, path)


LATER = "the registry reads the first document of a file alone"


def _of_container(found: containers.Found, files: Files, path: Path) -> Source:
    if found.mounted:
        beside, text = files.path(found.mounted), files.text(found.mounted)
        if text is None:
            volume = files.volume(found.mounted)
            where = f"the volume {volume}" if volume else str(beside)
            raise InputError(
                f"{path.name}: expected the registry's configuration, got that it is in {where},"
                f" which cannot be read here. Give it, and this file as environment:"
                f" holdfast import config.yml --env {path.name} -o inventory"
            )
        return Source(of_text(text, beside.name), files, found.variables)
    if found.text is not None:
        return Source(of_text(*found.text), files, found.variables)
    entries = list(keys(found.node, path.name)) if found.node else of_text(DEFAULT, IMAGE)
    return Source([*entries, *found.entries], files, found.variables)


def of_text(text: str, file: str) -> list[Entry]:
    """Return the keys in a configuration's text; `file` is the name in entries."""
    nodes = documents(text, file)
    if not nodes or not isinstance(nodes[0], yaml.MappingNode):
        raise InputError(f"{file}: expected the mapping of a registry's config.yml")
    return keys(nodes[0], file)


def keys(top: yaml.Node, file: str) -> list[Entry]:
    """Return the keys of a configuration's mapping."""
    entries = list(_section(top, root(), "", file))
    # The last of two equal keys counts, as for the registry's own reader.
    return list({entry.path: entry for entry in entries}.values())


def _section(top: yaml.Node, node: Node, path: str, file: str) -> Iterator[Entry]:
    for name, (key, value) in mapping(top, file).items():
        here = joined(path, name)
        child = node.children.get(name) or node.children.get("*")
        yield from _entries(value, child, here, file, key.start_mark.line + 1)


def _entries(
    value: yaml.Node, node: Node | None, path: str, file: str, line: int
) -> Iterator[Entry]:
    items = node.children.get("[]") if node else None
    if items and isinstance(value, yaml.SequenceNode):
        for number, item in enumerate(value.value):
            here = f"{path}[{number}]"
            yield from _entries(item, items, here, file, item.start_mark.line + 1)
    elif node and node.children and not items and isinstance(value, yaml.MappingNode):
        yield from _section(value, node, path, file)
    elif path in SHORT and isinstance(value, yaml.ScalarNode) and value.value:
        yield Entry(f"{path}.{value.value}", {}, file, line)
    elif not (node and node.children and _is_empty(value)):
        yield Entry(path, _value(value, node, file), file, line)


def _is_empty(value: yaml.Node) -> bool:
    """Return True for a section without content."""
    return isinstance(value, yaml.ScalarNode) and value.tag.endswith(":null")


def _value(value: yaml.Node, node: Node | None, file: str) -> Any:
    """Return a value as the registry reads it: string keys keep the text as written."""
    kinds = [row.kind for row in node.rows] if node else []
    kind = kinds[0] if kinds else None
    if isinstance(value, yaml.ScalarNode) and not _is_empty(value) and kind in (TEXT, LOOSE_TEXT):
        return value.value
    if kind is TEXTS:
        return _texts(value, file)
    if kind is HEADERS and isinstance(value, yaml.MappingNode):
        return {name: _texts(items, file) for name, (_, items) in mapping(value, file).items()}
    return construct(value, file)


def _texts(value: yaml.Node, file: str) -> Any:
    """Return a list of strings as written: `[true]` contains the string true."""
    if isinstance(value, yaml.SequenceNode):
        plain = (isinstance(item, yaml.ScalarNode) for item in value.value)
        if all(plain):
            return [item.value for item in value.value]
    return construct(value, file)
