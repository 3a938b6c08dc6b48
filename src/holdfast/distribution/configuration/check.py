"""Validate a registry's configuration for one version.

Distribution silently ignores keys that it does not know. This module reports them before a
configuration is deployed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from holdfast.distribution.configuration import suggestions
from holdfast.distribution.configuration.key import Key
from holdfast.distribution.configuration.rules import rules
from holdfast.distribution.configuration.tree import Node, joined, root
from holdfast.errors import Complaint
from holdfast.masking import masked
from holdfast.versions import at_least

Fits = Callable[[Any], bool]
NAMED_AT_MOST = 12
"""Maximum number of keys in a message; for larger sections see the documentation."""


def check(config: Mapping[str, Any], version: str) -> list[Complaint]:
    """Return all errors in a configuration, for a version such as "3.1.1".

    Empty: the version supports every key and value. Values of secrets are never in a message. For a
    fragment use `check_keys`.
    """
    found = check_keys(config, version)
    return found or list(rules(config, version))


def check_keys(config: Mapping[str, Any], version: str) -> list[Complaint]:
    """Return the errors in single keys and values, for a possibly incomplete configuration."""
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
        yield Complaint(
            path, f"expected a mapping with {_names(node, version)}, got {shown(value)}"
        )


def _list(value: Any, item: Node, path: str, version: str) -> Iterator[Complaint]:
    if not isinstance(value, list):
        yield Complaint(path, f"expected a list, got {shown(value)}")
        return
    for number, one in enumerate(value):
        here = f"{path}[{number}]"
        if isinstance(one, Mapping):
            yield from _section(one, item, here, version)
        else:
            yield Complaint(
                here, f"expected a mapping with {_names(item, version)}, got {shown(one)}"
            )


def _unknown(key: str, value: Any, node: Node, version: str) -> str:
    text = f"no such key in {version}. "
    known = {name.lower(): name for name, child in node.children.items() if child.known(version)}
    meant = suggestions.here(key, known)
    if meant:
        return f"{text}Did you mean {known[meant]}?"
    places = suggestions.elsewhere(key, value, node, version)
    if places:
        return f"{text}It belongs {'at' if len(places) == 1 else 'at one of'} {', '.join(places)}"
    return f"{text}Known here: {_names(node, version)}"


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
    place, odd, as_text = _misfitting(row.kind.fits, value)
    given = masked(value) if row.secret else shown(odd) + (f" at {place}" if place else "")
    hint = "Quote it" if as_text else row.kind.hint
    return f"expected {row.kind.expected}, got {given}" + (f". {hint}" if hint else "")


def _misfitting(fits: Fits, value: Any) -> tuple[str, Any, bool]:
    """Return place and value of the first part that does not fit, True if its text would fit."""
    parts: list[tuple[str, Fits, Any]] = []
    if isinstance(value, Mapping) and fits({}):
        parts = [(str(key), _below(fits, key), item) for key, item in value.items()]
    elif isinstance(value, list) and fits([]):
        parts = [(f"[{n}]", _below(fits, None), item) for n, item in enumerate(value)]
    for label, below, item in parts:
        if not below(item):
            place, odd, as_text = _misfitting(below, item)
            return f"{label}{place}", odd, as_text
    return "", value, isinstance(value, bool | int | float) and fits(str(value).lower())


def _below(fits: Fits, key: object) -> Fits:
    """Return the test of one part: of a key's value, or of a list's item if `key` is None."""
    return lambda one: fits([one] if key is None else {key: one})


def shown(value: Any) -> str:
    """Format a value for a message; mappings and lists only by their type."""
    if isinstance(value, str):
        return f'"{value[:60]}{"…" if len(value) > 60 else ""}" (a string)'
    if isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    kinds: dict[type, str] = {dict: "a mapping", list: "a list"}
    return kinds.get(type(value), "nothing" if value is None else "another type")
