"""A deploy on the host, after its packages and its binary are there; and the way back."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import (
    cache,
    certificates,
    firewall,
    guard,
    hardening,
    history,
    prepare,
    signing,
    storage,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.activation import Activation
from ansible_collections.holdfast.registry.plugins.module_utils.history import Point
from ansible_collections.holdfast.registry.plugins.module_utils.steps import Log, StepError
from ansible_collections.holdfast.registry.plugins.module_utils.store import Store


def deploy(order: dict[str, Any], log: Log) -> int:
    """Stage what is ordered and go over to it; return the generation that serves then.

    `order` has contents (text by path), manifest, renew (stage even what is there already, for its
    binary is a new one), certificates (see _certificates) and probe. Raises StepError; the old
    generation goes on serving then.
    """
    store = Store()
    prepare.surroundings(order["contents"])
    storage.adopt(order["manifest"]["expect"]["storage"])
    log.step("surroundings")
    old = history.here(store)
    sets = old.certificate, old.clients
    if order["certificates"]:
        sets = _certificates(order["certificates"], order["probe"]["names"], old)
        if not order["certificates"]["obtain"]:
            log.add("certificates", "changed", order["certificates"]["text"])
        log.step("certificates")
    number = old.generation
    renew = order["renew"] or hardening.unconfined(store.path(number or 0))
    if number is None or renew or not _same(store, number, order["manifest"]):
        manifest = {**order["manifest"], "time": time.time()}
        number = store.stage(order["contents"], manifest, anew=renew)
        log.step("staged")
    obtain = (order["certificates"] or {}).get("obtain")
    Activation(store, old, Point(number, *sets), order["probe"], log, obtain=obtain).run()
    return number


def rotate(change: str, probe: dict[str, Any], log: Log) -> int:
    """Go over to the generation that serves once more, with other keys; return its new number.

    `change` is `rotate`, `finish` or `revoke`, see signing.carry. Raises StepError.
    """
    store = Store()
    old = history.here(store)
    if not signing.issues(old.generation):
        text = "no tokens are issued here: registry_auth_mode of what serves is not token"
        raise StepError(f"{text}. Run: holdfast deploy")
    left = signing.seconds_left(old.generation)
    if change == "finish" and left > 0:
        raise StepError(f"tokens of an old key are good for another {left:.0f} s. Wait that long")
    manifest = store.manifest(old.generation)
    damage = store.damage(old.generation or 0)
    if damage:
        raise StepError(f"generation {old.generation} is damaged. Run: holdfast deploy", damage)
    contents = {path: _text(store, old.generation, path) for path in manifest["files"]}
    number = store.stage(contents, {**manifest, "time": time.time()})
    Activation(store, old, replace(old, generation=number), probe, log, keys=change).run()
    return number


def _text(store: Store, number: int | None, path: str) -> str:
    with open(store.path(number or 0, path), encoding="utf-8", newline="") as stream:
        return stream.read()


def _certificates(order: dict[str, Any], served: list[str], old: Point) -> certificates.Links:
    """Stage what is ordered: server and clients (texts by file name), keys; return the sets."""
    server = old.certificate
    if order["server"]:
        server = certificates.stage(order["server"], order["keys"], served)
    clients = certificates.stage(order["clients"], {}, ()) if order["clients"] else None
    return server, clients


def attempt(order: dict[str, Any]) -> int:
    """Try what could lock the operator out; return in how many seconds it has to be confirmed.

    0: nothing differs from what is in force. `order` has plan, texts and users of what is to be
    deployed, or the number of a generation.
    """
    store = Store()
    current = store.current()
    if "texts" not in order:
        try:
            order = _kept_access(store.path(destination(store, order["number"])))
        except StepError:
            return 0  # the rollback that follows tells it
    elif order["texts"]:
        systemd.must(["systemd-sysusers", "-"], "make the users", order["users"])
    plan, root = order["plan"], None if current is None else store.path(current)
    changed = guard.attempt(order["texts"], plan["confirm_seconds"], root)
    return int(plan["confirm_seconds"]) if changed else 0


def settle() -> None:
    """Let the host be as the generation wants it that serves, after a step that failed early."""
    store = Store()
    number = store.current()
    hardening.apply(None if number is None else store.path(number))


def _kept_access(root: str) -> dict[str, Any]:
    """Return plan and texts of a generation that is kept, as `attempt` takes them."""
    plan = hardening.plan_of(root)
    paths = {"firewall": firewall.file_of(root), "ssh": f"{root}/hardening/sshd.conf"}
    wanted = [name for name in plan["parts"] if name in paths]
    texts = {}
    for name in wanted if plan["profile"] == "host" else []:
        with open(paths[name], encoding="utf-8") as stream:
            texts[name] = stream.read()
    return {"plan": {"confirm_seconds": 0, **plan}, "texts": texts}


def rollback(number: int | None, probe: dict[str, Any], log: Log) -> int:
    """Go back to a generation that is kept, or to the one before; return its number."""
    store = Store()
    old = history.here(store)
    target = destination(store, number)
    # Its name and ports can differ from those that the inventory has now.
    probe = {**probe, **store.manifest(target)["expect"]["probe"]}
    if not _knows(store.path(target, "logins", "htpasswd"), probe.get("login_line")):
        probe["password"] = None
    Activation(store, old, replace(old, generation=target), probe, log).run()
    return target


def _knows(path: str, line: str | None) -> bool:
    """Tell whether the password that the inventory has now is good in a generation, too.

    `line` is what the inventory makes of it; a generation without such a file is taken at its word.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            return not line or line in stream.read().splitlines()
    except OSError:
        return True


def destination(store: Store, number: int | None) -> int:
    """Return the generation to go back to, whole; StepError when there is none."""
    now = store.current()
    target = number if number is not None else _before(store, now)
    if target is None or target not in store.numbers() or target == now:
        kept = ", ".join(map(str, store.numbers())) or "none"
        wish = "an earlier generation" if number is None else f"generation {number}"
        raise StepError(f"{wish} cannot be gone back to: kept are {kept}; {now} serves")
    damage = store.damage(target)
    if damage:
        raise StepError(f"generation {target} is damaged", damage)
    return target


def generations() -> list[dict[str, Any]]:
    """Return number, time, by, version, state and failure of the generations that are kept."""
    store = Store()
    current, failed = store.current(), history.failures(store)
    rows = []
    for number in store.numbers():
        noted = store.manifest(number)
        state = "current" if number == current else "failed" if number in failed else "kept"
        row = {"number": number, "state": state, "failure": failed.get(number, "")}
        rows.append({**row, **{key: noted.get(key) for key in ("time", "by", "version")}})
    return rows


def flush() -> int:
    """Empty the registry's cache; return how many entries it had. Raises StepError."""
    store = Store()
    return cache.flush(store.manifest(store.current()).get("expect", {}).get("cache"))


def _same(store: Store, number: int, manifest: dict[str, Any]) -> bool:
    same = store.manifest(number).get("identity") == manifest["identity"]
    # Lost keys are made anew, and read by new processes alone.
    # A service that went on running has its files in an earlier generation.
    used = {number, *store.instances(number).values()}
    whole = not any(store.damage(one) for one in used) and not signing.damage(number)
    return same and whole


def _before(store: Store, current: int | None) -> int | None:
    failed = history.failures(store)
    older = [n for n in store.numbers() if n < (current or 0) and n not in failed]
    return max(older, default=None)
