"""What a host can be asked to do. Each verb imports what it needs: the gate's question is small."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import files, names
from ansible_collections.holdfast.registry.plugins.module_utils.steps import Log, StepError, as_step

READING = ("observe", "examine", "generations", "status", "doctor")
MOVING = ("move-begin", "move-copy", "move-clean")
CHANGING = ("place", "attempt", "deploy", "rollback", "rotate", "flush", *MOVING)


def run(verb: str, order: dict[str, Any], secrets: dict[str, Any], check: bool) -> dict[str, Any]:
    """Return what a verb answers and which events there were, or how it failed.

    `secrets` are texts by name that are joined with the order here; with `check` nothing is
    changed.
    """
    reading, log = verb in READING, Log()
    if check and not reading:
        return {"changed": True, "skipped": True}
    try:
        with nullcontext() if reading else files.locked(names.LOCK):
            answer = _answer(verb, order, secrets, log)
    except (StepError, OSError) as problem:
        error = as_step(problem)
        told = {"msg": error.message, "lines": error.lines, "events": log.events}
        return {"failed": True, **told}
    return {"changed": not reading, "answer": answer, "events": log.events}


def _answer(verb: str, order: dict[str, Any], secrets: dict[str, Any], log: Log) -> Any:
    if verb in READING:
        return _read(verb, order, secrets)
    if verb in MOVING:
        return _move(verb, order, secrets, log)
    if verb == "place":
        from ansible_collections.holdfast.registry.plugins.module_utils import binaries

        return binaries.place(**order)
    return _serve(verb, order, secrets, log)


def _read(verb: str, order: dict[str, Any], secrets: dict[str, Any]) -> Any:
    if verb == "observe":
        from ansible_collections.holdfast.registry.plugins.module_utils import observation

        return observation.observe()
    if verb == "examine":
        from ansible_collections.holdfast.registry.plugins.module_utils import examination

        return examination.examine(order, secrets)
    if verb == "status":
        from ansible_collections.holdfast.registry.plugins.module_utils import condition

        return condition.condition()
    if verb == "doctor":
        from ansible_collections.holdfast.registry.plugins.module_utils import consultation

        return consultation.consult()
    from ansible_collections.holdfast.registry.plugins.module_utils import deployment

    return deployment.generations()


def _move(verb: str, order: dict[str, Any], secrets: dict[str, Any], log: Log) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils import moving

    if verb == "move-begin":
        return moving.begin({**order, "probe": _probe(order, secrets)}, secrets, log)
    return moving.copy(order, secrets) if verb == "move-copy" else moving.clean(order)


def _serve(verb: str, order: dict[str, Any], secrets: dict[str, Any], log: Log) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils import deployment, guard

    if verb == "attempt":
        return deployment.attempt(order)
    if verb == "flush":
        return deployment.flush()
    if order.get("attempted"):
        log.add("access", "ok", f"firewall and ssh confirmed {guard.confirm()}")
    probe = _probe(order, secrets)
    try:
        if verb == "deploy":
            return deployment.deploy(_whole(order, secrets, probe), log)
        if verb == "rollback":
            return deployment.rollback(order["number"], probe, log)
        return deployment.rotate(order["change"], probe, log)
    except (StepError, OSError):
        if order.get("attempted"):
            deployment.settle()
        raise


def _probe(order: dict[str, Any], secrets: dict[str, Any]) -> dict[str, Any]:
    """Return how the registry is reached, with the secrets that it needs."""
    known = ("password", "client_pair", "login_line")
    return {**order["probe"], **{key: secrets.get(key) for key in known}}


def _whole(order: dict[str, Any], secrets: dict[str, Any], probe: Any) -> dict[str, Any]:
    """Return what is ordered of a deploy, with the secrets that it needs."""
    if order["certificates"]:
        order["certificates"]["keys"] = secrets["keys"]
    contents = {**order["contents"], **secrets["contents"]}
    return {**order, "contents": contents, "probe": probe}
