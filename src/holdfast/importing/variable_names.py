"""Find the key that a REGISTRY_* variable sets."""

from __future__ import annotations

from holdfast.distribution.configuration.tree import Node, joined, root

PREFIX = "REGISTRY_"

GO_NAMES = {
    "notifications.events": "eventconfig",
    "health.file": "filecheckers",
    "health.http": "httpcheckers",
    "health.tcp": "tcpcheckers",
    "compatibility.schema1.signingkeyfile": "trustkey",
    "log.hooks[].options": "mailoptions",
}
"""Names of the registry's Go fields, which variables use, if they differ from the key."""


def target(name: str) -> tuple[str, str] | None:
    """Return the path of the key that a variable sets, and the item in it; None if it sets none."""
    if not name.startswith(PREFIX):
        return None
    node, path = root(), ""
    words = name.removeprefix(PREFIX).split("_")
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
