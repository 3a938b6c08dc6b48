"""The list of revoked clients that the host fetches by itself."""

from __future__ import annotations

import os
import ssl
import time
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import (
    certificates,
    names,
    proxy,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError

FETCHED = os.path.join(names.STATE, "fetch", "crl")
PEM = "-----BEGIN X509 CRL-----"
DAYS = 2


def take_up(plan: dict[str, Any]) -> str | None:
    """Take up a list that was fetched and differs; return what was done.

    Raises StepError when the authority did not sign it, or it has expired: the old one stays.
    """
    if not (plan["crl_url"] and os.path.exists(FETCHED)):
        return None
    present = certificates.texts()["clients"]
    text = _pem(os.path.join(certificates.directory(), certificates.CLIENTS, "ca.pem"))
    if text.split() == present.get("crl.pem", "").split():
        return None
    name = certificates.stage({**present, "crl.pem": text}, {}, ())
    certificates.flip(certificates.CLIENTS, name)
    proxy.reload()
    certificates.prune()
    return "a newer list of revoked clients"


def _pem(ca_file: str) -> str:
    """Return the fetched list as PEM, checked against its authority."""
    with open(FETCHED, "rb") as stream:
        form = "PEM" if PEM.encode() in stream.read(4096) else "DER"
    read = ["openssl", "crl", "-inform", form, "-in", FETCHED]
    checked = systemd.run([*read, "-noout", "-CAfile", ca_file])
    if checked.returncode or "verify OK" not in checked.stdout:
        raise StepError("the fetched list of revoked clients is not signed by registry_mtls_ca")
    text = systemd.must([*read, "-outform", "PEM"], "read the list of revoked clients")
    if _end(FETCHED, form) <= time.time():
        # nginx would keep every client out by it.
        raise StepError("the fetched list of revoked clients has expired")
    return text


def reminder() -> str | None:
    """Return a sentence when the list in use is about to expire, which keeps every client out."""
    path = os.path.join(certificates.directory(), certificates.CLIENTS, "crl.pem")
    if not os.path.exists(path):
        return None
    left = (_end(path, "PEM") - time.time()) / 86400
    return f"crl.pem: {left:.1f} days are left. Bring a newer list" if left < DAYS else None


def _end(path: str, form: str) -> float:
    argv = ["openssl", "crl", "-inform", form, "-in", path, "-noout", "-nextupdate"]
    said = systemd.must(argv, "read the list of revoked clients").strip().partition("=")[2]
    return float(ssl.cert_time_to_seconds(said))
