"""Changes of firewall and ssh: proven by a connection that is made after them."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import (
    HostAction,
    HostError,
    failure,
)

ACCESS = {"firewall": "hardening/firewall.nft", "ssh": "hardening/sshd.conf"}
"""File of the generation by the part that could lock the operator out."""
RETRY_SECONDS = 3.0


def guarded(action: HostAction, attempt: dict[str, Any]) -> bool:
    """Try the change, and come back by a new connection; tell whether it has to be confirmed.

    The host undoes it by itself when nobody comes. Raises HostError then, or when it is refused.
    """
    seconds = action.host("attempt", attempt)["answer"]
    if not seconds:
        return False
    deadline = time.monotonic() + seconds + 2 * RETRY_SECONDS
    action.reconnect()
    if action.answers():
        return True
    while time.monotonic() < deadline and not action.answers():
        time.sleep(RETRY_SECONDS)
        action.reconnect()
    lines = [
        "firewall, ssh: expected a new connection to come through the new rules, none did",
        f"The host undoes them {seconds} s after the change (registry_hardening_confirm_seconds),"
        " and the generation that served goes on serving",
        "Compare registry_hardening_ssh_port, _ssh_sources and _ssh_clients with how the host is"
        " reached",
    ]
    raise HostError(failure("access", lines, "REFUSED"))
