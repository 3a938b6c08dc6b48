"""Locate the parts of a YAML text, so that one can be replaced without changing the others.

Dumping a parsed file would lose its line breaks, its quotes and some of its comments.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DASH = re.compile(r"(?m)^[ \t]*-(?=\s)|(?<=\s)-(?=\s)")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._@-]*")
_WORDS = ("yes", "no", "on", "off", "true", "false", "null", "y", "n")


@dataclass(frozen=True)
class Edit:
    """A replacement of the characters from `start` up to, not including, `end`."""

    start: int
    end: int
    text: str


def applied(text: str, *edits: Edit) -> str:
    """Apply edits to a text; they must not overlap."""
    for edit in sorted(edits, key=lambda one: one.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def parsed(text: str) -> yaml.Node | None:
    """Parse a text to a tree with the position of each node. Tags are not resolved."""
    tree: yaml.Node | None = yaml.compose(text, _LOADER)
    return tree


def entries(node: yaml.Node) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Return (key, value) nodes of a mapping by the text of the key."""
    return {key.value: (key, value) for key, value in node.value}


def found(node: yaml.Node | None, name: str) -> list[tuple[yaml.Node, yaml.Node]]:
    """Return the (key, value) nodes of all entries with a name, in mappings of any depth."""
    if not isinstance(node, yaml.MappingNode):
        return []
    own = [(key, value) for key, value in node.value if key.value == name]
    deeper = [one for key, value in node.value if key.value != name for one in found(value, name)]
    return own + deeper


def in_braces(node: yaml.Node | None, place: int) -> bool:
    """Tell whether a position is inside a flow mapping (`{...}`)."""
    if not isinstance(node, yaml.MappingNode) or not start(node) <= place < node.end_mark.index:
        return False
    return bool(node.flow_style) or any(in_braces(value, place) for _, value in node.value)


def start(node: yaml.Node) -> int:
    """Return the index of a node's first character, including its tag."""
    return int(node.start_mark.index)


def end(text: str, node: yaml.Node) -> int:
    """Return the index after a node's last character; the parser's own end is often later."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        return start(node) + len(text[start(node) : node.end_mark.index].rstrip())
    last = node.value[-1]
    return end(text, last[1] if isinstance(last, tuple) else last)


def line_start(text: str, place: int) -> int:
    """Return the index of the start of a line."""
    return text.rfind("\n", 0, place) + 1


def line_end(text: str, place: int) -> int:
    """Return the index after the end of a line, including its line break."""
    found = text.find("\n", place)
    return len(text) if found < 0 else found + 1


def dash(text: str, after: int, before: int) -> int:
    """Return the index of the dash of a list item that starts between two positions."""
    return [match.end() for match in _DASH.finditer(text, after, before + 1)][-1] - 1


def literal(text: str) -> str:
    """Return a text as one line of YAML that Ansible does not take for a template."""
    marked = any(mark in text for mark in ("{{", "{%", "{#"))
    return ("!unsafe " if marked else "") + json.dumps(text, ensure_ascii=False)


def quoted(name: str) -> str:
    """Return a name as YAML that every parser reads as a string."""
    plain = _PLAIN.fullmatch(name) and name.lower() not in _WORDS
    return name if plain else literal(name)
