"""Verbs that activate a generation, or show which there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy, locking
from ansible_collections.holdfast.registry.plugins.module_utils.generations import comparing, store
from ansible_collections.holdfast.registry.plugins.module_utils.hardening import confirm
from ansible_collections.holdfast.registry.plugins.module_utils.registry import binary
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        BinaryOrder,
        CompareOrder,
        DeployOrder,
        DeploySecrets,
        DeployWork,
        LockOrder,
        RestartOrder,
        RollbackOrder,
        RotateOrder,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.verbs.request import Request


def generations(_: Request) -> Any:
    """Return a row for each generation of the host."""
    return deploy.generations()


def differences(request: Request) -> Any:
    """Return what differs between two generations."""
    order: CompareOrder = request.order
    return comparing.differences(store.Store(), order["old"], order["new"])


def place(request: Request) -> Any:
    """Place the registry's binary."""
    order: BinaryOrder = request.order
    return binary.place(**order)


def confirm_access(request: Request) -> Any:
    """Try the firewall and ssh settings, so that a second connection can confirm them."""
    return deploy.try_access(request.order)


def activate(request: Request) -> Any:
    """Activate a new generation; return its number."""
    order: DeployOrder = request.order
    secrets: DeploySecrets = request.secrets
    certificates = order["certificates"]
    work: DeployWork = {
        "contents": {**order["contents"], **secrets["contents"]},
        "manifest": order["manifest"],
        "renew": order["renew"],
        "certificates": {**certificates, "keys": secrets["keys"]} if certificates else None,
        "probe": request.probe,
        "smoke": order["smoke"],
    }
    return _confirming(request, lambda: deploy.deploy(work, request.log))


def go_back(request: Request) -> Any:
    """Activate an older generation; return its number."""
    order: RollbackOrder = request.order
    number, running = order["number"], request.running
    return _confirming(
        request, lambda: deploy.rollback(number, request.probe, request.log, running)
    )


def look_back(request: Request) -> Any:
    """Return what a rollback would activate."""
    order: RollbackOrder = request.order
    return deploy.look_back(order["number"], request.running)


def rotate(request: Request) -> Any:
    """Change the signing key by one step."""
    order: RotateOrder = request.order
    return deploy.rotate(order["change"], request.probe, request.log)


def smoke(request: Request) -> Any:
    """Push and pull an image."""
    return deploy.smoke(request.probe, request.log)


def restart(request: Request) -> Any:
    """Restart the services without a failed request."""
    order: RestartOrder = request.order
    return deploy.restart(request.probe, order["by"], request.log)


def look_to_restart(_: Request) -> Any:
    """Return what a restart would do."""
    return deploy.look_to_restart()


def lock(request: Request) -> Any:
    """Close the host to deploys, or open it."""
    order: LockOrder = request.order
    return locking.change(order, request.log)


def flush(request: Request) -> Any:
    """Empty the cache of the registry."""
    return deploy.flush(request.probe, request.log)


def look_at_cache(_: Request) -> Any:
    """Return what a flush would do."""
    return deploy.look_at_cache()


def _confirming(request: Request, call: Callable[[], int]) -> int:
    """Confirm firewall and ssh settings on trial, then call; restore the old ones on failure."""
    tried = request.order.get("on_trial")
    if tried:
        request.log.add("access", "ok", f"firewall and ssh confirmed {confirm.confirm()}")
    try:
        return call()
    except (StepError, OSError):
        if tried:
            deploy.settle()
        raise
