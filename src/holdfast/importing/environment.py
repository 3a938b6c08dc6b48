"""REGISTRY_* variables, which take the place of keys as the registry itself lets them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from holdfast.distribution.configuration.tree import Node, joined, parts, root
from holdfast.errors import InputError
from holdfast.importing.entries import Entry, of_text

GO_NAMES = {
    "notifications.events": "eventconfig",
    "health.file": "filecheckers",
    "health.http": "httpcheckers",
    "health.tcp": "tcpcheckers",
    "compatibility.schema1.signingkeyfile": "trustkey",
    "log.hooks[].options": "mailoptions",
}
"""Names that variables use for keys: those of the program's fields, where they differ."""

NOT_KEYS = {"REGISTRY_CONFIGURATION_PATH"}
"""Variables that say something else than a value of the configuration."""

_LINE = re.compile(r"\s*(?:export\s+|-\s+)?(REGISTRY_[^\s=:]+)\s*(?:=|:\s)\s*(.*?)\s*")


def overridden(entries: Iterable[Entry], path: Path) -> tuple[list[Entry], list[Entry]]:
    """Return the keys after the variables of a file were put over them, and the keys that went.

    The file has a variable a line, as `docker run --env-file` reads it; `export` and the lists of
    Compose files are understood, too. Other variables are not looked at.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected a readable text file: {error}") from None
    kept, gone = list(entries), []
    # In the order of their names: a section comes before what is in it.
    for name, text, line in sorted(_variables(lines)):
        before = {entry.path: entry for entry in kept}
        given = [
            Entry(one.path, one.value, path.name, line, name) for one in _given(name, text, before)
        ]
        given = given or [Entry(name, None, path.name, line, name)]
        own = {entry.path for entry in given} | {(_target(name) or (name,))[0]}
        below = tuple(f"{one}{mark}" for one in own for mark in (".", "["))
        replaced = [e for e in kept if e.path in own or e.path.startswith(below)]
        kept = [entry for entry in kept if entry not in replaced] + given
        gone += [entry for entry in replaced if not entry.name]
    return kept, gone


def _variables(lines: list[str]) -> Iterator[tuple[str, str, int]]:
    for number, text in enumerate(lines, 1):
        found = _LINE.fullmatch(text)
        if found and found[1] not in NOT_KEYS:
            value = found[2]
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
            yield found[1], value[1:-1] if quoted else value, number


def _given(name: str, text: str, before: Mapping[str, Entry]) -> list[Entry]:
    """Return the keys that a variable sets: one, or those of a whole section; empty: none."""
    target = _target(name)
    if target is None or not text:
        return []
    path, rest = target
    try:
        entries = of_text(_nested(path, text), name)
    except InputError:
        return []
    return [replace(entries[0], value=_with(before.get(path), rest, text))] if rest else entries


def _with(entry: Entry | None, rest: str, text: str) -> Any:
    """Return the list or mapping of a key with one item of it set."""
    known = entry.value if entry else None
    if rest.isdigit():
        items = known if isinstance(known, list) else []
        return [*items[: int(rest)], text, *items[int(rest) + 1 :]]
    return {**(known if isinstance(known, dict) else {}), rest: yaml.safe_load(text)}


def _nested(path: str, text: str) -> str:
    """Return YAML that has a text at a path."""
    lines, indent = [], ""
    for part in parts(path):
        if part.startswith("["):
            lines += [f"{indent}-"] * (int(part[1:-1]) + 1)
        else:
            lines.append(f"{indent}{json.dumps(part)}:")
        indent += "  "
    return "\n".join((*lines, indent + text))


def _target(name: str) -> tuple[str, str] | None:
    """Return the path of the key that a variable sets, and the name or number of an item in it."""
    node, path = root(), ""
    words = name.removeprefix("REGISTRY_").split("_")
    while words:
        found = _child(node, words[0])
        if found is None:
            return None
        node, part = found
        path, words = joined(path, part), words[1:]
        if node.rows:
            return path, "_".join(words).lower()
    return path, ""


def _child(node: Node, word: str) -> tuple[Node, str] | None:
    if word.isdigit() and "[]" in node.children:
        return node.children["[]"], f"[{word}]"
    for name, child in node.children.items():
        if GO_NAMES.get(child.path, name).upper() == word and name not in ("[]", "*"):
            return child, name
    return (node.children["*"], word.lower()) if "*" in node.children else None
