"""Images from one storage to another, while the registry goes on serving them read-only."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import (
    copying,
    examination,
    files,
    history,
    names,
    places,
    s3_words,
    storage,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.activation import Activation
from ansible_collections.holdfast.registry.plugins.module_utils.history import Point
from ansible_collections.holdfast.registry.plugins.module_utils.s3_client import RefusedError
from ansible_collections.holdfast.registry.plugins.module_utils.steps import Log, StepError, as_step
from ansible_collections.holdfast.registry.plugins.module_utils.store import Store

CONFIG = "registry/config.yml"
UNDERWAY = f"{names.STATE}/moving.json"
"""The move that was begun and not finished: {"from": place, "to": place}."""
DRIVERS = ("filesystem", "s3")
CUT = "The registry serves read-only. The same command goes on; holdfast rollback gives it up"
_WRITES = re.compile(r"(readonly:\s*\n\s*enabled: )false")
DRAIN_SECONDS = 3700
"""Longer than the longest registry_http_drain_seconds."""


def begin(order: dict[str, Any], secrets: dict[str, str], log: Log) -> bool:
    """Let the registry serve read-only, and see that its images can go to another place.

    `order` has wanted, facts of holdfast.rendering.storage, and probe. Returns False when there is
    nothing to move. Raises StepError when they cannot go there; then nothing was changed.
    """
    store = Store()
    serving, wanted = _serving(store), order["wanted"]
    if serving["place"] == wanted["place"] or storage.moved(serving["place"], wanted["place"]):
        return False
    _refuse(serving, wanted, secrets)
    note = {"from": serving["place"], "to": wanted["place"]}
    files.replace(UNDERWAY, json.dumps(note).encode(), 0o600)
    if "directory" in wanted and not os.path.isdir(wanted["directory"]):
        files.make_directory(wanted["directory"], 0o700)
        user = pwd.getpwnam(storage.USER)
        os.chown(wanted["directory"], user.pw_uid, user.pw_gid)
    if not serving.get("readonly"):
        _read_only(store, order["probe"], log)
    _drained(store)
    return True


def copy(order: dict[str, Any], secrets: dict[str, str]) -> dict[str, Any]:
    """Copy for order["seconds"]; return how far it is, see copying.copy; note when it is done."""
    store = Store()
    serving, wanted = _serving(store), order["wanted"]
    if not serving.get("readonly"):
        raise StepError("the registry takes pushes: expected it to be read-only. Begin again")
    own = secrets_of(store, store.current() or 0)
    try:
        with _plainly(serving, wanted):
            found = copying.copy(
                lambda: places.opened(serving, own),
                lambda: places.opened(wanted, secrets),
                order["seconds"],
            )
    except (StepError, OSError) as error:
        told = as_step(error)
        raise StepError(told.message, [*told.lines, CUT]) from error
    if found["done"]:
        note = {"from": serving["place"], "to": wanted["place"]}
        files.replace(storage.MOVED, json.dumps(note).encode(), 0o600)
        files.remove(UNDERWAY)
    return found


def clean(order: dict[str, Any]) -> str:
    """Remove the images at the place that they were moved from; return that place."""
    store = Store()
    serving = _serving(store)
    note = _note(storage.MOVED)
    if serving["place"] != order["wanted"]["place"] or note.get("to") != serving["place"]:
        text = "there are no old images: expected a move to have ended here"
        raise StepError(f"{text}. Run: holdfast storage move")
    older = [
        number
        for number in store.numbers()
        if examination.storage_of(store.manifest(number)).get("place") == note["from"]
    ]
    if not older:
        text = "no generation that is kept knows how to reach it"
        raise StepError(f"{note['from']}: {text}. Remove the images there yourself")
    facts = examination.storage_of(store.manifest(older[-1]))
    with _plainly(facts, facts):
        place = places.opened(facts, secrets_of(store, older[-1]))
        place.remove([name for name, _ in place.names(uploads=True)])
        place.close()
    if "directory" in facts:
        files.remove(os.path.join(facts["directory"], storage.LAYOUT[0]))
    files.remove(storage.MOVED)
    return str(note["from"])


def secrets_of(store: Store, number: int) -> dict[str, str]:
    """Return access, secret and ca of a generation's storage."""
    found = {"ca": _text(store.path(number, "registry/ca.pem"))}
    known = {"REGISTRY_STORAGE_S3_ACCESSKEY": "access", "REGISTRY_STORAGE_S3_SECRETKEY": "secret"}
    for line in _text(store.path(number, "registry/secrets.env")).splitlines():
        name, _, value = line.partition("=")
        if name in known:
            # systemd's quotes, and within them those that keep it a text for the registry.
            found[known[name]] = json.loads(json.loads(value))
    return found


def _serving(store: Store) -> dict[str, Any]:
    number = store.current()
    if number is None:
        raise StepError("nothing is deployed here: expected images to move. Run: holdfast deploy")
    return examination.storage_of(store.manifest(number))


def _refuse(serving: dict[str, Any], wanted: dict[str, Any], secrets: dict[str, str]) -> None:
    for one in (serving, wanted):
        if one.get("driver", "filesystem") not in DRIVERS:
            known = " and ".join(DRIVERS)
            raise StepError(f"{one['place']}: expected {known}, which can be copied from here")
    problems = storage.examine({**wanted, "adopt": True}, {}, secrets, writes=True)["problems"]
    if problems:
        raise StepError(problems[0], problems[1:])
    if _note(UNDERWAY) == {"from": serving["place"], "to": wanted["place"]}:
        return
    with _plainly(wanted, wanted):
        place = places.opened(wanted, secrets)
        taken = next(place.names(), None)
        place.close()
    if taken:
        raise StepError(
            f"{wanted['place']}: expected no images, found {taken[0]}. Choose another place, such"
            " as another registry_storage_root_directory"
        )


def _read_only(store: Store, probe: dict[str, Any], log: Log) -> None:
    """Go over to the same generation with pushes and deletes refused."""
    old = history.here(store)
    number = old.generation or 0
    manifest = store.manifest(number)
    contents = {path: _text(store.path(number, path)) for path in manifest["files"]}
    contents[CONFIG], count = _WRITES.subn(r"\1true", contents[CONFIG])
    if count != 1:
        raise StepError(f"{CONFIG}: expected one switch of maintenance.readonly, found {count}")
    digest = hashlib.sha256(contents[CONFIG].encode()).hexdigest()
    kinds = {**manifest["files"], CONFIG: {**manifest["files"][CONFIG], "sha256": digest}}
    expect = _closed(manifest["expect"])
    same = {**manifest, "files": kinds, "expect": expect, "time": time.time()}
    new = store.stage(contents, {**same, "identity": f"{manifest['identity']} read-only"})
    probe = {**probe, **expect["probe"]}
    Activation(store, old, Point(new, old.certificate, old.clients), probe, log).run()


def _closed(expect: dict[str, Any]) -> dict[str, Any]:
    """Return what is expected of a generation when it takes no pushes."""
    services = expect["services"]
    kept = expect.get("storage") or {"place": expect["directory"], "directory": expect["directory"]}
    return {
        **expect,
        "services": {**services, "registry": {**services["registry"], "writes": False}},
        "probe": {**expect["probe"], "writes": False},
        "storage": {**kept, "readonly": True},
    }


def _drained(store: Store) -> None:
    """Wait until no registry that takes pushes is left: what it still stores has to come along."""
    own = names.unit(store.current() or 0)
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline:
        states = systemd.states("holdfast-registry@*.service")
        left = [n for n, s in states.items() if n != own and s not in ("inactive", "failed")]
        if not left:
            return
        time.sleep(0.2)
    raise StepError(f"{', '.join(left)}: expected to end, still answers a client")


@contextmanager
def _plainly(*ends: Mapping[str, Any]) -> Iterator[None]:
    """Turn what a server refuses into words; the first end with a bucket is the one meant."""
    try:
        yield
    except (RefusedError, ConnectionError, TimeoutError) as error:
        facts = next((one for one in ends if one.get("driver") == "s3"), ends[0])
        raise StepError(s3_words.words(error, facts)) from error


def _note(path: str) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads(_text(path) or "{}")
        return found
    except ValueError:
        return {}


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except FileNotFoundError:
        return ""
