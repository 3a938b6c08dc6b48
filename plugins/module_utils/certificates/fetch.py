"""Fetch certificates, revocation lists and OCSP answers, as a user without other rights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.certificates import ocsp, x509
from ansible_collections.holdfast.registry.plugins.module_utils.certificates.renewal import (
    FORCE,
    acme_paths,
    plan_of,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    foreign_text,
    outbound,
    paths,
)

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.certificates import (
        AcmePlan,
        MaintenancePlan,
    )

FOLDER = os.path.join(paths.STATE, "fetch")
RESULT = os.path.join(FOLDER, "result.json")
LARGEST_LIST = 64 << 20
SECONDS = 600
ATTEMPTS = 5
PAUSE_SECONDS = 3


def main(generation: str) -> int:
    """Fetch what is due; return 1 if something could not be fetched."""
    plan, problems = plan_of(generation), []
    if plan["acme"]:
        problems += _acme(plan, plan["acme"], os.path.join(generation, "agent", "acme.ini"))
    if plan["crl_url"]:
        problems += _revoked(plan["crl_url"])
    if plan["staple"]:
        problems += ocsp.fetch(os.path.join(paths.STATE, "shown.pem"))
    with open(f"{RESULT}.new", "w", encoding="utf-8") as stream:
        json.dump({"time": time.time(), "problems": problems}, stream)
    os.replace(f"{RESULT}.new", RESULT)
    return int(bool(problems))


def _acme(plan: MaintenancePlan, acme: AcmePlan, config: str) -> list[str]:
    force = os.path.join(acme["path"], FORCE)
    requested = _requested(force)
    for _, kind in acme["kinds"]:
        if requested or is_due(plan, acme, kind):
            reason = _certbot(certbot(plan, kind, config, new_key=requested == "new-key"))
            if reason:
                return [f"{acme['server']}: {reason}"]
    if requested:
        os.unlink(force)
    return []


def certbot(plan: MaintenancePlan, kind: str, config: str, *, new_key: bool = False) -> list[str]:
    """Return the certbot command that gets a certificate; its secrets are in the config file.

    A renewal keeps the key, so that a handshake can never see a new certificate with an old key.
    """
    argv = ["certbot", "certonly", "--config", config, "--force-renewal"]
    argv += ["--cert-name", f"{plan['hostname']}-{kind}", "--domains", ",".join(plan["names"])]
    return [*argv, "--key-type", kind, "--reuse-key", *(["--new-key"] if new_key else [])]


def _certbot(argv: list[str]) -> str | None:
    """Run certbot; return the reason of a failure, None if it succeeded."""
    said = ""
    for _ in range(ATTEMPTS):
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors=foreign_text.ERRORS,
            timeout=SECONDS,
            check=False,
        )
        print(done.stdout)
        if done.returncode == 0:
            return None
        said = done.stdout
        if "nonce" not in said:
            # A server counts refused requests, and blocks clients that repeat them.
            break
        time.sleep(PAUSE_SECONDS)
    return _reason(said)


def _reason(said: str) -> str:
    """Return the lines of certbot's output that name the error."""
    marks = ("Detail:", "Error", "error", "refused", "unauthorized")
    lines = [line.strip() for line in said.splitlines()]
    telling = [line for line in lines if any(mark in line for mark in marks)]
    return "; ".join(telling[:2])[:400] or (lines[-1] if lines else "certbot said nothing")


def _requested(force: str) -> str:
    """Return the requested action: `renew`, `new-key`, or an empty text."""
    try:
        with open(force, encoding="ascii") as stream:
            return stream.read()
    except FileNotFoundError:
        return ""


def is_due(plan: MaintenancePlan, acme: AcmePlan, kind: str) -> bool:
    """Return True if a certificate is missing, about to expire, or for other names."""
    certificate, _ = acme_paths(plan, acme, kind)
    if not os.path.exists(certificate):
        return True
    found = x509.read(certificate)
    left = found.days_left(time.time())
    return left < acme["renew_days"] or set(found.names) != set(plan["names"])


def _revoked(address: str) -> list[str]:
    try:
        with outbound.opener().open(address, timeout=30) as stream:
            content = stream.read(LARGEST_LIST)
    except OSError as error:
        return [f"{address}: {getattr(error, 'reason', None) or error}"]
    path = os.path.join(FOLDER, "crl")
    with open(f"{path}.new", "wb") as stream:
        stream.write(content)
    os.replace(f"{path}.new", path)
    return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
