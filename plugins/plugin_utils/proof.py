"""Collect what a smoke test of a kept generation needs to be a client."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import HostAction

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        RollbackSecrets,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.probe import UserProbe

    from holdfast.deploying import Desired


def proof(action: HostAction, desired: Desired) -> tuple[UserProbe, RollbackSecrets]:
    """Return how the registry is reached, and the secrets of a client: password, pair, login."""
    from holdfast.certificates import probe_pair  # noqa: PLC0415 -- slow to import

    probe, password = action.probe_of(desired)
    pair = probe_pair(desired.settings, action.inventory_directory, datetime.now(UTC))
    logins = desired.tree.get("logins/htpasswd")
    lines = logins.content.splitlines() if logins else []
    own = [line for line in lines if line.startswith(f"{probe['username']}:")]
    return probe, {"password": password, "client_pair": pair, "login_line": "".join(own)}
