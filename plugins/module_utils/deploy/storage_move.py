"""Move images to another storage, while the registry serves them read-only."""

from __future__ import annotations

import json
import os
import pwd
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.deploy import history, preflight
from ansible_collections.holdfast.registry.plugins.module_utils.deploy.activate import Activation
from ansible_collections.holdfast.registry.plugins.module_utils.deploy.history import ServingState
from ansible_collections.holdfast.registry.plugins.module_utils.generations import (
    manifest as manifests,
)
from ansible_collections.holdfast.registry.plugins.module_utils.generations.store import Store
from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    backends,
    copying,
    s3_errors,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage import (
    preflight as storage_preflight,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_client import (
    RefusedError,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, paths, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import (
    Log,
    StepError,
    as_step,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.orders import MoveOrder
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.probe import (
        ClientProbe,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import (
        CopyProgress,
        Storage,
        StorageSecrets,
    )

UNDERWAY = f"{paths.STATE}/moving.json"
"""File of the move in progress: {"from": place, "to": place}."""
DRIVERS = ("filesystem", "s3")
ACCESS, SECRET = "REGISTRY_STORAGE_S3_ACCESSKEY", "REGISTRY_STORAGE_S3_SECRETKEY"
"""Variables of a bucket's keys in the registry's environment."""
CUT = "The registry serves read-only. Run the same command to continue, holdfast rollback to cancel"
DRAIN_SECONDS = 3700
"""Longer than the longest registry_http_drain_seconds."""


def begin(wanted: Storage, probe: ClientProbe, secrets: StorageSecrets, log: Log) -> bool:
    """Make the registry read-only, and check that its images can move to the new place.

    Returns False if there is nothing to move. Raises StepError if the images cannot move; nothing
    was changed then.
    """
    if not possible(wanted, secrets, writes=True):
        return False
    store = Store()
    serving = _serving(store)
    note = {"from": serving["place"], "to": wanted["place"]}
    files.replace(UNDERWAY, json.dumps(note).encode(), 0o600)
    if "directory" in wanted and not os.path.isdir(wanted["directory"]):
        files.make_directory(wanted["directory"], 0o700)
        user = pwd.getpwnam(storage_preflight.USER)
        os.chown(wanted["directory"], user.pw_uid, user.pw_gid)
    if not serving.get("readonly"):
        _read_only(store, probe, log)
    _drained(store)
    return True


def copy(order: MoveOrder, secrets: StorageSecrets) -> CopyProgress:
    """Copy for order["seconds"]; return the progress, see copying.copy; note the end."""
    store = Store()
    serving, wanted = _serving(store), order["wanted"]
    if not serving.get("readonly"):
        raise StepError("the registry takes pushes: expected it to be read-only. Begin again")
    own = secrets_of(store, store.current() or 0)
    try:
        with _plainly(serving, wanted):
            found = copying.copy(
                lambda: backends.opened(serving, own),
                lambda: backends.opened(wanted, secrets),
                order["seconds"],
            )
    except (StepError, OSError) as error:
        failure = as_step(error)
        raise StepError(failure.message, [*failure.lines, CUT]) from error
    if found["done"]:
        note = {"from": serving["place"], "to": wanted["place"]}
        files.replace(storage_preflight.MOVED, json.dumps(note).encode(), 0o600)
        files.remove(UNDERWAY)
    return found


def possible(wanted: Storage, secrets: StorageSecrets, *, writes: bool) -> bool:
    """Return False if there is nothing to move. Raises StepError if the images cannot move.

    `writes` is true if the new place may be written to, to prove it.
    """
    serving = _serving(Store())
    if serving["place"] == wanted["place"] or storage_preflight.moved(
        serving["place"], wanted["place"]
    ):
        return False
    _refuse(serving, wanted, secrets, writes=writes)
    return True


def old_place(wanted: Storage) -> str:
    """Return the place that the images were moved from. Raises StepError if there is none."""
    return _old(Store(), wanted)[1]["place"]


def clean(wanted: Storage) -> str:
    """Remove the images from the place that they were moved from; return that place."""
    store = Store()
    number, facts = _old(store, wanted)
    with _plainly(facts, facts):
        place = backends.opened(facts, secrets_of(store, number))
        place.remove([name for name, _ in place.names(without=())])
        place.close()
    if "directory" in facts:
        files.remove(os.path.join(facts["directory"], storage_preflight.LAYOUT[0]))
    files.remove(storage_preflight.MOVED)
    return facts["place"]


def _old(store: Store, wanted: Storage) -> tuple[int, Storage]:
    """Return the generation that knows the place that the images were moved from, and the place."""
    serving = _serving(store)
    note = files.read_json(storage_preflight.MOVED) or {}
    if serving["place"] != wanted["place"] or note.get("to") != serving["place"]:
        text = "there are no old images: expected a move to have ended here"
        raise StepError(f"{text}. Run: holdfast storage move")
    kept = ((number, preflight.storage_of(store.manifest(number))) for number in store.numbers())
    older = [(number, facts) for number, facts in kept if facts and facts["place"] == note["from"]]
    if not older:
        text = "no generation that is kept knows how to reach it"
        raise StepError(f"{note['from']}: {text}. Remove the images there yourself")
    return older[-1]


def secrets_of(store: Store, number: int) -> StorageSecrets:
    """Return access, secret and ca of a generation's storage."""
    values = {}
    for line in _text(store.path(number, "registry/secrets.env")).splitlines():
        name, _, value = line.partition("=")
        if name in (ACCESS, SECRET):
            # systemd's quotes, and within them those that keep it a text for the registry.
            values[name] = json.loads(json.loads(value))
    found: StorageSecrets = {"ca": _text(store.path(number, "registry/ca.pem"))}
    if ACCESS in values:
        found["access"] = values[ACCESS]
    if SECRET in values:
        found["secret"] = values[SECRET]
    return found


def _serving(store: Store) -> Storage:
    facts = preflight.storage_of(store.manifest(store.current()))
    if facts is None:
        raise StepError("nothing is deployed here: expected images to move. Run: holdfast deploy")
    return facts


def _refuse(serving: Storage, wanted: Storage, secrets: StorageSecrets, *, writes: bool) -> None:
    for one in (serving, wanted):
        if one.get("driver", "filesystem") not in DRIVERS:
            known = " and ".join(DRIVERS)
            raise StepError(f"{one['place']}: expected {known}, which can be copied from here")
    directory = wanted.get("directory")
    if directory and os.path.lexists(directory) and not os.path.isdir(directory):
        text = "expected a directory, found something else"
        raise StepError(f"{directory}: {text}. Move it away, or choose another place")
    problems = storage_preflight.examine({**wanted, "adopt": True}, None, secrets, writes=writes)[
        "problems"
    ]
    if problems:
        raise StepError(problems[0], problems[1:])
    if files.read_json(UNDERWAY) == {"from": serving["place"], "to": wanted["place"]}:
        return
    with _plainly(wanted, wanted):
        place = backends.opened(wanted, secrets)
        taken = next(place.names(), None)
        place.close()
    if taken:
        raise StepError(
            f"{wanted['place']}: expected no images, found {taken[0]}. Choose another place, such"
            " as another registry_storage_root_directory"
        )


def _read_only(store: Store, probe: ClientProbe, log: Log) -> None:
    """Serve the same generation in the state in which it refuses pushes and deletes."""
    old = history.current(store)
    number = old.generation or 0
    manifest = store.manifest(number)
    contents = {path: _text(store.path(number, path)) for path in manifest["files"]}
    contents, closed = manifests.in_state(manifests.READ_ONLY, contents, manifest)
    new = store.stage(contents, {**closed, "time": time.time()})
    probe = {**probe, **closed["expect"]["probe"]}
    Activation(store, old, ServingState(new, old.certificate, old.clients), probe, log).run()


def _drained(store: Store) -> None:
    """Wait until no registry that accepts pushes runs: what it still stores has to move, too."""
    own = paths.unit(store.current() or 0)
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline:
        states = systemd.states("holdfast-registry@*.service")
        left = [n for n, s in states.items() if n != own and s not in ("inactive", "failed")]
        if not left:
            return
        time.sleep(0.2)
    raise StepError(f"{', '.join(left)}: expected to end, still answers a client")


@contextmanager
def _plainly(*ends: Storage) -> Iterator[None]:
    """Raise StepError for a refusal of the storage server, with an explanation.

    The text names the place of the first end that is a bucket.
    """
    try:
        yield
    except (RefusedError, ConnectionError, TimeoutError) as error:
        facts = next((one for one in ends if one.get("driver") == "s3"), ends[0])
        raise StepError(s3_errors.words(error, facts)) from error


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except FileNotFoundError:
        return ""
