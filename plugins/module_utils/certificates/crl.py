"""Apply the list of revoked client certificates (CRL) that the host fetches."""

from __future__ import annotations

import os
import ssl
import time
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.certificates import (
    store as certificate_store,
)
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
        MaintenancePlan,
    )

FETCHED = os.path.join(paths.STATE, "fetch", "crl")
PEM = "-----BEGIN X509 CRL-----"
OWN = os.path.join(paths.STATE, "crl")
LARGEST = 64 << 20
DAYS = 2


def apply(plan: MaintenancePlan) -> str | None:
    """Apply a fetched list that differs from the one in use; return what was done.

    Raises StepError if the authority did not sign the list, or if it has expired. The old list
    stays in use then.
    """
    if not (plan["crl_url"] and os.path.exists(FETCHED)):
        return None
    present = certificate_store.texts()["clients"]
    text = _pem(os.path.join(certificate_store.directory(), certificate_store.CLIENTS, "ca.pem"))
    if text.split() == present.get("crl.pem", "").split():
        return None
    name = certificate_store.stage({**present, "crl.pem": text}, {}, ())
    certificate_store.flip(certificate_store.CLIENTS, name)
    nginx.reload()
    certificate_store.prune()
    return "a newer list of revoked clients"


def _pem(ca_file: str) -> str:
    """Return the fetched list as PEM, after verifying its signature and date."""
    # A copy that nobody else can change between the checks.
    files.replace(OWN, foreign_files.read(FETCHED, LARGEST), 0o600)
    with open(OWN, "rb") as stream:
        form = "PEM" if PEM.encode() in stream.read(4096) else "DER"
    read = ["openssl", "crl", "-inform", form, "-in", OWN]
    checked = systemd.run([*read, "-noout", "-CAfile", ca_file])
    if checked.returncode or "verify OK" not in checked.stdout:
        raise StepError("the fetched list of revoked clients is not signed by registry_mtls_ca")
    text = systemd.run_checked([*read, "-outform", "PEM"], "read the list of revoked clients")
    if _date(OWN, form, "next") <= time.time():
        # nginx would refuse every client with it.
        raise StepError("the fetched list of revoked clients has expired")
    present = os.path.join(os.path.dirname(ca_file), "crl.pem")
    if os.path.exists(present) and _date(OWN, form, "last") < _date(present, "PEM", "last"):
        # Who sends an older list wants to log in with a certificate that was revoked since.
        raise StepError("the fetched list of revoked clients is older than the one in use")
    return text


def reminder() -> str | None:
    """Return a reminder if the list in use expires soon: nginx refuses all clients then."""
    path = os.path.join(certificate_store.directory(), certificate_store.CLIENTS, "crl.pem")
    if not os.path.exists(path):
        return None
    left = (_date(path, "PEM", "next") - time.time()) / 86400
    return f"crl.pem: {left:.1f} days are left. Bring a newer list" if left < DAYS else None


def _date(path: str, form: str, which: str) -> float:
    """Return when a list was made (`last`), or when it expires (`next`)."""
    argv = ["openssl", "crl", "-inform", form, "-in", path, "-noout", f"-{which}update"]
    said = systemd.run_checked(argv, "read the list of revoked clients").strip().partition("=")[2]
    return float(ssl.cert_time_to_seconds(said))
