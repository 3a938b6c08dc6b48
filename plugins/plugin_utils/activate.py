"""Activate a generation on a host in one round trip: stage, start, prove, flip, drain."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.system.foreign_text import visible
from ansible_collections.holdfast.registry.plugins.plugin_utils.confirm_access import (
    ACCESS,
    confirm_access,
)
from ansible_collections.holdfast.registry.plugins.plugin_utils.host_action import (
    HostAction,
    deployer,
)

LONGEST_REASON = 200
"""Characters of a reason that are kept."""

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.certificates import (
        CertificateTexts,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.hardening import (
        HardeningPlan,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        CertificatesOrder,
        DeployOrder,
        DeploySecrets,
    )

    from holdfast.deploying import Desired


def activate(
    action: HostAction, desired: Desired, present: CertificateTexts | None, *, binary: bool = False
) -> dict[str, Any]:
    """Deploy a generation, and the certificates that `present` lacks; return events and facts.

    `binary` is true if the registry's binary was just replaced. Raises HostError if the host still
    serves the old state.
    """
    from holdfast.certificates import ca_file, probe_pair  # noqa: PLC0415 -- slow to import

    action.phase = "generation"
    settings, folder = desired.settings, action.inventory_directory
    trusted = ca_file(settings, folder)
    made = trusted is not None and not trusted.exists()
    certificates, keys = _certificates(action, desired, present)
    probe, password = action.probe_of(desired)
    secrets: DeploySecrets = {
        "contents": desired.contents(sensitive=True),
        "keys": keys,
        "password": password,
        "client_pair": probe_pair(settings, folder, datetime.now(UTC)),
    }
    order: DeployOrder = {
        "contents": desired.contents(sensitive=False),
        "manifest": desired.manifest(deployer(), _reason(action)),
        "renew": binary,
        "certificates": certificates,
        "probe": probe,
        "smoke": "smoke" in action.phases,
        "on_trial": _on_trial(action, desired),
    }
    result = action.host("deploy", order, secrets)
    facts = {
        "generation": result["answer"],
        "ca_file": str(trusted) if trusted else None,
        "new_authority": str(trusted) if made else None,
    }
    return {"events": result["events"], "facts": facts}


def _reason(action: HostAction) -> str:
    """Return the reason that was given for this deploy, as one line."""
    return visible(str(action._task.args.get("reason") or ""))[:LONGEST_REASON]


def _on_trial(action: HostAction, desired: Desired) -> bool:
    """Apply firewall and ssh settings on trial; return True if they must be confirmed."""
    access: HardeningPlan = json.loads(desired.tree["hardening/plan.json"].content)
    texts = {
        part: desired.tree[path].content
        for part, path in ACCESS.items()
        if access["profile"] == "host" and part in access["parts"]
    }
    users = desired.tree["systemd/sysusers.conf"].content
    return bool(texts) and confirm_access(action, {"plan": access, "texts": texts, "users": users})


def _certificates(
    action: HostAction, desired: Desired, present: CertificateTexts | None
) -> tuple[CertificatesOrder | None, dict[str, str]]:
    """Return the order for certificates, and the keys that go with it."""
    found = action.certificates(desired, present, create=True)
    if found.reason is None:
        return None, {}
    order: CertificatesOrder = {
        "server": dict(found.server),
        "clients": dict(found.clients),
        "obtain": action.requested if found.obtain else None,
        "text": f"{desired.settings.hostname}: {found.reason}",
    }
    return order, {name: key.get_secret_value() for name, key in found.keys.items()}
