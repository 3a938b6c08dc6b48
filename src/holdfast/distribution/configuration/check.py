"""The configuration compiler: what is wrong with a configuration, for one version.

Distribution reads its configuration without a word about keys that it does not know. This module
says that word before the configuration leaves the house.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from holdfast.distribution.configuration.key import Key
from holdfast.distribution.configuration.rules import rules
from holdfast.distribution.configuration.tree import Node, joined, parts, root
from holdfast.errors import Complaint
from holdfast.versions import at_least

NAMED_AT_MOST = 12
"""Keys that a complaint lists; a section with more of them is looked up in the documentation."""


def check(config: Mapping[str, Any], version: str) -> list[Complaint]:
    """Return all that is wrong with a configuration, for a version such as "3.1.1".

    Empty: that version reads every key of it, as what it is meant for. Values of secrets are never
    in a complaint. A fragment is checked by `check_keys`.
    """
    found = check_keys(config, version)
    return found or list(rules(config, version))


def check_keys(config: Mapping[str, Any], version: str) -> list[Complaint]:
    """Return what is wrong with the keys and values alone: nothing has to be complete."""
    return list(_section(config, root(), "", version))


def _section(config: Mapping[str, Any], node: Node, path: str, version: str) -> Iterator[Complaint]:
    for key, value in config.items():
        here = joined(path, str(key))
        child = node.children.get(str(key)) or node.children.get("*")
        if child is None:
            yield Complaint(here, _unknown(str(key), value, node, version))
        elif not child.known(version):
            yield Complaint(here, _of_another_version(child, version))
        else:
            yield from _value(value, child, here, version)


def _value(value: Any, node: Node, path: str, version: str) -> Iterator[Complaint]:
    row = node.row(version)
    if row is not None:
        if not row.kind.fits(value):
            yield Complaint(path, _misfit(row, value))
    elif "[]" in node.children:
        yield from _list(value, node.children["[]"], path, version)
    elif isinstance(value, Mapping):
        yield from _section(value, node, path, version)
    elif isinstance(value, str) and path in ("storage", "auth"):  # `auth: none` is a short form
        yield from _section({value: {}}, node, path, version)
    elif value is not None:
        yield Complaint(path, f"expected a mapping with {_names(node, version)}, got {told(value)}")


def _list(value: Any, item: Node, path: str, version: str) -> Iterator[Complaint]:
    if not isinstance(value, list):
        yield Complaint(path, f"expected a list, got {told(value)}")
        return
    for number, one in enumerate(value):
        here = f"{path}[{number}]"
        if isinstance(one, Mapping):
            yield from _section(one, item, here, version)
        else:
            yield Complaint(
                here, f"expected a mapping with {_names(item, version)}, got {told(one)}"
            )


def _unknown(key: str, value: Any, node: Node, version: str) -> str:
    text = f"no such key in {version}. "
    known = {name.lower(): name for name, child in node.children.items() if child.known(version)}
    if key.lower() in known:
        return f"{text}Did you mean {known[key.lower()]}?"
    places = _elsewhere(key, value, version)
    if len(places) == 1:
        return f"{text}It belongs at {places[0]}"
    near = get_close_matches(key.lower(), known, n=1, cutoff=0.7)
    return text + (
        f"Did you mean {known[near[0]]}?" if near else f"Known here: {_names(node, version)}"
    )


def _elsewhere(key: str, value: Any, version: str) -> list[str]:
    """Return where else a key of this name exists: a section for a mapping, else a key."""
    found = []
    pending = [root()]
    while pending:
        node = pending.pop()
        pending += node.children.values()
        is_section = bool(node.children)
        if node.path and parts(node.path)[-1] == key and node.known(version):
            found += [node.path] if is_section == isinstance(value, Mapping) else []
    # The S3 driver's second name is nobody's first guess.
    return [path for path in found if "s3aws" not in path]


def _of_another_version(node: Node, version: str) -> str:
    rows = list(node.all_rows())
    since = min((row.since for row in rows), default="")
    if all(row.since and not _gone(row, version) for row in rows):
        return f"since {since}; this is {version}"
    instead = [row.instead for row in rows if row.instead]
    what = f"use {', '.join(instead)} instead" if instead else "nothing took its place. Remove it"
    return f"removed in {max(row.until for row in rows)}: {what}"


def _gone(row: Key, version: str) -> bool:
    return bool(row.until) and at_least(version, row.until)


def _names(node: Node, version: str) -> str:
    names = [name for name, child in node.children.items() if child.known(version)]
    if len(names) > NAMED_AT_MOST:
        return ", ".join(names[:NAMED_AT_MOST]) + ", ..."
    return ", ".join(names)


def _misfit(row: Key, value: Any) -> str:
    given = "a secret that is not shown" if row.secret else told(value)
    hint = f". {row.kind.hint}" if row.kind.hint else ""
    return f"expected {row.kind.expected}, got {given}{hint}"


def told(value: Any) -> str:
    """Return a value for a person; that of a mapping or list is only named."""
    if isinstance(value, str):
        return f'"{value[:60]}{"…" if len(value) > 60 else ""}" (a string)'
    if isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    kinds: dict[type, str] = {dict: "a mapping", list: "a list"}
    return kinds.get(type(value), "nothing" if value is None else "another type")
