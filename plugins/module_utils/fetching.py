"""What has to be asked of other machines for certificates; runs as a user that can do no more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import handshake, names, stapling
from ansible_collections.holdfast.registry.plugins.module_utils.renewal import (
    FORCE,
    live,
    plan_of,
)

FOLDER = os.path.join(names.STATE, "fetch")
RESULT = os.path.join(FOLDER, "result.json")
LARGEST_LIST = 64 << 20
SECONDS = 600
ATTEMPTS = 5
PAUSE_SECONDS = 3


def main(generation: str) -> int:
    """Fetch what is due; 1 when something could not be had."""
    plan, problems = plan_of(generation), []
    if plan["acme"]:
        problems += _acme(plan, os.path.join(generation, "agent", "acme.ini"))
    if plan["crl_url"]:
        problems += _revoked(plan["crl_url"])
    if plan["staple"]:
        problems += stapling.fetch(os.path.join(names.STATE, "shown.pem"))
    with open(f"{RESULT}.new", "w", encoding="utf-8") as stream:
        json.dump({"time": time.time(), "problems": problems}, stream)
    os.replace(f"{RESULT}.new", RESULT)
    return int(bool(problems))


def _acme(plan: dict[str, Any], config: str) -> list[str]:
    force = os.path.join(plan["acme"]["path"], FORCE)
    asked = _asked(force)
    for _, kind in plan["acme"]["kinds"]:
        if asked or is_due(plan, kind):
            reason = _certbot(certbot(plan, kind, config, new_key=asked == "new-key"))
            if reason:
                return [f"{plan['acme']['server']}: {reason}"]
    if asked:
        os.unlink(force)
    return []


def certbot(plan: dict[str, Any], kind: str, config: str, *, new_key: bool = False) -> list[str]:
    """Return the command that gets a certificate, new or again; its secrets are in its file.

    A renewal keeps the key, so that a handshake can never see a new certificate with an old key.
    """
    argv = ["certbot", "certonly", "--config", config, "--force-renewal"]
    argv += ["--cert-name", f"{plan['hostname']}-{kind}", "--domains", ",".join(plan["names"])]
    return [*argv, "--key-type", kind, "--reuse-key", *(["--new-key"] if new_key else [])]


def _certbot(argv: list[str]) -> str | None:
    """Run certbot; return why it did not succeed."""
    said = ""
    for _ in range(ATTEMPTS):
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        print(done.stdout)
        if done.returncode == 0:
            return None
        said = done.stdout
        if "nonce" not in said:
            # A server counts what it refused, and shuts out those who ask again and again.
            break
        time.sleep(PAUSE_SECONDS)
    return _reason(said)


def _reason(said: str) -> str:
    """Return the lines of certbot's output that say what was wrong."""
    marks = ("Detail:", "Error", "error", "refused", "unauthorized")
    lines = [line.strip() for line in said.splitlines()]
    telling = [line for line in lines if any(mark in line for mark in marks)]
    return "; ".join(telling[:2])[:400] or (lines[-1] if lines else "certbot said nothing")


def _asked(force: str) -> str:
    """Return what a person asked for: `renew`, `new-key`, or nothing."""
    try:
        with open(force, encoding="ascii") as stream:
            return stream.read()
    except FileNotFoundError:
        return ""


def is_due(plan: dict[str, Any], kind: str) -> bool:
    """Tell whether a certificate is missing, about to end, or for other names than it should be."""
    certificate, _ = live(plan, kind)
    if not os.path.exists(certificate):
        return True
    covered = {name for _, name in handshake.decoded(certificate).get("subjectAltName", ())}
    left = handshake.days_left(certificate, time.time())
    return bool(left < plan["acme"]["renew_days"] or covered != set(plan["names"]))


def _revoked(address: str) -> list[str]:
    try:
        with urllib.request.urlopen(address, timeout=30) as stream:  # noqa: S310 -- http(s), by type
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
