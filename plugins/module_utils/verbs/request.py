"""Request to a verb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import Log

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.probe import (
        ClientProbe,
        UserProbe,
    )


@dataclass(frozen=True)
class Request:
    """Arguments of a verb."""

    order: Any
    secrets: Any
    """Texts by name that are never logged."""
    log: Log
    running: str
    """Version of holdfast on the controller."""

    @property
    def probe(self) -> ClientProbe:
        """Address and names of the registry, with the secrets that a client needs."""
        probe: UserProbe = self.order["probe"]
        return {
            **probe,
            "password": self.secrets.get("password"),
            "client_pair": self.secrets.get("client_pair"),
            "login_line": self.secrets.get("login_line"),
        }
