"""Confirm changes of firewall and ssh by a connection that is made after them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.plugin_utils.controller_action import failure
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import (
    HostAction,
    HostError,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        AccessOrder,
        KeptAccessOrder,
    )

ACCESS = {"firewall": "hardening/firewall.nft", "ssh": "hardening/sshd.conf"}
"""File of the generation by part that could lock out the operator."""
RETRY_SECONDS = 3.0


def confirm_access(action: HostAction, order: AccessOrder | KeptAccessOrder) -> bool:
    """Apply the change on trial, and reconnect; return True if it must be confirmed.

    The host undoes the change itself if nobody reconnects. Raises HostError in that case, and if
    the change is refused.
    """
    seconds = action.host("confirm_access", order)["answer"]
    if not seconds:
        return False
    # A slow host can miss one attempt. After its undoing an answer proves nothing any more.
    undone = time.monotonic() + seconds - RETRY_SECONDS
    deadline = undone + 3 * RETRY_SECONDS
    action.reconnect()
    while not action.answers() and time.monotonic() < deadline:
        time.sleep(RETRY_SECONDS)
        action.reconnect()
    if time.monotonic() < undone:
        return True
    lines = [
        "firewall, ssh: expected a new connection to come through the new rules, none did",
        f"The host undoes them {seconds} s after the change (registry_hardening_confirm_seconds),"
        " and the generation that served goes on serving",
        "Compare registry_hardening_ssh_port, _ssh_sources and _ssh_clients with how the host is"
        " reached",
    ]
    raise HostError(failure("access", lines, "REFUSED"))
