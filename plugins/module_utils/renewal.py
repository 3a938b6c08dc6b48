"""Taking up a new certificate on the host itself: checked, in one step, and back if it fails."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import (
    certificates,
    files,
    handshake,
    liveness,
    names,
    proxy,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError

FORCE = "force"
"""A file of this name tells the fetching service to renew even what is not due."""


def plan_of(generation: str) -> dict[str, Any]:
    """Return how the certificates of a generation are renewed; the template has its keys."""
    with open(os.path.join(generation, "agent", "plan.json"), encoding="utf-8") as stream:
        plan: dict[str, Any] = json.load(stream)
        return plan


def staples(generation: str) -> bool:
    """Tell whether a generation shows OCSP answers; one of an earlier holdfast does not say so."""
    try:
        return bool(plan_of(generation).get("staple"))
    except FileNotFoundError:
        return False


def obtain(plan: dict[str, Any], renew: bool = False, new_key: bool = False) -> str:
    """Get a certificate, and take it up; return what was done. Raises StepError.

    With `renew` even one that is not due is got again, with `new_key` for a new key.
    """
    if plan["acme"]:
        path = os.path.join(plan["acme"]["path"], FORCE)
        if renew:
            files.replace(path, b"new-key" if new_key else b"renew", 0o644)
        if systemd.run(["systemctl", "start", names.FETCH], timeout=900).returncode:
            raise StepError(
                f"{plan['acme']['server']}: gave no certificate", systemd.journal(names.FETCH, 12)
            )
    found = candidate(plan)
    if found is None and not _kept(plan):
        raise StepError(f"no certificate for {plan['hostname']} came from {plan['origin']}")
    if found:
        certificates.flip(certificates.SERVER, certificates.stage(*found, plan["names"]))
    return f"{plan['hostname']}: {_words()}, from {plan['origin']}"


def take_up(plan: dict[str, Any]) -> str | None:
    """Take up what is newer than the set in use; return what it was, None when nothing is.

    Raises StepError when it cannot serve; the old set is in use then.
    """
    found, old = candidate(plan), certificates.links()[0]
    if found is None:
        return None
    _show(plan, certificates.stage(*found, plan["names"]))
    wrong = liveness.live(plan["probe"])
    if wrong:
        _show(plan, old)
        raise StepError(f"the new certificate was taken back: {wrong[0]}")
    certificates.prune()
    return _words()


def _show(plan: dict[str, Any], name: str | None) -> None:
    certificates.flip(certificates.SERVER, name)
    if plan["staple"]:  # nginx staples only what it reads as it loads its configuration
        proxy.reload()


def candidate(plan: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]] | None:
    """Return the certificates (texts by file name) and keys that should be in use; None: they are.

    The keys are empty where the host keeps the one it has.
    """
    present = certificates.texts()["server"]
    if plan["successors"]:
        due = [name for name in present if name.startswith("next-") and _begun(name)]
        if not due:
            return None
        followed = {name.removeprefix("next-"): present[name] for name in due}
        kept = {name: text for name, text in present.items() if name not in due}
        return {**kept, **followed}, {}
    public, keys = {"origin": plan["origin"]}, {}
    for certificate, (text_path, key_path) in _sources(plan):
        public[certificate] = _read(text_path)
        keys[certificates.pairs({certificate: ""})[certificate]] = _read(key_path)
    return None if len(public) == 1 or public == present else (public, keys)


def _sources(plan: dict[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the file of each certificate that is shown, and where it and its key come from."""
    if plan["host_paths"]:
        yield "certificate.pem", tuple(plan["host_paths"])
    for prefix, kind in plan["acme"]["kinds"] if plan["acme"] else ():
        if os.path.exists(live(plan, kind)[0]):
            yield f"{prefix}certificate.pem", live(plan, kind)


def live(plan: dict[str, Any], kind: str) -> tuple[str, str]:
    """Return the files of the certificate and the key that the ACME client keeps."""
    folder = os.path.join(plan["acme"]["path"], "live", f"{plan['hostname']}-{kind}")
    return os.path.join(folder, "fullchain.pem"), os.path.join(folder, "privkey.pem")


def _begun(name: str) -> bool:
    """Tell whether a successor is valid already, which it is as soon as it is due."""
    path = os.path.join(certificates.directory(), certificates.SERVER, name)
    return handshake.begin(path) <= time.time()


def _kept(plan: dict[str, Any]) -> bool:
    """Tell whether the set in use is one of this origin already."""
    return bool(certificates.texts()["server"].get("origin") == plan["origin"])


def _words() -> str:
    days = handshake.days_left(names.CERTIFICATE, time.time())
    return f"a certificate for {days:.0f} days"


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii") as stream:
            return stream.read()
    except (OSError, ValueError) as error:
        raise StepError(f"{path}: cannot be read ({error})") from error
