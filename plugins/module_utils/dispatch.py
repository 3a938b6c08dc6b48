"""Run one verb on the host: one row of VERBS each, which imports only what it needs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.holdfast.registry.plugins.module_utils.system import files, paths
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import (
    Log,
    StepError,
    as_step,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.cleanup import GcOrder
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.gate import RulesOrder
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.jobs import JobOrder
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        BinaryOrder,
        CompareOrder,
        DeployOrder,
        DeploySecrets,
        DeployWork,
        ExamineOrder,
        LockOrder,
        LogsOrder,
        MoveOrder,
        RestartOrder,
        RollbackOrder,
        RotateOrder,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.probe import (
        ClientProbe,
        UserProbe,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.retention import (
        RetentionOrder,
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


@dataclass(frozen=True)
class Verb:
    """A function of the host library; a verb that changes something holds the host's lock."""

    call: Callable[[Request], Any]
    changes: bool = True
    look: Callable[[Request], Any] | None = None
    """All checks that `call` makes before it changes something, for check mode."""
    lockable: bool = False
    """True if it is refused while the host is closed to deploys."""


def run(verb: str, order: dict[str, Any], secrets: dict[str, Any], check: bool) -> dict[str, Any]:
    """Return answer and events of a verb, or its failure: msg, lines and events.

    With `check` a verb that changes something only runs its look, if it has one.
    `order["holdfast"]` is the version of holdfast on the controller.
    """
    found, log = VERBS[verb], Log()
    despite = bool(order.pop("despite_lock", False))
    dry = check and found.changes
    call = found.look if dry else found.call
    if call is None:
        return {"changed": True, "skipped": True}
    try:
        with files.locked(paths.LOCK) if found.changes and not dry else nullcontext():
            if found.lockable and not dry:
                _refuse_if_locked(log, despite)
            request = Request(order, secrets, log, order.pop("holdfast", "unknown"))
            answer = call(request)
    except (StepError, OSError) as problem:
        error = as_step(problem)
        result = {"msg": error.message, "lines": error.lines, "events": log.events}
        return {
            "failed": True,
            "wrong_input": error.wrong_input,
            "refused": error.refused,
            **result,
        }
    return {"changed": found.changes, "answer": answer, "events": log.events}


def _refuse_if_locked(log: Log, despite: bool) -> None:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import locking

    locking.refuse(log, despite=despite)


def _platform(_: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.system import os_release

    return {"os": os_release.os_release()}


def _observe(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import drift

    return drift.observe(request.running)


def _examine(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import preflight

    order: ExamineOrder = request.order
    return preflight.examine(order, request.secrets)


def _generations(_: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy

    return deploy.generations()


def _compare_generations(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.generations import (
        comparing,
        store,
    )

    order: CompareOrder = request.order
    return comparing.differences(store.Store(), order["old"], order["new"])


def _status(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.report import status

    return status.status(request.running)


def _doctor(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.report import doctor

    return doctor.examine(request.running)


def _place_binary(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.registry import binary

    order: BinaryOrder = request.order
    return binary.place(**order)


def _confirm_access(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy

    return deploy.try_access(request.order)


def _deploy(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy

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


def _rollback(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy

    order: RollbackOrder = request.order
    number, running = order["number"], request.running
    return _confirming(
        request, lambda: deploy.rollback(number, request.probe, request.log, running)
    )


def _look_back(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy

    order: RollbackOrder = request.order
    return deploy.look_back(order["number"], request.running)


def _rotate_key(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy

    order: RotateOrder = request.order
    return deploy.rotate(order["change"], request.probe, request.log)


def _smoke(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy

    return deploy.smoke(request.probe, request.log)


def _restart(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy

    order: RestartOrder = request.order
    return deploy.restart(request.probe, order["by"], request.log)


def _look_to_restart(_: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy

    return deploy.look_to_restart()


def _lock(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import locking

    order: LockOrder = request.order
    return locking.change(order, request.log)


def _flush_cache(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy

    return deploy.flush(request.probe, request.log)


def _look_at_cache(_: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy

    return deploy.look_at_cache()


def _gc(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.jobs import gc

    order: GcOrder = request.order
    return gc.work(order)


def _jobs(_: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.report import job_states

    return job_states.states()


def _logs(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.report import logs

    order: LogsOrder = request.order
    return logs.read(order)


def _start_job(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.report import job_states

    order: JobOrder = request.order
    return job_states.start(order)


def _look_at_job(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.report import job_states

    order: JobOrder = request.order
    return job_states.state(order["name"])


def _check_rules(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.report import push_rules

    order: RulesOrder = request.order
    return push_rules.check(order)


def _retention(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.jobs import retention

    order: RetentionOrder = request.order
    return retention.work(order)


def _copy_images(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import storage_move

    order: MoveOrder = request.order
    return storage_move.copy(order, request.secrets)


def _begin_move(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import storage_move

    order: MoveOrder = request.order
    return storage_move.begin(order["wanted"], request.probe, request.secrets, request.log)


def _look_at_move(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import storage_move

    order: MoveOrder = request.order
    return storage_move.possible(order["wanted"], request.secrets, writes=False)


def _look_at_clean(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import storage_move

    order: MoveOrder = request.order
    return storage_move.old_place(order["wanted"])


def _clean_move(request: Request) -> Any:
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import storage_move

    order: MoveOrder = request.order
    return storage_move.clean(order["wanted"])


def _confirming(request: Request, call: Callable[[], int]) -> int:
    """Confirm firewall and ssh settings on trial, then call; restore the old ones on failure."""
    from ansible_collections.holdfast.registry.plugins.module_utils.deploy import deploy
    from ansible_collections.holdfast.registry.plugins.module_utils.hardening import confirm

    tried = request.order.get("on_trial")
    if tried:
        request.log.add("access", "ok", f"firewall and ssh confirmed {confirm.confirm()}")
    try:
        return call()
    except (StepError, OSError):
        if tried:
            deploy.settle()
        raise


VERBS: dict[str, Verb] = {
    "platform": Verb(_platform, changes=False),
    "observe": Verb(_observe, changes=False),
    "examine": Verb(_examine, changes=False),
    "generations": Verb(_generations, changes=False),
    "generations-diff": Verb(_compare_generations, changes=False),
    "status": Verb(_status, changes=False),
    "doctor": Verb(_doctor, changes=False),
    "place": Verb(_place_binary),
    "confirm_access": Verb(_confirm_access),
    "deploy": Verb(_deploy, lockable=True),
    "rollback": Verb(_rollback, look=_look_back, lockable=True),
    "rotate": Verb(_rotate_key, lockable=True),
    "restart": Verb(_restart, look=_look_to_restart, lockable=True),
    "lock": Verb(_lock),
    "smoke": Verb(_smoke),
    "flush": Verb(_flush_cache, look=_look_at_cache),
    "logs": Verb(_logs, changes=False),
    "jobs": Verb(_jobs, changes=False),
    # The job takes the lock, not the one who starts it.
    "job-start": Verb(_start_job, changes=False),
    "job-look": Verb(_look_at_job, changes=False),
    "gc-plan": Verb(_gc, changes=False),
    "gc": Verb(_gc),
    "retention-look": Verb(_retention, changes=False),
    "retention": Verb(_retention),
    "rules-check": Verb(_check_rules, changes=False),
    "move-begin": Verb(_begin_move, look=_look_at_move, lockable=True),
    "move-copy": Verb(_copy_images),
    "move-clean": Verb(_clean_move, look=_look_at_clean),
}
"""Function by verb."""
