"""Deploy, roll back and rotate keys on the host, after packages and binary are installed."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from ansible_collections.holdfast.registry.plugins.module_utils.cache import (
    service as cache_service,
)
from ansible_collections.holdfast.registry.plugins.module_utils.certificates import (
    store as certificate_store,
)
from ansible_collections.holdfast.registry.plugins.module_utils.deploy import (
    history,
    prerequisites,
    smoke_test,
)
from ansible_collections.holdfast.registry.plugins.module_utils.deploy.activate import Activation
from ansible_collections.holdfast.registry.plugins.module_utils.deploy.history import ServingState
from ansible_collections.holdfast.registry.plugins.module_utils.generations import (
    manifest as manifests,
)
from ansible_collections.holdfast.registry.plugins.module_utils.generations.store import Store
from ansible_collections.holdfast.registry.plugins.module_utils.hardening import (
    confirm,
    firewall,
    parts,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    ownership,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    preflight as storage_preflight,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    files,
    paths,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import (
    Log,
    StepError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.tokens import keys as token_keys

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.cache import Flushed
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.facts import (
        GenerationRow,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import (
        Manifest,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import (
        AccessOrder,
        CertificatesWork,
        DeployWork,
        KeptAccessOrder,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.probe import (
        ClientProbe,
    )


def deploy(order: DeployWork, log: Log) -> int:
    """Stage the ordered generation and activate it; return the serving generation.

    `order` has contents (text by path), manifest, certificates (see _certificates), probe, and
    renew: stage an unchanged generation, too, because its binary is a new one. Raises StepError;
    the old generation continues to serve then.
    """
    store = Store()
    gone = prerequisites.gone(store.path(store.current() or 0))
    prerequisites.create(order["contents"])
    certificate_store.give()
    storage = order["manifest"]["expect"]["storage"]
    storage_preflight.adopt(storage)
    if "directory" in storage and ownership.restore(
        storage["directory"], storage.get("mode", "0700")
    ):
        log.add("storage", "changed", f"{storage['directory']} belongs to the registry again")
    shared = "holdfast-gate" in order["manifest"]["expect"]["accounts"]
    opened = storage_preflight.open_to_gate(storage, shared=shared)
    log.step("prerequisites")
    old = history.current(store)
    sets = old.certificate, old.clients
    certificates = order["certificates"]
    if certificates:
        sets = _certificates(certificates, order["probe"]["names"], old)
        if not certificates["obtain"]:
            log.add("certificates", "changed", certificates["text"])
        log.step("certificates")
    number = old.generation
    renew = order["renew"] or gone or parts.unconfined(store.path(number or 0))
    if number is None or renew or not _same(store, number, order["manifest"]):
        manifest: Manifest = {**order["manifest"], "time": time.time()}
        number = store.stage(order["contents"], manifest, restart=renew)
        log.step("staged")
    obtain = certificates["obtain"] if certificates else None
    new = ServingState(number, *sets)
    smoke = order["smoke"]
    activation = Activation(store, old, new, order["probe"], log, obtain=obtain, smoke=smoke)
    activation.restarts_proxy = gone
    activation.run()
    files.remove(paths.REMOVAL)  # what a removal had left serves again
    if opened:
        # The registry before made directories until now that may be closed to the gate.
        storage_preflight.give(storage["directory"])
    return number


def rotate(change: str, probe: ClientProbe, log: Log) -> int:
    """Activate the serving generation again with other keys; return its new number.

    `change` is `rotate`, `finish` or `revoke`, see token_keys.prepare_keys. Raises StepError.
    """
    store = Store()
    old = history.current(store)
    if not token_keys.issues(old.generation):
        text = "no tokens are issued here: registry_auth_mode of what serves is not token"
        raise StepError(f"{text}. Run: holdfast deploy")
    left = token_keys.seconds_left(old.generation)
    if change == "finish" and left > 0:
        raise StepError(f"tokens of an old key are good for another {left:.0f} s. Wait that long")
    number = _again(store, old.generation or 0, f"key {change}")
    Activation(store, old, replace(old, generation=number), probe, log, keys=change).run()
    return number


def _text(store: Store, number: int, path: str) -> str:
    with open(store.path(number, path), encoding="utf-8", newline="") as stream:
        return stream.read()


def _certificates(
    order: CertificatesWork, served: list[str], old: ServingState
) -> certificate_store.Links:
    """Stage the ordered sets of certificates; return the sets that are to be used.

    `order` has server and clients (text by file name) and keys.
    """
    server = old.certificate
    if order["server"]:
        server = certificate_store.stage(order["server"], order["keys"], served)
    clients = certificate_store.stage(order["clients"], {}, ()) if order["clients"] else None
    return server, clients


def try_access(order: AccessOrder | KeptAccessOrder) -> int:
    """Apply firewall and ssh settings on trial; return the seconds to confirm them in.

    0 means that nothing differs from the active ones.
    """
    store = Store()
    current = store.current()
    if "texts" in order:
        texts, seconds = order["texts"], order["plan"]["confirm_seconds"]
        if texts:
            systemd.run_checked(["systemd-sysusers", "-"], "make the users", order["users"])
    else:
        try:
            texts, seconds = _kept_access(store.path(_destination(store, order["number"])))
        except StepError:
            return 0  # the rollback that follows reports it
    root = None if current is None else store.path(current)
    return seconds if confirm.commit_confirmed(texts, seconds, root) else 0


def settle() -> None:
    """Restore the hardening of the serving generation, after a step that failed early."""
    store = Store()
    number = store.current()
    parts.apply(None if number is None else store.path(number))


def _kept_access(root: str) -> tuple[dict[str, str], int]:
    """Return texts of a kept generation by part, and the seconds to confirm them in."""
    plan = parts.plan_of(root)
    paths = {"firewall": firewall.file_of(root), "ssh": f"{root}/hardening/sshd.conf"}
    wanted = [name for name in plan["parts"] if name in paths]
    texts = {}
    for name in wanted if plan["profile"] == "host" else []:
        with open(paths[name], encoding="utf-8") as stream:
            texts[name] = stream.read()
    return texts, plan.get("confirm_seconds", 0)


def rollback(number: int | None, probe: ClientProbe, log: Log, running: str) -> int:
    """Activate a kept generation, or the previous one; return its number."""
    store = Store()
    old = history.current(store)
    target = look_back(number, running)
    probe = _probe_of(store, target, probe)
    new = replace(old, generation=target)
    Activation(store, old, new, probe, log, keys=token_keys.KEEP).run()
    return target


def smoke(probe: ClientProbe, log: Log) -> int:
    """Test the generation that serves as a client; return its number. Raises StepError."""
    store = Store()
    number = store.current()
    if number is None:
        raise StepError("there is no generation that could be tested. Run: holdfast deploy")
    log.add("smoke", "ok", smoke_test.smoke(number, _probe_of(store, number, probe)))
    return number


def _probe_of(store: Store, number: int, probe: ClientProbe) -> ClientProbe:
    """Return how a kept generation is reached, which may differ from what the inventory says."""
    probe = {**probe, **store.manifest(number)["expect"]["probe"]}
    if not _knows(store.path(number, "logins", "htpasswd"), probe.get("login_line")):
        probe["password"] = None
    return probe


def _knows(path: str, line: str | None) -> bool:
    """Return True if a generation accepts the password that the inventory has now.

    `line` is the inventory's password line. A generation without a password file counts as
    accepting.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            return not line or line in stream.read().splitlines()
    except OSError:
        return True


def look_back(number: int | None, running: str) -> int:
    """Return the generation that a rollback would activate. Raises StepError if it cannot.

    `running` is the version of holdfast that rolls back.
    """
    store = Store()
    target = _destination(store, number)
    manifests.refuse_newer(store.manifest(target), running)
    return target


def _destination(store: Store, number: int | None) -> int:
    """Return the undamaged generation to roll back to. Raises StepError if there is none."""
    now = store.current()
    target = number if number is not None else _before(store, now)
    if target is None or target not in store.numbers() or target == now:
        kept = ", ".join(map(str, store.numbers())) or "none"
        what = "an earlier generation" if number is None else f"generation {number}"
        hint = "Choose a kept one" if number is not None else "Deploy the earlier settings instead"
        text = f"{what} cannot be activated: kept are {kept}, and {now} serves. {hint}"
        raise StepError(text, wrong_input=number is not None)
    damage = store.damage(target)
    if damage:
        raise StepError(f"generation {target} is damaged", damage)
    return target


def generations() -> list[GenerationRow]:
    """Return the generations that are kept, oldest first."""
    store = Store()
    current, failed = store.current(), history.failures(store)
    rows = []
    for number in store.numbers():
        noted = store.manifest(number)
        state = "current" if number == current else "failed" if number in failed else "kept"
        row: GenerationRow = {
            "number": number,
            "state": state,
            "failure": failed.get(number, ""),
            "time": noted.get("time"),
            "by": noted.get("by"),
            "reason": noted.get("reason", ""),
            "version": noted.get("version"),
        }
        rows.append(row)
    return rows


def restart(probe: ClientProbe, by: str, log: Log) -> int:
    """Activate the serving files again, with new processes; return the new generation.

    Raises StepError; the old processes continue to serve then.
    """
    store, old = Store(), look_to_restart()
    new = _again(store, old, "restart", by=by, restart=True)
    before = history.current(store)
    probe = _probe_of(store, new, probe)
    Activation(store, before, replace(before, generation=new), probe, log).run()
    return new


def look_to_restart() -> int:
    """Return the serving generation. Raises StepError if there is none, or it is damaged."""
    store = Store()
    number = store.current()
    if number is None:
        raise StepError("there is no generation that could start again. Run: holdfast deploy")
    _refuse_damage(store, number)
    return number


def flush(probe: ClientProbe, log: Log, *, smoke: bool = True) -> Flushed:
    """Empty the registry's cache while it serves. Raises StepError.

    A cache in the memory of the registry's process ends with the process: the same files are
    activated again as a new generation.
    """
    store, found = Store(), look_at_cache()
    number, mode = found["generation"], found["mode"]
    if mode in ("local", "external"):
        cache = store.manifest(number)["expect"]["cache"]
        return {**found, "entries": cache_service.flush(cache, store.path(number))}
    if mode != "memory":
        return found
    old = history.current(store)
    new = _again(store, number, "cache flush")
    probe = _probe_of(store, new, probe)
    Activation(store, old, replace(old, generation=new), probe, log, smoke=smoke).run()
    return {**found, "generation": new}


def flush_alone() -> Flushed:
    """Empty the cache without a controller, whose secrets a test as a client would need.

    A new process is proven by its readiness alone. Raises StepError.
    """
    store = Store()
    known = store.manifest(store.current())["expect"]["probe"]
    nobody: dict[str, Any] = dict.fromkeys(("username", "password", "client_pair", "login_line"))
    probe = cast("ClientProbe", {**known, **nobody})
    return flush(probe, Log(), smoke=False)


def look_at_cache() -> Flushed:
    """Return the mode of the serving generation's cache. Raises StepError if none serves."""
    store = Store()
    number = store.current()
    if number is None:
        raise StepError(
            "cache: expected a registry, nothing was deployed yet. Run: holdfast deploy"
        )
    expect = store.manifest(number).get("expect", {})
    mode = expect["cache"]["mode"] if "cache" in expect else "memory"
    if mode == "memory":
        _refuse_damage(store, number)
    return {"mode": mode, "entries": None, "generation": number}


def _again(store: Store, number: int, reason: str, *, by: str = "", restart: bool = False) -> int:
    """Stage the files of a generation as a new one; return its number. Raises StepError.

    With `restart` no service continues to run with the files of an earlier generation.
    """
    _refuse_damage(store, number)
    manifest = store.manifest(number)
    contents = {path: _text(store, number, path) for path in manifest["files"]}
    noted: Manifest = {**manifest, "time": time.time(), "reason": reason}
    if by:
        noted["by"] = by
    return store.stage(contents, noted, restart=restart)


def _refuse_damage(store: Store, number: int) -> None:
    damage = store.damage(number)
    if damage:
        raise StepError(f"generation {number} is damaged. Run: holdfast deploy", damage)


def _same(store: Store, number: int, manifest: Manifest) -> bool:
    same = store.manifest(number).get("identity") == manifest["identity"]
    # Lost keys are created again, and only new processes read them.
    # A service that went on running has its files in an earlier generation.
    used = {number, *store.instances(number).values()}
    whole = not any(store.damage(one) for one in used) and not token_keys.damage(number)
    return same and whole


def _before(store: Store, current: int | None) -> int | None:
    failed = history.failures(store)
    older = [n for n in store.numbers() if n < (current or 0) and n not in failed]
    return max(older, default=None)
