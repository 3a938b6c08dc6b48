"""A configuration as a list of its keys, each with its value and the line where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from holdfast.distribution.configuration.key import LOOSE_TEXT, TEXT, TEXTS
from holdfast.distribution.configuration.tree import Node, joined, root
from holdfast.errors import InputError

SHORT = ("storage", "auth")
"""Sections for which a name alone stands for that name with nothing below it: `auth: none`."""


@dataclass(frozen=True)
class Entry:
    """One key of a configuration."""

    path: str
    value: Any
    file: str
    line: int
    name: str = ""
    """What stands there, when it is not the path: the name of an environment variable."""

    @property
    def place(self) -> str:
        """File and line, as compilers and editors write it."""
        return f"{self.file}:{self.line}"


def of_file(path: Path) -> list[Entry]:
    """Return the keys of a config.yml. Raises InputError when it is no YAML mapping."""
    try:
        return of_text(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected a readable text file: {error}") from None


def of_text(text: str, file: str) -> list[Entry]:
    """Return the keys of a configuration's text; `file` is what its lines are told with."""
    try:
        top = yaml.compose(text, yaml.SafeLoader)
        if not isinstance(top, yaml.MappingNode):
            raise InputError(f"{file}: expected the mapping of a registry's config.yml")
        entries = list(_section(top, root(), "", file))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{file}:{mark.line + 1}" if mark else file
        raise InputError(f"{place}: expected YAML: {error.problem or error.context}") from None
    # The last of two equal keys counts, as for the registry's own reader.
    return list({entry.path: entry for entry in entries}.values())


def _section(top: yaml.MappingNode, node: Node, path: str, file: str) -> Iterator[Entry]:
    yaml.SafeLoader("").flatten_mapping(top)  # resolves `<<: *anchor`
    for key, value in top.value:
        here = joined(path, str(key.value))
        child = node.children.get(key.value) or node.children.get("*")
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
        yield Entry(path, _construct(value, node), file, line)


def _is_empty(value: yaml.Node) -> bool:
    """Tell whether a section has nothing below it, which says nothing."""
    return isinstance(value, yaml.ScalarNode) and value.tag.endswith(":null")


def _construct(value: yaml.Node, node: Node | None) -> Any:
    """Return a value as the registry reads it: what should be text stays as it is written."""
    kinds = [row.kind for row in node.rows] if node else []
    loader = yaml.SafeLoader("")
    null = isinstance(value, yaml.ScalarNode) and value.tag.endswith(":null")
    if isinstance(value, yaml.ScalarNode) and not null and kinds and kinds[0] in (TEXT, LOOSE_TEXT):
        return value.value
    if isinstance(value, yaml.SequenceNode) and kinds and kinds[0] is TEXTS:
        return [item.value for item in value.value]
    return loader.construct_document(value)
