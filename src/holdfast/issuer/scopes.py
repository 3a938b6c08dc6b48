"""Parse requested scopes such as `repository:team/app:pull,push`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MOST = 64
"""Maximum number of scopes in a request; a push with cross-repository mounts has a few."""


@dataclass(frozen=True)
class Scope:
    """Actions on one resource."""

    kind: str
    name: str
    actions: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}:{','.join(self.actions)}"


def parse(values: Iterable[str]) -> list[Scope]:
    """Return the scopes of parameters, each of which can have several, separated by spaces.

    Actions on the same resource are joined. Malformed scopes are left out: nothing is granted for
    them.
    """
    found: dict[tuple[str, str], dict[str, None]] = {}
    for text in (word for value in values for word in value.split(" ") if word):
        kind, _, rest = text.partition(":")
        # A name may have a port, and with it a colon, in it.
        name, colon, actions = rest.rpartition(":")
        if kind and name and colon and len(found) < MOST:
            actions_of = found.setdefault((kind, name), {})
            actions_of.update(dict.fromkeys(action for action in actions.split(",") if action))
    return [Scope(kind, name, tuple(actions)) for (kind, name), actions in found.items()]
