"""What a doctor wants to know of a host: how it is, and the last words of what is not well."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import (
    names,
    signing,
    store,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.condition import condition
from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import (
    RegistryError,
    over_unix,
)
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError

TRUSTED = {"jwks": "jwks.json", "rootcertbundle": "bundle.pem"}
"""Files of keys of which a registry takes tokens, by the key of its configuration."""


def consult() -> dict[str, Any]:
    """Return all that `condition` tells, and more.

    Nothing is changed, and nothing that is secret is told.
    """
    seen = condition()
    number = seen["generation"]
    more: dict[str, Any] = {"trust": None, "units": []}
    if number is not None:
        kept = store.Store()
        units = map(_unit, _expected(kept, number))
        more["units"] = [unit for unit in units if not unit.pop("not_here")]
        more["trust"] = _trust(number)
        more["lost"] = signing.damage(number)
        more["issuer"] = _issuer(number)
        more["sources"] = _sources(number)
    return {**seen, **more}


def _expected(kept: store.Store, number: int) -> list[str]:
    files = kept.manifest(number).get("files", {})
    own = [names.unit(instance, name) for name, instance in kept.instances(number).items()]
    return [*own, *(name for name in (*names.STARTED, names.TARGET) if f"systemd/{name}" in files)]


def _unit(name: str) -> dict[str, Any]:
    asked = ("ConditionResult", "ConditionTimestampMonotonic")
    shown = systemd.show(name, "ActiveState", "Result", "NRestarts", *asked)
    state = shown.get("ActiveState", "inactive")
    restarts = int(shown.get("NRestarts") or 0)
    # A unit that is well has nothing to say; one that is not often has its reason last.
    said = systemd.journal(name, 3) if state != "active" or restarts else []
    result = shown.get("Result", "")
    facts = {"name": name, "state": state, "result": result, "restarts": restarts, "said": said}
    # A condition that was never looked at is told as one that does not hold.
    looked = shown.get("ConditionTimestampMonotonic", "0") != "0"
    return {**facts, "not_here": looked and shown.get("ConditionResult") == "no"}


def _trust(number: int) -> dict[str, str]:
    """Return the registry's configuration, and the keys of which it takes tokens."""
    found = {"config": _text(f"{names.ETC}/generations/{number}/registry/config.yml")}
    for folder in (f"{signing.folder(number)}/trust", f"{names.ETC}/generations/{number}/trust"):
        for key, name in TRUSTED.items():
            found.setdefault(key, _text(f"{folder}/{name}"))
    return {key: text for key, text in found.items() if text}


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except OSError:
        return ""


def _issuer(number: int) -> str | None:
    """Return what is wrong with the issuer; None: nothing, or there is none."""
    if not signing.issues(number):
        return None
    client = over_unix(names.socket(number, signing.SERVICE), "localhost", timeout=5)
    try:
        status = client.request("GET", "/auth/health").status
    except RegistryError as error:
        return str(error.__cause__ or error)
    finally:
        client.close()
    return None if status == 204 else f"it answers {status}"


def _sources(number: int) -> list[str]:
    """Return what is wrong with the sources of logins that are on other machines."""
    if not signing.issues(number):
        return []
    try:
        place = f"{names.ETC}/generations/{number}/issuer"
        told: list[str] = json.loads(signing.run(number, "ask", place))
    except (StepError, ValueError, OSError) as error:
        return [f"cannot be asked: {error}"]
    return told
