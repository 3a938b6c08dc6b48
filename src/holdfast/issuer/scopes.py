"""What clients ask for: `repository:team/app:pull,push`, several at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MOST = 64
"""Scopes that one request may name; a push that mounts from everywhere names a few."""


@dataclass(frozen=True)
class Scope:
    """Actions on one resource."""

    kind: str
    name: str
    actions: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}:{','.join(self.actions)}"


def parse(values: Iterable[str]) -> list[Scope]:
    """Return the scopes of parameters, each of which can hold several with spaces between them.

    Actions on the same resource are joined. What has not the form of a scope is left out: nothing
    is granted for it.
    """
    found: dict[tuple[str, str], dict[str, None]] = {}
    for text in (word for value in values for word in value.split(" ") if word):
        kind, _, rest = text.partition(":")
        # A name may have a port, and with it a colon, in it.
        name, colon, actions = rest.rpartition(":")
        if kind and name and colon and len(found) < MOST:
            asked = found.setdefault((kind, name), {})
            asked.update(dict.fromkeys(action for action in actions.split(",") if action))
    return [Scope(kind, name, tuple(actions)) for (kind, name), actions in found.items()]
