"""Suggest the key that was meant by an unknown key of a registry's configuration."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from holdfast.distribution.configuration.tree import Node, parts, root

SYNONYMS = {
    "file": ("path", "keyfile", "rootcertbundle", "certificate"),
    "filename": ("path", "keyfile"),
    "htpasswd": ("path",),
    "users": ("path",),
    "dir": ("rootdirectory",),
    "directory": ("rootdirectory",),
    "path": ("rootdirectory", "cachefile"),
    "url": ("realm", "uri", "baseurl"),
    "uri": ("url",),
    "endpoint": ("regionendpoint", "realm", "serviceurl", "url", "uri", "addr"),
    "audience": ("service",),
    "host": ("addr", "addrs"),
    "port": ("addr", "addrs"),
    "listen": ("addr",),
    "server": ("addr", "addrs"),
    "database": ("db",),
    "login": ("username",),
    "pass": ("password",),
    "token": ("password",),
    "crt": ("certificate",),
    "ca": ("clientcas", "rootcas", "rootcertbundle"),
    "format": ("formatter",),
    "container": ("bucket",),
}
"""Keys that users often write in place of another one, most likely first."""

SHORTEST = 3
"""Minimum length of a key for matching it as a part of another one."""


def here(key: str, known: Collection[str]) -> str | None:
    """Return the likely intended key of the same section; None if there is none.

    `known` are the section's keys in lower case.
    """
    name = key.lower()
    plain = name.replace("_", "").replace("-", "")
    for candidate in (name, plain):
        if candidate in known:
            return candidate
    near = get_close_matches(plain, known, n=1, cutoff=0.7)
    if near:
        return near[0]
    synonyms = [other for other in SYNONYMS.get(name, ()) if other in known]
    if synonyms:
        return synonyms[0]
    within = [o for o in known if min(len(o), len(name)) >= SHORTEST and (name in o or o in name)]
    return within[0] if len(within) == 1 else None


def elsewhere(key: str, value: Any, section: Node, version: str) -> list[str]:
    """Return the paths of keys with this name: those below its section, else the only one.

    A mapping belongs to a section, any other value to a key. A key in the items of a list is
    named only for a section of the same part of the configuration.
    """
    found = sorted(_places(key, isinstance(value, Mapping), version))
    top = parts(section.path)[0] if section.path else ""
    below = [path for path in found if section.path and path.startswith(f"{section.path}.")]
    same = [path for path in found if top and path.startswith(f"{top}.")]
    others = [path for path in found if path in same or "[]" not in path]
    for places in (below, same, others):
        if len(places) == 1:
            return places
    return below


def _places(key: str, is_section: bool, version: str) -> Iterator[str]:
    pending = [root()]
    while pending:
        node = pending.pop()
        pending += node.children.values()
        # The S3 driver's second name is nobody's first guess.
        fits = node.path and parts(node.path)[-1] == key and "s3aws" not in node.path
        if fits and node.known(version) and bool(node.children) == is_section:
            yield node.path
