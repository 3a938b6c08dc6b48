"""The gate: manifests are pushed and deleted through it, so that a clean-up can run beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.rendering import outbound, push_rules, storage_config
from holdfast.rendering.accounts import GATE_USER, REGISTRY_USER, SOCKET_GROUP
from holdfast.rendering.component import (
    LIBRARY,
    RUN,
    Account,
    Component,
    Directory,
    Process,
    Source,
    Unit,
)
from holdfast.rendering.gated import behind_gate, gated
from holdfast.rendering.layout import Layout
from holdfast.rendering.token_trust import token_trust
from holdfast.settings import Settings

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import GatePlan

UNIT = "holdfast-gate.service"
SOCKETS = ("holdfast-gate.socket", "holdfast-gate-control.socket")
MODULE = "gate.service"
SECRETS = "gate/secrets.env"
ACCESS, SECRET = "HOLDFAST_GATE_ACCESS", "HOLDFAST_GATE_SECRET"
"""Variables of the keys of a bucket, which the gate reads from its environment."""


def component(settings: Settings, layout: Layout) -> Component | None:
    """Return the component of the gate; None if manifests do not pass one."""
    if not behind_gate(settings):
        return None
    images, secrets = gated(settings), _secrets(settings)
    account, state = _account(settings), layout.gate_state
    program = (layout.run_program, MODULE, layout.current, f"{state}/pushes.jsonl")
    return Component(
        "gate",
        files={
            "gate/plan.json": Source(),
            SECRETS: Source(0o400, sensitive=True),
            **{f"systemd/{unit}": Source() for unit in (UNIT, *SOCKETS)},
        },
        variables={
            "gate_plan": _plan(settings),
            "gate_secrets": secrets,
            "gate_program": program,
            "gate_account": account.name,
            "images": images,
        },
        units=(
            *(Unit(one, started=True, active=True) for one in SOCKETS),
            Unit(
                UNIT,
                restarted_by=("gate/plan.json", SECRETS, f"systemd/{UNIT}", LIBRARY, RUN),
            ),
        ),
        programs=(MODULE,),
        processes=(_process(layout, program, secrets),),
        accounts=(account,) if account.name == GATE_USER else (),
        directories=(
            Directory(layout.gate_run, 0o750, "root", SOCKET_GROUP),
            Directory(state, 0o770, account.name, SOCKET_GROUP, "Of the gate, in either account."),
        ),
    )


def _account(settings: Settings) -> Account:
    """Return the account that moves files of the store: an own one, where that is possible.

    The directories that registry 2.8 makes are closed to all accounts but the registry's.
    """
    old = settings.version.startswith("2.")
    return Account(REGISTRY_USER if old else GATE_USER, "Container registry's gate for manifests")


def _secrets(settings: Settings) -> dict[str, str]:
    """Return the variables by which the gate reaches a bucket; none for a directory."""
    bucket = settings.storage.s3
    if bucket is None:
        return {}
    keys = {ACCESS: bucket.access_key, SECRET: bucket.secret_key}
    own = {name: key.get_secret_value() for name, key in keys.items() if key}
    return {**own, **outbound.environment(settings)}


def _plan(settings: Settings) -> GatePlan:
    validation = settings.extra_config.get("validation") or {}
    indexes = (validation.get("manifests") or {}).get("indexes") or {}
    return {
        "storage": storage_config.facts(settings),
        "tokens": token_trust(settings) is not None,
        "children": indexes.get("platforms", "all") == "all",
        "rules": push_rules.rules(settings),
        "quotas": push_rules.quotas(settings),
    }


def _process(layout: Layout, program: tuple[str, ...], secrets: dict[str, str]) -> Process:
    sockets = (f"{layout.gate_run}/manifests.sock", f"{layout.gate_run}/control.sock")
    argv = ("{python}", "-I", "-B", *program, *sockets)
    return Process("gate", argv, secrets, "manifests.sock")
