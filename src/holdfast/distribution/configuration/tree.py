"""The tables as a tree, for iterating over a configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from holdfast.distribution.configuration.key import Key
from holdfast.distribution.configuration.tables import KEYS
from holdfast.versions import at_least


@dataclass
class Node:
    """A section or a key; a key can have several rows, one for each range of versions."""

    path: str
    children: dict[str, Node] = field(default_factory=dict)
    rows: list[Key] = field(default_factory=list)

    def all_rows(self) -> Iterator[Key]:
        """Yield the rows of this node and of all below it."""
        yield from self.rows
        for child in self.children.values():
            yield from child.all_rows()

    def row(self, version: str) -> Key | None:
        """Return the row of a key for a version; None if there is none."""
        return next((row for row in self.rows if reads(row, version)), None)

    def known(self, version: str) -> bool:
        """Tell whether a version supports any key of the node."""
        return any(reads(row, version) for row in self.all_rows())


def reads(row: Key, version: str) -> bool:
    """Tell whether a version of Distribution supports a key."""
    return at_least(version, row.since) and not (row.until and at_least(version, row.until))


@cache
def root() -> Node:
    """Return the tree of all keys of all versions."""
    top = Node("")
    for row in KEYS:
        node = top
        for part in parts(row.path):
            path = joined(node.path, part)
            node = node.children.setdefault(part, Node(path))
        node.rows.append(row)
    return top


def find(path: str) -> Node | None:
    """Return the node of a path; `[0]` matches `[]`, and a freely chosen name matches `*`."""
    node: Node | None = root()
    for part in parts(path):
        own = "[]" if part.startswith("[") else part
        node = node.children.get(own) or node.children.get("*") if node else None
    return node


def parts(path: str) -> list[str]:
    """Split a path: ["health", "http", "[0]", "uri"] for "health.http[0].uri"."""
    return path.replace("[", ".[").split(".")


def joined(path: str, part: str) -> str:
    """Append a part to a path."""
    return path + part if part.startswith("[") or not path else f"{path}.{part}"
