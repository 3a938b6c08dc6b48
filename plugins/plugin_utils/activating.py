"""Stage, start, prove, flip, drain: the change of a host that is fit for it, in one round trip."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.plugin_utils.guarded import ACCESS, guarded
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import (
    HostAction,
    deployer,
)

if TYPE_CHECKING:
    from holdfast.deploying import Desired


def activate(
    action: HostAction, wish: Desired, present: Any, *, binary: bool = False
) -> dict[str, Any]:
    """Bring a generation, and the certificates that `present` lacks; return events and facts.

    `binary` tells that the registry's binary has just become another one. Raises HostError when
    the host goes on serving what it served.
    """
    from holdfast.certificates import ca_file, probe_pair  # noqa: PLC0415 -- slow to import

    action.phase = "generation"
    settings, folder = wish.settings, action.inventory_directory
    certificates, keys = _certificates(action, wish, present)
    probe, password = action.probe_of(wish)
    order = {
        "contents": wish.contents(sensitive=False),
        "manifest": wish.manifest(deployer()),
        "renew": binary,
        "certificates": certificates,
        "probe": probe,
    }
    secrets = {
        "contents": wish.contents(sensitive=True),
        "keys": keys,
        "password": password,
        "client_pair": probe_pair(settings, folder, datetime.now(UTC)),
    }
    order["attempted"] = _attempted(action, wish)
    result = action.host("deploy", order, secrets)
    trusted = ca_file(settings, folder)
    facts = {"generation": result["answer"], "ca_file": str(trusted) if trusted else None}
    return {"events": result["events"], "facts": facts}


def _attempted(action: HostAction, wish: Desired) -> bool:
    """Try what could lock the operator out; tell whether it has to be confirmed."""
    access = json.loads(wish.tree["hardening/plan.json"].content)
    texts = {
        part: wish.tree[path].content
        for part, path in ACCESS.items()
        if access["profile"] == "host" and part in access["parts"]
    }
    users = wish.tree["systemd/sysusers.conf"].content
    return bool(texts) and guarded(action, {"plan": access, "texts": texts, "users": users})


def _certificates(
    action: HostAction, wish: Desired, present: Any
) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """Return what is ordered of certificates, and the keys that go with it."""
    found = action.certificates(wish, present, create=True)
    if found.reason is None:
        return None, {}
    order = {
        "server": dict(found.server),
        "clients": dict(found.clients),
        "obtain": action.asked if found.obtain else None,
        "text": f"{wish.settings.hostname}: {found.reason}",
    }
    return order, {name: key.get_secret_value() for name, key in found.keys.items()}
