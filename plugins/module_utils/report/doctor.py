"""Collect the facts for `holdfast doctor`: the status, and logs of failed units."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.generations import (
    manifest as manifests,
)
from ansible_collections.holdfast.registry.plugins.module_utils.generations import store
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    RegistryError,
    over_unix,
)
from ansible_collections.holdfast.registry.plugins.module_utils.report.status import status
from ansible_collections.holdfast.registry.plugins.module_utils.storage import backends, revisions
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    foreign_text,
    paths,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError
from ansible_collections.holdfast.registry.plugins.module_utils.tokens import keys as token_keys

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.manifest import (
        Manifest,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.report import (
        Doctor,
        UnitState,
    )
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.storage import Scanned

STORE_SECONDS = 10.0
"""Time to look at the images' manifests; the rest is not looked at."""
TRUSTED = {"jwks": "jwks.json", "rootcertbundle": "bundle.pem"}
"""Files of the keys whose tokens a registry accepts, by the key of its configuration."""


def examine(running: str) -> Doctor:
    """Return the facts of `status`, and units, trusted keys and problems of the issuer.

    Nothing is changed. The result holds no secret.
    """
    seen = status(running)
    number = seen["generation"]
    if number is None:
        none: Doctor = {
            **seen,
            "trust": None,
            "units": [],
            "lost": [],
            "issuer": None,
            "sources": [],
            "broken": None,
        }
        return none
    kept = store.Store()
    units = map(_unit, _expected(kept, number))
    return {
        **seen,
        "trust": _trust(number),
        "units": [unit for unit in units if unit],
        "lost": token_keys.damage(number),
        "issuer": _issuer(number),
        "sources": _sources(number),
        "broken": _broken(kept.manifest(number)),
    }


def _broken(manifest: Manifest) -> Scanned | None:
    """Return the images of which blobs are missing. A mirror fetches blobs when they are pulled."""
    expect = manifest.get("expect")
    if not expect or "directory" not in expect["storage"] or not expect["probe"]["pushes"]:
        return None
    place = backends.Directory(expect["storage"]["directory"])
    return revisions.without_blobs(place, STORE_SECONDS)


def _expected(kept: store.Store, number: int) -> list[str]:
    manifest = kept.manifest(number)
    own = [paths.unit(instance, name) for name, instance in kept.instances(number).items()]
    return [*own, *dict.fromkeys([*manifests.started(manifest), *manifests.active(manifest)])]


def _unit(name: str) -> UnitState | None:
    """Return the state of a unit; None if its conditions exclude this host."""
    conditions = ("ConditionResult", "ConditionTimestampMonotonic")
    shown = systemd.show(name, "ActiveState", "Result", "NRestarts", *conditions)
    state = shown.get("ActiveState", "inactive")
    restarts = int(shown.get("NRestarts") or 0)
    # A unit that is well has nothing to say; one that is not often has its reason last.
    said = systemd.journal(name, 3) if state != "active" or restarts else []
    result = shown.get("Result", "")
    # A condition that was never looked at is reported as one that does not hold.
    looked = shown.get("ConditionTimestampMonotonic", "0") != "0"
    if looked and shown.get("ConditionResult") == "no":
        return None
    return {"name": name, "state": state, "result": result, "restarts": restarts, "said": said}


def _trust(number: int) -> dict[str, str]:
    """Return the registry's configuration, and the keys whose tokens it accepts."""
    found = {"config": _text(f"{paths.ETC}/generations/{number}/registry/config.yml")}
    for folder in (f"{token_keys.folder(number)}/trust", f"{paths.ETC}/generations/{number}/trust"):
        for key, name in TRUSTED.items():
            found.setdefault(key, _text(f"{folder}/{name}"))
    return {key: text for key, text in found.items() if text}


def _text(path: str) -> str:
    try:
        return foreign_text.read(path)
    except OSError:
        return ""


def _issuer(number: int) -> str | None:
    """Return the problem of the issuer; None if there is no problem or no issuer."""
    if not token_keys.issues(number):
        return None
    client = over_unix(paths.socket(number, token_keys.SERVICE), "localhost", timeout=5)
    try:
        status = client.request("GET", "/auth/health").status
    except RegistryError as error:
        return str(error.__cause__ or error)
    finally:
        client.close()
    return None if status == 204 else f"it answers {status}"


def _sources(number: int) -> list[str]:
    """Return the problems of sources of logins on other machines."""
    if not token_keys.issues(number):
        return []
    try:
        place = f"{paths.ETC}/generations/{number}/issuer"
        problems: list[str] = json.loads(token_keys.run(number, "ask", place))
    except (StepError, ValueError, OSError) as error:
        return [f"cannot be queried: {error}"]
    return problems
