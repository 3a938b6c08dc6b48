"""Apply a new certificate on the host: verified, in one step, and undone if it fails."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.certificates import (
    store as certificate_store,
)
from ansible_collections.holdfast.registry.plugins.module_utils.certificates import x509
from ansible_collections.holdfast.registry.plugins.module_utils.registry import liveness
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    files,
    foreign_files,
    nginx,
    paths,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.certificates import (
        AcmePlan,
        MaintenancePlan,
    )

LARGEST_PEM = 1 << 20
FORCE = "force"
"""Name of the file that makes the fetch service renew a certificate that is not due."""


def plan_of(generation: str) -> MaintenancePlan:
    """Return a generation's plan for renewals; templates/agent/plan.json.j2 has its keys."""
    with open(os.path.join(generation, "agent", "plan.json"), encoding="utf-8") as stream:
        plan: MaintenancePlan = json.load(stream)
        return plan


def staples(generation: str) -> bool:
    """Return True if a generation staples OCSP answers."""
    try:
        return bool(plan_of(generation)["staple"])
    except FileNotFoundError:
        return False


def obtain(plan: MaintenancePlan, renew: bool = False, new_key: bool = False) -> str:
    """Get a certificate, and apply it; return what was done. Raises StepError.

    With `renew` a certificate that is not due is renewed, too; with `new_key` it gets a new key.
    """
    if plan["acme"]:
        path = os.path.join(plan["acme"]["path"], FORCE)
        if renew:
            files.replace(path, b"new-key" if new_key else b"renew", 0o644)
        if systemd.run(["systemctl", "start", paths.FETCH], timeout=900).returncode:
            raise StepError(
                f"{plan['acme']['server']}: gave no certificate", systemd.journal(paths.FETCH, 12)
            )
    found = candidate(plan)
    if found is None and not _kept(plan):
        raise StepError(f"no certificate for {plan['hostname']} came from {plan['origin']}")
    if found:
        certificate_store.flip(
            certificate_store.SERVER, certificate_store.stage(*found, plan["names"])
        )
    return f"{plan['hostname']}: {_words()}, from {plan['origin']}"


def apply(plan: MaintenancePlan) -> str | None:
    """Apply a newer set of certificates; return its description, None if there is none.

    Raises StepError if the registry does not answer with it. The old set is in use again then.
    """
    found, old = candidate(plan), certificate_store.links()[0]
    if found is None:
        return None
    _show(plan, certificate_store.stage(*found, plan["names"]))
    wrong = liveness.problems(plan["probe"])
    if wrong:
        _show(plan, old)
        raise StepError(f"the new certificate failed, the old one is in use again: {wrong[0]}")
    certificate_store.prune()
    return _words()


def _show(plan: MaintenancePlan, name: str | None) -> None:
    certificate_store.flip(certificate_store.SERVER, name)
    if plan["staple"]:  # nginx staples only what it reads as it loads its configuration
        nginx.reload()


def candidate(plan: MaintenancePlan) -> tuple[dict[str, str], dict[str, str]] | None:
    """Return certificates (text by file name) and keys that should be in use; None if they are.

    Keys are empty if the host keeps the ones in use.
    """
    present = certificate_store.texts()["server"]
    if plan["successors"]:
        due = [name for name in present if name.startswith("next-") and _begun(name)]
        if not due:
            return None
        followed = {name.removeprefix("next-"): present[name] for name in due}
        kept = {name: text for name, text in present.items() if name not in due}
        return {**kept, **followed}, {}
    public, keys = {"origin": plan["origin"]}, {}
    # What the ACME client wrote is its user's: root reads nothing else by the links there.
    owner = os.stat(plan["acme"]["path"]).st_uid if plan["acme"] else None
    for certificate, (text_path, key_path) in _sources(plan):
        public[certificate] = _read(text_path, owner)
        keys[certificate_store.pairs({certificate: ""})[certificate]] = _read(key_path, owner)
    return None if len(public) == 1 or public == present else (public, keys)


def _sources(plan: MaintenancePlan) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the file name of each server certificate, and the source paths of it and its key."""
    if plan["host_paths"]:
        certificate, key = plan["host_paths"]
        yield "certificate.pem", (certificate, key)
    acme = plan["acme"]
    if acme is None:
        return
    for prefix, kind in acme["kinds"]:
        pair = acme_paths(plan, acme, kind)
        if os.path.exists(pair[0]):
            yield f"{prefix}certificate.pem", pair


def acme_paths(plan: MaintenancePlan, acme: AcmePlan, kind: str) -> tuple[str, str]:
    """Return the paths of certificate and key in the ACME client's directory."""
    folder = os.path.join(acme["path"], "live", f"{plan['hostname']}-{kind}")
    return os.path.join(folder, "fullchain.pem"), os.path.join(folder, "privkey.pem")


def _begun(name: str) -> bool:
    """Return True if a successor certificate is already valid, which makes it due."""
    path = os.path.join(certificate_store.directory(), certificate_store.SERVER, name)
    return x509.read(path).begin <= time.time()


def _kept(plan: MaintenancePlan) -> bool:
    """Return True if the set in use is of the plan's origin."""
    return bool(certificate_store.texts()["server"].get("origin") == plan["origin"])


def _words() -> str:
    days = x509.read(paths.CERTIFICATE).days_left(time.time())
    return f"a certificate for {days:.0f} days"


def _read(path: str, owner: int | None) -> str:
    try:
        return foreign_files.read(path, LARGEST_PEM, owner=owner, links=True).decode("ascii")
    except (OSError, ValueError) as error:
        raise StepError(f"{path}: cannot be read ({error})") from error
